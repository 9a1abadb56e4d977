import Basics
import PersistentCollections

/// etcd's multi-version store as a value: every write makes a revision, and what was true at an
/// earlier one can be read until it is compacted.
///
/// A pure state machine: the same requests in the same order give the same store on every member.
public struct Store: Sendable {
  /// The keys that exist now.
  var live = PersistentMap<Key, KeyRecord>()
  /// The keys that do not exist now, and did at some revision not compacted yet.
  var graves = PersistentMap<Key, KeyRecord>()
  /// Every change since the last compaction in the order of revisions; the changes of the
  /// compacted revision itself are still here, as a watch may start at it.
  public private(set) var history = PersistentLog<Event>()

  /// The revision of the last write; a new store is at 1.
  public private(set) var revision: Int64 = 1
  /// The last compacted revision; -1 before the first compaction.
  public private(set) var compactRevision: Int64 = -1
  /// Writes of the transaction under way; 0 outside of one.
  private(set) var openChanges: Int32 = 0

  /// What other members wrote last, lent for the length of a step; see `exchange`.
  private var recent = RecentRevisions()

  public internal(set) var leases = PersistentMap<Int64, Lease>()

  /// Bytes of the backend in use, modelled from the sizes of keys and values.
  public private(set) var sizeInUse = Store.emptySize
  /// Bytes of the backend's file: it grows, and shrinks only when defragmented.
  public private(set) var size = Store.emptySize
  /// A fresh bbolt file with etcd's buckets.
  static let emptySize = 20_480
  static let pageSize = 4096

  public init() {}

  /// How many keys exist.
  public var keyCount: Int { live.count }

  /// The revision reads of the open transaction see.
  var readRevision: Int64 { openChanges > 0 ? revision + 1 : revision }

  /// The newest revision of `key`; nil where it does not exist.
  public func get(_ key: Key) -> KeyValue? { live.read(key) { $0.newest } }

  /// `key` as it was at `revision`, which must not be compacted.
  public func get(_ key: Key, at revision: Int64) -> KeyValue? {
    if let record = live[key] { return record.value(at: revision) }
    return graves[key]?.value(at: revision)
  }

  /// Swaps the revisions that can be shared for others: a cluster lends them to one member after
  /// the other.
  public mutating func exchange(_ other: inout RecentRevisions) { swap(&recent, &other) }

  // MARK: Writing

  /// Ends the open transaction: what it wrote becomes one revision.
  mutating func commit() {
    guard openChanges > 0 else { return }
    revision += 1
    openChanges = 0
  }

  /// Writes `value` under `key` in the open transaction. With `expected`, only over that revision of
  /// the key, 0 for none; false where it is at another.
  @discardableResult
  mutating func write(
    key: Key, value: Blob, lease: Int64, over expected: Int64? = nil
  ) -> Bool {
    let main = revision + 1
    let sub = openChanges
    var event: Event?
    var recent = RecentRevisions()
    exchange(&recent)
    let isThere = live.modify(key) { record in
      let previous = record.newest
      if let expected, expected != previous.modRevision { return }
      let kv = recent.shared(
        KeyValueFields(
          key: previous.key, createRevision: previous.createRevision, modRevision: main,
          version: previous.version + 1, value: value, lease: lease, subRevision: sub))
      record.write(kv, sharing: &recent)
      event = Event(kv: kv, previous: previous)
    }
    exchange(&recent)
    if event == nil, isThere || expected ?? 0 != 0 { return false }
    let change = event ?? create(key: key, value: value, lease: lease)
    record(change)
    let oldLease = change.previous?.lease ?? 0
    guard oldLease != lease else { return true }
    if oldLease != 0 { leases.modify(oldLease) { $0.keys[key] = nil } }
    if lease != 0 { leases.modify(lease) { $0.keys[change.kv.key] = true } }
    return true
  }

  private mutating func create(key: Key, value: Blob, lease: Int64) -> Event {
    let kv = recent.shared(
      KeyValueFields(
        key: key, createRevision: revision + 1, modRevision: revision + 1, version: 1,
        value: value, lease: lease, subRevision: openChanges))
    if !graves.isEmpty, var record = graves.removeValue(forKey: key) {
      record.write(kv)
      live.updateValue(record, forKey: key)
    } else {
      live.updateValue(KeyRecord(newest: kv), forKey: key)
    }
    return Event(kv: kv, previous: nil)
  }

