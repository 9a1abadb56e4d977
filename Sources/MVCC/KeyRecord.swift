/// All that is kept of one key: its newest revision, and the older ones not compacted yet.
///
/// etcd keeps an index of generations (put, put, …, tombstone) beside a tree of values by revision;
/// here a record holds the revisions themselves, and a tombstone among them ends a generation.
struct KeyRecord: Sendable {
  var newest: KeyValue
  /// A chain, so that a write to a copy of the store adds a link and copies nothing: a lease has
  /// dozens of older revisions at any time.
  private var past: PastRevision?

  init(newest: KeyValue) { self.newest = newest }

  /// Ascending by revision.
  var older: [KeyValue] {
    var found: [KeyValue] = []
    var link = past
    while let at = link {
      found.append(at.kv)
      link = at.before
    }
    found.reverse()
    return found
  }

  /// The newest revision at or before `revision`, a tombstone perhaps.
  func at(_ revision: Int64) -> KeyValue? {
    if newest.modRevision <= revision { return newest }
    var link = past
    while let at = link {
      if at.kv.modRevision <= revision { return at.kv }
      link = at.before
    }
    return nil
  }

  /// What the key held at `revision`; nil where it did not exist then.
  func value(at revision: Int64) -> KeyValue? {
    at(revision).flatMap { $0.isTombstone ? nil : $0 }
  }

  mutating func write(_ kv: KeyValue) {
    past = PastRevision(newest, before: past)
    newest = kv
  }

  /// The same, with the link that another member has made of the very same, where there is one.
  mutating func write(_ kv: KeyValue, sharing recent: inout RecentRevisions) {
    past = recent.link(newest, before: past, replacedAt: kv.modRevision)
    newest = kv
  }

  /// Drops what no read at or after `revision` can see, and says how many bytes that was.
  mutating func compact(_ revision: Int64) -> Int {
    guard past != nil else { return 0 }
    let older = older
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
    past = nil
    for kv in kept { past = PastRevision(kv, before: past) }
    return freed
  }
}

/// A revision that is not its key's newest, and what was before it.
///
/// Unchecked, as a link is written only when the last reference to it goes.
final class PastRevision: @unchecked Sendable {
  let kv: KeyValue
  fileprivate(set) var before: PastRevision?

  init(_ kv: KeyValue, before: PastRevision?) {
    self.kv = kv
    self.before = before
  }

  // One by one: a key written a million times must not take a million frames of the stack.
  deinit {
    var rest = before
    before = nil
    while rest != nil, isKnownUniquelyReferenced(&rest) {
      let next = rest?.before
      rest?.before = nil
      rest = next
    }
  }
}

extension Store {
  /// Every revision of `key` that is not compacted, the oldest first; a deletion is one too.
  public func revisions(of key: Key) -> [KeyValue] {
    guard let record = live[key] ?? graves[key] else { return [] }
    return record.older + [record.newest]
  }
}
