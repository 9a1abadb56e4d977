import TerminalCore

/// A frame with a title, and a second text at the right end of its top line.
public struct Panel: Sendable {
  public var title: String
  /// The key that focuses it, shown before the title.
  public var key: String
  public var subtitle: [Span]
  public var focused: Bool
  /// The text in the bottom line, at its right end.
  public var footer: [Span]

  public init(
    _ title: String, key: String = "", subtitle: [Span] = [], focused: Bool = false,
    footer: [Span] = []
  ) {
    self.title = title
    self.key = key
    self.subtitle = subtitle
    self.focused = focused
    self.footer = footer
  }

  /// Draws the frame. Returns the area inside; where there is no room for a frame, the area
  /// below the title.
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> Rect {
    guard rect.width >= 4, rect.height >= 3 else {
      guard rect.height >= 2 else { return rect }
      buffer.line(
        title, in: rect, style: theme[focused ? .borderFocused : .title],
        ellipsis: theme.glyphs.ellipsis)
      return rect.cut(top: 1).rest
    }
    let border = theme[focused ? .borderFocused : .border]
    let lines = focused ? theme.glyphs.boxFocused : theme.glyphs.box
    buffer.box(rect, lines: lines, style: border)
    let top = Rect(x: rect.x + 2, y: rect.y, width: rect.width - 4, height: 1)
    let used = renderTitle(into: &buffer, in: top, theme: theme, border: border)
    Self.renderRight(subtitle, into: &buffer, in: top.cut(left: used).rest, theme: theme)
    let bottom = Rect(x: rect.x + 2, y: rect.bottom - 1, width: rect.width - 4, height: 1)
    Self.renderRight(footer, into: &buffer, in: bottom, theme: theme)
    return rect.inset(horizontal: 1, vertical: 1)
  }

  private func renderTitle(
    into buffer: inout CellBuffer, in top: Rect, theme: Theme, border: Style
  ) -> Int {
    if title.isEmpty { return 0 }
    var spans = [Span(" ")]
    if !key.isEmpty && top.width > 12 {
      spans.append(Span(key + " ", theme[focused ? .hintKey : .dim]))
    }
    let room = top.width - 1 - spans.reduce(0) { $0 + $1.width }
    let shown = TextWidth.truncated(title, columns: room, ellipsis: theme.glyphs.ellipsis)
    let style = focused ? theme[.title].over(Style(attributes: .bold)) : theme[.title]
    spans.append(Span(shown, focused ? style : theme[.text].adding(style.attributes)))
    spans.append(Span(" "))
    return buffer.spans(spans, in: top)
  }

  private static func renderRight(
    _ spans: [Span], into buffer: inout CellBuffer, in rect: Rect, theme: Theme
  ) {
    let width = spans.reduce(0) { $0 + $1.width }
    // All or nothing: half a figure would be a wrong figure.
    guard width > 0, width + 3 <= rect.width else { return }
    let place = rect.cut(right: width + 2).right
    buffer.spans([Span(" ")] + spans + [Span(" ")], in: place, base: theme[.dim])
  }
}
