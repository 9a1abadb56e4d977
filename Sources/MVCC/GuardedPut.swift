import Basics

/// A put that holds only while the key is as it was, answered with what the key holds where it is
/// not: the transaction of every API server's write (storage/etcd3, `GuaranteedUpdate`).
///
/// As a `TxnRequest` it is three arrays and two boxes, and a member's log keeps thousands.
public struct GuardedPut: Sendable {
  public let key: Key
  /// The key's last revision as the writer knows it; 0 where it must not exist.
  public let expected: Int64
  public let value: Blob
  public let lease: Int64

  /// Nil where the transaction is another one.
  public init?(_ txn: TxnRequest) {
    guard txn.compare.count == 1, txn.success.count == 1, txn.failure.count == 1,
      case .put(let put) = txn.success[0], case .range(let range) = txn.failure[0]
    else { return nil }
    let compare = txn.compare[0]
    guard case .mod(let expected) = compare.target, compare.result == .equal,
      compare.rangeEnd.isEmpty, compare.key == put.key, range.isPlainGet, range.key == put.key,
      !put.previousKV, !put.ignoreValue, !put.ignoreLease
    else { return nil }
    key = put.key
    self.expected = expected
    value = put.value
    lease = put.lease
  }

  /// The same as etcd's words have it.
  public var txn: TxnRequest {
    TxnRequest(
      compare: [Compare(key: key, .equal, .mod(expected))],
      success: [.put(PutRequest(key: key, value: value, lease: lease))],
      failure: [.range(RangeRequest(key: key))])
  }
}

extension RangeRequest {
  /// One key at the newest revision, without any option.
  var isPlainGet: Bool {
    rangeEnd.isEmpty && limit == 0 && revision == 0 && sortOrder == .none && sortTarget == .key
      && !serializable && !keysOnly && !countOnly && !hasRevisionFilters
  }
}

extension Store {
  /// The same as `txn(put.txn)`.
  public mutating func guardedPut(_ put: GuardedPut) throws(EtcdError) -> TxnResponse {
    let isLeaseThere = put.lease == 0 || leases.contains(put.lease)
    guard
      isLeaseThere
        && write(key: put.key, value: put.value, lease: put.lease, over: put.expected)
    else {
      if !isLeaseThere, get(put.key)?.modRevision ?? 0 == put.expected { throw .leaseNotFound }
      let range = try range(RangeRequest(key: put.key))
      return TxnResponse(revision: revision, succeeded: false, responses: [.range(range)])
    }
    commit()
    let answer = PutResponse(revision: revision, previousKV: nil)
    return TxnResponse(revision: revision, succeeded: true, responses: [.put(answer)])
  }
}
