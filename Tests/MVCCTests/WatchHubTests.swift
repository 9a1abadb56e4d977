import Basics
import MVCC
import Testing

@Suite struct WatchHubTests {
  private func put(_ store: inout Store, _ key: Key, _ value: String = "v") throws {
    _ = try store.put(PutRequest(key: key, value: Blob(value)))
  }

  private func show(_ answers: [WatchResponse]) -> [String] {
    answers.map { answer in
      if answer.isCompacted { return "\(answer.watch.id) compacted \(answer.compactRevision)" }
      let events = answer.events.map { event in
        "\(event.kind == .put ? "+" : "-")\(event.kv.key)@\(event.kv.modRevision)"
          + (event.previous.map { "<\($0.modRevision)" } ?? "")
      }
      return "\(answer.watch.id)@\(answer.revision) \(events.joined(separator: " "))"
    }
  }

  @Test func syncedWatchesHearEachRevisionOnce() throws {
    var store = Store()
    var hub = WatchHub()
    var answers: [WatchResponse] = []
    let pods = WatchRequest(prefix: "/pods/", previousKV: true)
    hub.add(WatchID(stream: 1, id: 1), pods, store: store, now: .zero)
    hub.add(
      WatchID(stream: 1, id: 2), WatchRequest(prefix: "/nodes/"), store: store, now: .zero)
    hub.add(WatchID(stream: 1, id: 3), WatchRequest(key: "/pods/a"), store: store, now: .zero)
    try put(&store, "/pods/a")
    try put(&store, "/pods/a")
    _ = try store.txn(
      TxnRequest(success: [
        .put(PutRequest(key: "/nodes/n", value: .empty)),
        .deleteRange(DeleteRangeRequest(key: "/pods/a")),
        .put(PutRequest(key: "/pods/b", value: .empty)),
      ]))
    hub.notify(store, now: .zero, into: &answers)
    #expect(
      show(answers) == [
        "3@2 +/pods/a@2", "1@2 +/pods/a@2", "3@3 +/pods/a@3", "1@3 +/pods/a@3<2",
        "1@4 -/pods/a@4<3 +/pods/b@4", "2@4 +/nodes/n@4", "3@4 -/pods/a@4",
      ])
    answers = []
    hub.notify(store, now: .zero, into: &answers)
    #expect(answers.isEmpty)
    hub.remove(WatchID(stream: 1, id: 3))
    hub.removeStream(2)
    try put(&store, "/pods/a")
    hub.notify(store, now: .zero, into: &answers)
    #expect(show(answers) == ["1@5 +/pods/a@5"])
  }

  @Test func aPastStartIsServedFromHistoryAndACompactedOneEnds() throws {
    var store = Store()
    var hub = WatchHub()
    var answers: [WatchResponse] = []
    for i in 0..<6 { try put(&store, i % 2 == 0 ? "/a" : "/b") }
    try store.compact(4)
    let all = { WatchRequest(prefix: "/", startRevision: $0, previousKV: true) }
    hub.add(WatchID(stream: 1, id: 1), all(4), store: store, now: .zero)
    hub.add(WatchID(stream: 1, id: 2), all(3), store: store, now: .zero)
    hub.add(WatchID(stream: 1, id: 3), all(9), store: store, now: .zero)
    #expect(hub.unsyncedCount == 2)
    try put(&store, "/a")
    hub.notify(store, now: .zero, into: &answers)
    #expect(answers.isEmpty)
    hub.resync(store, now: .zero, into: &answers)
    // What /a held before the compacted revision 4 cannot be had any more.
    #expect(
      show(answers) == ["1@8 +/a@4 +/b@5<3 +/a@6<4 +/b@7<5 +/a@8<6", "2 compacted 4"])
    #expect(hub.unsyncedCount == 0 && hub.count == 2)
    answers = []
    try put(&store, "/b")
    hub.notify(store, now: .zero, into: &answers)
    #expect(show(answers) == ["3@9 +/b@9<7", "1@9 +/b@9<7"].sorted().reversed())
  }

  @Test func filtersAndProgress() throws {
    var store = Store()
    var hub = WatchHub()
    var answers: [WatchResponse] = []
    hub.add(
      WatchID(stream: 1, id: 1),
      WatchRequest(key: "/a", progressNotify: true, filters: [.noPut]), store: store, now: .zero)
    try put(&store, "/a")
    _ = store.deleteRange(DeleteRangeRequest(key: "/a"))
    hub.notify(store, now: .zero, into: &answers)
    #expect(show(answers) == ["1@3 -/a@3"])
    answers = []
    hub.progress(store, now: .zero + .minutes(9), into: &answers)
    #expect(answers.isEmpty)
    hub.progress(store, now: .zero + .minutes(10), into: &answers)
    #expect(show(answers) == ["1@3 "])
    #expect(hub.progress(stream: 1, store)?.watch.id == -1)
    hub.add(
      WatchID(stream: 1, id: 2), WatchRequest(key: "/a", startRevision: 2), store: store,
      now: .zero)
    #expect(hub.progress(stream: 1, store) == nil)
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func everyWatchSeesExactlyTheHistoryFromItsStart(seed: UInt64) throws {
    var random = PRNG(seed: seed)
    var store = Store()
    var hub = WatchHub()
    var seen: [Int64: [String]] = [:]
    var started: [Int64: (start: Int64, range: KeyRange)] = [:]
    var truth: [(Int64, Key, String)] = []
    var answers: [WatchResponse] = []
    func collect(_ seen: inout [Int64: [String]]) {
      for answer in answers {
        for event in answer.events {
          seen[answer.watch.id, default: []].append("\(event.kv.key)@\(event.kv.modRevision)")
        }
      }
      answers = []
    }
    for step in 0..<600 {
      switch random.below(20) {
      case 0:
        let prefix = Key(["/", "/a", "/a/1", "/b"][random.index(below: 4)])
        let request = WatchRequest(
          prefix: prefix, startRevision: 1 + Int64(random.below(UInt64(store.revision + 5))))
        hub.add(
          WatchID(stream: 1, id: Int64(step)), request, store: store, now: .zero)
        started[Int64(step)] = (request.startRevision, KeyRange(prefix: prefix))
      case 1: hub.resync(store, now: .zero, into: &answers)
      case 2: hub.restore(store)
      default:
        let key = Key(["/a/1", "/a/2", "/b/1", "/c"][random.index(below: 4)])
        try put(&store, key)
        truth.append((store.revision, key, "\(key)@\(store.revision)"))
        hub.notify(store, now: .zero, into: &answers)
      }
      collect(&seen)
    }
    hub.resync(store, now: .zero, into: &answers)
    collect(&seen)
    for (id, watch) in started {
      let expected = truth.filter { $0.0 >= watch.start && watch.range.contains($0.1) }.map(\.2)
      #expect(seen[id] ?? [] == expected)
    }
  }
}
