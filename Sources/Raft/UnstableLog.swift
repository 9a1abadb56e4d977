import Basics

/// The tail of the log, and perhaps a snapshot, that is not yet known to be on stable storage.
///
///     storage     1 2 3 4 5
///     unstable          4' 5' 6 7        offset 4: storage's 4 and 5 are about to be overwritten
///     in progress       4' 5'            offsetInProgress 6: handed out, being written
struct UnstableLog: Sendable {
  private(set) var snapshot: Snapshot?
  private(set) var snapshotInProgress = false
  private(set) var entries: [Entry] = []
  /// The index of `entries[0]`.
  private(set) var offset: UInt64
  /// The index after the last entry handed out for writing.
  private(set) var offsetInProgress: UInt64

  init(offset: UInt64) {
    self.offset = offset
    offsetInProgress = offset
  }

  var firstIndex: UInt64? { snapshot.map { $0.index + 1 } }

  var lastIndex: UInt64? {
    entries.isEmpty ? snapshot?.index : endIndex - 1
  }

  func term(at index: UInt64) -> UInt64? {
    if index < offset { return snapshot?.index == index ? snapshot?.term : nil }
    let position = index - offset
    return position < UInt64(entries.count) ? entries[Int(position)].term : nil
  }

  /// The index after the last entry.
  var endIndex: UInt64 { offset + UInt64(entries.count) }

  var hasNextEntries: Bool { endIndex > offsetInProgress }

  /// The entries not yet handed out for writing.
  var nextEntries: [Entry] {
    let inProgress = Int(offsetInProgress - offset)
    if inProgress == 0 { return entries }
    return inProgress == entries.count ? [] : Array(entries[inProgress...])
  }

  var nextSnapshot: Snapshot? { snapshotInProgress ? nil : snapshot }

  /// Marks everything as handed out.
  mutating func acceptInProgress() {
    offsetInProgress = max(offsetInProgress, endIndex)
    if snapshot != nil { snapshotInProgress = true }
  }

  /// Lets go of the entries up to `id`, which are on stable storage, unless another entry has taken
  /// its place in the meantime.
  mutating func stable(to id: EntryID) {
    guard id.index >= offset, term(at: id.index) == id.term else { return }
    let count = Int(id.index + 1 - offset)
    if count == entries.count { entries = [] } else { entries.removeFirst(count) }
    offset = id.index + 1
    offsetInProgress = max(offsetInProgress, offset)
  }

  mutating func stableSnapshot(to index: UInt64) {
    guard snapshot?.index == index else { return }
    snapshot = nil
    snapshotInProgress = false
  }

  mutating func restore(_ snapshot: Snapshot) {
    offset = snapshot.index + 1
    offsetInProgress = offset
    entries = []
    self.snapshot = snapshot
    snapshotInProgress = false
  }

  mutating func append(_ more: [Entry]) {
    guard let first = more.first else { return }
    precondition(first.index == endIndex, "gap before \(first.index)")
    precondition(
      more[more.count - 1].index == first.index + UInt64(more.count) - 1,
      "gap after \(first.index)")
    // Mostly nothing else waits: the array, which messages share, is taken over whole.
    if entries.isEmpty { entries = more } else { entries += more }
  }

  /// Forgets the entries from `index` on, in progress or not; what comes next replaces them.
  mutating func truncate(from index: UInt64) {
    if index <= offset {
      entries = []
      offset = index
      offsetInProgress = index
    } else {
      let keep = Int(index - offset)
      precondition(keep <= entries.count, "truncate \(index) beyond \(offset)+\(entries.count)")
      if keep < entries.count { entries.removeLast(entries.count - keep) }
      offsetInProgress = min(offsetInProgress, index)
    }
  }

  func slice(_ range: Range<UInt64>, fitting limit: UInt64) -> [Entry] {
    let part = entries[Int(range.lowerBound - offset)..<Int(range.upperBound - offset)]
    let count = part.prefixCount(fitting: limit)
    // The whole tail is what a leader sends most: share the array instead of copying it.
    return count == entries.count ? entries : Array(part.prefix(count))
  }
}

extension UnstableLog: Digestible {
  func digest(into digest: inout Digest) {
    snapshot?.digest(into: &digest)
    digest.combine(snapshotInProgress)
    digest.combine(offset)
    digest.combine(offsetInProgress)
    digest.combine(entries.count)
    for entry in entries { entry.digest(into: &digest) }
  }
}
