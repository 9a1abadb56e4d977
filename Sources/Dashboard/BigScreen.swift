import Engine
import TerminalCore
import Widgets

/// Big mode: the clock in large figures, one list, a blank line between rows, everything bold.
enum BigScreen {
  /// Rows that the head takes.
  static let head = 6

  /// How the body is spread at a height; 1 where there is no room.
  static func spacing(height: Int) -> Int {
    (height - head) / 2 >= ScreenLayout.minimum.height ? 2 : 1
  }

  /// Whether there is room at all.
  static func fits(width: Int, height: Int) -> Bool {
    width >= ScreenLayout.minimum.width && height - head >= ScreenLayout.minimum.height
  }

  /// Where a point of the big screen is in the body's own picture.
  static func inner(_ point: Point, height: Int) -> Point {
    Point(x: point.x, y: max(point.y - head, 0) / spacing(height: height))
  }

  static func render(
    _ state: AppState, width: Int, height: Int, theme: Theme
  ) -> MainScreen.Frame {
    let spacing = spacing(height: height)
    var zoomed = state
    zoomed.isBig = false
    zoomed.isZoomed = state.overlays.isEmpty
    let body = MainScreen.render(
      zoomed, width: width, height: (height - head) / spacing, theme: theme)
    var frame = MainScreen.Frame(
      buffer: CellBuffer(width: width, height: height, style: theme.base))
    frame.geometry = body.geometry
    for y in 0..<body.buffer.height {
      for (x, cell) in body.buffer.row(y).enumerated() where cell.width > 0 {
        var cell = cell
        if !cell.attributes.contains(.dim) { cell.attributes.insert(.bold) }
        frame.buffer.set(cell, x: x, y: head + y * spacing)
      }
      // The ground of a row reaches to the next one, or a popup would look striped.
      guard spacing > 1 else { continue }
      for (x, cell) in body.buffer.row(y).enumerated() {
        let blank = Cell(foreground: cell.foreground, background: cell.background)
        frame.buffer.set(blank, x: x, y: head + y * spacing + 1)
      }
    }
    if let cursor = body.cursor {
      frame.cursor = Point(x: cursor.x, y: head + cursor.y * spacing)
    }
    renderHead(state, into: &frame.buffer, theme)
    return frame
  }

  private static func renderHead(_ state: AppState, into buffer: inout CellBuffer, _ theme: Theme) {
    let clock = clockText(state.timeline.now).split(separator: ".").first.map(String.init) ?? ""
    let x = figures(clock, x: 2, y: 0, into: &buffer, theme[.title].adding(.bold), theme) + 3
    let room = Rect(x: x, y: 0, width: max(buffer.width - x - 2, 0), height: 5)
    let observation = state.observation
    let ready = observation.nodes.readyCount
    let pods = observation.pods.readyCount
    let mode = state.isRunning ? "\(theme.glyphs.running) RUN" : "\(theme.glyphs.paused) PAUSE"
    buffer.spans(
      [
        Span(mode, theme[state.isRunning ? .ok : .warn].adding(.bold)),
        Span("   " + state.speed.text, theme[.text].adding(.bold)),
      ], in: room, row: 0)
    buffer.line(
      "nodes \(ready)/\(observation.nodes.count)   pods \(pods)/\(observation.pods.count)",
      in: room, row: 2, style: theme[.text].adding(.bold))
    let faults = observation.faults.count
    let quorum = observation.hasQuorum ? "" : "   \(theme.glyphs.error) NO QUORUM"
    buffer.line(
      (faults == 0 ? "no faults" : "\(faults) fault\(faults == 1 ? "" : "s")") + quorum, in: room,
      row: 4, style: theme[observation.hasQuorum ? faults == 0 ? .dim : .warn : .error])
  }

  /// Draws digits five rows high; returns the column behind them.
  private static func figures(
    _ text: String, x: Int, y: Int, into buffer: inout CellBuffer, _ style: Style, _ theme: Theme
  ) -> Int {
    let ink: Unicode.Scalar = theme.glyphs.alphabet == .ascii ? "#" : "█"
    var column = x
    for character in text {
      guard let rows = shapes[character] else { continue }
      for (row, line) in rows.enumerated() {
        for (offset, mark) in line.enumerated() where mark == "#" {
          buffer.put(ink, x: column + offset, y: y + row, style: style)
        }
      }
      column += (rows.first?.count ?? 3) + 1
    }
    return column
  }

  private static let shapes: [Character: [String]] = [
    "0": ["###", "# #", "# #", "# #", "###"], "1": [" # ", "## ", " # ", " # ", "###"],
    "2": ["###", "  #", "###", "#  ", "###"], "3": ["###", "  #", "###", "  #", "###"],
    "4": ["# #", "# #", "###", "  #", "  #"], "5": ["###", "#  ", "###", "  #", "###"],
    "6": ["###", "#  ", "###", "# #", "###"], "7": ["###", "  #", " # ", " # ", " # "],
    "8": ["###", "# #", "###", "# #", "###"], "9": ["###", "# #", "###", "  #", "###"],
    ":": [" ", "#", " ", "#", " "],
  ]
}
