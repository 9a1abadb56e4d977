import Basics
import KubeAPI

/// A reflector with its store: lists, then watches from the list's revision, and lists again when
/// the watch can't go on (client-go's `tools/cache`).
///
/// The owner gives it every `ClientEvent` that its requests bring and its timers, and gets deltas.
public struct Informer: Sendable {
  /// What the informer's requests are for, to be kept as (part of) the owner's tag.
  public enum Call: Sendable { case list, watch }

  public enum Phase: Sendable { case idle, listing, watching, waiting }

  public let kind: ResourceKind
  public let namespace: String
  public let fieldSelector: FieldSelector?
  public let labelSelector: LabelSelector?
  public private(set) var store: Store
  public private(set) var phase = Phase.idle
  /// True once the first list is in: what `cache.WaitForCacheSync` waits for.
  public private(set) var hasSynced = false
  /// The newest revision seen, by which the watch goes on.
  public private(set) var resourceVersion: Int64 = 0
  /// When the last list, event or bookmark came.
  public private(set) var lastHeard = Tick.zero
  private var listFrom: Int64? = 0
  private var backoff = ExponentialBackoff<Int>(base: .milliseconds(800), ceiling: .seconds(30))

  public init(
    _ kind: ResourceKind, namespace: String = "", fieldSelector: FieldSelector? = nil,
    labelSelector: LabelSelector? = nil, indices: [Store.Index] = []
  ) {
    self.kind = kind
    self.namespace = namespace
    self.fieldSelector = fieldSelector
    self.labelSelector = labelSelector
    store = Store(indices: indices)
  }

  /// The request to send next, when there is one to send: at the start and after each event.
  public mutating func nextRequest() -> (APIRequest, Call)? {
    switch phase {
    case .idle:
      phase = .listing
      var request = APIRequest(.list, kind, namespace: namespace)
      request.options.resourceVersion = listFrom
      request.options.fieldSelector = fieldSelector
      request.options.labelSelector = labelSelector
      return (request, .list)
    case .listing, .watching, .waiting: return nil
    }
  }

  /// The watch that follows a list or a closed watch.
  private func watchRequest() -> APIRequest {
    var request = APIRequest(.watch, kind, namespace: namespace)
    request.options.resourceVersion = resourceVersion
    request.options.allowWatchBookmarks = true
    request.options.fieldSelector = fieldSelector
    request.options.labelSelector = labelSelector
    return request
  }

  /// What the informer wants after an answer: another request at once, or one after a back-off
  /// (the owner arms a timer and calls `retry`).
  public enum Next: Sendable {
    case nothing
    case send(APIRequest, Call)
    case retry(after: Span)
  }

  /// The answer to the list, or the refusal of a watch.
  ///
  /// - Parameter luck: what the owner's chance is drawn from.
  public mutating func answered(
    _ call: Call, _ response: APIResponse, now: Tick, luck: UInt64
  ) -> (deltas: [Delta], next: Next) {
    switch (call, response) {
    case (.list, .list(let items, let revision, _)):
      let deltas = store.replace(items)
      resourceVersion = revision
      listFrom = revision
      lastHeard = now
      hasSynced = true
      phase = .watching
      backoff.forget(0)
      return (deltas, .send(watchRequest(), .watch))
    case (_, .status(let status)):
      return ([], failed(status, now, luck))
    default:
      return ([], failed(nil, now, luck))
    }
  }

  /// Events of the watch, in order.
  public mutating func received(_ events: [WatchEvent], now: Tick) -> [Delta] {
    lastHeard = now
    // A watch that brings something is a watch that works: the next failure waits briefly again.
    backoff.forget(0)
    var deltas: [Delta] = []
    deltas.reserveCapacity(events.count)
    for event in events {
      let revision = event.object.resourceVersion
      switch event.kind {
      case .added, .modified:
        if let delta = store.put(event.object) { deltas.append(delta) }
      case .deleted:
        if let delta = store.remove(event.object.key) { deltas.append(delta) }
      case .bookmark: break
      }
      // Revisions in one watch only grow; a smaller one would be a gap or a repeat.
      if revision > resourceVersion { resourceVersion = revision }
    }
    listFrom = resourceVersion
    return deltas
  }

  /// A bookmark of the watch: everything up to its revision has been sent.
  mutating func received(_ bookmark: Bookmark) {
    lastHeard = bookmark.at
    backoff.forget(0)
    resourceVersion = max(resourceVersion, bookmark.revision)
    listFrom = resourceVersion
  }

  /// The watch ended. Without an error it goes on from where it was; 410 means a new list.
  public mutating func closed(_ status: APIStatus?, now: Tick, luck: UInt64) -> Next {
    guard let status else {
      phase = .watching
      return .send(watchRequest(), .watch)
    }
    return failed(status, now, luck)
  }

  /// The connection is gone: a lost watch resumes, a lost list is made again, after a back-off.
  public mutating func disconnected(now: Tick, luck: UInt64) -> Next {
    switch phase {
    case .idle, .waiting: return .nothing
    case .listing, .watching: return failed(nil, now, luck)
    }
  }

  /// The back-off is over.
  public mutating func retry() -> Next {
    guard phase == .waiting else { return .nothing }
    if hasSynced && resourceVersion > 0 && !mustList {
      phase = .watching
      return .send(watchRequest(), .watch)
    }
    mustList = false
    phase = .idle
    guard let (request, call) = nextRequest() else { return .nothing }
    return .send(request, call)
  }

  private var mustList = false

  private mutating func failed(_ status: APIStatus?, _ now: Tick, _ luck: UInt64) -> Next {
    if let status, status.reason == .expired || status.reason == .gone || status.code == 410 {
      mustList = true
      // As reflector.relistResourceVersion: after "too old" the most recent is asked for.
      listFrom = nil
    }
    phase = .waiting
    var draws = Draws(luck, 0x696E_666F << 8 | UInt64(kind.rawValue), now.microseconds)
    return .retry(after: draws.jitter(backoff.next(0), by: Ratio(1, 1)))
  }
}

extension Informer {
  /// What this cache holds of an object; nil for another kind, and before the first list.
  public func cached(_ reference: ObjectReference) -> CachedObject? {
    guard reference.kind == kind, hasSynced else { return nil }
    return CachedObject(
      object: store[reference.key], seenRevision: resourceVersion, lastHeard: lastHeard)
  }
}
