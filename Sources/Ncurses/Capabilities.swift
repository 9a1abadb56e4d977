import TerminalCore

/// What the terminal can do, read off the environment: no query is sent, so nothing is waited for.
public struct Capabilities: Hashable, Sendable {
  /// `TERM`.
  public var type: String
  public var depth: ColorDepth
  /// Draw nothing outside ASCII.
  public var ascii: Bool
  /// Of xterm's family: the program's own terminfo entry fits.
  public var isXtermFamily: Bool

  /// Chooses by `TERM`, `COLORTERM`, `NO_COLOR` and the locale variables.
  ///
  /// - Parameters:
  ///   - variable: looks up an environment variable.
  ///   - depth: the user's wish, which wins.
  ///   - ascii: the user asked for ASCII.
  public init(variable: (String) -> String?, depth: ColorDepth? = nil, ascii: Bool = false) {
    func value(_ name: String) -> String { variable(name) ?? "" }
    let type = value("TERM")
    self.type = type
    // Whoever has 256 colours by name has copied xterm in the rest as well.
    let isXtermFamily =
      type.contains("256color") || Self.family.contains { type.hasPrefix($0) }
    self.isXtermFamily = isXtermFamily
    if let depth {
      self.depth = depth
    } else if !value("NO_COLOR").isEmpty {
      self.depth = .mono
    } else {
      self.depth = Self.depth(
        type: type, colorTerm: value("COLORTERM"), isXtermFamily: isXtermFamily)
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(value).first { !$0.isEmpty }
    self.ascii = ascii || Self.drawsOnlyAscii(type: type, locale: locale)
  }

  private static let family = [
    "xterm", "tmux", "screen", "alacritty", "foot", "kitty", "wezterm", "ghostty", "konsole",
    "vte", "gnome", "contour", "mintty", "orrery",
  ]

  /// Terminals that have always had 24-bit colour, for sessions that lost `COLORTERM` (ssh).
  private static let direct = ["kitty", "alacritty", "foot", "wezterm", "ghostty", "-direct"]

  private static func depth(type: String, colorTerm: String, isXtermFamily: Bool) -> ColorDepth {
    if type.hasSuffix("-mono") || type.hasPrefix("vt1") || type.hasPrefix("vt2") { return .mono }
    if type == "linux" { return .ansi8 }
    if isXtermFamily {
      if colorTerm == "truecolor" || colorTerm == "24bit" { return .trueColor }
      if direct.contains(where: { type.contains($0) }) { return .trueColor }
    }
    return type.contains("256color") ? .indexed256 : .ansi8
  }

  /// The Linux console's fonts lack most glyphs; a locale that names another character set means
  /// it. No locale at all (containers, ssh) says nothing: terminals of today speak UTF-8.
  private static func drawsOnlyAscii(type: String, locale: String?) -> Bool {
    if type == "linux" || type.hasPrefix("vt") || type == "ansi" { return true }
    guard let locale else { return false }
    let lower = locale.lowercased()
    return !(lower.hasSuffix("utf-8") || lower.hasSuffix("utf8") || lower.contains("utf-8@"))
      && (lower == "c" || lower == "posix" || lower.contains("."))
  }
}
