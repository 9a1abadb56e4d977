import Basics

/// What a member has on stable storage: hard state, the latest snapshot, and the log after it.
///
/// A value: copying it shares everything. It is `RaftNode.storage`, and its owner writes to it what
/// a `Ready` (or a `storageAppend` message) says once that is durable.
public struct MemoryStorage: Sendable {
  public private(set) var hardState = HardState()
  /// The snapshot that the log continues from, or a later one made by `createSnapshot`.
  public private(set) var snapshot: Snapshot
  /// Names the entry just before the log, whose term is still needed to match appends.
  private var base: EntryID
  private var log: EntryLog

  /// What to send to a follower that needs a snapshot, where that is not `snapshot`. Keep it fresh,
  /// or put the state as it is now into the `snap` message before sending it (as etcd does): a
  /// member that joined after the snapshot was made ignores one that does not know it.
  public var outgoingSnapshot: Snapshot?
  /// False while no snapshot can be had; a leader then waits and asks again.
  public var isSnapshotAvailable = true

  /// Storage that begins after `snapshot`; with the empty one, a fresh member's.
  public init(startingFrom snapshot: Snapshot = .empty) {
    self.snapshot = snapshot
    base = snapshot.id
    log = EntryLog(firstIndex: snapshot.index + 1)
  }

  /// Storage as read back from a disk. `entries` must be consecutive and end beyond the snapshot;
  /// those the snapshot covers are left out.
  public init(snapshot: Snapshot, hardState: HardState, entries: [Entry]) throws(RaftError) {
    self.init(startingFrom: snapshot)
    self.hardState = hardState
    try append(entries)
  }

  public var firstIndex: UInt64 { log.firstIndex }
  public var lastIndex: UInt64 { log.endIndex - 1 }
  public var lastID: EntryID {
    log.count == 0 ? base : EntryID(term: log.term(at: lastIndex), index: lastIndex)
  }

  /// The term of the entry at `index`; nil where that is compacted away or not yet there.
  public func term(at index: UInt64) -> UInt64? {
    if index == base.index { return base.term }
    guard index >= firstIndex, index <= lastIndex else { return nil }
    return log.term(at: index)
  }

  /// The entries of `range` that fit into `maxSize` encoded bytes, at least one.
  public func entries(
    _ range: Range<UInt64>, maxSize: UInt64 = .max
  ) throws(RaftError) -> [Entry] {
    if range.lowerBound < firstIndex { throw .compacted }
    if range.upperBound > lastIndex + 1 { throw .unavailable }
    return log.slice(range, fitting: maxSize)
  }

  public mutating func setHardState(_ state: HardState) { hardState = state }

  /// Appends consecutive entries, replacing those from the first one's index on.
  public mutating func append(_ entries: [Entry]) throws(RaftError) {
    guard let first = entries.first, let last = entries.last, last.index >= firstIndex else {
      return
    }
    guard first.index <= lastIndex + 1 else {
      throw .missingEntries(last: lastIndex, appendAt: first.index)
    }
    let from = max(first.index, firstIndex)
    if from <= lastIndex { log.truncate(from: from) }
    for entry in entries where entry.index >= from { log.append(entry) }
  }

  /// Forgets the log up to and including `index`; the owner must have applied that far.
  public mutating func compact(to index: UInt64) throws(RaftError) {
    guard index > base.index else { throw .compacted }
    guard index <= lastIndex else { throw .unavailable }
    base = EntryID(term: log.term(at: index), index: index)
    log.dropPrefix(to: index + 1)
  }

  /// Notes that the applied state at `index` is saved as `data`; the log stays until `compact`.
  /// Without `confState` the membership is that of the snapshot before.
  @discardableResult
  public mutating func createSnapshot(
    at index: UInt64, confState: ConfState?, data: Blob
  ) throws(RaftError) -> Snapshot {
    guard index > snapshot.index else { throw .snapshotOutOfDate }
    guard let term = term(at: index) else { throw .unavailable }
    snapshot = Snapshot(
      index: index, term: term, confState: confState ?? snapshot.confState, data: data)
    return snapshot
  }

  /// Replaces everything with a snapshot received from a leader.
  public mutating func applySnapshot(_ snapshot: Snapshot) throws(RaftError) {
    if self.snapshot.index != 0, self.snapshot.index >= snapshot.index {
      throw .snapshotOutOfDate
    }
    self.snapshot = snapshot
    base = snapshot.id
    log = EntryLog(firstIndex: snapshot.index + 1)
  }

  /// Does what a `storageAppend` message asks for.
  public mutating func write(_ message: Message) throws(RaftError) {
    precondition(message.type == .storageAppend, "cannot write \(message.type)")
    if let state = message.hardState { setHardState(state) }
    if let snapshot = message.snapshot, !snapshot.isEmpty { try applySnapshot(snapshot) }
    try append(message.entries)
  }
}

extension MemoryStorage: Digestible {
  public func digest(into digest: inout Digest) {
    hardState.digest(into: &digest)
    snapshot.digest(into: &digest)
    digest.combine(base.index)
    digest.combine(base.term)
    log.digest(into: &digest)
    outgoingSnapshot?.digest(into: &digest)
    digest.combine(isSnapshotAvailable)
  }
}
