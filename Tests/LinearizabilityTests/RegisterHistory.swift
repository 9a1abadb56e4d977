import Basics
import Linearizability

/// What clients of a simulated register see: each operation takes effect at one moment between its
/// call and its answer, or, where the answer is lost, later or never. With a flaw it does not.
struct RegisterHistory {
  enum Flaw: CaseIterable {
    /// A read answers what the key held some writes ago.
    case staleRead
    /// A write is acknowledged and has no effect.
    case lostWrite
    /// Two writes take effect in the wrong order, after both were acknowledged.
    case reorderedWrites
  }

  private(set) var operations: [Operation] = []
  /// Whether the flaw had an occasion.
  private(set) var isFlawed = false

  private struct Planned {
    var operation: Operation
    /// When it takes effect; nil for never.
    var at: Tick?
  }

  init(seed: UInt64, clients: Int, keys: Int, length: Int, flaw: Flaw? = nil) {
    var prng = PRNG(seed: seed)
    var planned: [Planned] = []
    var free = Array(repeating: Tick.zero, count: clients)
    for number in 0..<length {
      let client = number % clients
      let call = free[client] + prng.span(.zero, .milliseconds(20))
      let end = call + prng.span(.milliseconds(1), .milliseconds(60))
      free[client] = end + .microseconds(1)
      let isLost = prng.index(below: 40) == 0
      var at: Tick? = call + prng.span(.zero, end - call)
      if isLost {
        at = prng.index(below: 2) == 0 ? nil : end + prng.span(.zero, .milliseconds(400))
      }
      let action: Operation.Action =
        switch prng.index(below: 10) {
        case 0...3: .put("v\(number)")
        case 4...7: .get
        case 8: .delete
        default: .compareAndSwap(expected: nil, value: "v\(number)")
        }
      planned.append(
        Planned(
          operation: Operation(
            client: client, key: "k\(prng.index(below: keys))", action,
            isLost ? .unknown : .put, call: call, end: end), at: at))
    }
    planned.sort { ($0.at ?? .distantFuture) < ($1.at ?? .distantFuture) }
    play(planned, flaw, &prng)
  }

  private mutating func play(_ planned: [Planned], _ flaw: Flaw?, _ prng: inout PRNG) {
    var state: [String: String] = [:]
    var past: [String: [String?]] = [:]
    var postponed: (key: String, value: String, after: Tick)?
    let flawAt = planned.count / 2
    for (number, plan) in planned.enumerated() {
      var operation = plan.operation
      let key = operation.key
      if let late = postponed, let at = plan.at, at > late.after, key == late.key {
        state[key] = late.value
        postponed = nil
        isFlawed = true
      }
      guard plan.at != nil else {
        operations.append(operation)
        continue
      }
      let before = state[key]
      let isLost = operation.outcome == .unknown
      var outcome = Operation.Outcome.unknown
      switch operation.action {
      case .put(let value):
        outcome = .put
        let isOccasion = number >= flawAt && !isLost && prng.index(below: 4) == 0
        if flaw == .lostWrite, isOccasion {
          isFlawed = true
        } else if flaw == .reorderedWrites, isOccasion, postponed == nil {
          // The answer goes out, and the write comes later than others asked for after it.
          postponed = (key, value, operation.end + .milliseconds(100))
        } else {
          state[key] = value
        }
      case .get:
        outcome = .got(before)
        let old = past[key, default: []].dropLast(6).last
        if flaw == .staleRead, number >= flawAt, !isFlawed, !isLost, let old, old != before {
          outcome = .got(old)
          isFlawed = true
        }
      case .delete:
        outcome = .deleted(before != nil)
        state[key] = nil
      case .compareAndSwap(_, let value):
        // Half of them know what the key holds.
        let expected = prng.index(below: 2) == 0 ? before : past[key]?.randomOld(&prng) ?? nil
        operation.action = .compareAndSwap(expected: expected, value: value)
        outcome = expected == before ? .swapped : .notSwapped(found: before)
        if expected == before { state[key] = value }
      }
      if state[key] != before { past[key, default: []].append(before) }
      operation.outcome = isLost ? .unknown : outcome
      operations.append(operation)
    }
  }
}

extension [String?] {
  fileprivate func randomOld(_ prng: inout PRNG) -> String? {
    isEmpty ? nil : self[prng.index(below: count)]
  }
}

/// The definition, word for word: some order of all operations, and of any of those without an
/// answer, that respects time and explains every answer. For short histories.
enum AnyOrder {
  private struct State {
    let value: String?
  }

  static func explains(_ history: [Operation]) -> Bool { search(history, State(value: nil)) }

  private static func search(_ left: [Operation], _ state: State) -> Bool {
    if left.allSatisfy({ !$0.isAnswered }) { return true }
    for (position, operation) in left.enumerated() where operation.outcome != .failed {
      // Nothing may come before an operation that was answered before it was called.
      let isTooEarly = left.contains { $0.isAnswered && $0.end < operation.call }
      guard !isTooEarly, let after = step(operation, state) else { continue }
      var rest = left
      rest.remove(at: position)
      if search(rest, after) { return true }
    }
    return false
  }

  private static func step(_ operation: Operation, _ state: State) -> State? {
    let held = state.value
    switch (operation.action, operation.outcome) {
    case (.put(let value), _): return State(value: value)
    case (.get, .got(let value)): return value == held ? state : nil
    case (.get, _): return state
    case (.delete, .deleted(let any)): return any == (held != nil) ? State(value: nil) : nil
    case (.delete, _): return State(value: nil)
    case (.compareAndSwap(let expected, let value), .swapped):
      return expected == held ? State(value: value) : nil
    case (.compareAndSwap(let expected, _), .notSwapped(let found)):
      return expected != held && found == held ? state : nil
    case (.compareAndSwap(let expected, let value), _):
      return expected == held ? State(value: value) : state
    }
  }
}
