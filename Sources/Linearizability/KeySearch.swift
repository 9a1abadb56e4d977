import Basics

/// The search for an order of one key's operations, after Wing and Gong (1993) with Lowe's cache
/// (2017): from the empty order, append any operation that was called before the first answer not
/// yet in the order; go back where none fits; never visit the same set of operations with the same
/// state twice.
///
/// Operations of unknown outcome may come at any place after their call, or never: they have no
/// answer that would have to be explained, and are tried last.
struct KeySearch {
  private enum Effect {
    case put(Int)
    case get(Int)
    case delete
    case deleteKnown(Bool)
    case swap(from: Int, to: Int)
    case swapped(from: Int, to: Int)
    case notSwapped(from: Int, found: Int)
  }

  /// Values by number; 0 is a key that does not exist.
  private var values: [String?] = [nil]
  private var operations: [Operation] = []
  private var effects: [Effect] = []
  private let budget: Int

  // Calls and answers in the order of time, as a list from which operations are lifted out when
  // they are put in order: entry 0 is the head, 1 the end.
  private var next: [Int] = []
  private var previous: [Int] = []
  private var operationAt: [Int] = []
  private var isAnswer: [Bool] = []
  private var callEntry: [Int] = []
  /// 0 for an operation without an answer.
  private var answerEntry: [Int] = []

  private struct Visited: Hashable {
    let ordered: [UInt64]
    let state: Int
  }

  private struct Placed {
    let operation: Int
    /// The state before it.
    let state: Int
    /// It changed nothing, so that no order is lost by having it here.
    let isForced: Bool
  }

  init(_ history: [Operation], budget: Int) {
    self.budget = budget
    var numbers = LookupTable<String, Int>()
    for operation in history {
      for value in operation.values where numbers[value] == nil {
        numbers[value] = values.count
        values.append(value)
      }
    }
    let relevant = Self.relevant(history)
    let table = numbers
    func number(_ value: String?) -> Int { value.flatMap { table[$0] } ?? 0 }
    for operation in relevant {
      operations.append(operation)
      effects.append(Self.effect(of: operation, number))
    }
    link()
  }

  /// Leaves out what explains nothing: failures, reads without an answer, and writes of unknown
  /// outcome that nobody ever saw, where no deletion could have met them.
  private static func relevant(_ history: [Operation]) -> [Operation] {
    var seen = LookupSet<String>()
    var isDeleted = false
    for operation in history {
      switch operation.outcome {
      case .got(let value?), .notSwapped(let value?): seen.insert(value)
      case .swapped:
        if case .compareAndSwap(let expected?, _) = operation.action { seen.insert(expected) }
      case .deleted(true): isDeleted = true
      default: break
      }
    }
    return history.filter { operation in
      guard operation.outcome != .failed else { return false }
      guard operation.outcome == .unknown else { return true }
      switch operation.action {
      case .get: return false
      case .delete: return true
      case .put(let value), .compareAndSwap(_, let value):
        return isDeleted || seen.contains(value)
      }
    }
  }

  private static func effect(of operation: Operation, _ number: (String?) -> Int) -> Effect {
    switch (operation.action, operation.outcome) {
    case (.put(let value), _): .put(number(value))
    case (.get, .got(let value)): .get(number(value))
    case (.delete, .deleted(let any)): .deleteKnown(any)
    case (.delete, _): .delete
    case (.compareAndSwap(let expected, let value), .swapped):
      .swapped(from: number(expected), to: number(value))
    case (.compareAndSwap(let expected, _), .notSwapped(let found)):
      .notSwapped(from: number(expected), found: number(found))
    case (.compareAndSwap(let expected, let value), _):
      .swap(from: number(expected), to: number(value))
    case (.get, _): preconditionFailure("a read without an answer explains nothing")
    }
  }

  /// The state after an operation; nil where its answer is not what this state gives.
  private func state(after operation: Int, from state: Int) -> Int? {
    switch effects[operation] {
    case .put(let value): value
    case .get(let value): state == value ? state : nil
    case .delete: 0
    case .deleteKnown(let any): (state != 0) == any ? 0 : nil
    case .swap(let from, let to): state == from ? to : state
    case .swapped(let from, let to): state == from ? to : nil
    case .notSwapped(let from, let found): state != from && state == found ? state : nil
    }
  }

  private func isPending(_ operation: Int) -> Bool { answerEntry[operation] == 0 }

  // MARK: The list

  private mutating func link() {
    // At the same moment calls come before answers: such operations count as concurrent.
    var moments: [(at: Tick, isAnswer: Bool, operation: Int)] = []
    for (number, operation) in operations.enumerated() {
      moments.append((operation.call, false, number))
      if operation.isAnswered { moments.append((operation.end, true, number)) }
    }
    moments.sort { a, b in
      if a.at != b.at { return a.at < b.at }
      if a.isAnswer != b.isAnswer { return !a.isAnswer }
      return a.operation < b.operation
    }
    callEntry = Array(repeating: 0, count: operations.count)
    answerEntry = callEntry
    operationAt = [-1, -1] + moments.map(\.operation)
    isAnswer = [false, true] + moments.map(\.isAnswer)
    next = [moments.isEmpty ? 1 : 2, 1]
    previous = [0, moments.isEmpty ? 0 : moments.count + 1]
    for (offset, moment) in moments.enumerated() {
      let entry = offset + 2
      next.append(offset + 1 == moments.count ? 1 : entry + 1)
      previous.append(offset == 0 ? 0 : entry - 1)
      if moment.isAnswer {
        answerEntry[moment.operation] = entry
      } else {
        callEntry[moment.operation] = entry
      }
    }
  }

