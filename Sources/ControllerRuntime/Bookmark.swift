import Basics
import KubeAPI

/// The newest bookmark of a watch, before its informer is told of it.
///
/// Each of thousands of watches gets one a minute, and all that it changes is how far its informer
/// has seen. An owner at rest keeps it beside the informer, which copies of the world go on sharing,
/// and hands it over before the informer has anything else to do.
public struct Bookmark: Sendable {
  /// Everything up to this revision has been sent.
  public let revision: Int64
  /// When it came.
  public let at: Tick

  /// Nil where the events are anything but bookmarks.
  public init?(_ events: [WatchEvent], at now: Tick) {
    guard let last = events.last, events.allSatisfy({ $0.kind == .bookmark }) else { return nil }
    revision = last.object.resourceVersion
    at = now
  }
}

extension Informer {
  /// Takes in a bookmark that was kept for it, if there is one.
  public mutating func take(_ bookmark: Bookmark?) {
    if let bookmark { received(bookmark) }
  }
}

extension CachedObject {
  /// The same by a holder that has a bookmark beside it.
  public func after(_ bookmark: Bookmark?) -> CachedObject {
    guard let bookmark else { return self }
    return CachedObject(
      object: object, seenRevision: max(seenRevision, bookmark.revision),
      lastHeard: max(lastHeard, bookmark.at))
  }
}
