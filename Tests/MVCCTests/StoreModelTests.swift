import Basics
import Testing

@testable import MVCC

/// The store against a plain list of every change ever made, over random requests.
@Suite struct StoreModelTests {
  struct Change {
    let revision: Int64
    let key: Key
    let value: String?
  }

  /// The whole history, nothing clever: what a key held is found by reading from the start.
  struct Model {
    var changes: [Change] = []

    func state(at revision: Int64) -> [(key: Key, value: String, create: Int64, version: Int64)] {
      var state: [String: (key: Key, value: String, create: Int64, version: Int64)] = [:]
      for change in changes where change.revision <= revision {
        guard let value = change.value else {
          state[change.key.text] = nil
          continue
        }
        let old = state[change.key.text]
        state[change.key.text] = (
          change.key, value, old?.create ?? change.revision, (old?.version ?? 0) + 1
        )
      }
      return state.values.sorted { $0.key < $1.key }
    }
  }

  private func randomKey(_ random: inout PRNG) -> Key {
    let names = ["a", "a/1", "a/2", "b", "b/1", "b/11", "b/2", "c", "ca", "d/x/1"]
    return Key(names[random.index(below: names.count)])
  }

  private func randomRange(_ random: inout PRNG) -> (Key, Key) {
    let key = randomKey(&random)
    switch random.below(4) {
    case 0: return (key, .empty)
    case 1: return (key, .fromKey)
    case 2: return (key, key.prefixEnd)
    default: return (key, randomKey(&random))
    }
  }

  private func check(_ store: Store, _ model: Model, _ random: inout PRNG) throws {
    store.checkInvariants()
    for _ in 0..<12 {
      let low = max(store.compactRevision, 1)
      let at = low + Int64(random.below(UInt64(store.revision - low + 1)))
      let (key, end) = randomRange(&random)
      let range = KeyRange(key: key, rangeEnd: end)
      let expected = model.state(at: at).filter { range.contains($0.key) }
      let limit = random.index(below: 4)
      let request = RangeRequest(key: key, rangeEnd: end, revision: at, limit: limit)
      let response = try store.range(request)
      let cut = limit == 0 || end.isEmpty ? expected : Array(expected.prefix(limit))
      #expect(response.kvs.map(\.key) == cut.map(\.key))
      #expect(response.kvs.map { $0.value.encoded() } == cut.map { Array($0.value.utf8) })
      #expect(response.kvs.map(\.createRevision) == cut.map(\.create))
      #expect(response.kvs.map(\.version) == cut.map(\.version))
      #expect(response.count == expected.count)
      #expect(response.more == (cut.count < expected.count))
      var counting = request
      counting.countOnly = true
      #expect(try store.range(counting).count == expected.count)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func agreesWithTheWholeHistory(seed: UInt64) throws {
    var random = PRNG(seed: seed)
    var store = Store()
    var model = Model()
    var kept: [(Store, Model)] = []
    for step in 0..<400 {
      let key = randomKey(&random)
      let next = store.revision + 1
      switch random.below(12) {
      case 0..<6:
        _ = try store.put(PutRequest(key: key, value: Blob("v\(step)")))
        model.changes.append(Change(revision: next, key: key, value: "v\(step)"))
      case 6..<8:
        let (key, end) = randomRange(&random)
        let range = KeyRange(key: key, rangeEnd: end)
        let doomed = model.state(at: store.revision).filter { range.contains($0.key) }
        let response = store.deleteRange(
          DeleteRangeRequest(key: key, rangeEnd: end, previousKV: true))
        #expect(response.deleted == doomed.count)
        #expect(response.previousKVs.map(\.key) == doomed.map(\.key))
        for entry in doomed {
          model.changes.append(Change(revision: next, key: entry.key, value: nil))
        }
      case 8..<10:
        let exists = model.state(at: store.revision).contains { $0.key == key }
        let other = Key("z")
        let response = try store.txn(
          TxnRequest(
            compare: [Compare(key: key, .greater, .version(0))],
            success: [
              .deleteRange(DeleteRangeRequest(key: key)),
              .put(PutRequest(key: other, value: Blob("t\(step)"))),
            ],
            failure: [.put(PutRequest(key: key, value: Blob("f\(step)")))]))
        #expect(response.succeeded == exists)
        #expect(response.revision == next)
        if exists {
          model.changes.append(Change(revision: next, key: key, value: nil))
          model.changes.append(Change(revision: next, key: other, value: "t\(step)"))
        } else {
          model.changes.append(Change(revision: next, key: key, value: "f\(step)"))
        }
      case 10 where random.below(4) == 0 && store.revision > store.compactRevision + 2:
        let low = max(store.compactRevision + 1, 1)
        try store.compact(low + Int64(random.below(UInt64(store.revision - low + 1))))
      default: break
      }
      if step % 40 == 0 { kept.append((store, model)) }
      if step % 20 == 0 { try check(store, model, &random) }
    }
    for (store, model) in kept { try check(store, model, &random) }
    let before = try #require(store.revision > store.compactRevision ? store.compactRevision : nil)
    if before > 1 {
      #expect(throws: EtcdError.compacted) {
        try store.range(RangeRequest(key: "a", revision: before - 1))
      }
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func rangeIndexAgreesWithAskingEach(seed: UInt64) {
    var random = PRNG(seed: seed)
    let ranges = (0..<random.index(below: 20)).map { item in
      let (key, end) = randomRange(&random)
      return (range: KeyRange(key: key, rangeEnd: end), item: item)
    }
    let index = RangeIndex(ranges)
    for name in ["a", "a/1", "a/12", "b", "b/1", "b/11", "bb", "c", "ca", "d", "d/x/1", "z", "A"] {
      let key = Key(name)
      var found: [Int] = []
      index.visit(key) { found.append($0) }
      let expected = ranges.filter { !$0.range.isEmpty && $0.range.contains(key) }.map(\.item)
      #expect(found.sorted() == expected)
    }
  }
}
