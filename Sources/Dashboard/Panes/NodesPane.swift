import Basics
import Engine
import TerminalCore
import Widgets

/// Machines: whether they have power, and what the API believes of them.
struct NodesPane {
  let nodes: [Observation.Node]

  var subtitle: [Span] { [Span("\(nodes.readyCount) of \(nodes.count) Ready")] }

  /// `Ready,SchedulingDisabled` is seen in full where that takes nothing of every node away.
  func columns(width: Int) -> [Column] {
    let widest = max(nodes.widestStatus, 8)
    // The mark, NAME, POWER, PODS and HEARD need 23 and the gaps between the six 5.
    let room = max(width - 28, 8)
    return [
      Column(" ", width: 1, priority: 10),
      Column("NAME", width: 8, weight: 2, priority: 9),
      Column("STATUS", width: min(widest, 24, room), weight: 2, priority: 8),
      Column("POWER", width: 5, priority: 7),
      Column("PODS", width: 4, alignment: .right, priority: 6),
      Column("HEARD", width: 5, alignment: .right, priority: 5),
      Column("READY", width: 7, priority: 3),
      Column("CPU", width: 7, alignment: .right, priority: 2),
      Column("MEMORY", width: 12, alignment: .right, priority: 1),
      Column("AGE", width: 5, alignment: .right, priority: 4),
      Column("ZONE", width: 7, priority: 0),
    ]
  }

  func cell(_ row: Int, _ column: Int, _ theme: Theme) -> TableCell {
    let node = nodes[row]
    switch column {
    case 0:
      let (glyph, role) = Self.mark(node, theme.glyphs)
      return .text(glyph, theme[role])
    case 1: return .text(node.name)
    case 2: return .text(node.status, theme[Self.statusRole(node)])
    case 3:
      if !node.isPowered { return .text("OFF", theme[.error]) }
      return node.faults.isEmpty ? .text("on", theme[.dim]) : .text("fault", theme[.warn])
    case 4: return .text(String(node.pods))
    case 5:
      guard let age = node.heartbeatAge else { return .text("-", theme[.dim]) }
      return .text(age.humanDuration, theme[Self.heartbeatRole(age)])
    case 6: return .text(node.ready.isEmpty ? "-" : node.ready, theme[Self.statusRole(node)])
    case 7:
      return .text("\(coresText(node.cpuRequested))/\(coresText(node.cpuAllocatable))", theme[.dim])
    case 8:
      return .text(
        "\(bytesText(node.memoryRequested))/\(bytesText(node.memoryAllocatable))", theme[.dim])
    case 9: return .text(node.age?.humanDuration ?? "-", theme[.dim])
    default: return .text(node.zone, theme[.dim])
    }
  }

  /// The lease is renewed every 10 s; after 50 s without, the node counts as gone.
  static func heartbeatRole(_ age: TimeSpan) -> Role {
    age > .seconds(40) ? .error : age > .seconds(15) ? .warn : .dim
  }

  static func statusRole(_ node: Observation.Node) -> Role {
    node.ready == "True" ? (node.status == "Ready" ? .ok : .warn) : .error
  }

  /// The worst of what is so and what the API says.
  static func mark(_ node: Observation.Node, _ glyphs: Glyphs) -> (String, Role) {
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
