import TerminalCore

/// Many things at a glance, each a small square: two in a cell, one above the other, where half
/// blocks can be drawn.
public struct HeatMap: Sendable {
  public enum Value: Hashable, Sendable {
    /// On the theme's heat scale.
    case heat(Int, of: Int)
    case role(Role)
    case empty
  }

  public var count: Int
  /// The one under the cursor.
  public var selected: Int?

  public init(count: Int, selected: Int? = nil) {
    self.count = count
    self.selected = selected
  }

  /// Things that fit into an area.
  public static func capacity(of rect: Rect, theme: Theme) -> Int {
    rect.width * rect.height * (usesHalves(theme) ? 2 : 1)
  }

  private static func usesHalves(_ theme: Theme) -> Bool {
    theme.glyphs.alphabet != .ascii && theme.depth >= .indexed256
  }

  /// Draws from the top left, row by row.
  public func render(
    into buffer: inout CellBuffer, in rect: Rect, theme: Theme, value: (Int) -> Value
  ) {
    guard !rect.isEmpty else { return }
    let halves = Self.usesHalves(theme)
    func style(_ index: Int) -> Style? {
      guard index < count else { return nil }
      switch value(index) {
      case .heat(let value, let total): return theme.heat(value, of: total)
      case .role(let role): return theme[role]
      case .empty: return nil
      }
    }
    for row in 0..<rect.height {
      for column in 0..<rect.width {
        let (x, y) = (rect.x + column, rect.y + row)
        guard halves else {
          let index = row * rect.width + column
          guard let style = style(index) else { continue }
          let glyph: Unicode.Scalar = theme.glyphs.alphabet == .ascii ? "#" : "■"
          buffer.put(index == selected ? "@" : glyph, x: x, y: y, style: style)
          continue
        }
        let upper = 2 * row * rect.width + column
        let lower = upper + rect.width
        let (a, b) = (style(upper), style(lower))
        if a == nil && b == nil { continue }
        var cell = Style(foreground: a?.foreground ?? .inherit)
        var glyph: Unicode.Scalar = "▀"
        if let a, let b {
          cell = Style(foreground: a.foreground, background: b.foreground)
        } else if let b {
          glyph = "▄"
          cell = Style(foreground: b.foreground)
        }
        if selected == upper || selected == lower { cell.attributes.insert(.reverse) }
        buffer.put(glyph, x: x, y: y, style: cell)
      }
    }
  }

  /// The thing at a position of the drawn map; the upper one of a cell.
  public func index(at point: Point, in rect: Rect, theme: Theme) -> Int? {
    guard rect.contains(point) else { return nil }
    let rows = Self.usesHalves(theme) ? 2 : 1
    let index = (point.y - rect.y) * rows * rect.width + point.x - rect.x
    return index < count ? index : nil
  }
}
