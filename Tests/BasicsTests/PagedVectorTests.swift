import Basics
import PersistentCollections
import Testing

/// `PagedVector` and `PersistentLog` against plain arrays, with copies looked at again later.
@Suite struct PagedVectorTests {
  @Test(arguments: 0..<6 as Range<UInt64>)
  func vectorAgreesWithAnArray(seed: UInt64) {
    var random = PRNG(seed: seed)
    var vector = PagedVector<Int>()
    var model: [Int] = []
    var kept: [(PagedVector<Int>, [Int])] = []
    for step in 0..<9000 {
      switch random.below(10) {
      case 0..<(step < 5000 ? 6 : 3):
        vector.append(step)
        model.append(step)
      case 0..<7 where !model.isEmpty:
        #expect(vector.removeLast() == model.removeLast())
      default:
        guard !model.isEmpty else { continue }
        let i = random.index(below: model.count)
        vector[i] += 7
        model[i] += 7
      }
      if step % 1500 == 0 { kept.append((vector, model)) }
    }
    kept.append((vector, model))
    for (vector, model) in kept {
      #expect(vector.count == model.count)
      #expect(vector.elementsEqual(model))
    }
  }

  @Test func aBoxedVectorsCopiesStayAsTheyWere() {
    var vector = BoxedVector<[Int]>()
    for i in 0..<100 { vector.append([i]) }
    let copy = vector
    for i in stride(from: 0, to: 100, by: 7) { vector[i].append(-i) }
    vector[3] = []
    #expect(copy.elementsEqual((0..<100).map { [$0] }))
    #expect(vector[7] == [7, -7] && vector[8] == [8] && vector[3] == [] && vector.count == 100)
  }

  @Test func vectorBoundariesOfLeavesAndPages() {
    for count in [0, 1, 15, 16, 17, 1023, 1024, 1025, 2049] {
      var vector = PagedVector(0..<count)
      #expect(Array(vector) == Array(0..<count))
      #expect(vector == PagedVector(0..<count))
      while !vector.isEmpty { vector.removeLast() }
      #expect(vector == [])
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func logAgreesWithAnArraySlice(seed: UInt64) {
    var random = PRNG(seed: seed)
    let origin = [0, 1, 5001][Int(seed % 3)]
    var log = PersistentLog<Int>(startIndex: origin)
    var model: [Int] = []
    var start = origin
    var kept: [(PersistentLog<Int>, start: Int, [Int])] = []
    for step in 0..<4000 {
      switch random.below(200) {
      case 0:
        let drop = random.index(below: model.count + 1)
        log.dropPrefix(before: start + drop)
        model.removeFirst(drop)
        start += drop
      case 1:
        let cut = random.index(below: model.count + 1)
        log.dropSuffix(from: start + cut)
        model.removeLast(model.count - cut)
      case 2 where !model.isEmpty:
        let i = random.index(below: model.count)
        log[start + i] = -step
        model[i] = -step
      default:
        for _ in 0..<random.below(20) {
          log.append(step)
          model.append(step)
        }
      }
      if step % 200 == 0 { kept.append((log, start, model)) }
      #expect(log.startIndex == start && log.endIndex == start + model.count)
    }
    for (log, start, model) in kept {
      #expect(log.startIndex == start)
      #expect(log.elementsEqual(model))
      for i in stride(from: 0, to: model.count, by: 97) { #expect(log[start + i] == model[i]) }
    }
  }

  @Test func logDroppedToItsEndGoesOn() {
    for length in [1, 16, 1024, 1030, 3000] {
      var log = PersistentLog<Int>()
      for i in 0..<length { log.append(i) }
      log.dropPrefix(before: length)
      #expect(log.isEmpty)
      log.append(length)
      #expect(Array(log) == [length] && log.startIndex == length)
    }
  }
}
