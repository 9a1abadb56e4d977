import Basics
import Testing

@Suite struct LookupTableTests {
  @Test func aValueIsChangedInPlaceAndACopyIsNot() {
    var table = LookupTable<Int, [Int]>()
    table[1] = [1]
    let copy = table
    let isThere = table.modify(1) { $0.append(2) }
    #expect(isThere)
    #expect(table[1] == [1, 2])
    #expect(copy[1] == [1])
    let isAbsent = !table.modify(2) { $0.append(3) }
    #expect(isAbsent)
    #expect(table.count == 1)
  }
}

extension LookupTableTests {
  /// Against a dictionary, over the sizes at which entries begin and cease to be hashed, with copies
  /// that must stay as they were.
  @Test(arguments: 1...6) func agreesWithADictionary(seed: UInt64) {
    var prng = PRNG(seed: seed)
    var table = LookupTable<Int, [Int]>()
    var model: [Int: [Int]] = [:]
    var kept: [(LookupTable<Int, [Int]>, [Int: [Int]])] = []
    for step in 0..<6_000 {
      let isGrowing = step / 300 % 2 == 0
      let key = prng.index(below: 24)
      switch prng.index(below: isGrowing ? 6 : 9) {
      case 0:
        table[key] = [step]
        model[key] = [step]
      case 1:
        table[key, default: []].append(step)
        model[key, default: []].append(step)
      case 2:
        table[key]?.append(step)
        model[key]?.append(step)
      case 3:
        let isThere = table.modify(key) { $0.append(step) }
        #expect(isThere == (model[key] != nil))
        model[key]?.append(step)
      case 4: #expect(table[key] == model[key] && table.contains(key) == (model[key] != nil))
      case 5: #expect(table[key, default: [-1]] == model[key, default: [-1]])
      case 6:
        table[key] = nil
        model[key] = nil
      default: #expect(table.removeValue(forKey: key) == model.removeValue(forKey: key))
      }
      #expect(table.count == model.count && table.isEmpty == model.isEmpty)
      if step % 97 == 0 { kept.append((table, model)) }
    }
    for (table, model) in kept {
      #expect(table.sortedKeys == model.keys.sorted())
      for (key, value) in model { #expect(table[key] == value) }
    }
  }

  @Test(arguments: 1...3) func aSetAgreesWithASet(seed: UInt64) {
    var prng = PRNG(seed: seed)
    var set = LookupSet<String>()
    var model: Set<String> = []
    for step in 0..<3_000 {
      let element = "key-\(prng.index(below: 20))"
      if prng.index(below: 20) < (step / 200 % 2 == 0 ? 14 : 6) {
        #expect(set.insert(element) == model.insert(element).inserted)
      } else {
        #expect(set.remove(element) == (model.remove(element) != nil))
      }
      #expect(set.count == model.count && set.contains(element) == model.contains(element))
    }
    #expect(set.sorted == model.sorted())
  }
}
