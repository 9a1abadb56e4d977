import Basics
import PersistentCollections
import Testing

/// `PersistentMap` against a sorted dictionary, with copies kept and looked at again later.
@Suite struct PersistentMapTests {
  /// Equal entries, and every way of asking agrees with the model.
  private func check(
    _ map: PersistentMap<Int, Int>, _ model: [Int: Int], probes: Int, _ random: inout PRNG
  ) {
    let sorted = model.sorted { $0.key < $1.key }
    #expect(map.count == sorted.count)
    #expect(map.elementsEqual(sorted) { $0.key == $1.key && $0.value == $1.value })
    #expect(map.first?.key == sorted.first?.key)
    #expect(map.last?.key == sorted.last?.key)
    for _ in 0..<probes {
      let a = random.index(below: 1100) - 50
      let b = random.index(below: 1100) - 50
      #expect(map[a] == model[a])
      #expect(map.read(a) { $0 } == model[a])
      #expect(map.contains(a) == (model[a] != nil))
      #expect(map.rank(of: a) == sorted.count { $0.key < a })
      #expect(map.first(from: a)?.key == sorted.first { $0.key >= a }?.key)
      #expect(map.last(before: a)?.key == sorted.last { $0.key < a }?.key)
      let expected = sorted.filter { $0.key >= a && $0.key < b }.map(\.key)
      #expect(map.range(from: a, to: b).map(\.key) == expected)
      #expect(map.range(from: a, to: b).count == expected.count)
      var walked: [Int] = []
      map.forEach(from: a, to: b) { key, _ in
        walked.append(key)
        return walked.count < 7
      }
      #expect(walked == Array(expected.prefix(7)))
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func agreesWithASortedDictionary(seed: UInt64) {
    var random = PRNG(seed: seed)
    var map = PersistentMap<Int, Int>()
    var model: [Int: Int] = [:]
    var kept: [(PersistentMap<Int, Int>, [Int: Int])] = []
    // Seeds with few keys overwrite and empty the map; seeds with many grow it to three levels.
    let keys: UInt64 = [40, 400, 4000][Int(seed % 3)]
    for step in 0..<6000 {
      let key = Int(random.below(keys))
      // Growing and shrinking phases, so that nodes both split and merge.
      let removing = random.below(10) < (step / 1500 % 2 == 0 ? 3 : 7)
      switch (removing, random.below(3)) {
      case (true, _):
        #expect(map.removeValue(forKey: key) == model.removeValue(forKey: key))
      case (false, 0):
        #expect(map.updateValue(step, forKey: key) == model.updateValue(step, forKey: key))
      case (false, 1):
        map[key, default: 0] += 1
        model[key, default: 0] += 1
      default:
        let had = map.modify(key) { $0 += 10 }
        #expect(had == (model[key] != nil))
        model[key]? += 10
      }
      if step % 500 == 0 { kept.append((map, model)) }
      if step % 1000 == 0 { check(map, model, probes: 5, &random) }
    }
    for (map, model) in kept { check(map, model, probes: 5, &random) }
    for key in model.keys.sorted() { map[key] = nil }
    #expect(map.isEmpty && map.first == nil && Array(map.keys).isEmpty)
  }

  @Test func ascendingAndDescendingInsertion() {
    var up = PersistentMap<Int, Int>()
    var down = PersistentMap<Int, Int>()
    for i in 0..<5000 {
      up[i] = i
      down[4999 - i] = 4999 - i
    }
    #expect(up == down)
    #expect(up.keys.elementsEqual(0..<5000))
    #expect(up.values.elementsEqual(0..<5000))
    for i in stride(from: 4999, through: 0, by: -1) { up[i] = nil }
    #expect(up.isEmpty)
    #expect(down.count == 5000)
  }

  @Test func aCopyDoesNotSeeLaterWritesThroughADefaultedSubscript() {
    var map: PersistentMap<String, [Int]> = ["a": [1], "b": [2]]
    let copy = map
    map["a", default: []].append(3)
    map["c", default: []].append(4)
    #expect(map["a"] == [1, 3] && map["c"] == [4])
    #expect(copy["a"] == [1] && copy["c"] == nil)
  }

  @Test func anIteratorKeepsTheMapItStartedOn() {
    var map = PersistentMap<Int, Int>()
    for i in 0..<100 { map[i] = i }
    var seen = 0
    for (key, _) in map {
      map[key] = nil
      seen += 1
    }
    #expect(seen == 100)
    #expect(map.isEmpty)
  }
}
