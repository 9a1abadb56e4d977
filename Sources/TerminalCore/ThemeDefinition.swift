/// What a theme says about one role; nil where it leaves it to the fallback.
public struct RoleDefinition: Hashable, Sendable {
  /// Ink with 24-bit or 256 colours.
  public var foreground: Color?
  /// Ground with 24-bit or 256 colours.
  public var background: Color?
  /// Ink where there are 16 or 8 colours: a slot, chosen by hand.
  public var ansiForeground: Color?
  /// Ground where there are 16 or 8 colours.
  public var ansiBackground: Color?
  /// Attributes with colours.
  public var attributes: Attributes?
  /// Attributes without.
  public var mono: Attributes?

  public init(
    foreground: Color? = nil, background: Color? = nil, ansiForeground: Color? = nil,
    ansiBackground: Color? = nil, attributes: Attributes? = nil, mono: Attributes? = nil
  ) {
    self.foreground = foreground
    self.background = background
    self.ansiForeground = ansiForeground
    self.ansiBackground = ansiBackground
    self.attributes = attributes
    self.mono = mono
  }
}

/// A scale of colours from cold to hot.
public struct RampDefinition: Hashable, Sendable {
  /// Two or more 24-bit colours to mix between.
  public var stops: [Color]
  /// How many colours come out of it; few, because each is a colour pair of the terminal.
  public var steps: Int
  /// The scale with 16 or 8 colours.
  public var ansi: [Color]

  public init(stops: [Color], steps: Int = 16, ansi: [Color]) {
    self.stops = stops
    self.steps = min(max(steps, 2), 32)
    self.ansi = ansi
  }

  public static let standard = RampDefinition(
    stops: [.rgb(0x3B4252), .rgb(0x5E81AC), .rgb(0xEBCB8B), .rgb(0xBF616A)],
    ansi: [.slot(4), .slot(6), .slot(3), .slot(1)])
}

/// A theme as its file has it, before it is fitted to a terminal.
public struct ThemeDefinition: Sendable {
  public enum Appearance: String, Sendable { case dark, light, any }

  public var name: String
  public var appearance: Appearance
  public var roles: [Role: RoleDefinition]
  public var heat: RampDefinition
  public var alphabet: Glyphs.Alphabet
  /// Glyphs that differ from the alphabet's, by name.
  public var glyphs: [(name: String, text: String)]

  public init(name: String, appearance: Appearance = .any) {
    self.name = name
    self.appearance = appearance
    roles = [:]
    heat = .standard
    alphabet = .unicode
    glyphs = []
  }

  /// Fits the theme to a terminal: every role gets its style, once.
  public func resolved(for depth: ColorDepth, ascii: Bool = false) -> Theme {
    Theme(self, depth: depth, ascii: ascii)
  }
}
