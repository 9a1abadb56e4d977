import Basics
import PersistentCollections

/// The watches of one member: told of changes as they are applied, or from history until they have
/// caught up.
public struct WatchHub: Sendable {
  fileprivate struct Watcher: Sendable {
    let id: WatchID
    let range: KeyRange
    let previousKV: Bool
    let progressNotify: Bool
    let noPut: Bool
    let noDelete: Bool
    let startRevision: Int64
    /// The first revision it has not seen.
    var nextRevision: Int64
    var isSynced: Bool
    var lastAnswer: Tick
  }

  private var watchers: [Watcher] = []
  private var slots = LookupTable<WatchID, Int>()
  private var index = RangeIndex()
  private var isIndexStale = false
  /// The first place in the store's history that synced watches were not told of.
  private var position = 0
  public private(set) var unsyncedCount = 0

  /// etcd resyncs this often (server/storage/mvcc/watchable_store.go).
  public static let resyncInterval = Span.milliseconds(100)
  /// The most watches brought up to date in one go.
  public static let resyncLimit = 512
  /// The most revisions in one answer from history (watcher_group.go, watchBatchMaxRevs).
  static let batchRevisions = 1000
  /// Silence after which a watch that asked for it is told the revision (api/v3rpc/watch.go).
  public static let progressInterval = Span.minutes(10)

  public init() {}

  public var count: Int { watchers.count }
  public func contains(_ id: WatchID) -> Bool { slots.contains(id) }

  /// Adds a watch. One that starts in the past is answered by `resync`; nothing when `id` exists.
  public mutating func add(_ id: WatchID, _ request: WatchRequest, store: Store, now: Tick) {
    guard !slots.contains(id) else { return }
    if watchers.isEmpty { position = store.history.endIndex }
    precondition(position == store.history.endIndex, "a watch added before changes were told")
    let start = request.startRevision
    let isSynced = start == 0 || start > store.revision
    watchers.append(
      Watcher(
        id: id, range: KeyRange(key: request.key, rangeEnd: request.rangeEnd),
        previousKV: request.previousKV, progressNotify: request.progressNotify,
        noPut: request.filters.contains(.noPut), noDelete: request.filters.contains(.noDelete),
        startRevision: start,
        nextRevision: isSynced ? max(start, store.revision + 1) : start, isSynced: isSynced,
        lastAnswer: now))
    slots[id] = watchers.count - 1
    if !isSynced { unsyncedCount += 1 }
    isIndexStale = true
  }

  /// Ends a watch; false where there is none.
  @discardableResult
  public mutating func remove(_ id: WatchID) -> Bool {
    guard let slot = slots.removeValue(forKey: id) else { return false }
    removeSlot(slot)
    return true
  }

  /// The watches of a stream, in the order they were added.
  public func watches(of stream: UInt64) -> [WatchID] {
    watchers.filter { $0.id.stream == stream }.map(\.id)
  }

  /// Ends every watch of a stream.
  public mutating func removeStream(_ stream: UInt64) {
    for slot in watchers.indices.reversed() where watchers[slot].id.stream == stream {
      slots.removeValue(forKey: watchers[slot].id)
      removeSlot(slot)
    }
  }

  private mutating func removeSlot(_ slot: Int) {
    if !watchers[slot].isSynced { unsyncedCount -= 1 }
    watchers.remove(at: slot)
    for later in slot..<watchers.count { slots[watchers[later].id] = later }
    isIndexStale = true
  }

  // MARK: Telling

  /// Tells the synced watches of what was applied since the last call.
  public mutating func notify(_ store: Store, now: Tick, into answers: inout [WatchResponse]) {
    guard !watchers.isEmpty else { return }
    if isIndexStale {
      index = RangeIndex(watchers.indices.map { (watchers[$0].range, $0) })
      isIndexStale = false
    }
    let end = store.history.endIndex
    position = max(position, store.history.startIndex)
    while position < end {
      let first = store.history[position]
      var next = position + 1
      while next < end, store.history[next].kv.modRevision == first.kv.modRevision { next += 1 }
      if next == position + 1 {
        tell(first, now: now, into: &answers)
      } else {
        tell(store, position..<next, now: now, into: &answers)
      }
      position = next
    }
  }

  /// The usual case, a revision of one change: watches that want the same share the same events.
  private mutating func tell(_ event: Event, now: Tick, into answers: inout [WatchResponse]) {
    let revision = event.kv.modRevision
    var withPrevious: [Event]?
    var without: [Event]?
    let index = self.index
    index.visit(event.kv.key) { slot in
      guard watchers[slot].wants(event) else { return }
      let events: [Event]
      if watchers[slot].previousKV {
        events = withPrevious ?? [event]
        withPrevious = events
      } else {
        events = without ?? [Event(kv: event.kv, previous: nil)]
        without = events
      }
      watchers[slot].nextRevision = revision + 1
      watchers[slot].lastAnswer = now
      answers.append(
        WatchResponse(
          watch: watchers[slot].id, events: events, revision: revision, compactRevision: 0))
    }
  }

