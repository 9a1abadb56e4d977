import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// The cluster as a map: machines and processes, and the messages between them in flight.
///
/// etcd's traffic runs on a line above its members, API traffic between the masters and the load
/// balancer, and from there to everybody else.
struct TopologyScreen {
  let model: TopologyModel

  func render(_ canvas: inout Canvas, in rect: Rect) {
    let inner = canvas.framed(.map, in: rect, subtitle: legend(canvas, width: rect.width))
    guard !inner.isEmpty else { return }
    var map = TopologyMap(model: model, state: canvas.state, area: inner)
    map.place()
    map.render(&canvas)
  }

  /// What is wrong with links, and what the colours of the dots mean where that leaves room.
  private func legend(_ canvas: Canvas, width: Int) -> [Span] {
    var spans: [Span] = []
    let links = canvas.state.observation.faults.filter { fault in
      if case .link = fault.target { true } else { false }
    }
    if let first = links.first {
      let more = links.count > 1 ? " and \(links.count - 1) more" : ""
      spans.append(canvas.span(first.text + more + "  ", .error))
      if width < 110 { return spans }
    }
    for (kind, word) in [
      (Flight.Kind.raft, "Raft"), (.api, "API"), (.watch, "watch"), (.cri, "CRI"),
    ] {
      spans += [
        canvas.span(kind.glyph(canvas.glyphs), kind.role), canvas.span(" \(word)  ", .dim),
      ]
    }
    spans.append(canvas.span("\(canvas.glyphs.leader) leads", .leader))
    return spans
  }
}
