import TerminalCore

/// A framed area above everything else, for dialogs, details and help.
public struct Popup: Sendable {
  public var title: String
  public var width: Int
  public var height: Int
  public var footer: [Span]
  /// Framed in the error role.
  public var danger: Bool

  /// - Parameters:
  ///   - width: columns wanted, frame included; cut to what there is.
  ///   - height: rows wanted, frame included.
  public init(
    _ title: String, width: Int, height: Int, footer: [Span] = [], danger: Bool = false
  ) {
    self.title = title
    self.width = width
    self.height = height
    self.footer = footer
    self.danger = danger
  }

  /// Clears its area in the middle of `rect` and frames it. Returns the area inside.
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> Rect {
    let area = rect.centered(width: width, height: height)
    return renderFrame(into: &buffer, area: area, theme: theme)
  }

  /// The same over exactly `area`.
  @discardableResult
  public func renderFrame(into buffer: inout CellBuffer, area: Rect, theme: Theme) -> Rect {
    let ground = theme[.popup].over(theme.base)
    buffer.fill(area, ground)
    let inner = Panel(title, focused: true, footer: footer)
      .render(into: &buffer, in: area, theme: theme)
    if danger && area.width >= 4 && area.height >= 3 {
      let lines = theme.glyphs.boxFocused
      let style = theme[.error]
      buffer.restyle(area.cut(top: 1).top, Style(foreground: style.foreground))
      for y in area.y + 1..<area.bottom - 1 {
        buffer.put(lines.vertical, x: area.x, y: y, style: style)
        buffer.put(lines.vertical, x: area.right - 1, y: y, style: style)
      }
      buffer.restyle(area.cut(bottom: 1).bottom, Style(foreground: style.foreground))
    }
    return inner
  }
}

/// A question with buttons under it.
public struct Dialog: Sendable {
  public var title: String
  public var message: String
  public var buttons: [String]
  public var selected: Int
  public var danger: Bool

  public init(
    _ title: String, message: String, buttons: [String], selected: Int = 0, danger: Bool = false
  ) {
    self.title = title
    self.message = message
    self.buttons = buttons
    self.selected = selected
    self.danger = danger
  }

  /// Draws it in the middle of `rect`; returns where each button is.
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> [Rect] {
    let buttonWidth = buttons.reduce(0) { $0 + TextWidth.of($1) + 6 }
    let wanted = max(TextWidth.of(message), buttonWidth, TextWidth.of(title) + 4, 24) + 4
    let width = min(wanted, max(rect.width - 4, 1), 72)
    let lines = TextWidth.wrapped(message, columns: max(width - 4, 1))
    let inner = Popup(title, width: width, height: lines.count + 4, danger: danger)
      .render(into: &buffer, in: rect, theme: theme)
    let (text, bottom) = inner.inset(horizontal: 1).cut(bottom: 1)
    for (row, line) in lines.enumerated() {
      buffer.line(line, in: text, row: row, style: theme[.text])
    }
    var x = bottom.x + max(bottom.width - buttonWidth + 2, 0) / 2
    return buttons.indices.map { index in
      let label = "  \(buttons[index])  "
      let place = Rect(x: x, y: bottom.y, width: TextWidth.of(label), height: bottom.height)
      let style = theme[index == selected ? .tabActive : .tab]
      buffer.text(label, x: x, y: bottom.y, style: style, clip: bottom)
      x += place.width + 2
      return place.intersection(bottom)
    }
  }
}

/// A message that stays for some seconds; stands at the bottom right.
public struct Toast: Sendable {
  public enum Level: Sendable { case info, ok, warn, error }
  public var level: Level
  public var text: String

  public init(_ level: Level, _ text: String) {
    self.level = level
    self.text = text
  }

  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    let (role, glyph): (Role, String) =
      switch level {
      case .info: (.info, theme.glyphs.info)
      case .ok: (.ok, theme.glyphs.check)
      case .warn: (.warn, theme.glyphs.warn)
      case .error: (.error, theme.glyphs.error)
      }
    let lines = TextWidth.wrapped(text, columns: min(max(rect.width - 8, 1), 60))
    let width = (lines.map { TextWidth.of($0) }.max() ?? 0) + 6
    let height = min(lines.count + 2, rect.height)
    let area = rect.cut(right: width).right.cut(bottom: height).bottom
    guard area.height >= 3 else { return }
    let inner = Popup("", width: width, height: height)
      .renderFrame(into: &buffer, area: area, theme: theme)
    for (row, line) in lines.enumerated() {
      buffer.spans(
        [Span(row == 0 ? " \(glyph) " : "   ", theme[role]), Span(line, theme[.text])],
        in: inner, row: row)
    }
  }
}