  private mutating func lift(_ operation: Int) {
    for entry in [callEntry[operation], answerEntry[operation]] where entry != 0 {
      next[previous[entry]] = next[entry]
      previous[next[entry]] = previous[entry]
    }
  }

  /// Undoes `lift`, in the reverse order.
  private mutating func unlift(_ operation: Int) {
    for entry in [answerEntry[operation], callEntry[operation]] where entry != 0 {
      next[previous[entry]] = entry
      previous[next[entry]] = entry
    }
  }

  // MARK: Searching

  /// Which operations are tried in a pass over those that may come next.
  private enum Pass: Int {
    /// Those that change nothing: where one fits, it may as well come now.
    case forced
    case answered
    case pending
  }

  mutating func run() -> LinearizabilityChecker.Verdict {
    var state = 0
    var order: [Placed] = []
    var ordered = [UInt64](repeating: 0, count: (operations.count + 63) / 64)
    let answers = operations.indices.count { !isPending($0) }
    var left = answers
    var visited = LookupSet<Visited>()
    var best: (ordered: Int, order: [Int], state: Int, stuck: Int)?
    var steps = 0
    var pass = Pass.forced
    var entry = next[0]

    while left > 0 {
      guard !isAnswer[entry] else {
        // The first answer not in the order: what was called after it cannot come before it.
        if let following = Pass(rawValue: pass.rawValue + 1) {
          pass = following
          entry = next[0]
          continue
        }
        let answered = answers - left
        if best.map({ answered > $0.ordered }) ?? true {
          best = (answered, order.map(\.operation), state, operationAt[entry])
        }
        // Back to the last choice.
        var undone: Placed?
        while let last = order.popLast() {
          unlift(last.operation)
          ordered[last.operation / 64] &= ~(1 << UInt64(last.operation % 64))
          if !isPending(last.operation) { left += 1 }
          state = last.state
          if !last.isForced {
            undone = last
            break
          }
        }
        guard let undone else { return violation(best) }
        pass = isPending(undone.operation) ? .pending : .answered
        entry = next[callEntry[undone.operation]]
        continue
      }
      let operation = operationAt[entry]
      steps += 1
      if steps > budget { return .undecided(key: operations[0].key) }
      if isPending(operation) == (pass == .pending),
        let after = self.state(after: operation, from: state),
        pass != .forced || after == state && !isWrite(operation),
        pass != .pending || isNeeded(after, insteadOf: state)
      {
        ordered[operation / 64] |= 1 << UInt64(operation % 64)
        if visited.insert(Visited(ordered: ordered, state: after)) {
          order.append(Placed(operation: operation, state: state, isForced: pass == .forced))
          lift(operation)
          if !isPending(operation) { left -= 1 }
          state = after
          pass = .forced
          entry = next[0]
          continue
        }
        ordered[operation / 64] &= ~(1 << UInt64(operation % 64))
      }
      entry = next[entry]
    }
    return .linearizable
  }

  /// Whether some operation that may come next needs the state that one of unknown outcome would
  /// make. Where none does, what comes next either overwrites that state or does not need it, and
  /// the operation may as well never have taken effect.
  private func isNeeded(_ after: Int, insteadOf state: Int) -> Bool {
    if after == state { return false }
    var entry = next[0]
    while !isAnswer[entry] {
      switch effects[operationAt[entry]] {
      case .put, .delete: break
      case .get(let value): if value == after { return true }
      case .deleteKnown(let any):
        if any == (after != 0), any != (state != 0) { return true }
      case .swap(let from, _), .swapped(let from, _): if from == after { return true }
      case .notSwapped(_, let found): if found == after { return true }
      }
      entry = next[entry]
    }
    return false
  }

  private func isWrite(_ operation: Int) -> Bool {
    if case .put = effects[operation] { return true }
    return false
  }

  private func violation(
    _ best: (ordered: Int, order: [Int], state: Int, stuck: Int)?
  ) -> LinearizabilityChecker.Verdict {
    guard let best else { preconditionFailure("no attempt was made at a history with answers") }
    return .violation(
      LinearizabilityChecker.Violation(
        key: operations[best.stuck].key, stuck: operations[best.stuck],
        state: values[best.state], ordered: best.ordered,
        latest: best.order.suffix(3).map { operations[$0] }))
  }
}

extension Operation {
  /// The values an operation speaks of.
  fileprivate var values: [String] {
    var values: [String] = []
    switch action {
    case .put(let value): values.append(value)
    case .compareAndSwap(let expected, let value): values += [expected, value].compactMap { $0 }
    case .get, .delete: break
    }
    switch outcome {
    case .got(let value?), .notSwapped(let value?): values.append(value)
    default: break
    }
    return values
  }
}
