/// A watch as a client asked for it.
public struct WatchRequest: Sendable {
  public enum Filter: Hashable, Sendable { case noPut, noDelete }

  public var key: Key
  public var rangeEnd: Key
  /// The first revision wanted; 0 for what comes from now on.
  public var startRevision: Int64
  public var previousKV: Bool
  /// Tell where the store is when there was nothing to tell for ten minutes.
  public var progressNotify: Bool
  public var filters: [Filter]

  public init(
    key: Key, rangeEnd: Key = .empty, startRevision: Int64 = 0, previousKV: Bool = false,
    progressNotify: Bool = false, filters: [Filter] = []
  ) {
    self.key = key
    self.rangeEnd = rangeEnd
    self.startRevision = startRevision
    self.previousKV = previousKV
    self.progressNotify = progressNotify
    self.filters = filters
  }

  public init(
    prefix: Key, startRevision: Int64 = 0, previousKV: Bool = false, progressNotify: Bool = false
  ) {
    self.init(
      key: prefix, rangeEnd: prefix.prefixEnd, startRevision: startRevision,
      previousKV: previousKV, progressNotify: progressNotify)
  }
}

/// Names a watch: the stream it came on, and the client's number for it there.
public struct WatchID: Hashable, Comparable, Sendable {
  public let stream: UInt64
  public let id: Int64

  public init(stream: UInt64, id: Int64) {
    self.stream = stream
    self.id = id
  }

  public static func < (a: WatchID, b: WatchID) -> Bool {
    a.stream != b.stream ? a.stream < b.stream : a.id < b.id
  }
}

/// What a watch is told. Without events it is a progress notice, or with `compactRevision` the end
/// of a watch whose start is compacted.
public struct WatchResponse: Sendable {
  public let watch: WatchID
  public let events: [Event]
  /// The store's revision this answer brings the watch up to.
  public let revision: Int64
  /// Not 0 where the watch is over because what it wants before this revision is gone.
  public let compactRevision: Int64

  /// The same with an event missing: for tests of what looks for bugs.
  public var withoutLast: WatchResponse {
    WatchResponse(
      watch: watch, events: events.dropLast(), revision: revision, compactRevision: compactRevision)
  }

  public var isCompacted: Bool { compactRevision != 0 }
  public var isProgress: Bool { events.isEmpty && !isCompacted }
}