  private mutating func tell(
    _ store: Store, _ positions: Range<Int>, now: Tick, into answers: inout [WatchResponse]
  ) {
    let revision = store.history[positions.lowerBound].kv.modRevision
    var batches: [[Event]] = Array(repeating: [], count: watchers.count)
    var touched: [Int] = []
    let index = self.index
    for i in positions {
      let event = store.history[i]
      index.visit(event.kv.key) { slot in
        guard watchers[slot].wants(event) else { return }
        if batches[slot].isEmpty { touched.append(slot) }
        batches[slot].append(watchers[slot].form(event, compactRevision: -1))
      }
    }
    for slot in touched.sorted() {
      watchers[slot].nextRevision = revision + 1
      watchers[slot].lastAnswer = now
      answers.append(
        WatchResponse(
          watch: watchers[slot].id, events: batches[slot], revision: revision, compactRevision: 0))
    }
  }

  /// Brings watches that start in the past up to date from history, at most 512 of them and 1000
  /// revisions each; ends those whose start is compacted.
  public mutating func resync(_ store: Store, now: Tick, into answers: inout [WatchResponse]) {
    guard unsyncedCount > 0 else { return }
    notify(store, now: now, into: &answers)
    var over: [WatchID] = []
    var chosen = 0
    for slot in watchers.indices where !watchers[slot].isSynced {
      guard chosen < WatchHub.resyncLimit else { break }
      chosen += 1
      if watchers[slot].nextRevision < store.compactRevision {
        answers.append(
          WatchResponse(
            watch: watchers[slot].id, events: [], revision: store.revision,
            compactRevision: store.compactRevision))
        over.append(watchers[slot].id)
      } else {
        catchUp(slot, store, now: now, into: &answers)
      }
    }
    for id in over { remove(id) }
  }

  private mutating func catchUp(
    _ slot: Int, _ store: Store, now: Tick, into answers: inout [WatchResponse]
  ) {
    var events: [Event] = []
    var revisions = 0
    var last: Int64 = 0
    var stoppedAt: Int64?
    var i = store.firstPosition(atOrAfter: watchers[slot].nextRevision)
    while i < store.history.endIndex {
      let event = store.history[i]
      if watchers[slot].range.contains(event.kv.key), watchers[slot].wants(past: event) {
        if event.kv.modRevision != last {
          guard revisions < WatchHub.batchRevisions else {
            stoppedAt = event.kv.modRevision
            break
          }
          revisions += 1
          last = event.kv.modRevision
        }
        events.append(watchers[slot].form(event, compactRevision: store.compactRevision))
      }
      i += 1
    }
    if let stoppedAt {
      watchers[slot].nextRevision = stoppedAt
    } else {
      watchers[slot].nextRevision = max(watchers[slot].nextRevision, store.revision + 1)
      watchers[slot].isSynced = true
      unsyncedCount -= 1
    }
    guard !events.isEmpty else { return }
    watchers[slot].lastAnswer = now
    answers.append(
      WatchResponse(
        watch: watchers[slot].id, events: events, revision: store.revision, compactRevision: 0))
  }

  /// After the store was replaced by a leader's snapshot: every watch catches up from history.
  public mutating func restore(_ store: Store) {
    for slot in watchers.indices { watchers[slot].isSynced = false }
    unsyncedCount = watchers.count
    position = store.history.endIndex
  }

  // MARK: Progress

  /// Tells the revision to watches that asked for it and heard nothing for ten minutes.
  public mutating func progress(_ store: Store, now: Tick, into answers: inout [WatchResponse]) {
    for slot in watchers.indices where watchers[slot].progressNotify && watchers[slot].isSynced {
      guard now - watchers[slot].lastAnswer >= WatchHub.progressInterval,
        store.revision >= watchers[slot].startRevision
      else { continue }
      watchers[slot].lastAnswer = now
      answers.append(
        WatchResponse(
          watch: watchers[slot].id, events: [], revision: store.revision, compactRevision: 0))
    }
  }

  /// A client's own question where the stream is; nil while one of its watches lags behind. The
  /// answer carries the watch ID -1, for all of them.
  public func progress(stream: UInt64, _ store: Store) -> WatchResponse? {
    for watcher in watchers where watcher.id.stream == stream {
      guard watcher.isSynced, store.revision >= watcher.startRevision else { return nil }
    }
    return WatchResponse(
      watch: WatchID(stream: stream, id: -1), events: [], revision: store.revision,
      compactRevision: 0)
  }
}

extension WatchHub.Watcher {
  /// Whether a change just applied is told to this watch.
  fileprivate func wants(_ event: Event) -> Bool {
    isSynced && event.kv.modRevision >= nextRevision && wants(past: event)
  }

  fileprivate func wants(past event: Event) -> Bool {
    event.kv.isTombstone ? !noDelete : !noPut
  }

  /// The event as this watch wants it; what a key held before a compacted revision is gone.
  fileprivate func form(_ event: Event, compactRevision: Int64) -> Event {
    if previousKV, event.kv.modRevision > compactRevision { return event }
    return Event(kv: event.kv, previous: nil)
  }
}

extension WatchHub: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(position)
    for watcher in watchers {
      digest.combine(watcher.id.stream)
      digest.combine(Int(watcher.id.id))
      watcher.range.low.digest(into: &digest)
      digest.combine(Int(watcher.nextRevision))
      digest.combine(watcher.isSynced)
      digest.combine(watcher.lastAnswer)
    }
  }
}
