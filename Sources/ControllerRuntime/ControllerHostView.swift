import Basics
import KubeAPI

/// What a dashboard shows of a controller manager.
public struct ControllerHostView: Sendable {
  public struct Controller: Sendable {
    public var name: String
    /// Keys in line, in work, and waiting for their time.
    public var queued: Int
    public var inWork: Int
    public var delayed: Int
    /// The first keys in line.
    public var next: [ObjectReference]
    /// Requests held back by the client's rate limit.
    public var heldBack: Int
    public var reconciles: UInt64
    public var lastDecision: String
    public var lastDecisionAt: Tick
    /// True once the caches it reads have synced.
    public var isStarted: Bool
  }

  public struct Cache: Sendable {
    public var kind: ResourceKind
    public var resourceVersion: Int64
    public var count: Int
    public var phase: Informer.Phase
    public var hasSynced: Bool
  }

  public var process: String
  public var identity: String
  public var isLeader: Bool
  /// The holder of the lease as this process last saw it.
  public var holder: String
  public var controllers: [Controller]
  public var caches: [Cache]
}

extension ControllerHost {
  public var view: ControllerHostView {
    ControllerHostView(
      process: config.process, identity: config.identity, isLeader: isLeader,
      holder: elector.observedHolder,
      controllers: context.lanes.map { lane in
        ControllerHostView.Controller(
          name: lane.name, queued: lane.queue.count, inWork: lane.queue.inProgress,
          delayed: lane.queue.waiting, next: lane.queue.peek(5), heldBack: lane.client.heldBack,
          reconciles: lane.reconciles, lastDecision: lane.lastDecision,
          lastDecisionAt: lane.lastDecisionAt, isStarted: lane.isStarted)
      },
      caches: context.informers.map { informer in
        ControllerHostView.Cache(
          kind: informer.kind, resourceVersion: informer.resourceVersion,
          count: informer.store.count, phase: informer.phase, hasSynced: informer.hasSynced)
      })
  }
}

extension ControllerHost: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(elector.isLeader)
    digest.combine(elector.observedHolder)
    digest.combine(elector.observedAt)
    digest.combine(elector.nextDue)
    digest.combine(config.seed)
    for informer in context.informers {
      digest.combine(Int(informer.resourceVersion))
      digest.combine(informer.store.count)
      digest.combine(informer.hasSynced)
    }
    for lane in context.lanes {
      digest.combine(lane.queue.count)
      digest.combine(lane.queue.inProgress)
      digest.combine(lane.queue.waiting)
      digest.combine(lane.queue.nextDue ?? .zero)
      digest.combine(lane.client.inFlight)
      digest.combine(lane.client.heldBack)
      digest.combine(UInt64(lane.reconciles))
    }
    for controller in controllers { controller.digest(into: &digest) }
  }
}

extension ControllerHost {
  /// Until when some controller's spam filter swallows what it says about an object; nil where all
  /// let it pass.
  public func eventsHeldUntil(about object: APIObject, at now: Tick) -> Tick? {
    context.lanes.compactMap { $0.events.heldUntil(about: object, at: now) }.max()
  }

  /// How many Events its controllers have not got rid of, and how often one was tried in vain.
  public var heldEvents: (count: Int, failures: Int) {
    let all = context.lanes.map(\.events) + [events]
    return (all.reduce(0) { $0 + $1.count }, all.map(\.failures).max() ?? 0)
  }
}
