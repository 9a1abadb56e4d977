import Basics
import Linearizability
import Testing

/// What the checker accepts and what it rejects: histories by hand, histories of a register that
/// works, and of one that does not.
struct LinearizabilityTests {
  /// An operation on key `x`, from `call` to `end` in milliseconds.
  static func op(
    _ client: Int, _ action: Operation.Action, _ outcome: Operation.Outcome, _ call: Int,
    _ end: Int, key: String = "x"
  ) -> Operation {
    Operation(
      client: client, key: key, action, outcome, call: .zero + .milliseconds(call),
      end: .zero + .milliseconds(end))
  }

  static func verdict(_ history: [Operation]) -> LinearizabilityChecker.Verdict {
    LinearizabilityChecker().check(history)
  }

  static func isViolation(_ history: [Operation]) -> Bool {
    if case .violation = verdict(history) { return true }
    return false
  }

  @Test func `One after the other`() {
    let history = [
      Self.op(1, .get, .got(nil), 0, 1), Self.op(1, .put("a"), .put, 2, 3),
      Self.op(2, .get, .got("a"), 4, 5),
      Self.op(2, .compareAndSwap(expected: "a", value: "b"), .swapped, 6, 7),
      Self.op(1, .compareAndSwap(expected: "a", value: "c"), .notSwapped(found: "b"), 8, 9),
      Self.op(1, .delete, .deleted(true), 10, 11), Self.op(2, .delete, .deleted(false), 12, 13),
      Self.op(2, .compareAndSwap(expected: nil, value: "d"), .swapped, 14, 15),
      Self.op(1, .get, .got("d"), 16, 17),
    ]
    #expect(Self.verdict(history) == .linearizable)
    #expect(Self.verdict([]) == .linearizable)
  }

  @Test func `What is concurrent may come in either order`() {
    for seen in ["a", "b"] {
      let history = [
        Self.op(1, .put("a"), .put, 0, 10), Self.op(2, .put("b"), .put, 0, 10),
        Self.op(3, .get, .got(seen), 11, 12),
      ]
      #expect(Self.verdict(history) == .linearizable)
    }
    // A read beside a write sees it or not.
    for seen in [nil, "a"] {
      let history = [Self.op(1, .put("a"), .put, 0, 10), Self.op(2, .get, .got(seen), 5, 6)]
      #expect(Self.verdict(history) == .linearizable)
    }
  }

  @Test func `A stale read is rejected`() throws {
    let history = [
      Self.op(1, .put("a"), .put, 0, 1), Self.op(1, .put("b"), .put, 2, 3),
      Self.op(2, .get, .got("a"), 4, 5),
    ]
    guard case .violation(let violation) = Self.verdict(history) else {
      Issue.record("a stale read was accepted")
      return
    }
    #expect(violation.key == "x")
    #expect(violation.stuck == history[2])
    #expect(violation.state == "b")
    #expect(violation.text.contains("get x = \"a\""))
  }

  @Test func `A read that goes back behind another is rejected`() {
    // Either may be seen beside the write, but not the new value before the old one.
    let history = [
      Self.op(1, .put("a"), .put, 0, 1), Self.op(1, .put("b"), .put, 2, 20),
      Self.op(2, .get, .got("b"), 4, 5), Self.op(3, .get, .got("a"), 6, 7),
    ]
    #expect(Self.isViolation(history))
  }

