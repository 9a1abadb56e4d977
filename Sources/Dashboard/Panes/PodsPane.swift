import Engine
import TerminalCore
import Widgets

/// Pods, as `kubectl get pods -A -o wide` has them.
struct PodsPane {
  let pods: PodTable

  var subtitle: [Span] {
    pods.isEmpty ? [] : [Span("\(pods.readyCount) of \(pods.count) ready")]
  }

  /// The name of a node is cut last: it is what one looks for.
  private var nodeWidth: Int {
    min(max(pods.widestNode, 8), 14)
  }

  /// - Parameter width: of the table; a wide one shows `ContainerCreating` in full.
  func columns(width: Int) -> [Column] {
    [
      Column(" ", width: 1, priority: 10),
      Column("NAME", width: 12, weight: 4, priority: 9, cutsMiddle: true),
      Column("STATUS", width: width < 100 ? 9 : 17, weight: 1, priority: 8),
      Column("READY", width: 5, priority: 4),
      Column("NODE", width: nodeWidth, weight: 1, priority: 7),
      Column("RESTARTS", width: 8, alignment: .right, priority: 3),
      Column("AGE", width: 5, alignment: .right, priority: 5),
      Column("IP", width: 13, priority: 2),
      Column("NAMESPACE", width: 11, weight: 1, priority: 1),
    ]
  }

  func cell(_ row: Int, _ column: Int, _ theme: Theme) -> TableCell {
    let pod = pods[row]
    switch column {
    case 0: return .text(Self.glyph(pod, theme.glyphs), theme[pod.role])
    case 1: return .text(pod.key.name)
    case 2: return .text(pod.summary.status, theme[pod.role])
    case 3:
      return .text("\(pod.summary.readyContainers)/\(pod.summary.totalContainers)", theme[.dim])
    case 4: return .text(pod.node.isEmpty ? "-" : pod.node)
    case 5:
      return .text(String(pod.summary.restarts), theme[pod.summary.restarts > 0 ? .warn : .dim])
    case 6: return .text(pod.age.humanDuration, theme[.dim])
    case 7: return .text(pod.ip.isEmpty ? "-" : pod.ip, theme[.dim])
    default: return .text(pod.key.namespace, theme[.dim])
    }
  }

  static func glyph(_ pod: Observation.Pod, _ glyphs: Glyphs) -> String {
    glyph(pod.role, glyphs)
  }

  static func glyph(_ role: Role, _ glyphs: Glyphs) -> String {
    switch role {
    case .ok: glyphs.ok
    case .terminating: glyphs.terminating
    case .pending: glyphs.pending
    case .dim: glyphs.check
    case .error: glyphs.error
    default: glyphs.warn
    }
  }
}

extension PodTable {
  /// The longest name of a node in the first rows.
  var widestNode: Int { prefix(100).map(\.node.count).max() ?? 0 }
}
