import Basics
import ControllerRuntime
import KubeAPI

/// kube-proxy on one node, in iptables mode: turns services and endpoint slices into rules.
///
/// Changes are gathered for at least 1 s between syncs, and each sync rewrites only the services
/// that changed; everything is rewritten once an hour. The rules are the kernel's: they stay when
/// the control plane or the process goes away. Not modelled: topology hints and zones, session
/// affinity, source ranges, health-check node ports.
///
/// At rest it hears nothing but bookmarks. They lie in a box beside all the rest, which copies of
/// the world share.
public struct KubeProxy: Sendable {
  public struct Config: Sendable {
    public var nodeName: String
    public var seed: UInt64
    public var minSyncPeriod = Span.seconds(1)
    /// `config.SyncPeriod`: how soon a failed sync is tried again. Writing rules never fails here.
    public var syncPeriod = Span.seconds(30)
    public var fullSyncPeriod = Span.hours(1)
    public var clientQPS = 5
    public var clientBurst = 10
    public init(nodeName: String, seed: UInt64) {
      self.nodeName = nodeName
      self.seed = seed
    }

    /// Sets a flag by its real name; false where there is none of it or the value is no number.
    public mutating func set(flag name: String, to value: String) -> Bool {
      guard let number = Int(value), number > 0 else { return false }
      switch name {
      case "kube-api-qps": clientQPS = number
      case "kube-api-burst": clientBurst = number
      default: return false
      }
      return true
    }
  }

  struct Bookmarks: Sendable {
    var services: Bookmark?
    var slices: Bookmark?
  }

  @Shared var bookmarks = Bookmarks()
  @Shared var work: KubeProxyWork

  /// `rules` are what the kernel still holds from a process before this one.
  public init(config: Config, rules: RuleTable? = nil) {
    work = KubeProxyWork(config: config, rules: rules)
  }

  /// The one door.
  public mutating func step(_ event: ClientEvent, at time: HostTime, into effects: inout Effects) {
    if case .watch(let id, let events) = event,
      let bookmark = Bookmark(events, at: time.monotonic)
    {
      switch _work.withPointer({ $0.pointee.$client.wrappedValue.watch(id)?.tag }) {
      case .services?: bookmarks.services = bookmark
      case .slices?: bookmarks.slices = bookmark
      case .event?, nil: break
      }
      return
    }
    if bookmarks.services != nil || bookmarks.slices != nil {
      work.take(bookmarks)
      bookmarks = Bookmarks()
    }
    work.step(event, at: time, into: &effects)
  }

  /// What the proxy was started with.
  public var config: Config { work.config }
  /// The node's rules as of the last sync. They outlive the process: hand them to the next one.
  public var rules: RuleTable { work.rules }

  /// Where a new connection from this node to `frontend` goes; see `RuleTable.route`.
  public func route(
    to frontend: Frontend, isNodeAddress: Bool = false, using prng: inout PRNG
  ) -> Backend? {
    work.route(to: frontend, isNodeAddress: isNodeAddress, using: &prng)
  }

  /// What the proxy shows a dashboard.
  public func view(at now: Tick) -> KubeProxyView { work.view(at: now) }

  /// What a timer in line for this proxy is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? { work.purpose(of: timer) }

  /// The topic of a routine timer that every proxy has in line all the time; nil for any other.
  public static func standingTopic(of timer: TimerID) -> Deadline.Topic? {
    timer.tag == KubeProxyWork.Timer.fullSync ? .sync : nil
  }

  /// What this proxy's caches hold of an object; nil where it does not watch the kind.
  public func cached(_ reference: ObjectReference) -> CachedObject? {
    work.services.cached(reference)?.after(bookmarks.services)
      ?? work.slices.cached(reference)?.after(bookmarks.slices)
  }
}

extension KubeProxy: Digestible {
  public func digest(into digest: inout Digest) {
    var work = work
    work.take(bookmarks)
    work.digest(into: &digest)
  }
}
