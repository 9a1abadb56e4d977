import Basics

/// What one client asked of one key, and how it ended: a line of a history.
///
/// Values are unique within a history: no two operations write the same one. A key's state then
/// names the write it comes from, and a compare on a revision is a compare on a value.
public struct Operation: Sendable, Equatable {
  public enum Action: Sendable, Equatable {
    case put(String)
    case get
    case delete
    /// Writes `value` if the key holds `expected` (nil: if it does not exist).
    case compareAndSwap(expected: String?, value: String)
  }

  public enum Outcome: Sendable, Equatable {
    /// No answer, or one that leaves it open: it may have taken effect, may do so yet, or never.
    case unknown
    /// Refused for certain: it had no effect, and will have none.
    case failed
    case put
    /// What the key held; nil where it did not exist.
    case got(String?)
    /// Whether there was anything to delete.
    case deleted(Bool)
    case swapped
    /// The compare did not hold: the key held this.
    case notSwapped(found: String?)
  }

  /// Who asked. A client has one operation under way at a time.
  public var client: Int
  public var key: String
  public var action: Action
  public var outcome: Outcome
  /// When it was asked.
  public var call: Tick
  /// When the answer was there; of no meaning where the outcome is unknown.
  public var end: Tick
  /// The store's revision the answer speaks of; 0 where it speaks of none.
  public var revision: Int64

  public init(
    client: Int, key: String, _ action: Action, _ outcome: Outcome, call: Tick, end: Tick,
    revision: Int64 = 0
  ) {
    self.client = client
    self.key = key
    self.action = action
    self.outcome = outcome
    self.call = call
    self.end = end
    self.revision = revision
  }

  /// Whether the answer came, and says what happened.
  public var isAnswered: Bool { outcome != .unknown && outcome != .failed }

  /// Whether it is known to have changed the key.
  public var isEffectiveWrite: Bool {
    switch outcome {
    case .put, .swapped, .deleted(true): true
    case .unknown, .failed, .got, .deleted(false), .notSwapped: false
    }
  }
}

extension Operation: CustomStringConvertible {
  /// One line for people: `client 3: get k2 = "v17" [12.034117 s, 12.035201 s] revision 40`.
  public var description: String {
    func quoted(_ value: String?) -> String { value.map { "\"\($0)\"" } ?? "nothing" }
    var words =
      switch action {
      case .put(let value): "put \(key) = \(quoted(value))"
      case .get: "get \(key)"
      case .delete: "delete \(key)"
      case .compareAndSwap(let expected, let value):
        "swap \(key) from \(quoted(expected)) to \(quoted(value))"
      }
    var end = "\(self.end.seconds) s"
    switch outcome {
    case .unknown: end = "unknown"
    case .failed: end = "failed"
    case .put, .swapped: break
    case .got(let value): words += " = \(quoted(value))"
    case .deleted(let any): words += any ? " (was there)" : " (was not there)"
    case .notSwapped(let found): words += ", found \(quoted(found))"
    }
    return "client \(client): \(words) [\(call.seconds) s, \(end)]"
      + (revision == 0 ? "" : " revision \(revision)")
  }
}
