import Basics
import MVCC
import Testing

@Suite struct StoreTests {
  private func text(_ kv: KeyValue?) -> String? {
    kv.map { String(decoding: $0.value.encoded(), as: UTF8.self) }
  }

  @Test func revisionsVersionsAndGenerations() throws {
    var store = Store()
    #expect(store.revision == 1)
    #expect(try store.put(PutRequest(key: "k", value: Blob("1"))).revision == 2)
    let second = try store.put(PutRequest(key: "k", value: Blob("2"), previousKV: true))
    #expect(second.revision == 3)
    #expect(text(second.previousKV) == "1")
    let kv = try #require(store.get("k"))
    #expect((kv.createRevision, kv.modRevision, kv.version) == (2, 3, 2))
    #expect(store.deleteRange(DeleteRangeRequest(key: "k")).revision == 4)
    // Nothing to delete makes no revision.
    #expect(store.deleteRange(DeleteRangeRequest(key: "k")).revision == 4)
    #expect(store.get("k") == nil)
    _ = try store.put(PutRequest(key: "k", value: Blob("3")))
    let again = try #require(store.get("k"))
    #expect((again.createRevision, again.modRevision, again.version) == (5, 5, 1))
    #expect(text(store.get("k", at: 2)) == "1")
    #expect(text(store.get("k", at: 3)) == "2")
    #expect(store.get("k", at: 4) == nil)
  }

