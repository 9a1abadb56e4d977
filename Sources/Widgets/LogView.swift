import TerminalCore

/// Lines of a log, newest last; follows the end until one scrolls up.
public struct LogView: Sendable {
  public var lineCount: Int
  /// Lines between the end and the last line in sight; 0 follows.
  public var scrolledBack: Int
  /// Columns scrolled to the right.
  public var column: Int
  /// The selected line, if any.
  public var selected: Int?
  public var focused: Bool
  public var placeholder = ""

  public init(
    lineCount: Int, scrolledBack: Int = 0, column: Int = 0, selected: Int? = nil,
    focused: Bool = false
  ) {
    self.lineCount = lineCount
    self.scrolledBack = scrolledBack
    self.column = column
    self.selected = selected
    self.focused = focused
  }

  /// The lines in sight in an area of this height.
  public func visible(height: Int) -> Range<Int> {
    let back = min(max(scrolledBack, 0), max(lineCount - height, 0))
    let end = max(lineCount - back, 0)
    return max(end - max(height, 0), 0)..<end
  }

  /// Draws the lines in sight; `line` is asked for those alone.
  public func render(
    into buffer: inout CellBuffer, in rect: Rect, theme: Theme, line: (Int) -> [Span]
  ) {
    guard !rect.isEmpty else { return }
    let lines = visible(height: rect.height)
    let overflows = lineCount > rect.height && rect.width > 4
    let area = overflows ? rect.cut(right: 1).rest : rect
    if lines.isEmpty { buffer.line(placeholder, in: area, style: theme[.dim], align: .center) }
    for (row, index) in lines.enumerated() {
      let place = area.row(row)
      var spans = line(index)
      if index == selected {
        buffer.fill(place, theme.selected(theme[.text], active: focused))
        spans = spans.map {
          Span($0.text, theme.selected($0.style.over(theme[.text]), active: focused))
        }
      }
      buffer.spans(spans, in: place, base: theme[.text], skipping: column)
    }
    if overflows {
      ScrollBar(offset: lines.lowerBound, visible: rect.height, total: lineCount)
        .render(into: &buffer, in: rect.cut(right: 1).right, theme: theme)
    }
  }
}
