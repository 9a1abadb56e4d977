import Basics

extension Store {
  /// What the range holds, filtered, sorted and cut as asked.
  public func range(_ request: RangeRequest) throws(EtcdError) -> RangeResponse {
    let current = readRevision
    guard request.revision <= current else { throw .futureRevision }
    let at = request.revision <= 0 ? current : request.revision
    guard at >= compactRevision else { throw .compacted }
    if request.rangeEnd.isEmpty { return single(request, at: at, current: current) }

    let range = KeyRange(key: request.key, rangeEnd: request.rangeEnd)
    guard !range.isEmpty else { return RangeResponse(revision: current) }
    if request.countOnly {
      return RangeResponse(revision: current, count: count(range, at: at))
    }
    // Sorting and filtering come before the limit, so they need the whole range. Not so where a
    // target is given without an order: etcd then sorts no more than the limit and one lets through
    // (server/etcdserver/txn, executeRange).
    let isSorted = !request.isDefaultOrder
    let whole = isSorted && request.sortOrder != .none || request.hasRevisionFilters
    let isCut = !whole && request.limit > 0
    let limit = isCut ? request.limit + (isSorted ? 1 : 0) : Int.max
    var (kvs, more) = read(range, at: at, limit: limit)
    let total = more ? count(range, at: at) : kvs.count
    if whole || isSorted {
      if request.hasRevisionFilters { kvs = kvs.filter(request.admits) }
      if isSorted { request.sort(&kvs) }
      if request.limit > 0, kvs.count > request.limit {
        kvs.removeSubrange(request.limit...)
        more = true
      }
    }
    if request.keysOnly { kvs = kvs.map(\.withoutValue) }
    return RangeResponse(revision: current, kvs: kvs, more: more, count: total)
  }

  private func single(_ request: RangeRequest, at: Int64, current: Int64) -> RangeResponse {
    let found = at == current ? get(request.key) : get(request.key, at: at)
    guard let kv = found else { return RangeResponse(revision: current) }
    if request.countOnly { return RangeResponse(revision: current, count: 1) }
    guard !request.hasRevisionFilters || request.admits(kv) else {
      return RangeResponse(revision: current, count: 1)
    }
    let answer = request.keysOnly ? kv.withoutValue : kv
    return RangeResponse(revision: current, kvs: [answer], count: 1)
  }

  /// The first `limit` keys of `range` at revision `at`, and whether there are more.
  private func read(_ range: KeyRange, at: Int64, limit: Int) -> (kvs: [KeyValue], more: Bool) {
    var kvs: [KeyValue] = []
    var more = false
    func take(_ kv: KeyValue) -> Bool {
      guard kvs.count < limit else {
        more = true
        return false
      }
      kvs.append(kv)
      return true
    }
    if at >= revision {
      let size = live.range(from: range.low, to: range.high).count
      kvs.reserveCapacity(min(limit, size))
      live.forEach(from: range.low, to: range.high) { _, record in take(record.newest) }
    } else {
      walk(range, at: at, take)
    }
    return (kvs, more)
  }

  private func count(_ range: KeyRange, at: Int64) -> Int {
    if at >= revision { return live.range(from: range.low, to: range.high).count }
    var count = 0
    walk(range, at: at) { _ in
      count += 1
      return true
    }
    return count
  }

  /// Visits in key order what `range` held at the past revision `at`: the keys that exist now and
  /// those that do not any more, merged.
  private func walk(_ range: KeyRange, at: Int64, _ visit: (KeyValue) -> Bool) {
    var dead = graves.range(from: range.low, to: range.high).makeIterator()
    var grave = dead.next()
    let finished = live.forEach(from: range.low, to: range.high) { key, record in
      while let (deadKey, deadRecord) = grave, deadKey < key {
        if let kv = deadRecord.value(at: at), !visit(kv) { return false }
        grave = dead.next()
      }
      if let kv = record.value(at: at), !visit(kv) { return false }
      return true
    }
    guard finished else { return }
    while let (_, record) = grave {
      if let kv = record.value(at: at), !visit(kv) { return }
      grave = dead.next()
    }
  }
}

extension RangeRequest {
  func admits(_ kv: KeyValue) -> Bool {
    (maxModRevision == 0 || kv.modRevision <= maxModRevision)
      && (minModRevision == 0 || kv.modRevision >= minModRevision)
      && (maxCreateRevision == 0 || kv.createRevision <= maxCreateRevision)
      && (minCreateRevision == 0 || kv.createRevision >= minCreateRevision)
  }

  /// Equal ones stay in key order.
  func sort(_ kvs: inout [KeyValue]) {
    func ordered(_ before: (KeyValue, KeyValue) -> Bool) {
      if sortOrder == .descend {
        kvs.sort { before($1, $0) }
      } else {
        kvs.sort(by: before)
      }
    }
    switch sortTarget {
    case .key: ordered { $0.key < $1.key }
    case .version: ordered { $0.version < $1.version }
    case .create: ordered { $0.createRevision < $1.createRevision }
    case .mod: ordered { $0.modRevision < $1.modRevision }
    case .value:
      ordered { $0.value.encoded().lexicographicallyPrecedes($1.value.encoded()) }
    }
  }
}
