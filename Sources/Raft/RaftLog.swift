import Basics

/// A member's whole log, stable and unstable, and how far it is committed and applied.
///
/// Invariant: applied ≤ applying ≤ committed ≤ lastIndex.
struct RaftLog: Sendable {
  var storage: MemoryStorage
  private(set) var unstable: UnstableLog
  private(set) var committed: UInt64
  /// The last index handed out to be applied.
  private(set) var applying: UInt64
  private(set) var applied: UInt64

  /// Encoded bytes that may be handed out and not yet applied.
  let maxApplyingSize: UInt64
  private(set) var applyingSize: UInt64 = 0
  private(set) var isApplyingPaused = false

  init(storage: MemoryStorage, maxApplyingSize: UInt64) {
    unstable = UnstableLog(offset: storage.lastIndex + 1)
    committed = storage.firstIndex - 1
    applying = committed
    applied = committed
    self.storage = storage
    self.maxApplyingSize = maxApplyingSize
  }

  var firstIndex: UInt64 { unstable.firstIndex ?? storage.firstIndex }
  var lastIndex: UInt64 { unstable.lastIndex ?? storage.lastIndex }

  var lastID: EntryID {
    let index = lastIndex
    guard let term = term(at: index) else { preconditionFailure("no term at last index \(index)") }
    return EntryID(term: term, index: index)
  }

  /// The term at `index`, also for the entry just before the first; nil outside.
  func term(at index: UInt64) -> UInt64? {
    if let term = unstable.term(at: index) { return term }
    guard index >= firstIndex - 1, index <= lastIndex else { return nil }
    return storage.term(at: index)
  }

  func matches(_ id: EntryID) -> Bool { term(at: id.index) == id.term }

  /// Whether a log that ends with `id` holds everything this one may have committed (§3.6.1).
  func isUpToDate(_ id: EntryID) -> Bool {
    let own = lastID
    return id.term > own.term || id.term == own.term && id.index >= own.index
  }

  // MARK: Growing

  /// Appends entries that follow `previous`, if this log has that; answers the last index covered.
  mutating func append(
    _ entries: [Entry], after previous: EntryID, leaderCommit: UInt64
  ) throws(RaftError) -> UInt64? {
    guard matches(previous) else { return nil }
    let last = previous.index + UInt64(entries.count)
    if let position = entries.firstIndex(where: { !matches($0.id) }) {
      let index = entries[position].index
      guard index > committed else {
        throw .conflictWithCommitted(index: index, commit: committed)
      }
      if position == 0 {
        replaceTail(with: entries)
      } else {
        replaceTail(with: Array(entries[position...]))
      }
    }
    try commit(to: min(leaderCommit, last))
    return last
  }

  private mutating func replaceTail(with entries: [Entry]) {
    guard let first = entries.first else { return }
    if first.index != unstable.endIndex { unstable.truncate(from: first.index) }
    unstable.append(entries)
  }

  /// Appends entries of this member's own, as a leader.
  mutating func append(own entries: [Entry]) {
    guard let first = entries.first else { return }
    precondition(first.index > committed, "append \(first.index) at or before commit \(committed)")
    unstable.append(entries)
  }

  /// The best guess at where this log and one that has `term` at `index` part: the last index not
  /// above `index` whose term is at most `term`, and its term (0 when unknown). One round trip
  /// then skips a whole term of mismatches.
  func findConflict(byTerm term: UInt64, at index: UInt64) -> (index: UInt64, term: UInt64) {
    var index = index
    while index > 0 {
      guard let own = self.term(at: index) else { return (index, 0) }
      if own <= term { return (index, own) }
      index -= 1
    }
    return (0, 0)
  }

  // MARK: Committing and applying

  mutating func commit(to index: UInt64) throws(RaftError) {
    guard index > committed else { return }
    guard index <= lastIndex else { throw .commitOutOfRange(commit: index, lastIndex: lastIndex) }
    committed = index
  }

  /// Commits up to `id` if this log has that entry; a leader counts only entries of its own term
  /// (§3.6.2).
  mutating func maybeCommit(_ id: EntryID) -> Bool {
    guard id.term != 0, id.index > committed, matches(id) else { return false }
    committed = id.index
    return true
  }

  /// Sets the commit index a restarted member had saved.
  mutating func restoreCommit(_ index: UInt64) throws(RaftError) {
    guard index >= committed, index <= lastIndex else {
      throw .hardStateOutOfRange(commit: index, committed: committed, lastIndex: lastIndex)
    }
    committed = index
  }

