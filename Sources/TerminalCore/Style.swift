/// Text attributes of a cell.
public struct Attributes: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16
  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  public static let bold = Attributes(rawValue: 1)
  public static let dim = Attributes(rawValue: 2)
  public static let italic = Attributes(rawValue: 4)
  public static let underline = Attributes(rawValue: 8)
  public static let reverse = Attributes(rawValue: 16)
  public static let blink = Attributes(rawValue: 32)
  public static let strike = Attributes(rawValue: 64)

  /// What can be seen of a cell without a character.
  static let seenOnSpaces: Attributes = [.underline, .reverse, .strike]

  static let names: [(String, Attributes)] = [
    ("bold", .bold), ("dim", .dim), ("italic", .italic), ("underline", .underline),
    ("reverse", .reverse), ("blink", .blink), ("strike", .strike),
  ]

  /// Parses words such as `bold reverse`; nil when one of them is unknown.
  public init?(words: some StringProtocol) {
    var result: Attributes = []
    for word in words.split(separator: " ") {
      guard let found = Self.names.first(where: { $0.0 == word }) else { return nil }
      result.insert(found.1)
    }
    self = result
  }
}

/// How text is drawn: colours, each of which may be left as the cell has it, and attributes.
public struct Style: Hashable, Sendable {
  public var foreground: Color
  public var background: Color
  public var attributes: Attributes

  public init(
    foreground: Color = .inherit, background: Color = .inherit, attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  /// Changes nothing but the character.
  public static let plain = Style()

  /// `self` drawn over `below`: what `self` leaves open comes from `below`, attributes add up.
  public func over(_ below: Style) -> Style {
    Style(
      foreground: foreground == .inherit ? below.foreground : foreground,
      background: background == .inherit ? below.background : background,
      attributes: attributes.union(below.attributes))
  }

  public func adding(_ more: Attributes) -> Style {
    Style(
      foreground: foreground, background: background, attributes: attributes.union(more))
  }

  /// The same ink on another ground.
  public func on(_ background: Color) -> Style {
    Style(foreground: foreground, background: background, attributes: attributes)
  }
}

/// A piece of text in one style; a line of a view is an array of them.
public struct Span: Hashable, Sendable {
  public var text: String
  public var style: Style

  public init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  /// Columns the span takes.
  public var width: Int { TextWidth.of(text) }
}
