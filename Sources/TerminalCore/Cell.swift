/// One character cell: 20 bytes of plain data, laid out as `orrery_cell` of the C facade.
///
/// A character two columns wide is a cell of `width` 2 followed by one of `width` 0.
@frozen public struct Cell: Hashable, Sendable {
  /// The Unicode scalar; never a control character.
  public var scalar: UInt32
  /// A combining mark on top of it, or 0.
  public var mark: UInt32
  public var foreground: Color
  public var background: Color
  public var attributes: Attributes
  /// Columns: 1, 2, or 0 for the right half of a wide character.
  public var width: UInt8
  @usableFromInline var reserved: UInt8 = 0

  @inlinable public init(
    scalar: UInt32 = 0x20, mark: UInt32 = 0, foreground: Color = .terminal,
    background: Color = .terminal, attributes: Attributes = [], width: UInt8 = 1
  ) {
    self.scalar = scalar
    self.mark = mark
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
    self.width = width
    self.reserved = 0
  }

  /// A space in the terminal's own colours.
  public static let blank = Cell()

  /// A space in `style`.
  public init(blank style: Style) {
    self.init(attributes: style.attributes)
    apply(colors: style)
  }

  @inlinable mutating func apply(colors style: Style) {
    if style.foreground != .inherit { foreground = style.foreground }
    if style.background != .inherit { background = style.background }
  }

  /// Gives a space the ink of the cell before it, which nobody sees: no change of colour has to be
  /// sent for it. Its background stays.
  public mutating func takeInk(of left: Cell) {
    guard scalar == 0x20, mark == 0, width == 1, attributes.isDisjoint(with: .seenOnSpaces) else {
      return
    }
    foreground = left.foreground
    attributes = left.attributes.subtracting(.seenOnSpaces)
  }

  /// Right half of a wide character.
  @inlinable public var isTrailing: Bool { width == 0 }

  /// The character, with its mark.
  public var character: String {
    guard width > 0, let first = Unicode.Scalar(scalar) else { return "" }
    var text = String(Character(first))
    if mark != 0, let second = Unicode.Scalar(mark) { text.unicodeScalars.append(second) }
    return text
  }

  public var style: Style {
    Style(foreground: foreground, background: background, attributes: attributes)
  }
}