  /// Deletes `key`, which must exist, in the open transaction.
  mutating func delete(_ key: Key) {
    guard var record = live.removeValue(forKey: key) else { return }
    let previous = record.newest
    let tombstone = KeyValue(
      tombstone: previous.key, modRevision: revision + 1, subRevision: openChanges)
    record.write(tombstone)
    graves.updateValue(record, forKey: previous.key)
    self.record(Event(kv: tombstone, previous: previous))
    if previous.lease != 0 { leases.modify(previous.lease) { $0.keys[key] = nil } }
  }

  private mutating func record(_ event: Event) {
    history.append(event)
    openChanges += 1
    sizeInUse += event.kv.storedSize
    if sizeInUse > size {
      size = (sizeInUse + Store.pageSize - 1) / Store.pageSize * Store.pageSize
    }
  }

  // MARK: Restoring

  /// Takes a revision of a backend into the books.
  mutating func restored(_ kv: KeyValue, previous: KeyValue?, inHistory: Bool) {
    if inHistory { history.append(Event(kv: kv, previous: previous)) }
    sizeInUse += kv.storedSize
  }

  /// Where a store made of a backend stands.
  mutating func settle(revision: Int64, _ compactRevision: Int64) {
    self.revision = revision
    self.compactRevision = compactRevision
    defragment()
  }

  // MARK: Compaction

  /// Forgets what only reads before `revision` could see. Refused for a revision compacted already
  /// and for one not reached yet.
  public mutating func compact(_ revision: Int64) throws(EtcdError) {
    guard revision > compactRevision else { throw .compacted }
    guard revision <= self.revision else { throw .futureRevision }
    compactRevision = revision
    // A record can only change where the key was written at or before `revision`, and what was
    // written before the last compaction was dealt with then. Backwards, as a key's last write in
    // that span deals with its earlier ones: a lease renewed thirty times is looked up once.
    let end = firstPosition(atOrAfter: revision + 1)
    var superseded = LookupSet<ObjectIdentifier>()
    for position in stride(from: end - 1, through: history.startIndex, by: -1) {
      let event = history[position]
      if !superseded.remove(ObjectIdentifier(event.kv)) { compactRecord(event.kv.key, revision) }
      if let previous = event.previous { superseded.insert(ObjectIdentifier(previous)) }
    }
    history.dropPrefix(before: firstPosition(atOrAfter: revision))
  }

  private mutating func compactRecord(_ key: Key, _ revision: Int64) {
    var freed = 0
    if live.modify(key, { freed = $0.compact(revision) }) {
      sizeInUse -= freed
      return
    }
    guard let grave = graves[key] else { return }
    if grave.newest.modRevision <= revision {
      graves.removeValue(forKey: key)
      sizeInUse -= grave.older.reduce(grave.newest.storedSize) { $0 + $1.storedSize }
    } else {
      graves.modify(key) { freed = $0.compact(revision) }
      sizeInUse -= freed
    }
  }

  /// Rebuilds the backend's file without its free pages.
  public mutating func defragment() {
    size = (sizeInUse + Store.pageSize - 1) / Store.pageSize * Store.pageSize
  }

  /// The place in `history` of the first change at or after `revision`.
  public func firstPosition(atOrAfter revision: Int64) -> Int {
    var low = history.startIndex
    var high = history.endIndex
    // Who asks wants the newest, as a rule.
    if high - low > 8, history[high - 8].kv.modRevision < revision { low = high - 7 }
    while low < high {
      let middle = (low + high) >> 1
      if history[middle].kv.modRevision < revision { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Store: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(Int(revision))
    digest.combine(Int(compactRevision))
    digest.combine(sizeInUse)
    digest.combine(size)
    for map in [live, graves] {
      digest.combine(map.count)
      map.forEach { _, record in
        record.newest.digest(into: &digest)
        for kv in record.older { kv.digest(into: &digest) }
        return true
      }
    }
    leases.forEach { _, lease in
      lease.digest(into: &digest)
      return true
    }
  }
}
