/// What a style is for. Widgets and panes name roles, themes give them colours.
///
/// Every role has a fallback, so a theme of five lines is a whole theme.
public enum Role: UInt8, CaseIterable, Sendable {
  case bg, text, dim, title, border
  case borderFocused
  case header, hint
  case hintKey
  case selection
  case selectionInactive
  case popup, input
  case inputCursor
  case ghost
  case ok, warn, error, info
  case leader, follower, candidate, terminating, pending, changed
  case accent1, accent2, accent3, accent4, accent5, accent6
  case graph
  case graphFill
  case bar
  case barTrack
  case mark
  case tab
  case tabActive

  /// The role that fills in what a theme does not say.
  public var fallback: Role? {
    switch self {
    case .bg: nil
    case .text: nil
    case .dim, .title, .header, .info, .ok, .hintKey, .input: .text
    case .border, .hint, .ghost, .barTrack, .follower, .selectionInactive: .dim
    case .borderFocused, .accent1: .info
    case .selection: .text
    case .popup: .text
    case .inputCursor: .selection
    case .warn, .error: .text
    case .leader, .graph, .bar: .ok
    case .candidate, .pending, .changed, .mark: .warn
    case .terminating: .dim
    case .accent2: .ok
    case .accent3: .warn
    case .accent4: .leader
    case .accent5: .info
    case .accent6: .dim
    case .graphFill: .graph
    case .tab: .dim
    case .tabActive: .title
    }
  }

  /// Position in tables of styles.
  var index: Int { Int(rawValue) }

  /// The name in theme files: `borderFocused` is `border-focused` there.
  public var name: String { Self.names[index] }
  private static let names: [String] = allCases.map { role in
    var name = ""
    for character in String(describing: role) {
      name += character.isUppercase ? "-" + character.lowercased() : String(character)
    }
    return name
  }

  /// The role of that name; nil when there is none.
  public init?(name: some StringProtocol) {
    guard let index = Self.names.firstIndex(where: { $0 == name }) else { return nil }
    self = Self.allCases[index]
  }

  /// Attributes in mono when neither the theme nor a fallback says any: meaning has to survive
  /// without colours.
  var monoDefault: Attributes {
    switch self {
    case .selection, .inputCursor: .reverse
    case .selectionInactive: .underline
    case .title, .header, .warn, .leader, .hintKey, .tabActive, .borderFocused, .changed: .bold
    case .error: [.bold, .reverse]
    case .dim, .ghost: .dim
    default: []
    }
  }
}
