import TerminalCore

/// Proposals to choose from: completions above a command line, or the command palette.
public struct ChoiceList: Sendable {
  public struct Choice: Hashable, Sendable {
    public var text: String
    public var detail: String

    public init(_ text: String, detail: String = "") {
      self.text = text
      self.detail = detail
    }
  }

  public var choices: [Choice]
  public var cursor: ListCursor

  public init(_ choices: [Choice], cursor: ListCursor = ListCursor()) {
    self.choices = choices
    self.cursor = cursor
  }

  /// Draws as many as fit, the chosen one in sight.
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    guard !rect.isEmpty else { return }
    let fitted = cursor.fitted(count: choices.count, visible: rect.height)
    let end = min(choices.count, fitted.offset + rect.height)
    let widest = choices[fitted.offset..<end].map { TextWidth.of($0.text) }.max() ?? 0
    for row in 0..<(end - fitted.offset) {
      let choice = choices[fitted.offset + row]
      let line = rect.row(row)
      let isSelected = fitted.offset + row == fitted.selected
      if isSelected { buffer.fill(line, theme.selected(theme[.text], active: true)) }
      func drawn(_ style: Style) -> Style {
        isSelected ? theme.selected(style, active: true) : style
      }
      let text = Rect(x: line.x + 1, y: line.y, width: min(widest, line.width - 1), height: 1)
      buffer.line(
        choice.text, in: text, style: drawn(theme[.text]), ellipsis: theme.glyphs.ellipsis)
      let rest = line.cut(left: widest + 3).rest
      buffer.line(
        choice.detail, in: rest, style: drawn(theme[.dim]), ellipsis: theme.glyphs.ellipsis)
    }
  }

  /// Draws it in a frame that stands on the row `bottom`, at most `rows` choices high.
  public func renderAbove(
    row bottom: Int, x: Int, rows: Int, into buffer: inout CellBuffer, in rect: Rect,
    theme: Theme
  ) {
    guard !choices.isEmpty else { return }
    let widest = choices.reduce(0) { most, choice in
      let detail = choice.detail.isEmpty ? 0 : TextWidth.of(choice.detail) + 2
      return max(most, TextWidth.of(choice.text) + detail)
    }
    let height = min(rows, choices.count) + 2
    let width = min(widest + 5, rect.width)
    let left = min(max(x, rect.x), max(rect.right - width, rect.x))
    let area = Rect(x: left, y: bottom - height, width: width, height: height).intersection(rect)
    guard area.height >= 3 else { return }
    let inner = Popup("", width: 0, height: 0)
      .renderFrame(into: &buffer, area: area, theme: theme)
    render(into: &buffer, in: inner, theme: theme)
  }
}
