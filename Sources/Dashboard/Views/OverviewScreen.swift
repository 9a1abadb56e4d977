import Engine
import TerminalCore
import Widgets

/// The first view: nodes, pods, etcd, the control plane and what it does, side by side.
struct OverviewScreen {
  let layout: ScreenLayout

  func render(_ canvas: inout Canvas) {
    if !layout.tabs.isEmpty { renderTabs(&canvas, layout.tabs) }
    for pane in Screen.overview.panes {
      guard let rect = layout.panes[pane], !rect.isEmpty else { continue }
      render(pane, &canvas, rect)
    }
  }

  /// The panes of the smallest layout, which shows one at a time.
  private func renderTabs(_ canvas: inout Canvas, _ rect: Rect) {
    var x = rect.x + 1
    for pane in Screen.overview.panes {
      let short = pane == .control ? "Control" : pane == .actions ? "Actions" : pane.title
      let width = canvas.frame.buffer.text(
        " \(short) ", x: x, y: rect.y,
        style: canvas.theme[pane == canvas.state.focus ? .tabActive : .tab], clip: rect)
      canvas.frame.geometry.tabs[pane] = Rect(x: x, y: rect.y, width: width, height: 1)
      x += width + 1
    }
  }

  private func render(_ pane: Pane, _ canvas: inout Canvas, _ rect: Rect) {
    let (state, theme) = (canvas.state, canvas.theme)
    let observation = state.observation
    switch pane {
    case .nodes:
      let view = NodesPane(nodes: observation.nodes)
      let inner = canvas.framed(pane, in: rect, subtitle: view.subtitle)
      canvas.table(pane, view.columns(width: inner.width), in: inner) { view.cell($0, $1, theme) }
    case .pods:
      let view = PodsPane(pods: observation.pods)
      let inner = canvas.framed(pane, in: rect, subtitle: view.subtitle)
      canvas.table(pane, view.columns(width: inner.width), in: inner, placeholder: "no pods") {
        view.cell($0, $1, theme)
      }
    case .etcd:
      let view = EtcdPane(members: observation.members, hasQuorum: observation.hasQuorum)
      guard canvas.style == .boxes else {
        let quorum = canvas.span(state.quorumLine(columns: rect.width - 14), state.quorumRole)
        let inner = canvas.framed(pane, in: rect, subtitle: [quorum])
        canvas.table(pane, EtcdPane.columns, in: inner) { view.cell($0, $1, theme) }
        return
      }
      let (body, last) = canvas.framed(pane, in: rect).cut(bottom: 1)
      canvas.table(pane, EtcdPane.columns, in: body) { view.cell($0, $1, theme) }
      canvas.line(
        state.quorumLine(columns: last.width - 2), state.quorumRole, in: last.inset(horizontal: 1))
    case .control:
      let inner = canvas.framed(pane, in: rect)
      let view = ControlPane(
        state: state, isNarrow: inner.width < 70, isFocused: canvas.isFocused(pane))
      let columns = view.columns(width: inner.width)
      canvas.table(pane, columns, in: inner) { view.cell($0, $1, theme) }
      if let geometry = canvas.frame.geometry.tables[.control] {
        for place in geometry.columns where (1...state.masters.count).contains(place.index) {
          canvas.frame.geometry.masters[state.masters[place.index - 1]] = Rect(
            x: place.x, y: geometry.body.y, width: place.width, height: geometry.body.height)
        }
      }
    case .actions:
      let view = ActionsPane(actions: state.snapshot.actions, folded: state.snapshot.folded)
      if canvas.style == .rules {
        // Its columns need no titles: the rule is drawn over them.
        canvas.table(pane, ActionsPane.columns(width: rect.width), in: rect) {
          view.cell($0, $1, theme)
        }
        canvas.frame.buffer.fill(rect.cut(top: 1).top, theme.base)
        _ = canvas.framed(pane, in: rect, subtitle: view.subtitle)
      } else {
        let inner = canvas.framed(pane, in: rect, subtitle: view.subtitle)
        canvas.table(pane, ActionsPane.columns(width: inner.width), in: inner) {
          view.cell($0, $1, theme)
        }
      }
    default: break
    }
  }
}
