import Basics
import Engine
import TerminalCore
import Widgets

/// Machines: whether they have power, and what the API believes of them.
struct NodesPane {
  let nodes: [Observation.Node]

  var subtitle: [Span] { [Span("\(nodes.count { $0.ready == "True" }) of \(nodes.count) Ready")] }

  static let columns = [
    Column("NAME", width: 10, weight: 2, priority: 9),
    Column("STATUS", width: 8, weight: 2, priority: 8),
    Column("POWER", width: 5, priority: 7),
    Column("PODS", width: 4, alignment: .right, priority: 6),
    Column("BEAT", width: 5, alignment: .right, priority: 5),
    Column("CPU", width: 9, alignment: .right, priority: 3),
    Column("MEMORY", width: 13, alignment: .right, priority: 2),
    Column("AGE", width: 5, alignment: .right, priority: 4),
    Column("ZONE", width: 7, priority: 1),
  ]

  func cell(_ row: Int, _ column: Int, _ theme: Theme) -> TableCell {
    let node = nodes[row]
    switch column {
    case 0:
      let (glyph, role) = Self.mark(node, theme.glyphs)
      return .spans([Span(glyph + " ", theme[role]), Span(node.name)])
    case 1:
      let status = node.ready == "Unknown" ? node.status + " (Unknown)" : node.status
      return .text(
        status, theme[node.ready == "True" ? (node.status == "Ready" ? .ok : .warn) : .error])
    case 2:
      if !node.isPowered { return .text("OFF", theme[.error]) }
      return node.faults.isEmpty ? .text("on", theme[.dim]) : .text("fault", theme[.warn])
    case 3: return .text(String(node.pods))
    case 4:
      guard let age = node.heartbeatAge else { return .text("-", theme[.dim]) }
      let role: Role = age > .seconds(40) ? .error : age > .seconds(15) ? .warn : .dim
      return .text(age.humanDuration, theme[role])
    case 5:
      return .text("\(coresText(node.cpuRequested))/\(coresText(node.cpuAllocatable))", theme[.dim])
    case 6:
      return .text(
        "\(bytesText(node.memoryRequested))/\(bytesText(node.memoryAllocatable))", theme[.dim])
    case 7: return .text(node.age?.humanDuration ?? "-", theme[.dim])
    default: return .text(node.zone, theme[.dim])
    }
  }

  /// The worst of what is so and what the API says.
  private static func mark(_ node: Observation.Node, _ glyphs: Glyphs) -> (String, Role) {
    if !node.isPowered || node.ready == "False" || node.ready == "Unknown" {
      return (glyphs.error, .error)
    }
    if node.ready.isEmpty { return (glyphs.pending, .pending) }
    if node.status != "Ready" || !node.faults.isEmpty || (node.heartbeatAge ?? .zero) > .seconds(15)
    {
      return (glyphs.warn, .warn)
    }
    return (glyphs.ok, .ok)
  }
}
