import Basics
import Engine
import KubeAPI
import TerminalCore
import Widgets

/// Pods, all of them: sorted, grouped, narrowed.
struct PodsScreen {
  let list: PodList

  func render(_ canvas: inout Canvas, in rect: Rect) {
    var rest = rect
    if rect.width >= 150, !canvas.state.isZoomed {
      let parts = rect.cut(right: rect.width * 34 / 100)
      rest = parts.rest
      renderDetails(&canvas, in: parts.right)
    }
    let arrangement = canvas.state.views.pods
    var subtitle = "\(list.shown) pod\(list.shown == 1 ? "" : "s")"
    if list.shown < list.pods.count { subtitle = "\(list.shown) of \(list.pods.count) pods" }
    if arrangement.group != .none { subtitle += ", by \(arrangement.group.rawValue)" }
    let inner = canvas.framed(.pods, in: rest, subtitle: [Span(subtitle)])
    let (body, last) = inner.cut(bottom: 1)
    let columns = columns(canvas.state)
    let sort = columns.firstIndex { $0.column == arrangement.sort }
    canvas.table(
      .pods, columns.map(\.layout), in: body,
      placeholder: canvas.state.filter.isEmpty ? "no pods" : "no pod has \(canvas.state.filter)",
      sortedBy: sort, descending: arrangement.isDescending,
      cell: { [theme = canvas.theme] row, column in
        cell(row, columns[column].column, theme)
      })
    renderCounts(&canvas, in: last.inset(horizontal: 1))
  }

  private struct Choice {
    let column: PodColumn
    let layout: Column
  }

  private func columns(_ state: AppState) -> [Choice] {
    let shown = state.views.pods.choice.columns
    // The name of a node is cut last: it is what one looks for.
    let node = min(max(list.pods.widestNode, 8), 14)
    // What is wrong with a pod is a long word, and never cut.
    let status = min(max(list.counts.map(\.status.count).max() ?? 0, 9), 26)
    return PodColumn.allCases.filter { shown.contains($0) }.map { column in
      let title = column.title
      let layout: Column =
        switch column {
        case .mark: Column(title, width: 1, priority: 10)
        case .name: Column(title, width: 20, weight: 4, priority: 9, cutsMiddle: true)
        case .status: Column(title, width: status, priority: 8)
        case .ready: Column(title, width: 5, priority: 5)
        case .node: Column(title, width: node, weight: 1, priority: 7)
        case .restarts: Column(title, width: 8, alignment: .right, priority: 4)
        case .age: Column(title, width: 5, alignment: .right, priority: 6)
        case .ip: Column(title, width: 13, priority: 2)
        case .owner: Column(title, width: 16, weight: 2, priority: 1, cutsMiddle: true)
        case .namespace: Column(title, width: 11, weight: 1, priority: 3)
        }
      return Choice(column: column, layout: layout)
    }
  }

  private func cell(_ row: Int, _ column: PodColumn, _ theme: Theme) -> TableCell {
    switch list.entry(row) {
    case nil: return .text("")
    case .heading(let heading): return Self.cell(heading, column, theme)
    case .pod(let pod):
      switch column {
      case .mark: return .text(PodsPane.glyph(pod, theme.glyphs), theme[pod.role])
      case .name: return .text(pod.key.name)
      case .status: return .text(pod.summary.status, theme[pod.role])
      case .ready:
        return .text("\(pod.summary.readyContainers)/\(pod.summary.totalContainers)", theme[.dim])
      case .node: return .text(pod.node.isEmpty ? "-" : pod.node)
      case .restarts:
        return .text(String(pod.summary.restarts), theme[pod.summary.restarts > 0 ? .warn : .dim])
      case .age: return .text(pod.age.humanDuration, theme[.dim])
      case .ip: return .text(pod.ip.isEmpty ? "-" : pod.ip, theme[.dim])
      case .owner: return .text(pod.owner.isEmpty ? "-" : pod.owner, theme[.dim])
      case .namespace: return .text(pod.key.namespace, theme[.dim])
      }
    }
  }

  private static func cell(
    _ heading: PodList.Heading, _ column: PodColumn, _ theme: Theme
  ) -> TableCell {
    switch column {
    case .mark:
      return .text(
        heading.isFolded ? theme.glyphs.collapsed : theme.glyphs.expanded, theme[.dim])
    case .name: return .text(heading.name, theme[.title])
    case .status:
      let isWhole = heading.ready == heading.pods
      return .text(
        "\(heading.pods) pod\(heading.pods == 1 ? "" : "s")", theme[isWhole ? .dim : .warn])
    case .ready:
      let isWhole = heading.ready == heading.pods
      return .text("\(heading.ready)/\(heading.pods)", theme[isWhole ? .dim : .warn])
    default: return .text("")
    }
  }

  /// `● 6 Running  ◔ 2 Pending`: what all pods are, whatever is in sight.
  private func renderCounts(_ canvas: inout Canvas, in rect: Rect) {
    var spans: [Span] = []
    for entry in list.counts.prefix(8) {
      spans += [
        canvas.span(PodsPane.glyph(entry.state.role, canvas.glyphs) + " ", entry.state.role),
        canvas.span("\(entry.count)", .title), canvas.span(" \(entry.status)   ", .dim),
      ]
    }
    canvas.line(spans, in: rect)
  }

  /// The selected pod, where there is room for it.
  private func renderDetails(_ canvas: inout Canvas, in rect: Rect) {
    guard case .pod(let uid)? = canvas.state.selectedRow(in: .pods) else {
      _ = canvas.framed("Selected pod", in: rect)
      return
    }
    let inner = canvas.framed(canvas.state.title(of: .pod(uid)), in: rect)
    canvas.lines(canvas.state.podLines(uid) + canvas.state.eventLines(of: .pod(uid)), in: inner)
  }
}
