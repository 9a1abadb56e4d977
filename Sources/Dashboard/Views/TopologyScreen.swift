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
    let inner = canvas.framed(.map, in: rect, subtitle: legend(canvas))
    guard !inner.isEmpty else { return }
    var map = TopologyMap(model: model, state: canvas.state, area: inner)
    map.place()
    map.render(&canvas)
  }

  /// What the colours of the dots mean.
  private func legend(_ canvas: Canvas) -> [Span] {
    var spans: [Span] = []
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
