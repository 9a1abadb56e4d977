/// What a member refuses at its door, before anything is proposed (api/v3rpc/key.go).
extension RangeRequest {
  public func validate() throws(EtcdError) {
    if key.isEmpty { throw .emptyKey }
  }
}

extension PutRequest {
  public func validate() throws(EtcdError) {
    if key.isEmpty { throw .emptyKey }
    if ignoreValue, !value.isEmpty { throw .valueProvided }
    if ignoreLease, lease != 0 { throw .leaseProvided }
  }
}

extension DeleteRangeRequest {
  public func validate() throws(EtcdError) {
    if key.isEmpty { throw .emptyKey }
  }
}

extension TxnRequest {
  /// The most operations in one transaction, etcd's --max-txn-ops.
  public static let maximumOperations = 128

  public func validate(maximumOperations: Int = maximumOperations) throws(EtcdError) {
    try validate(room: maximumOperations)
    // One put that is alone overlaps nothing.
    if success.count > 1 || failure.count > 1 || !success.isFlat || !failure.isFlat {
      _ = try TxnIntervals(success)
      _ = try TxnIntervals(failure)
    }
  }

  private func validate(room: Int) throws(EtcdError) {
    let most = max(compare.count, success.count, failure.count)
    guard most <= room else { throw .tooManyOps }
    for compare in compare where compare.key.isEmpty { throw .emptyKey }
    for ops in [success, failure] {
      for op in ops {
        switch op {
        case .range(let range): try range.validate()
        case .put(let put): try put.validate()
        case .deleteRange(let delete): try delete.validate()
        case .txn(let inner): try inner.validate(room: room - most)
        }
      }
    }
  }
}

extension [RequestOp] {
  var isFlat: Bool {
    allSatisfy {
      if case .txn = $0 { return false }
      return true
    }
  }
}

/// What a list of operations puts and deletes: no key may be written twice in one revision.
private struct TxnIntervals {
  var puts: [Key] = []
  var deletes: [KeyRange] = []

  init(_ ops: [RequestOp]) throws(EtcdError) {
    // Here, and here alone, etcd takes a range end of one zero byte at its word, an end before every
    // start (pkg/adt, StringAffineComparable): a put beside such a deletion is not refused.
    for case .deleteRange(let delete) in ops where delete.rangeEnd != .fromKey {
      deletes.append(KeyRange(key: delete.key, rangeEnd: delete.rangeEnd))
    }
    var below: [KeyRange] = []
    for case .txn(let inner) in ops {
      let then = try TxnIntervals(inner.success)
      let otherwise = try TxnIntervals(inner.failure)
      for key in then.puts { try add(key) }
      // Only one of the two lists runs: a key may be in both.
      for key in otherwise.puts where !then.puts.contains(key) { try add(key) }
      for key in otherwise.puts where then.puts.contains(key) { try refuseDeleted(key) }
      below += then.deletes + otherwise.deletes
    }
    deletes += below
    for case .put(let put) in ops { try add(put.key) }
  }

  private mutating func add(_ key: Key) throws(EtcdError) {
    if puts.contains(key) { throw .duplicateKey }
    try refuseDeleted(key)
    puts.append(key)
  }

  private func refuseDeleted(_ key: Key) throws(EtcdError) {
    if deletes.contains(where: { $0.contains(key) }) { throw .duplicateKey }
  }
}
