import Basics
import Engine
import TerminalCore
import Widgets

/// The whole picture of a state, drawn by a pure function.
public enum MainScreen {
  /// A picture, where the text cursor belongs, and where things stand in it.
  public struct Frame: Sendable {
    public var buffer: CellBuffer
    public var cursor: Point?
    var geometry = ScreenGeometry()
  }

  public static func render(_ state: AppState, width: Int, height: Int, theme: Theme) -> Frame {
    var frame = Frame(buffer: CellBuffer(width: width, height: height, style: theme.base))
    let minimum = ScreenLayout.minimum
    guard width >= minimum.width, height >= minimum.height else {
      let text = "too small: \(width)x\(height), needs \(minimum.width)x\(minimum.height)"
      frame.buffer.line(
        text, in: frame.buffer.bounds, row: max(height / 2, 0), style: theme[.warn],
        align: .center, ellipsis: theme.glyphs.ellipsis)
      return frame
    }
    let layout = ScreenLayout(
      width: width, height: height, focus: state.focus, isZoomed: state.isZoomed,
      nodes: state.observation.nodes.count, members: state.observation.members.count)
    Header(state: state).render(into: &frame.buffer, in: layout.header, theme: theme)
    if !layout.tabs.isEmpty { renderTabs(state, &frame, layout.tabs, theme) }
    for pane in Pane.allCases {
      guard let rect = layout.panes[pane], !rect.isEmpty else { continue }
      frame.geometry.panes[pane] = rect
      renderPane(pane, state, &frame, rect, layout.style, theme)
    }
    Footer(state: state).render(into: &frame, layout: layout, theme: theme)
    let area = Rect(x: 0, y: 1, width: width, height: height - 2)
    for overlay in state.overlays.suffix(2) {
      switch overlay {
      case .sheet(let sheet):
        SheetView(sheet: sheet, state: state).render(into: &frame, in: area, theme: theme)
      case .question(let question): render(question, &frame, area, theme)
      }
    }
    Footer(state: state).renderPrompt(into: &frame, layout: layout, theme: theme)
    return frame
  }

  private static func renderTabs(
    _ state: AppState, _ frame: inout Frame, _ rect: Rect, _ theme: Theme
  ) {
    var x = rect.x + 1
    for pane in Pane.allCases {
      let short = pane == .control ? "Control" : pane == .actions ? "Actions" : pane.title
      let text = " \(pane.key) \(short) "
      let width = frame.buffer.text(
        text, x: x, y: rect.y, style: theme[pane == state.focus ? .tabActive : .tab], clip: rect)
      frame.geometry.tabs[pane] = Rect(x: x, y: rect.y, width: width, height: 1)
      x += width + 1
    }
  }

  private static func renderPane(
    _ pane: Pane, _ state: AppState, _ frame: inout Frame, _ rect: Rect,
    _ style: ScreenLayout.Style, _ theme: Theme
  ) {
    let observation = state.observation
    let isFocused = pane == state.focus && state.overlays.isEmpty
    let cursor = state.cursor(pane)
    func table(_ columns: [Column], _ inner: Rect, _ cell: (Int, Int) -> TableCell) {
      var table = Table(
        columns: columns, rowCount: state.rowCount(pane),
        cursor: ListCursor(selected: cursor.index, offset: cursor.offset), focused: isFocused)
      table.placeholder = pane == .pods ? "no pods" : ""
      let geometry = table.render(into: &frame.buffer, in: inner, theme: theme, cell: cell)
      frame.geometry.tables[pane] = geometry
      frame.geometry.rows[pane] = geometry.body.height
    }
    func framed(_ subtitle: [Span]) -> Rect {
      PaneFrame(pane: pane, isFocused: isFocused, style: style, subtitle: subtitle)
        .render(into: &frame.buffer, in: rect, theme: theme)
    }
    switch pane {
    case .nodes:
      let view = NodesPane(nodes: observation.nodes)
      table(NodesPane.columns, framed(view.subtitle)) { view.cell($0, $1, theme) }
    case .pods:
      let view = PodsPane(pods: observation.pods)
      table(view.columns, framed(view.subtitle)) { view.cell($0, $1, theme) }
    case .etcd:
      let view = EtcdPane(members: observation.members, hasQuorum: observation.hasQuorum)
      let (body, last) = framed([]).cut(bottom: 1)
      table(EtcdPane.columns, body) { view.cell($0, $1, theme) }
      frame.buffer.line(
        state.quorumLine(columns: last.width - 2), in: last.inset(horizontal: 1),
        style: theme[state.quorumRole], ellipsis: theme.glyphs.ellipsis)
    case .control:
      let inner = framed([])
      let view = ControlPane(state: state, isNarrow: inner.width < 70, isFocused: isFocused)
      let columns = view.columns(width: inner.width)
      table(columns, inner) { view.cell($0, $1, theme) }
      if let geometry = frame.geometry.tables[.control] {
        for place in geometry.columns where (1...state.masters.count).contains(place.index) {
          frame.geometry.masters[state.masters[place.index - 1]] = Rect(
            x: place.x, y: geometry.body.y, width: place.width, height: geometry.body.height)
        }
      }
    case .actions:
      let view = ActionsPane(actions: state.snapshot.actions, folded: state.snapshot.folded)
      if style == .rules {
        // Its columns need no titles: the rule is drawn over them.
        table(ActionsPane.columns(width: rect.width), rect) { view.cell($0, $1, theme) }
        frame.buffer.fill(rect.cut(top: 1).top, theme.base)
        _ = framed(view.subtitle)
      } else {
        table(ActionsPane.columns(width: rect.width - 2), framed(view.subtitle)) {
          view.cell($0, $1, theme)
        }
      }
    }
  }

  private static func render(
    _ question: Question, _ frame: inout Frame, _ area: Rect, _ theme: Theme
  ) {
    let width = min(64, area.width - 4)
    let lines = TextWidth.wrapped(question.text, columns: width - 4)
    let inner = Popup(question.title, width: width, height: lines.count + 5, danger: true)
      .render(into: &frame.buffer, in: area, theme: theme).inset(horizontal: 1)
    for (row, line) in lines.enumerated() {
      frame.buffer.line(line, in: inner, row: row + 1, style: theme[.text])
    }
    frame.buffer.spans(
      [
        Span("y", theme[.hintKey]), Span(" do it   "), Span("Esc", theme[.hintKey]),
        Span(" leave it"),
      ],
      in: inner, row: inner.height - 1, base: theme[.text])
  }
}

extension AppState {
  var quorumRole: Role {
    let spare = observation.healthyMembers - observation.quorum
    let isWhole = observation.healthyMembers == observation.members.count
    return spare < 0 ? .error : spare == 0 && !isWhole ? .warn : .dim
  }

  /// The quorum line, shorter where there is little room.
  func quorumLine(columns: Int) -> String {
    let full = quorumText
    if full.count <= columns { return full }
    let total = observation.members.count
    let spare = observation.healthyMembers - observation.quorum
    let rest = spare >= 0 ? "can lose \(spare)" : "QUORUM LOST"
    return "\(observation.healthyMembers)/\(total) healthy, quorum \(observation.quorum), \(rest)"
  }
}
