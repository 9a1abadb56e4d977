/// Keys by name: `q`, `ctrl-d`, `alt-x`, `shift-tab`, `f5`, `enter`, `space`, `page-up`.
extension Key {
  private static let specials: [(String, SpecialKey)] = [
    ("enter", .enter), ("tab", .tab), ("esc", .escape), ("backspace", .backspace),
    ("up", .up), ("down", .down), ("left", .left), ("right", .right), ("home", .home),
    ("end", .end), ("page-up", .pageUp), ("page-down", .pageDown), ("insert", .insert),
    ("delete", .delete),
  ]

  /// The name that key maps and scripts use, and that `init(name:)` reads; nil for what is no
  /// key press.
  public var name: String? {
    switch self {
    case .character(let scalar, let modifiers):
      Self.prefix(modifiers) + (scalar == " " ? "space" : String(Character(scalar)))
    case .special(.function(let n), let modifiers):
      Self.prefix(modifiers) + "f\(n)"
    case .special(let key, let modifiers):
      Self.specials.first { $0.1 == key }.map { Self.prefix(modifiers) + $0.0 }
    default: nil
    }
  }

  private static func prefix(_ modifiers: Modifiers) -> String {
    (modifiers.contains(.ctrl) ? "ctrl-" : "") + (modifiers.contains(.alt) ? "alt-" : "")
      + (modifiers.contains(.shift) ? "shift-" : "")
  }

  /// The key called `name`; nil when there is none.
  public init?(name: String) {
    var rest = Substring(name)
    var modifiers: Modifiers = []
    let prefixes: [(String, Modifiers)] = [
      ("ctrl-", .ctrl), ("alt-", .alt), ("shift-", .shift),
    ]
    while let found = prefixes.first(where: { rest.hasPrefix($0.0) && rest.count > $0.0.count }) {
      modifiers.insert(found.1)
      rest = rest.dropFirst(found.0.count)
    }
    if let special = Self.specials.first(where: { $0.0 == rest }) {
      self = .special(special.1, modifiers)
    } else if rest == "space" {
      self = .character(" ", modifiers)
    } else if rest.first == "f", rest.count > 1, let n = Int(rest.dropFirst()), (1...24).contains(n)
    {
      self = .special(.function(n), modifiers)
    } else if rest.unicodeScalars.count == 1, let scalar = rest.unicodeScalars.first,
      TextWidth.of(scalar.value) > 0
    {
      self = .character(scalar, modifiers)
    } else {
      return nil
    }
  }

  /// Short form for hint lines: `^D`, `⏎`, `Tab`, `F5`.
  public func label(_ glyphs: Glyphs) -> String {
    let unicode = glyphs.alphabet != .ascii
    switch self {
    case .character(let scalar, let modifiers):
      let text = scalar == " " ? "Space" : String(Character(scalar))
      if modifiers.contains(.ctrl) { return "^" + text.uppercased() }
      return modifiers.contains(.alt) ? "M-" + text : text
    case .special(let key, let modifiers):
      let prefix =
        (modifiers.contains(.ctrl) ? "^" : "") + (modifiers.contains(.alt) ? "M-" : "")
        + (modifiers.contains(.shift) ? "S-" : "")
      switch key {
      case .enter: return prefix + (unicode ? "⏎" : "Enter")
      case .tab: return prefix + "Tab"
      case .escape: return prefix + "Esc"
      case .backspace: return prefix + "Bksp"
      case .up: return prefix + (unicode ? "↑" : "Up")
      case .down: return prefix + (unicode ? "↓" : "Down")
      case .left: return prefix + (unicode ? "←" : "Left")
      case .right: return prefix + (unicode ? "→" : "Right")
      case .home: return prefix + "Home"
      case .end: return prefix + "End"
      case .pageUp: return prefix + "PgUp"
      case .pageDown: return prefix + "PgDn"
      case .insert: return prefix + "Ins"
      case .delete: return prefix + "Del"
      case .function(let n): return prefix + "F\(n)"
      }
    default:
      return ""
    }
  }
}
