/// Keys held together with another.
public struct Modifiers: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let shift = Modifiers(rawValue: 1)
  public static let alt = Modifiers(rawValue: 2)
  public static let ctrl = Modifiers(rawValue: 4)
}

/// Keys that are no character.
public enum SpecialKey: Hashable, Sendable {
  case enter, tab, escape, backspace
  case up, down, left, right
  case home, end, pageUp, pageDown, insert, delete
  case function(Int)
}

/// What the mouse did, at which cell.
public struct MouseEvent: Hashable, Sendable {
  public enum Button: Hashable, Sendable { case left, middle, right, none }
  public enum Action: Hashable, Sendable {
    case press, release, drag, wheelUp, wheelDown
  }
  public var action: Action
  public var button: Button
  public var position: Point
  public var modifiers: Modifiers

  public init(
    _ action: Action, _ button: Button = .left, at position: Point, modifiers: Modifiers = []
  ) {
    self.action = action
    self.button = button
    self.position = position
    self.modifiers = modifiers
  }
}

/// One thing that came in from the terminal.
public enum Key: Hashable, Sendable {
  /// A character, as typed: shift is in the character itself. ctrl-x is `x` with `.ctrl`.
  case character(Unicode.Scalar, Modifiers)
  case special(SpecialKey, Modifiers)
  case mouse(MouseEvent)
  /// Text pasted at once; never commands.
  case paste(String)
  /// The terminal has a new size, in cells.
  case resize(width: Int, height: Int)
  /// The terminal window was given the focus, or lost it.
  case focus(Bool)
  /// The terminal is gone: quit.
  case hangup

  /// A plain character.
  public static func char(_ scalar: Unicode.Scalar) -> Key { .character(scalar, []) }
  public static func ctrl(_ scalar: Unicode.Scalar) -> Key { .character(scalar, .ctrl) }
  public static func alt(_ scalar: Unicode.Scalar) -> Key { .character(scalar, .alt) }

  public static let enter = Key.special(.enter, [])
  public static let tab = Key.special(.tab, [])
  public static let backTab = Key.special(.tab, .shift)
  public static let escape = Key.special(.escape, [])
  public static let backspace = Key.special(.backspace, [])
  public static let up = Key.special(.up, [])
  public static let down = Key.special(.down, [])
  public static let left = Key.special(.left, [])
  public static let right = Key.special(.right, [])
  public static let home = Key.special(.home, [])
  public static let end = Key.special(.end, [])
  public static let pageUp = Key.special(.pageUp, [])
  public static let pageDown = Key.special(.pageDown, [])
  public static let insert = Key.special(.insert, [])
  public static let delete = Key.special(.delete, [])
  public static func function(_ n: Int) -> Key { .special(.function(n), []) }
}
