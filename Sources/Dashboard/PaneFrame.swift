import TerminalCore
import Widgets

/// The frame of a pane: a box where there is room, a rule over it where there is not.
struct PaneFrame {
  let title: String
  /// The key of the view that shows the same in full; empty there.
  let key: String
  let isFocused: Bool
  let style: ScreenLayout.Style
  var subtitle: [Span] = []

  /// Draws it; returns the area inside.
  func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> Rect {
    switch style {
    case .boxes:
      return Panel(title, key: key, subtitle: subtitle, focused: isFocused)
        .render(into: &buffer, in: rect, theme: theme)
    case .rules:
      let (top, rest) = rect.cut(top: 1)
      let border = theme[isFocused ? .borderFocused : .border]
      buffer.rule(
        top, isFocused ? theme.glyphs.boxFocused.horizontal : theme.glyphs.box.horizontal,
        style: border)
      var x = top.x + 1
      x += buffer.spans(
        [
          Span(key.isEmpty ? " " : " \(key) ", theme[isFocused ? .hintKey : .dim]),
          Span(
            title + " ",
            isFocused ? theme[.title].adding(.bold) : theme[.text].adding(theme[.title].attributes)),
        ], in: Rect(x: x, y: top.y, width: max(top.right - x, 0), height: top.height))
      let width = subtitle.reduce(0) { $0 + $1.width } + 2
      if width > 2, x + width + 1 <= top.right {
        let place = Rect(x: top.right - width, y: top.y, width: width, height: top.height)
        buffer.spans([Span(" ")] + subtitle + [Span(" ")], in: place, base: theme[.dim])
      }
      return rest
    }
  }
}
