import Basics
import PersistentCollections

/// What happened, and because of what: an append-only log whose records name their cause.
///
/// It holds the newest `capacity` records; what fell out is had again by re-execution.
@frozen
public struct TraceLog<Record: Sendable>: Sendable {
  @frozen
  public struct Entry: Sendable {
    public let id: TraceID
    public let at: Tick
    public let cause: TraceID
    public let record: Record

    @inlinable init(id: TraceID, at: Tick, cause: TraceID, record: Record) {
      self.id = id
      self.at = at
      self.cause = cause
      self.record = record
    }
  }

  @usableFromInline var entries = PersistentLog<Entry>()
  @usableFromInline var nextID: UInt64 = 1
  public let capacity: Int

  @inlinable public init(capacity: Int) {
    precondition(capacity > 0, "a trace that remembers nothing")
    self.capacity = capacity
  }

  /// Adds a record and returns its number.
  @inlinable public mutating func append(_ record: Record, at: Tick, cause: TraceID) -> TraceID {
    precondition(cause.rawValue < nextID, "a cause must come before its effect")
    let id = TraceID(nextID)
    nextID += 1
    entries.append(Entry(id: id, at: at, cause: cause, record: record))
    if entries.count > capacity + capacity / 8 {
      entries.dropPrefix(before: entries.endIndex - capacity)
    }
    return id
  }

  /// How many records there ever were.
  public var total: UInt64 { nextID - 1 }
  public var count: Int { entries.count }
  @inlinable public var last: Entry? { entries.isEmpty ? nil : entries[entries.endIndex - 1] }

  /// The record of this number, if it is still held.
  @inlinable public subscript(id: TraceID) -> Entry? {
    let index = Int(id.rawValue) - 1
    guard id != .none, index >= entries.startIndex, index < entries.endIndex else { return nil }
    return entries[index]
  }

  /// The newest records, newest first, while `isWanted`.
  @inlinable public func newest(
    _ limit: Int, scanning: Int = 4096, where isWanted: (Entry) -> Bool = { _ in true }
  ) -> [Entry] {
    var found: [Entry] = []
    var index = entries.endIndex
    let stop = max(entries.startIndex, index - scanning)
    while index > stop, found.count < limit {
      index -= 1
      if isWanted(entries[index]) { found.append(entries[index]) }
    }
    return found
  }

  /// All records after `id`, oldest first.
  @inlinable public func after(_ id: TraceID) -> [Entry] {
    let start = max(entries.startIndex, Int(id.rawValue))
    guard start < entries.endIndex else { return [] }
    return (start..<entries.endIndex).map { entries[$0] }
  }

  /// The chain of causes from `id` up to its root, the nearest first.
  public func chain(from id: TraceID, limit: Int = 64) -> [Entry] {
    var chain: [Entry] = []
    var next = id
    while chain.count < limit, let entry = self[next] {
      chain.append(entry)
      next = entry.cause
    }
    return chain
  }
}