  mutating func applied(to index: UInt64, size: UInt64) throws(RaftError) {
    guard index <= committed, index >= applied else {
      throw .appliedOutOfRange(applied: index, previous: applied, committed: committed)
    }
    applied = index
    applying = max(applying, index)
    applyingSize = applyingSize > size ? applyingSize - size : 0
    isApplyingPaused = applyingSize >= maxApplyingSize
  }

  /// Notes that entries up to `index` were handed out; pauses where the limit cut them short.
  mutating func acceptApplying(_ index: UInt64, size: UInt64, allowUnstable: Bool) {
    precondition(index <= committed, "applying \(index) beyond commit \(committed)")
    applying = index
    applyingSize += size
    isApplyingPaused =
      applyingSize >= maxApplyingSize || index < maxAppliableIndex(allowUnstable: allowUnstable)
  }

  /// Without `allowUnstable`, only entries known to be on stable storage are handed out.
  private func maxAppliableIndex(allowUnstable: Bool) -> UInt64 {
    allowUnstable ? committed : min(committed, unstable.offset - 1)
  }

  func hasNextCommitted(allowUnstable: Bool) -> Bool {
    // A snapshot to install comes first, or the order of the two would be in doubt.
    !isApplyingPaused && unstable.snapshot == nil
      && applying < maxAppliableIndex(allowUnstable: allowUnstable)
  }

  func nextCommitted(allowUnstable: Bool) -> [Entry] {
    guard hasNextCommitted(allowUnstable: allowUnstable) else { return [] }
    let end = maxAppliableIndex(allowUnstable: allowUnstable) + 1
    guard let entries = slice(applying + 1..<end, fitting: maxApplyingSize - applyingSize) else {
      preconditionFailure("unapplied entries \(applying + 1)..<\(end) are compacted")
    }
    return entries
  }

  /// Whether a configuration change waits between applied and committed.
  var hasUnappliedConfChange: Bool {
    var index = applied + 1
    while index <= committed {
      guard let page = slice(index..<committed + 1, fitting: maxApplyingSize), !page.isEmpty else {
        return false
      }
      if page.contains(where: { $0.type != .normal }) { return true }
      index += UInt64(page.count)
    }
    return false
  }

  // MARK: Reading

  /// The entries from `index` to the end that fit into `limit`; nil where they are compacted.
  func entries(from index: UInt64, fitting limit: UInt64) -> [Entry]? {
    let end = lastIndex + 1
    return index >= end ? [] : slice(index..<end, fitting: limit)
  }

  func slice(_ range: Range<UInt64>, fitting limit: UInt64) -> [Entry]? {
    guard range.lowerBound >= firstIndex else { return nil }
    precondition(range.upperBound <= lastIndex + 1, "slice \(range) beyond \(lastIndex)")
    if range.isEmpty { return [] }
    if range.lowerBound >= unstable.offset { return unstable.slice(range, fitting: limit) }

    let cut = min(range.upperBound, unstable.offset)
    guard var entries = try? storage.entries(range.lowerBound..<cut, maxSize: limit) else {
      return nil
    }
    guard range.upperBound > unstable.offset, entries.count == Int(cut - range.lowerBound) else {
      return entries
    }
    let size = limit == .max ? 0 : entries.encodedSize
    guard size < limit else { return entries }
    let rest = unstable.slice(unstable.offset..<range.upperBound, fitting: limit - size)
    if rest.count == 1, limit != .max, size + rest.encodedSize > limit { return entries }
    entries += rest
    return entries
  }

  /// What to send to a follower that is too far behind; nil while there is none.
  var snapshot: Snapshot? {
    if let snapshot = unstable.snapshot { return snapshot }
    guard storage.isSnapshotAvailable else { return nil }
    let snapshot = storage.outgoingSnapshot ?? storage.snapshot
    return snapshot.isEmpty ? nil : snapshot
  }

  // MARK: Stabilising

  var hasUnstableEntries: Bool { !unstable.entries.isEmpty }
  var hasPendingSnapshot: Bool { unstable.snapshot != nil }

  mutating func acceptUnstable() { unstable.acceptInProgress() }
  mutating func stable(to id: EntryID) { unstable.stable(to: id) }
  mutating func stableSnapshot(to index: UInt64) { unstable.stableSnapshot(to: index) }

  mutating func restore(_ snapshot: Snapshot) {
    committed = snapshot.index
    unstable.restore(snapshot)
  }
}

extension RaftLog: Digestible {
  func digest(into digest: inout Digest) {
    storage.digest(into: &digest)
    unstable.digest(into: &digest)
    digest.combine(committed)
    digest.combine(applying)
    digest.combine(applied)
    digest.combine(maxApplyingSize)
    digest.combine(applyingSize)
    digest.combine(isApplyingPaused)
  }
}
