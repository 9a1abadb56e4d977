/// The strokes of a box.
public struct BoxLines: Hashable, Sendable {
  public var horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight: Unicode.Scalar
  public var teeLeft, teeRight: Unicode.Scalar

  /// Eight scalars in the order of the fields: `─│╭╮╰╯├┤`.
  init(_ strokes: String) {
    let s = Array(strokes.unicodeScalars)
    precondition(s.count == 8, "a box has eight strokes: \(strokes)")
    (horizontal, vertical, topLeft, topRight) = (s[0], s[1], s[2], s[3])
    (bottomLeft, bottomRight, teeLeft, teeRight) = (s[4], s[5], s[6], s[7])
  }

  public static let rounded = BoxLines("─│╭╮╰╯├┤")
  public static let heavy = BoxLines("━┃┏┓┗┛┣┫")
  public static let double = BoxLines("═║╔╗╚╝╠╣")
  public static let ascii = BoxLines("-|++++++")
  public static let asciiHeavy = BoxLines("=|######")
}

/// Every non-letter that the dashboard draws, in one of its alphabets.
///
/// All Unicode ones are one column wide in every terminal tried and in glibc.
public struct Glyphs: Hashable, Sendable {
  public enum Alphabet: String, Sendable, CaseIterable { case unicode, ascii, nerd }

  public var alphabet: Alphabet
  public var box: BoxLines
  public var boxFocused: BoxLines
  public var ok, warn, error, info: String
  public var leader, follower, candidate, learner: String
  public var pending, terminating, unknown: String
  public var selected, expanded, collapsed, bullet, arrow, up, down: String
  public var running, paused, ellipsis, separator, cross, check, marker: String
  public var scrollThumb, scrollTrack: String
  /// From empty to full, left to right: nine for eighths, two for ASCII.
  public var bars: [Unicode.Scalar]
  public var barEmpty: Unicode.Scalar
  /// The same as a thin line, which keeps bars in neighbouring rows apart.
  public var lines: [Unicode.Scalar]
  /// From empty to full, bottom to top.
  public var sparks: [Unicode.Scalar]
  /// Whether braille may be drawn.
  public var hasBraille: Bool

  public static let unicode = Glyphs(
    alphabet: .unicode, box: .rounded, boxFocused: .rounded,
    ok: "●", warn: "▲", error: "✖", info: "◆",
    leader: "★", follower: "○", candidate: "◇", learner: "◌",
    pending: "◔", terminating: "◍", unknown: "?",
    selected: "▌", expanded: "▾", collapsed: "▸", bullet: "•", arrow: "→", up: "▲", down: "▼",
    running: "▶", paused: "‖", ellipsis: "…", separator: "│", cross: "✗", check: "✓",
    marker: "▼", scrollThumb: "▐", scrollTrack: " ",
    bars: scalars(" ▏▎▍▌▋▊▉█"), barEmpty: "─", lines: scalars(" ╸━"),
    sparks: scalars(" ▁▂▃▄▅▆▇█"), hasBraille: true)

  public static let ascii = Glyphs(
    alphabet: .ascii, box: .ascii, boxFocused: .asciiHeavy,
    ok: "o", warn: "!", error: "X", info: "i",
    leader: "*", follower: "o", candidate: "c", learner: "l",
    pending: "~", terminating: "-", unknown: "?",
    selected: ">", expanded: "v", collapsed: ">", bullet: "*", arrow: ">", up: "^", down: "v",
    running: ">", paused: "=", ellipsis: "~", separator: "|", cross: "x", check: "+",
    marker: "v", scrollThumb: "#", scrollTrack: " ",
    bars: scalars(" #"), barEmpty: ".", lines: scalars(" #"),
    sparks: scalars(" .:-=+*#"), hasBraille: false)

  /// Unicode, with a few pictures of the Nerd Fonts' private area.
  public static let nerd: Glyphs = {
    var glyphs = Glyphs.unicode
    glyphs.alphabet = .nerd
    glyphs.leader = "\u{F005}"
    glyphs.ok = "\u{F00C}"
    glyphs.error = "\u{F00D}"
    glyphs.warn = "\u{F071}"
    glyphs.info = "\u{F05A}"
    return glyphs
  }()

  public static func named(_ alphabet: Alphabet) -> Glyphs {
    switch alphabet {
    case .unicode: .unicode
    case .ascii: .ascii
    case .nerd: .nerd
    }
  }

  private static func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }

  /// Sets the glyph that a theme file calls `name`; false when there is none or when it is not
  /// one column wide.
  public mutating func set(_ name: String, to text: String) -> Bool {
    guard TextWidth.of(text) == 1, let path = Self.names[name] else { return false }
    self[keyPath: path] = text
    return true
  }

  private static var names: [String: WritableKeyPath<Glyphs, String>] {
    [
      "ok": \.ok, "warn": \.warn, "error": \.error, "info": \.info, "leader": \.leader,
      "follower": \.follower, "candidate": \.candidate, "learner": \.learner,
      "pending": \.pending, "terminating": \.terminating, "unknown": \.unknown,
      "selected": \.selected, "bullet": \.bullet, "arrow": \.arrow, "running": \.running,
      "paused": \.paused, "check": \.check, "cross": \.cross, "separator": \.separator,
    ]
  }
}