  @Test func `A lost write is rejected`() {
    #expect(
      Self.isViolation([Self.op(1, .put("a"), .put, 0, 1), Self.op(2, .get, .got(nil), 2, 3)]))
    // Two swaps from the same value both succeeded: one was lost.
    #expect(
      Self.isViolation([
        Self.op(1, .compareAndSwap(expected: nil, value: "a"), .swapped, 0, 9),
        Self.op(2, .compareAndSwap(expected: nil, value: "b"), .swapped, 0, 9),
      ]))
    // A deleted key came back.
    #expect(
      Self.isViolation([
        Self.op(1, .put("a"), .put, 0, 1), Self.op(1, .delete, .deleted(true), 2, 3),
        Self.op(2, .get, .got("a"), 4, 5),
      ]))
  }

  @Test func `Writes in another order than their answers are rejected`() {
    let history = [
      Self.op(1, .put("a"), .put, 0, 1), Self.op(2, .put("b"), .put, 2, 3),
      Self.op(3, .get, .got("b"), 4, 5), Self.op(3, .get, .got("a"), 6, 7),
    ]
    #expect(Self.isViolation(history))
  }

  @Test func `A write without an answer may take effect at any later time, or never`() {
    let lost = Self.op(1, .put("a"), .unknown, 0, 0)
    func read(_ value: String?, _ at: Int) -> Operation {
      Self.op(2, .get, .got(value), at, at + 1)
    }
    #expect(Self.verdict([lost, read(nil, 5), read(nil, 1000)]) == .linearizable)
    #expect(Self.verdict([lost, read(nil, 5), read("a", 1000)]) == .linearizable)
    #expect(Self.isViolation([lost, read(nil, 5), read("a", 10), read(nil, 1000)]))
    // Not before it was asked for.
    let late = Self.op(1, .put("a"), .unknown, 10, 0)
    #expect(Self.isViolation([late, read("a", 5)]))
    // Nobody saw the write, but what was deleted must have been there.
    let delete = Self.op(2, .delete, .deleted(true), 5, 6)
    #expect(Self.verdict([lost, delete]) == .linearizable)
    #expect(Self.isViolation([delete]))
    // One that was refused has no effect.
    #expect(Self.isViolation([Self.op(1, .put("a"), .failed, 0, 1), read("a", 5)]))
  }

  @Test func `Each key is judged by itself`() {
    var history = [
      Self.op(1, .put("a"), .put, 0, 1), Self.op(2, .get, .got("a"), 4, 5),
      Self.op(1, .put("b"), .put, 0, 1, key: "y"),
    ]
    #expect(Self.verdict(history) == .linearizable)
    history.append(Self.op(2, .get, .got(nil), 4, 5, key: "y"))
    guard case .violation(let violation) = Self.verdict(history) else {
      Issue.record("a lost write was accepted")
      return
    }
    #expect(violation.key == "y")
  }

  @Test func `The budget ends a search that would not`() {
    // Forty writes of unknown outcome, each seen once, in an order with a flaw at the end.
    var history: [Operation] = []
    for number in 0..<40 {
      history.append(Self.op(number, .put("v\(number)"), .unknown, 0, 0))
      history.append(Self.op(100, .delete, .deleted(true), 10 + 2 * number, 11 + 2 * number))
    }
    history.append(Self.op(100, .get, .got("v-1"), 1000, 1001))
    let verdict = LinearizabilityChecker(budget: 10_000).check(history)
    #expect(verdict == .undecided(key: "x"))
  }

  // MARK: Histories by the hundred

  @Test func `What a working register answers is accepted, at length`() {
    for seed in 1...25 as ClosedRange<UInt64> {
      let history = RegisterHistory(seed: seed, clients: 6, keys: 3, length: 600).operations
      #expect(Self.verdict(history) == .linearizable, "seed \(seed)")
    }
  }

  @Test(arguments: RegisterHistory.Flaw.allCases)
  func `What a broken register answers is rejected`(_ flaw: RegisterHistory.Flaw) {
    var rejected = 0
    for seed in 1...30 as ClosedRange<UInt64> {
      let history = RegisterHistory(seed: seed, clients: 4, keys: 2, length: 300, flaw: flaw)
      guard history.isFlawed else { continue }
      switch Self.verdict(history.operations) {
      case .violation: rejected += 1
      case .linearizable, .undecided: break
      }
    }
    // A flaw may hide where nobody looks before the key is written anew.
    #expect(rejected >= 20, "\(flaw): \(rejected) of 30")
  }

  @Test func `The search agrees with trying every order`() {
    var counts = (yes: 0, no: 0)
    for seed in 1...4000 as ClosedRange<UInt64> {
      let history = Self.anything(seed: seed)
      let expected = AnyOrder.explains(history)
      #expect((Self.verdict(history) == .linearizable) == expected, "seed \(seed): \(history)")
      if expected { counts.yes += 1 } else { counts.no += 1 }
    }
    #expect(counts.yes > 400 && counts.no > 400, "\(counts)")
  }

  /// A short history with random answers, right or wrong.
  private static func anything(seed: UInt64) -> [Operation] {
    var prng = PRNG(seed: seed)
    let values: [String?] = [nil, "v0", "v1", "v2", "v3", "v4"]
    return (0..<(2 + prng.index(below: 4))).map { number in
      let call = prng.index(below: 10)
      let end = call + prng.index(below: 8)
      func any() -> String? { values[prng.index(below: 3)] }
      let isLost = prng.index(below: 5) == 0
      switch prng.index(below: 5) {
      case 0, 1: return op(number, .put("v\(number)"), isLost ? .unknown : .put, call, end)
      case 2: return op(number, .get, .got(any()), call, end)
      case 3:
        let outcome = isLost ? Operation.Outcome.unknown : .deleted(prng.index(below: 2) == 0)
        return op(number, .delete, outcome, call, end)
      default:
        let action = Operation.Action.compareAndSwap(expected: any(), value: "v\(number)")
        if isLost { return op(number, action, .unknown, call, end) }
        let outcome =
          prng.index(below: 2) == 0 ? Operation.Outcome.swapped : .notSwapped(found: any())
        return op(number, action, outcome, call, end)
      }
    }
  }

  // MARK: Revisions

  @Test func `Revisions grow with time`() {
    func at(_ operation: Operation, _ revision: Int64) -> Operation {
      var operation = operation
      operation.revision = revision
      return operation
    }
    let first = at(Self.op(1, .put("a"), .put, 0, 1), 7)
    let read = at(Self.op(2, .get, .got("a"), 2, 3), 7)
    #expect(RevisionOrder.breach(in: [first, read]) == nil)
    #expect(RevisionOrder.breach(in: [first, at(read, 6)])?.contains("asked after") == true)
    let second = Self.op(2, .put("b"), .put, 2, 3, key: "y")
    #expect(RevisionOrder.breach(in: [first, at(second, 8)]) == nil)
    #expect(RevisionOrder.breach(in: [first, at(second, 7)]) != nil)
    // Concurrent ones may come either way, but not as one.
    let beside = Self.op(3, .put("c"), .put, 0, 5, key: "z")
    #expect(RevisionOrder.breach(in: [first, at(beside, 6)]) == nil)
    #expect(RevisionOrder.breach(in: [first, at(beside, 7)])?.contains("same revision") == true)
  }
}
