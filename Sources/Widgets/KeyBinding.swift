import TerminalCore

/// A command and the keys that give it: one row of the table from which hints, help and the
/// command palette are made.
public struct KeyBinding: Hashable, Sendable {
  /// Its name in key maps and scripts.
  public var id: String
  /// What it does, in two or three words.
  public var title: String
  /// The heading under which help lists it.
  public var group: String
  public var keys: [Key]
  /// In a narrow hint line the lowest go first; below 1 it is never hinted.
  public var priority: Int
  /// Why it cannot be used now; nil when it can.
  public var disabledReason: String?

  public init(
    _ id: String, _ title: String, group: String, keys: [Key], priority: Int = 1,
    disabledReason: String? = nil
  ) {
    self.id = id
    self.title = title
    self.group = group
    self.keys = keys
    self.priority = priority
    self.disabledReason = disabledReason
  }

  /// Its keys, as `j/↓`.
  public func keyLabel(_ glyphs: Glyphs) -> String {
    keys.map { $0.label(glyphs) }.joined(separator: "/")
  }
}
