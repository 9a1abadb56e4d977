extension Store {
  /// Traps where the store contradicts itself. Walks everything: for tests.
  public func checkInvariants() {
    precondition(openChanges == 0, "a transaction was left open")
    precondition(compactRevision <= revision, "compacted \(compactRevision) of \(revision)")
    var size = Store.emptySize
    for (isLive, map) in [(true, live), (false, graves)] {
      for (key, record) in map {
        precondition(record.newest.isTombstone != isLive, "\(key) lies in the wrong map")
        var last: Int64 = 0
        for kv in record.older + [record.newest] {
          precondition(kv.key == key, "\(kv.key) under \(key)")
          precondition(kv.modRevision > last, "\(key): \(kv.modRevision) after \(last)")
          last = kv.modRevision
          size += kv.storedSize
        }
        precondition(last <= revision, "\(key) was written in the future")
        let oldest = record.older.first ?? record.newest
        precondition(
          isLive || record.newest.modRevision > compactRevision, "\(key): a grave too old")
        precondition(
          !oldest.isTombstone || oldest.modRevision > compactRevision, "\(key): a dead base")
        if isLive, record.newest.lease != 0 {
          precondition(
            leases[record.newest.lease]?.keys.contains(key) == true, "\(key): not at its lease")
        }
      }
    }
    precondition(size == sizeInUse, "size \(sizeInUse), counted \(size)")
    for (id, lease) in leases {
      for key in lease.keys.keys {
        precondition(live[key]?.newest.lease == id, "lease \(id) holds \(key), which left it")
      }
    }
    var last: Int64 = 0
    for event in history {
      precondition(event.kv.modRevision >= last, "history goes back at \(event.kv)")
      precondition(event.kv.modRevision >= compactRevision, "history holds \(event.kv)")
      last = event.kv.modRevision
    }
  }
}
