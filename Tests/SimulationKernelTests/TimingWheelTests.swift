import Basics
import SimulationKernel
import Testing

@Suite struct TimingWheelTests {
  /// The wheel against a sorted array, over seeds, with deadlines, copies and same-tick order.
  @Test(arguments: 1...6) func agreesWithASortedArray(seed: UInt64) {
    var prng = PRNG(seed: seed)
    var wheel = TimingWheel<Int>()
    var model: [(tick: UInt64, order: Int)] = []
    var now: UInt64 = 0
    var order = 0
    let reaches: [UInt64] = [1, 300, 70_000, 20_000_000, 5_000_000_000, 1 << 42]
    for _ in 0..<600 {
      for _ in 0..<prng.index(below: 4) {
        let reach = reaches[prng.index(below: reaches.count)]
        let tick = now + prng.below(reach)
        wheel.schedule(order, at: Tick(microseconds: tick))
        model.append((tick, order))
        order += 1
      }
      model.sort { ($0.tick, $0.order) < ($1.tick, $1.order) }
      #expect(wheel.count == model.count)
      #expect(wheel.nextTick?.microseconds == model.first?.tick)
      let deadline = now + prng.below(reaches[prng.index(below: reaches.count)])
      let copy = wheel
      for _ in 0..<prng.index(below: 5) {
        let got = wheel.next(through: Tick(microseconds: deadline))
        if let first = model.first, first.tick <= deadline {
          #expect(got?.tick.microseconds == first.tick)
          #expect(got?.payload == first.order)
          model.removeFirst()
          now = first.tick
        } else {
          #expect(got == nil)
          // Nothing more until the deadline: the present is the deadline.
          now = max(now, deadline)
        }
      }
      if order % 16 == 0 { #expect(copy.pending().count == copy.count) }
    }
  }

  /// Hundreds of entries in a slot, and copies that are kept: what is written to the wheel after a
  /// copy is not in the copy, whether or not it gave back its empty room before.
  @Test(arguments: 1...4) func copiesOfFullSlotsStayAsTheyWere(seed: UInt64) {
    var prng = PRNG(seed: seed)
    var wheel = TimingWheel<Int>()
    var kept: [(wheel: TimingWheel<Int>, waiting: [Int])] = []
    var model: [(tick: UInt64, number: Int)] = []
    var number = 0
    for round in 0..<12 {
      let now = wheel.nextTick?.microseconds ?? 0
      for _ in 0..<300 {
        let tick = now + 20_000_000 + prng.below(30_000_000)
        wheel.schedule(number, at: Tick(microseconds: tick))
        model.append((tick, number))
        number += 1
      }
      model.sort { ($0.tick, $0.number) < ($1.tick, $1.number) }
      if round % 2 == 0 { wheel.releaseRoom() }
      kept.append((wheel, model.map(\.number)))
      for _ in 0..<200 {
        #expect(wheel.next(through: .distantFuture)?.payload == model.removeFirst().number)
      }
      let (tick, taken) = model.remove(at: prng.index(below: model.count))
      let order = model.count { $0.tick == tick && $0.number < taken }
      #expect(wheel.payload(at: Tick(microseconds: tick), order: order) == taken)
      #expect(wheel.remove(at: Tick(microseconds: tick), order: order) == taken)
    }
    for (copy, waiting) in kept {
      var copy = copy
      #expect(copy.pending().map(\.payload) == waiting)
      for number in waiting { #expect(copy.next(through: .distantFuture)?.payload == number) }
      #expect(copy.next(through: .distantFuture) == nil)
    }
  }

  @Test func aTickInThePastIsThePresent() {
    var wheel = TimingWheel<String>()
    wheel.schedule("a", at: Tick(microseconds: 1_000))
    #expect(wheel.next(through: .distantFuture)?.payload == "a")
    wheel.schedule("late", at: Tick(microseconds: 5))
    let got = wheel.next(through: .distantFuture)
    #expect(got?.payload == "late")
    #expect(got?.tick == Tick(microseconds: 1_000))
  }

  /// What waits is looked at in the order in which it will be delivered, however far one looks.
  @Test(arguments: 1...4) func walksInOrder(seed: UInt64) {
    var prng = PRNG(seed: seed)
    var wheel = TimingWheel<Int>()
    // Nearly all in few slots of the upper levels, and many at the same tick.
    let reaches: [UInt64] = [200, 9_000_000, 3_000_000_000, 1 << 43]
    for number in 0..<4_000 {
      let reach = reaches[prng.index(below: reaches.count)]
      wheel.schedule(number, at: Tick(microseconds: prng.below(reach) / 7 * 7))
    }
    var delivered: [Int] = []
    var copy = wheel
    while let next = copy.next(through: .distantFuture) { delivered.append(next.payload) }
    for limit in [1, 40, 1_111, 4_000] {
      var seen: [Int] = []
      wheel.walk { _, _, payload in
        seen.append(payload)
        return seen.count < limit
      }
      let isSame = seen == Array(delivered.prefix(limit))
      #expect(isSame, "of \(limit)")
    }
  }

  /// What is alike is counted, its soonest met; all else is met in order, at the place by which it
  /// can be taken out.
  @Test(arguments: 1...4) func ofWhatIsAlikeOnlyTheSoonestIsMet(seed: UInt64) {
    var prng = PRNG(seed: seed)
    var wheel = TimingWheel<Int>()
    let reaches: [UInt64] = [200, 9_000_000, 3_000_000_000, 1 << 43]
    for number in 0..<3_000 {
      let reach = reaches[prng.index(below: reaches.count)]
      wheel.schedule(number, at: Tick(microseconds: prng.below(reach) / 7 * 7))
    }
    // Begun within the slot at hand.
    for _ in 0..<50 { _ = wheel.next(through: .distantFuture) }
    func kind(_ payload: Int) -> Int? { payload % 5 == 0 ? nil : payload % 5 - 1 }
    var expected: [Int] = []
    var counts = [0, 0, 0, 0]
    wheel.walk { _, _, payload in
      guard let kind = kind(payload) else {
        expected.append(payload)
        return true
      }
      counts[kind] += 1
      if counts[kind] == 1 { expected.append(payload) }
      return true
    }
    var met: [Int] = []
    var places: [(Tick, Int)] = []
    let (found, isWhole) = wheel.walk(classes: 4, classOf: kind) { tick, payload, order in
      met.append(payload)
      places.append((tick, order()))
      return true
    }
    #expect(met == expected)
    #expect(found == counts && isWhole)
    #expect(zip(places, met).allSatisfy { wheel.payload(at: $0.0, order: $0.1) == $1 })

    // Not looked at whole: what was met is the beginning of it.
    met = []
    let (fewer, isAll) = wheel.walk(classes: 4, scanning: 60, classOf: kind) { _, payload, _ in
      met.append(payload)
      return true
    }
    #expect(!isAll && !met.isEmpty && met == Array(expected.prefix(met.count)))
    #expect(zip(fewer, counts).allSatisfy { $0 <= $1 } && fewer != counts)
    let (_, goesOn) = wheel.walk(classes: 4, classOf: kind) { _, _, _ in false }
    #expect(!goesOn)
  }
}
