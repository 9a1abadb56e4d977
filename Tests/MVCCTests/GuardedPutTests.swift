import Basics
import Testing

@testable import MVCC

/// The API servers' transaction in its short shape against the same in etcd's words.
@Suite struct GuardedPutTests {
  private func transaction(
    _ key: Key, expected: Int64, _ value: String, lease: Int64 = 0
  ) -> TxnRequest {
    TxnRequest(
      compare: [Compare(key: key, .equal, .mod(expected))],
      success: [.put(PutRequest(key: key, value: Blob(value), lease: lease))],
      failure: [.range(RangeRequest(key: key))])
  }

  private func text(_ body: () throws(EtcdError) -> TxnResponse) -> String {
    do throws(EtcdError) {
      let response = try body()
      let answers = response.responses.map { answer in
        switch answer {
        case .put(let put): "put \(put.revision) \(put.previousKV?.description ?? "-")"
        case .range(let range): "range \(range.revision) \(range.count) \(range.kvs)"
        case .deleteRange, .txn: "?"
        }
      }
      return "\(response.revision) \(response.succeeded) \(answers)"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: 1...8) func doesWhatTheTransactionDoes(seed: UInt64) throws {
    var prng = PRNG(seed: seed)
    var long = Store()
    _ = try long.leaseGrant(id: 7, ttl: 60, minimumTTL: 1)
    var short = long
    var outcomes = Set<String>()
    for step in 0..<400 {
      let key = Key("/registry/leases/\(prng.index(below: 5))")
      if prng.index(below: 8) == 0 {
        _ = long.deleteRange(DeleteRangeRequest(key: key))
        _ = short.deleteRange(DeleteRangeRequest(key: key))
      }
      if step % 50 == 49 {
        try long.compact(long.revision - 3)
        try short.compact(short.revision - 3)
      }
      let known = long.get(key)?.modRevision ?? 0
      let expected = prng.index(below: 4) == 0 ? Int64(prng.below(20)) : known
      // No lease, one that is there, one that is not.
      let lease: Int64 = [0, 0, 7, 8][prng.index(below: 4)]
      let txn = transaction(key, expected: expected, "value \(step)", lease: lease)
      let put = try #require(GuardedPut(txn))
      let answer = text { () throws(EtcdError) in try long.txn(txn) }
      #expect(text { () throws(EtcdError) in try short.guardedPut(put) } == answer)
      outcomes.insert(
        answer.contains("true") ? "put" : answer.contains("range") ? "refused" : "failed")
      var (a, b) = (Digest(), Digest())
      long.digest(into: &a)
      short.digest(into: &b)
      #expect(a == b)
      short.checkInvariants()
    }
    #expect(outcomes == ["put", "refused", "failed"])
  }

  @Test func anyOtherTransactionIsNone() {
    let key = Key("/registry/leases/a")
    let usual = transaction(key, expected: 4, "x")
    #expect(GuardedPut(usual)?.txn.isReadOnly == false)
    var others: [TxnRequest] = []
    func other(_ change: (inout TxnRequest) -> Void) {
      var txn = usual
      change(&txn)
      others.append(txn)
    }
    other { $0.compare = [] }
    other { $0.compare.append($0.compare[0]) }
    other { $0.compare[0].result = .greater }
    other { $0.compare[0].target = .version(4) }
    other { $0.compare[0].key = Key("b") }
    other { $0.compare[0].rangeEnd = .fromKey }
    other { $0.success = [] }
    other { $0.success = [.deleteRange(DeleteRangeRequest(key: key))] }
    other { $0.success = [.put(PutRequest(key: Key("b"), value: .empty))] }
    other { $0.success = [.put(PutRequest(key: key, value: .empty, previousKV: true))] }
    other {
      var put = PutRequest(key: key, value: .empty)
      put.ignoreLease = true
      $0.success = [.put(put)]
    }
    other {
      var put = PutRequest(key: key, value: .empty)
      put.ignoreValue = true
      $0.success = [.put(put)]
    }
    other { $0.failure = [] }
    other { $0.failure = [.range(RangeRequest(key: Key("b")))] }
    other { $0.failure = [.range(RangeRequest(prefix: key))] }
    other { $0.failure = [.range(RangeRequest(key: key, revision: 3))] }
    other { $0.failure = [.range(RangeRequest(key: key, limit: 1))] }
    other { $0.failure = [.range(RangeRequest(key: key, serializable: true))] }
    for (place, txn) in others.enumerated() {
      #expect(GuardedPut(txn) == nil, "transaction \(place)")
    }
  }
}
