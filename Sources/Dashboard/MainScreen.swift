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
    if state.isBig, BigScreen.fits(width: width, height: height) {
      return BigScreen.render(state, width: width, height: height, theme: theme)
    }
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
    var canvas = Canvas(state: state, frame: frame, theme: theme, style: layout.style)
    frame.buffer = CellBuffer(width: 0, height: 0)
    renderView(&canvas, layout)
    frame = canvas.frame
    // The line where things are said stays in sight.
    let area = Rect(x: 0, y: 1, width: width, height: height - 3)
    for overlay in state.overlays.suffix(2) {
      switch overlay {
      case .sheet(let sheet):
        SheetView(sheet: sheet, state: state).render(into: &frame, in: area, theme: theme)
      case .question(let question): render(question, &frame, area, theme)
      case .menu(let menu): MenuView(menu: menu).render(into: &frame, in: area, theme: theme)
      }
    }
    Footer(state: state).renderPrompt(into: &frame, layout: layout, theme: theme)
    return frame
  }

  /// The header, the tabs, the view, the footer: all that overlays lie on.
  private static func renderView(_ canvas: inout Canvas, _ layout: ScreenLayout) {
    let (state, theme) = (canvas.state, canvas.theme)
    Header(state: state).render(into: &canvas.frame.buffer, in: layout.header, theme: theme)
    canvas.frame.geometry.screens = TabRow(active: state.screen)
      .render(into: &canvas.frame.buffer, in: layout.screens, theme: theme)
    switch state.screen {
    case .overview: OverviewScreen(layout: layout).render(&canvas)
    default:
      switch state.model {
      case let list as NodeList: NodesScreen(list: list).render(&canvas, in: layout.main)
      case let list as PodList: PodsScreen(list: list).render(&canvas, in: layout.main)
      case let model as EtcdModel: EtcdScreen(model: model).render(&canvas, in: layout.main)
      case let model as TopologyModel: TopologyScreen(model: model).render(&canvas, in: layout.main)
      case let model as ControlModel: ControlScreen(model: model).render(&canvas, in: layout.main)
      case let model as NetworkModel: NetworkScreen(model: model).render(&canvas, in: layout.main)
      case let model as TraceModel: TraceScreen(model: model).render(&canvas, in: layout.main)
      case let model as BeliefsModel: BeliefsScreen(model: model).render(&canvas, in: layout.main)
      case let model as NextModel: NextScreen(model: model).render(&canvas, in: layout.main)
      default: OverviewScreen(layout: layout).render(&canvas)
      }
    }
    TimelineStrip(state: state).render(&canvas, in: layout.strip)
    Footer(state: state).render(into: &canvas.frame, layout: layout, theme: theme)
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
    let isWhole = observation.healthyMembers == observation.voters
    return spare < 0 || !observation.alarms.isEmpty ? .error : spare == 0 && !isWhole ? .warn : .dim
  }

  /// The quorum line, shorter where there is little room.
  func quorumLine(columns: Int) -> String {
    let full = quorumText
    if full.count <= columns { return full }
    let total = observation.voters
    let spare = observation.healthyMembers - observation.quorum
    let rest = alarmText ?? (spare >= 0 ? "can lose \(spare)" : "QUORUM LOST")
    let short =
      "\(observation.healthyMembers)/\(total) healthy, quorum \(observation.quorum), \(rest)"
    if short.count <= columns { return short }
    let shorter = "\(observation.healthyMembers)/\(total) healthy, \(rest)"
    return shorter.count <= columns ? shorter : rest
  }
}
