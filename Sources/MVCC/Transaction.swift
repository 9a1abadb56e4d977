import Basics

extension Store {
  /// Writes one key. Refused where the lease does not exist, or where the key must exist and does
  /// not.
  public mutating func put(_ request: PutRequest) throws(EtcdError) -> PutResponse {
    try check(request)
    let response = execute(request)
    commit()
    return response
  }

  /// Deletes what of the range exists; without any, no revision is made.
  public mutating func deleteRange(_ request: DeleteRangeRequest) -> DeleteRangeResponse {
    let response = execute(request)
    commit()
    return response
  }

  /// Compares, then runs one of the two lists, as one revision. A refusal leaves nothing behind:
  /// everything that can be refused is checked before the first write.
  public mutating func txn(_ request: TxnRequest) throws(EtcdError) -> TxnResponse {
    // The path is chosen, nested transactions included, before anything is written.
    let path = choose(request)
    try check(request, path)
    let response = try execute(request, path)
    commit()
    return response
  }

  /// A transaction of reads alone, which leaves the store as it is.
  public func readOnlyTxn(_ request: TxnRequest) throws(EtcdError) -> TxnResponse {
    precondition(request.isReadOnly, "a transaction with writes taken for one without")
    var copy = self
    return try copy.txn(request)
  }

  // MARK: Choosing

  /// Which way a transaction goes, and each one nested in the list it takes.
  private final class Path {
    let succeeded: Bool
    let nested: [Path]
    init(succeeded: Bool, nested: [Path]) {
      self.succeeded = succeeded
      self.nested = nested
    }
  }

  private func choose(_ request: TxnRequest) -> Path? {
    let succeeded = request.compare.allSatisfy(holds)
    let ops = succeeded ? request.success : request.failure
    var nested: [Path] = []
    for case .txn(let inner) in ops {
      nested.append(choose(inner) ?? Path(succeeded: true, nested: []))
    }
    // The usual transaction succeeds and nests nothing: it needs no path.
    return succeeded && nested.isEmpty ? nil : Path(succeeded: succeeded, nested: nested)
  }

  private func holds(_ compare: Compare) -> Bool {
    if compare.rangeEnd.isEmpty { return compare.holds(for: get(compare.key)) }
    let range = KeyRange(key: compare.key, rangeEnd: compare.rangeEnd)
    var any = false
    let all =
      range.isEmpty
      || live.forEach(from: range.low, to: range.high) { _, record in
        any = true
        return compare.holds(for: record.newest)
      }
    return any ? all : compare.holds(for: nil)
  }

  // MARK: Checking

  private func check(_ request: TxnRequest, _ path: Path?) throws(EtcdError) {
    let ops = path?.succeeded ?? true ? request.success : request.failure
    var next = 0
    for op in ops {
      switch op {
      case .range(let range):
        if range.revision > revision { throw .futureRevision }
        // Below zero means the newest too, but for this test (server/etcdserver/txn, checkRange).
        if range.revision != 0, range.revision < compactRevision { throw .compacted }
      case .put(let put): try check(put)
      case .deleteRange: break
      case .txn(let inner):
        try check(inner, path?.nested[next])
        next += 1
      }
    }
  }

  private func check(_ put: PutRequest) throws(EtcdError) {
    if put.lease != 0, !leases.contains(put.lease) { throw .leaseNotFound }
    if put.ignoreValue || put.ignoreLease, !live.contains(put.key) { throw .keyNotFound }
  }

  // MARK: Running

  private mutating func execute(
    _ request: TxnRequest, _ path: Path?
  ) throws(EtcdError) -> TxnResponse {
    let succeeded = path?.succeeded ?? true
    let ops = succeeded ? request.success : request.failure
    var responses: [ResponseOp] = []
    responses.reserveCapacity(ops.count)
    var next = 0
    for op in ops {
      switch op {
      case .range(let range): responses.append(.range(try self.range(range)))
      case .put(let put): responses.append(.put(execute(put)))
      case .deleteRange(let delete): responses.append(.deleteRange(execute(delete)))
      case .txn(let inner):
        responses.append(.txn(try execute(inner, path?.nested[next])))
        next += 1
      }
    }
    return TxnResponse(revision: readRevision, succeeded: succeeded, responses: responses)
  }

  private mutating func execute(_ put: PutRequest) -> PutResponse {
    var value = put.value
    var lease = put.lease
    var previous: KeyValue?
    if put.previousKV || put.ignoreValue || put.ignoreLease {
      previous = get(put.key)
      if put.ignoreValue, let previous { value = previous.value }
      if put.ignoreLease, let previous { lease = previous.lease }
    }
    write(key: put.key, value: value, lease: lease)
    return PutResponse(revision: readRevision, previousKV: put.previousKV ? previous : nil)
  }

  private mutating func execute(_ request: DeleteRangeRequest) -> DeleteRangeResponse {
    var doomed: [KeyValue] = []
    if request.rangeEnd.isEmpty {
      if let kv = get(request.key) { doomed.append(kv) }
    } else {
      let range = KeyRange(key: request.key, rangeEnd: request.rangeEnd)
      if !range.isEmpty {
        live.forEach(from: range.low, to: range.high) { _, record in
          doomed.append(record.newest)
          return true
        }
      }
    }
    for kv in doomed { delete(kv.key) }
    return DeleteRangeResponse(
      revision: readRevision, deleted: doomed.count,
      previousKVs: request.previousKV ? doomed : [])
  }
}

extension Compare {
  /// Whether `kv` passes; a key that does not exist counts as all zeroes, but has no value.
  func holds(for kv: KeyValue?) -> Bool {
    switch target {
    case .version(let wanted): return passes(kv?.version ?? 0, wanted)
    case .create(let wanted): return passes(kv?.createRevision ?? 0, wanted)
    case .mod(let wanted): return passes(kv?.modRevision ?? 0, wanted)
    case .lease(let wanted): return passes(kv?.lease ?? 0, wanted)
    case .value(let wanted):
      guard let kv else { return false }
      return passes(Key(bytes: kv.value.encoded()), Key(bytes: wanted.encoded()))
    }
  }

  private func passes<T: Comparable>(_ found: T, _ wanted: T) -> Bool {
    switch result {
    case .equal: found == wanted
    case .notEqual: found != wanted
    case .greater: found > wanted
    case .less: found < wanted
    }
  }
}
