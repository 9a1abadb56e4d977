import Basics
import PersistentCollections

/// A disk that keeps records: a write is durable once its fsync is done, and what was not is gone
/// after a power loss.
@frozen
public struct Disk<Record: Sendable>: Sendable {
  /// A write whose fsync is under way.
  @usableFromInline struct Write: Sendable {
    @usableFromInline var id: UInt64
    @usableFromInline var records: [Record]
    @inlinable init(id: UInt64, records: [Record]) {
      self.id = id
      self.records = records
    }
  }

  @usableFromInline var platter = PersistentLog<Record>()
  @usableFromInline var pending = BoundedQueue<Write>(capacity: 1 << 16)
  @usableFromInline var busyUntil = Tick.zero
  /// The time an fsync takes, drawn evenly from this range: a data-centre SSD's.
  public var fsync: (low: Span, high: Span) = (.microseconds(400), .microseconds(1_200))
  /// Added to each fsync while the disk is slow.
  public var delay = Span.zero
  /// A full disk refuses writes.
  public var isFull = false
  @usableFromInline var rotten: Int?

  @inlinable public init() {}

  /// What survives a power loss, in the order of writing.
  @inlinable public var durable: PersistentLog<Record> { _read { yield platter } }

  /// The number of a record whose bits have rotted.
  public var corruptRecord: Int? { rotten }

  public var pendingWrites: Int { pending.count }

  /// Begins a write and its fsync. Returns when the fsync will be done, or nil where the disk is
  /// full. One write follows the other, as through one file descriptor.
  @inlinable public mutating func write(
    _ records: [Record], id: UInt64, now: Tick, seed: UInt64
  ) -> Tick? {
    guard !isFull, pending.push(Write(id: id, records: records)) else { return nil }
    let start = max(now, busyUntil)
    var draws = Draws(seed, start.microseconds)
    busyUntil = start + draws.span(fsync.low, fsync.high) + delay
    return busyUntil
  }

  /// The oldest write's fsync is done; its number.
  @inlinable public mutating func completeOldest() -> UInt64? {
    guard let write = pending.pop() else { return nil }
    for record in write.records { platter.append(record) }
    return write.id
  }

  /// The power is gone: of the writes under way, a prefix drawn from the seed may have reached the
  /// platter, whole records only.
  @inlinable public mutating func losePower(draws: inout Draws) {
    if let write = pending.first {
      let survivors = draws.index(below: write.records.count + 1)
      for record in write.records.prefix(survivors) { platter.append(record) }
    }
    clearPending()
  }

  /// The writing process was killed but the host lives: the kernel finishes what it was given.
  @inlinable public mutating func loseWriter() {
    while let write = pending.pop() {
      for record in write.records { platter.append(record) }
    }
    busyUntil = .zero
  }

  /// Loses the newest durable records, as a disk does that acknowledges what is only in its cache.
  /// No working disk does so: for tests.
  @inlinable public mutating func loseTail(_ count: Int) {
    platter.dropSuffix(from: max(platter.startIndex, platter.endIndex - count))
  }

  /// Frees what a snapshot has made needless.
  @inlinable public mutating func dropPrefix(before index: Int) {
    platter.dropPrefix(before: index)
    if let record = rotten, record < platter.startIndex { rotten = nil }
  }

  /// A new, empty disk in place of this one.
  @inlinable public mutating func erase() {
    platter = PersistentLog()
    rotten = nil
    clearPending()
  }

  /// Other contents, as a restore from a backup writes them.
  public mutating func replace(with records: [Record]) {
    erase()
    for record in records { platter.append(record) }
  }

  /// Bits rot in a durable record; whoever reads it next finds that its checksum does not fit.
  public mutating func corrupt(_ index: Int) {
    if index >= platter.startIndex, index < platter.endIndex { rotten = index }
  }

  @inlinable mutating func clearPending() {
    pending = BoundedQueue(capacity: 1 << 16)
    busyUntil = .zero
  }
}
