import Basics

/// Decides whether a history is linearizable: whether there is one order of all operations, each at
/// some moment between its call and its answer, in which every answer is right (Herlihy and Wing,
/// 1990).
///
/// Linearizability is local: a history is linearizable if each key's is, so keys are searched one
/// by one (`KeySearch`). The search is exponential at worst, and has a budget.
public struct LinearizabilityChecker: Sendable {
  public enum Verdict: Sendable, Equatable {
    case linearizable
    case violation(Violation)
    /// The budget was used up on this key: nothing is said about it, and no other key is wrong.
    case undecided(key: String)
  }

  /// Why no order explains a key's answers: how far the best attempt came.
  public struct Violation: Sendable, Equatable {
    public let key: String
    /// The operation that fits nowhere after the best attempt.
    public let stuck: Operation
    /// What the key holds there.
    public let state: String?
    /// How many operations the best attempt put in order, and the last of them.
    public let ordered: Int
    public let latest: [Operation]

    public var text: String {
      let holds = state.map { "\"\($0)\"" } ?? "nothing"
      var lines = [
        "no order of the operations on \(key) explains their answers: after \(ordered) of them "
          + "it holds \(holds), and this one does not fit: \(stuck)"
      ]
      if !latest.isEmpty {
        lines.append("before it: " + latest.map(\.description).joined(separator: "; "))
      }
      return lines.joined(separator: "; ")
    }
  }

  /// Steps the search may take for one key; a step is an operation tried at one place.
  public var budget: Int

  public init(budget: Int = 3_000_000) {
    precondition(budget > 0, "a search without a step decides nothing")
    self.budget = budget
  }

  /// The first key, in order, that is wrong; else the first that could not be decided.
  public func check(_ history: [Operation]) -> Verdict {
    var undecided: String?
    var last: String?
    for key in history.map(\.key).sorted() where key != last {
      last = key
      var search = KeySearch(history.filter { $0.key == key }, budget: budget)
      switch search.run() {
      case .linearizable: break
      case .violation(let violation): return .violation(violation)
      case .undecided(let key): undecided = undecided ?? key
      }
    }
    return undecided.map { .undecided(key: $0) } ?? .linearizable
  }
}
