import TerminalCore
import Widgets

/// A picture in the making: the state it shows, the cells so far, the looks.
struct Canvas {
  let state: AppState
  var frame: MainScreen.Frame
  let theme: Theme
  let style: ScreenLayout.Style

  var glyphs: Glyphs { theme.glyphs }

  func isFocused(_ pane: Pane) -> Bool { pane == state.focus && state.overlays.isEmpty }

  /// Frames a pane, notes where it is, and returns the area inside.
  mutating func framed(
    _ pane: Pane, in rect: Rect, title: String? = nil, subtitle: [Span] = []
  ) -> Rect {
    frame.geometry.panes[pane] = rect
    let narrowed = state.filter.isEmpty || !pane.canBeNarrowed ? "" : " /\(state.filter)"
    return PaneFrame(
      title: (title ?? pane.title) + narrowed, key: state.screen == .overview ? pane.home.key : "",
      isFocused: isFocused(pane), style: style, subtitle: subtitle
    ).render(into: &frame.buffer, in: rect, theme: theme)
  }

  /// A frame around something that takes no focus.
  mutating func framed(_ title: String, in rect: Rect, subtitle: [Span] = []) -> Rect {
    PaneFrame(title: title, key: "", isFocused: false, style: style, subtitle: subtitle)
      .render(into: &frame.buffer, in: rect, theme: theme)
  }

  /// The rows of a pane, with its cursor.
  mutating func table(
    _ pane: Pane, _ columns: [Column], in rect: Rect, placeholder: String = "",
    sortedBy sort: Int? = nil, descending: Bool = false,
    rowStyle: (Int) -> Style = { _ in .plain }, cell: (Int, Int) -> TableCell
  ) {
    let cursor = state.cursor(pane)
    var table = Table(
      columns: columns, rowCount: state.rowCount(pane),
      cursor: ListCursor(selected: cursor.index, offset: cursor.offset), focused: isFocused(pane))
    table.placeholder = placeholder
    table.sortColumn = sort
    table.sortDescending = descending
    let geometry = table.render(
      into: &frame.buffer, in: rect, theme: theme, rowStyle: rowStyle, cell: cell)
    frame.geometry.tables[pane] = geometry
    frame.geometry.rows[pane] = geometry.body.height
  }

  /// One line of text in a row of `rect`.
  mutating func line(_ spans: [Span], in rect: Rect, row: Int = 0) {
    frame.buffer.spans(spans, in: rect, row: row, base: theme[.text])
  }

  mutating func line(_ text: String, _ role: Role = .text, in rect: Rect, row: Int = 0) {
    frame.buffer.line(
      text, in: rect, row: row, style: theme[role], ellipsis: theme.glyphs.ellipsis)
  }

  /// A revision in at most six columns: of a large one, as after a restore with a bump, the end.
  func revision(_ revision: Int64) -> String {
    let digits = "\(revision)"
    return digits.count <= 6 ? digits : theme.glyphs.ellipsis + digits.suffix(5)
  }

  func span(_ text: String, _ role: Role = .text) -> Span { Span(text, theme[role]) }
}

/// What a view reads off the world before it is drawn, where that is more than the observation:
/// the rows of its lists.
protocol ViewModel: Sendable {
  /// Nil for a pane that is not this view's.
  func count(_ pane: Pane) -> Int?
  func row(_ pane: Pane, _ index: Int) -> RowID?
  func index(of id: RowID, in pane: Pane) -> Int?
}

/// For views whose rows are all in the observation.
struct PlainModel: ViewModel {
  func count(_ pane: Pane) -> Int? { nil }
  func row(_ pane: Pane, _ index: Int) -> RowID? { nil }
  func index(of id: RowID, in pane: Pane) -> Int? { nil }
}

extension Canvas {
  /// Running text in an area, from its top; what does not fit is left out.
  mutating func lines(_ lines: [SheetLine], in rect: Rect, wraps: Bool = true) {
    var row = 0
    for line in lines where row < rect.height {
      let spans = line.ink.map { Span($0.text, theme[$0.role]) }
      let pieces = wraps ? TextPane.wrapped(spans, columns: max(rect.width - 1, 1)) : [spans]
      for piece in pieces where row < rect.height {
        self.line(piece, in: rect, row: row)
        if !wraps, piece.reduce(0, { $0 + TextWidth.of($1.text) }) > rect.width, rect.width > 1 {
          let last = rect.row(row).cut(right: 1).right
          self.line(theme.glyphs.ellipsis, .dim, in: last)
        }
        row += 1
      }
    }
  }
}
