/// All that is kept of one key: its newest revision, and the older ones not compacted yet.
///
/// etcd keeps an index of generations (put, put, …, tombstone) beside a tree of values by revision;
/// here a record holds the revisions themselves, and a tombstone among them ends a generation.
struct KeyRecord: Sendable {
  var newest: KeyValue
  /// Ascending by revision.
  var older: [KeyValue] = []

  /// The newest revision at or before `revision`, a tombstone perhaps.
  func at(_ revision: Int64) -> KeyValue? {
    if newest.modRevision <= revision { return newest }
    var low = 0
    var high = older.count
    while low < high {
      let middle = (low + high) >> 1
      if older[middle].modRevision <= revision { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? nil : older[low - 1]
  }

  /// What the key held at `revision`; nil where it did not exist then.
  func value(at revision: Int64) -> KeyValue? {
    at(revision).flatMap { $0.isTombstone ? nil : $0 }
  }

  mutating func write(_ kv: KeyValue) {
    older.append(newest)
    newest = kv
  }

  /// Drops what no read at or after `revision` can see, and says how many bytes that was.
  mutating func compact(_ revision: Int64) -> Int {
    guard let first = older.first, first.modRevision <= revision else { return 0 }
    let second = older.count > 1 ? older[1] : newest
    if second.modRevision > revision, !first.isTombstone { return 0 }
    var freed = 0
    var base: KeyValue?
    var kept: [KeyValue] = []
    for kv in older {
      if kv.modRevision > revision {
        kept.append(kv)
      } else {
        if let base { freed += base.storedSize }
        base = kv
      }
    }
    if let last = base {
      // The base is what a read at `revision` sees, unless it is a tombstone or superseded.
      if newest.modRevision > revision, !last.isTombstone {
        kept.insert(last, at: 0)
      } else {
        freed += last.storedSize
      }
    }
    older = kept
    return freed
  }
}

extension Store {
  /// Every revision of `key` that is not compacted, the oldest first; a deletion is one too.
  public func revisions(of key: Key) -> [KeyValue] {
    guard let record = live[key] ?? graves[key] else { return [] }
    return record.older + [record.newest]
  }
}
