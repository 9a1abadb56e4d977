import Basics
import KubeAPI

/// What a dashboard shows of a server; plain values, nothing of them decides anything.
extension APIServer {
  public struct View: Sendable {
    public var name: String
    public var isReady: Bool
    public var readsInFlight: Int
    public var writesInFlight: Int
    public var answered: Int
    public var turnedAway: Int
    public var watches: Int
    public var etcdRequestsOpen: Int
    public var caches: [CacheView]
  }

  public struct CacheView: Sendable {
    public var kind: ResourceKind
    public var isReady: Bool
    public var revision: Int64
    public var objects: Int
    public var history: Int
    public var watches: Int
  }

  public var view: View {
    View(
      name: configuration.name, isReady: isReady, readsInFlight: readsInFlight,
      writesInFlight: writesInFlight, answered: answered, turnedAway: turnedAway,
      watches: watches.count, etcdRequestsOpen: asked.count,
      caches: ResourceKind.allCases.map { kind in
        let cache = cache(kind)
        return CacheView(
          kind: kind, isReady: cache.isReady, revision: cache.revision,
          objects: cache.objects.count, history: cache.history.count,
          watches: watchers[Int(kind.rawValue)].count)
      })
  }

  /// The cached object, as this server would answer a read with resource version 0.
  public func cached(_ kind: ResourceKind, _ key: ObjectKey) -> APIObject? { cache(kind).get(key) }
}

/// A request that a server works on.
public struct CallView: Sendable {
  /// What it waits for, in words.
  public let stage: String
  /// When its client is told 504, on the host's monotonic clock, and after how long.
  public let deadline: Tick
  public let timeout: Span
}

extension APIServer {
  /// The request of this number on this connection; nil where it is not, or no more, worked on.
  public func call(of connection: ConnectionID, request: RequestID) -> CallView? {
    let client = Client(connection: connection, request: request)
    guard let call = callOfClient[client].flatMap({ calls[$0] }) else { return nil }
    let stage: String
    switch call.stage {
    case .parked: stage = "it waits until the caches have their first lists"
    case .getting: stage = "etcd is asked for the object"
    case .askingRevision, .awaitingRevision: stage = "the cache must reach etcd's revision"
    case .paging: stage = "etcd is asked for a page"
    case .reading: stage = "etcd is asked for the object's newest state"
    case .lookingUp(let kind, let key): stage = "etcd is asked for \(kind.singular) \(key.text)"
    case .awaitingLease: stage = "etcd is asked for a lease"
    case .committing: stage = "its transaction is on its way to etcd"
    case .collecting: stage = "its deletions are under way"
    }
    return CallView(
      stage: stage, deadline: call.deadline, timeout: configuration.requestTimeout)
  }
}

extension APIServer: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(nextCall)
    digest.combine(nextAsked)
    digest.combine(calls.count)
    digest.combine(watches.count)
    digest.combine(seed)
    drawnNames.digest(into: &digest)
    for cache in caches {
      digest.combine(UInt64(bitPattern: cache.revision))
      digest.combine(cache.objects.count)
      digest.combine(cache.history.endIndex)
    }
  }
}