  @Test func putsRefuseWhatEtcdRefuses() throws {
    var store = Store()
    var put = PutRequest(key: "k", value: Blob("v"), lease: 7)
    #expect(throws: EtcdError.leaseNotFound) { try store.put(put) }
    put.lease = 0
    put.ignoreLease = true
    #expect(throws: EtcdError.keyNotFound) { try store.put(put) }
    put.ignoreValue = true
    #expect(throws: EtcdError.valueProvided) { try put.validate() }
    #expect(throws: EtcdError.emptyKey) { try PutRequest(key: "", value: .empty).validate() }
    #expect(throws: EtcdError.futureRevision) {
      try store.range(RangeRequest(key: "k", revision: 2))
    }
    #expect(store.revision == 1)
  }

  @Test func ignoreValueKeepsValueAndIgnoreLeaseKeepsLease() throws {
    var store = Store()
    try store.leaseGrant(id: 9, ttl: 5, minimumTTL: 2)
    _ = try store.put(PutRequest(key: "k", value: Blob("v"), lease: 9))
    var put = PutRequest(key: "k", value: Blob("w"))
    put.ignoreLease = true
    _ = try store.put(put)
    #expect(text(store.get("k")) == "w" && store.get("k")?.lease == 9)
    put = PutRequest(key: "k", value: .empty)
    put.ignoreValue = true
    _ = try store.put(put)
    #expect(text(store.get("k")) == "w" && store.get("k")?.lease == 0)
    #expect(store.leases[9]?.keys.isEmpty == true)
  }

  @Test func transactionsAreOneRevisionAndReadTheirOwnWrites() throws {
    var store = Store()
    _ = try store.put(PutRequest(key: "a", value: Blob("1")))
    let response = try store.txn(
      TxnRequest(
        compare: [
          Compare(key: "a", .equal, .mod(2)), Compare(key: "a", .equal, .value(Blob("1"))),
          Compare(key: "none", .equal, .create(0)),
        ],
        success: [
          .put(PutRequest(key: "b", value: Blob("2"))),
          .range(RangeRequest(key: "b")),
          .txn(
            TxnRequest(
              compare: [Compare(key: "b", .greater, .version(0))],
              success: [.put(PutRequest(key: "wrong", value: .empty))],
              failure: [.put(PutRequest(key: "c", value: Blob("3")))])),
        ]))
    #expect(response.succeeded && response.revision == 3 && store.revision == 3)
    guard case .range(let read) = response.responses[1] else {
      Issue.record("no range")
      return
    }
    #expect(text(read.kvs.first) == "2")
    // All compares are made before the first write: the nested one did not see b.
    #expect(store.get("wrong") == nil)
    #expect(store.get("b")?.modRevision == 3 && store.get("c")?.modRevision == 3)
    #expect(store.get("b")?.subRevision == 0 && store.get("c")?.subRevision == 1)
  }

  @Test func comparesOverARangeHoldForEveryKey() throws {
    var store = Store()
    for key in ["p/1", "p/2"] as [Key] {
      _ = try store.put(PutRequest(key: key, value: Blob("v")))
    }
    func holds(_ result: Compare.Result, _ target: Compare.Target) throws -> Bool {
      let compare = Compare(key: "p/", rangeEnd: Key("p/").prefixEnd, result, target)
      return try store.txn(TxnRequest(compare: [compare])).succeeded
    }
    #expect(try holds(.equal, .version(1)))
    #expect(try !holds(.equal, .mod(2)))
    #expect(try holds(.less, .mod(4)))
    #expect(try holds(.notEqual, .lease(3)))
    #expect(store.revision == 3)
  }

  @Test func aRefusedTransactionLeavesNothingBehind() throws {
    var store = Store()
    let txn = TxnRequest(success: [
      .put(PutRequest(key: "a", value: Blob("1"))),
      .range(RangeRequest(key: "a", revision: 50)),
    ])
    #expect(throws: EtcdError.futureRevision) { try store.txn(txn) }
    #expect(store.get("a") == nil && store.revision == 1 && store.history.isEmpty)
  }

  @Test func duplicateKeysInATransactionAreRefused() {
    let put = RequestOp.put(PutRequest(key: "b", value: .empty))
    func refused(_ ops: [RequestOp]) -> Bool {
      do {
        try TxnRequest(success: ops).validate()
        return false
      } catch {
        return error == .duplicateKey
      }
    }
    #expect(refused([put, put]))
    #expect(refused([put, .deleteRange(DeleteRangeRequest(key: "a", rangeEnd: "c"))]))
    #expect(!refused([put, .deleteRange(DeleteRangeRequest(key: "a", rangeEnd: "b"))]))
    #expect(refused([put, .txn(TxnRequest(success: [put]))]))
    #expect(!refused([.txn(TxnRequest(success: [put], failure: [put]))]))
    #expect(
      refused([
        .txn(TxnRequest(success: [put], failure: [put])),
        .deleteRange(DeleteRangeRequest(key: "b")),
      ]))
    #expect(throws: EtcdError.tooManyOps) {
      let range = RequestOp.range(RangeRequest(key: "a"))
      try TxnRequest(success: Array(repeating: range, count: 129)).validate()
    }
  }

  @Test func sortsAndFilters() throws {
    var store = Store()
    for (key, value) in [("a", "3"), ("b", "1"), ("c", "2"), ("b", "9")] {
      _ = try store.put(PutRequest(key: Key(key), value: Blob(value)))
    }
    func keys(_ change: (inout RangeRequest) -> Void) throws -> String {
      var request = RangeRequest(key: "a", rangeEnd: .fromKey)
      change(&request)
      return try store.range(request).kvs.map(\.key.text).joined()
    }
    #expect(try keys { $0.sortOrder = .descend } == "cba")
    #expect(
      try keys {
        $0.sortTarget = .mod
        $0.sortOrder = .descend
        $0.limit = 2
      } == "bc")
    #expect(try keys { $0.sortTarget = .value } == "cab")
    #expect(try keys { $0.minModRevision = 4 } == "bc")
    #expect(try keys { $0.maxCreateRevision = 3 } == "ab")
    #expect(try store.range(RangeRequest(prefix: "b")).kvs.count == 1)
  }

  @Test func compactionAndItsTexts() throws {
    var store = Store()
    for i in 0..<10 { _ = try store.put(PutRequest(key: "k", value: Blob("\(i)"))) }
    let before = store.sizeInUse
    try store.compact(8)
    #expect(store.sizeInUse < before)
    #expect(text(store.get("k", at: 8)) == "6")
    #expect(throws: EtcdError.compacted) { try store.compact(8) }
    #expect(throws: EtcdError.futureRevision) { try store.compact(12) }
    do {
      _ = try store.range(RangeRequest(key: "k", revision: 7))
      Issue.record("read what is compacted")
    } catch {
      #expect(error.message == "etcdserver: mvcc: required revision has been compacted")
    }
    _ = store.deleteRange(DeleteRangeRequest(key: "k"))
    try store.compact(store.revision)
    #expect(store.keyCount == 0)
    #expect(store.sizeInUse == Store().sizeInUse)
    #expect(store.size >= store.sizeInUse)
    store.defragment()
    #expect(store.size == Store().size)
  }

  @Test func revokingALeaseDeletesItsKeysAsOneRevision() throws {
    var store = Store()
    #expect(try store.leaseGrant(id: 1, ttl: 1, minimumTTL: 2).grantedTTL == 2)
    #expect(throws: EtcdError.leaseExists) {
      try store.leaseGrant(id: 1, ttl: 1, minimumTTL: 2)
    }
    #expect(throws: EtcdError.leaseTTLTooLarge) {
      try store.leaseGrant(id: 2, ttl: 9_000_000_001, minimumTTL: 2)
    }
    for key in ["b", "a", "c"] as [Key] {
      _ = try store.put(PutRequest(key: key, value: .empty, lease: 1))
    }
    _ = try store.put(PutRequest(key: "c", value: .empty))
    let revision = store.revision
    try store.leaseRevoke(id: 1)
    #expect(store.revision == revision + 1)
    #expect(store.history.suffix(2).map(\.kv.key) == ["a", "b"])
    #expect(store.get("c") != nil && store.keyCount == 1)
    #expect(throws: EtcdError.leaseNotFound) { try store.leaseRevoke(id: 1) }
  }

  @Test func leasesRunOutOnThePrimaryAlone() throws {
    var store = Store()
    var clock = LeaseClock()
    try store.leaseGrant(id: 1, ttl: 10, minimumTTL: 2)
    clock.renew(1, ttl: 10, now: .zero)
    #expect(clock.expired(now: .zero + .seconds(60)).isEmpty)
    clock.promote(leases: store.leases, extend: .seconds(1), now: .zero)
    #expect(clock.remaining(1, now: .zero) == .seconds(11))
    #expect(clock.expired(now: .zero + .seconds(10)).isEmpty)
    clock.renew(1, ttl: 10, now: .zero + .seconds(10))
    #expect(clock.expired(now: .zero + .seconds(19)).isEmpty)
    #expect(clock.expired(now: .zero + .seconds(20)) == [1])
    #expect(clock.expired(now: .zero + .seconds(21)).isEmpty)
    #expect(clock.expired(now: .zero + .seconds(23)) == [1])
    clock.remove(1)
    #expect(clock.expired(now: .zero + .seconds(99)).isEmpty)
  }

  @Test func keysOfAnyBytesAreOrderedBytewise() {
    let keys = [
      Key(bytes: []), Key(bytes: [0]), "a", "aaaaaaaa", "aaaaaaaaa", "aaaaaaab", "b",
      Key(bytes: [0xFF]), Key(bytes: [0xFF, 0]),
    ]
    for (i, a) in keys.enumerated() {
      for (j, b) in keys.enumerated() { #expect((a < b) == (i < j)) }
    }
    #expect(Key("ab").prefixEnd == "ac")
    #expect(Key(bytes: [1, 0xFF]).prefixEnd == Key(bytes: [2]))
    #expect(Key(bytes: [0xFF]).prefixEnd == .fromKey)
  }

  @Test func storesOfOneClusterShareTheirRevisions() throws {
    var recent = RecentRevisions()
    var first = Store()
    var second = Store()
    var other = Store()
    func write(_ store: inout Store, _ value: String) throws -> KeyValue? {
      store.exchange(&recent)
      defer { store.exchange(&recent) }
      _ = try store.put(PutRequest(key: "k", value: Blob(value)))
      return store.get("k")
    }
    let kv = try #require(try write(&first, "a"))
    #expect(try write(&second, "a") === kv)
    // What is not the same in every field is a revision of its own.
    let different = try #require(try write(&other, "b"))
    #expect(different !== kv)
    #expect(different.modRevision == kv.modRevision)
    #expect(first.get("k")?.value.encoded() == Array("a".utf8))
    // Without the loan each store makes its own.
    _ = try first.put(PutRequest(key: "k", value: Blob("c")))
    _ = try second.put(PutRequest(key: "k", value: Blob("c")))
    #expect(first.get("k") !== second.get("k"))
    #expect(first.digestValue == second.digestValue)
  }
}

extension Store {
  fileprivate var digestValue: UInt64 {
    var digest = Digest()
    self.digest(into: &digest)
    return digest.value
  }
}
