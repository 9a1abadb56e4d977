import Basics
import KubeAPI

extension SchedulerProcess {
  /// What there is to see of the scheduler, in plain values.
  public struct Observation: Sendable {
    public struct Waiting: Sendable, Equatable {
      public var pod: ObjectKey
      public var priority: Int32
      public var attempts: Int
      /// Since when it waits.
      public var since: Tick
      /// When its back-off ends.
      public var until: Tick?
      /// The plugins that refused it last.
      public var rejectors: [Plugin]
      /// The plugin that keeps it out, as SchedulingGates.
      public var gate: Plugin?
    }
    public var isLeader = false
    public var leader = ""
    public var hasSynced = false
    public var nodeCount = 0
    /// Pods with a node, those on their way there included.
    public var podCount = 0
    public var activeCount = 0
    public var backoffCount = 0
    public var unschedulableCount = 0
    /// Requests for bindings that are not answered yet.
    public var bindingCount = 0
    /// Requests held back by the client's limit.
    public var heldBack = 0
    public var boundCount = 0
    public var failedCount = 0
    public var active: [Waiting] = []
    public var backoff: [Waiting] = []
    public var unschedulable: [Waiting] = []
    public var lastDecisionAt: Tick?
    /// The last cycle in full.
    public var lastDecision: Decision?
  }

  /// A look at the scheduler, with the first `limit` pods of each queue.
  public func observe(limit: Int = 20) -> Observation {
    var view = Observation()
    view.isLeader = isLeading
    view.leader = elector.observedHolder
    view.hasSynced = informers.allSatisfy(\.hasSynced)
    view.nodeCount = cache.nodeCount
    view.podCount = cache.podCount
    view.activeCount = queue.activeCount
    view.backoffCount = queue.backoffCount
    view.unschedulableCount = queue.unschedulableCount
    view.bindingCount = bindings.count
    view.heldBack = client.heldBack
    view.boundCount = boundCount
    view.failedCount = failedCount
    view.active = queue.list(.active, limit: limit).map(Observation.Waiting.init)
    let backingOff =
      queue.list(.backoff, limit: limit) + queue.list(.errorBackoff, limit: limit)
    view.backoff = backingOff.prefix(limit).map(Observation.Waiting.init)
    view.unschedulable = queue.list(.unschedulable, limit: limit).map(Observation.Waiting.init)
    view.lastDecisionAt = lastCycle?.at
    view.lastDecision = lastDecision
    return view
  }

  /// The last cycle in full: every node's verdict and scores.
  public var lastDecision: Decision? {
    guard let lastCycle else { return nil }
    var decision = Decision(pod: lastCycle.pod.key)
    decision.node = lastCycle.node
    decision.message = lastCycle.message
    decision.preemption = lastCycle.preemption
    var copy = cache
    let state = CycleState(lastCycle.pod, &copy)
    decision.skippedFilters = state.skippedFilters
    decision.read(algorithm.table, state, cache)
    return decision
  }

  /// What a scheduling cycle for this pod would say now of every node, on the scheduler's own
  /// cache; nil where it knows no such pod or the pod has a node. Changes nothing.
  public func verdicts(for key: ObjectKey) -> Decision? {
    guard let pod = informers[InformerIndex.pods].store[key]?.pod, pod.spec.nodeName.isEmpty else {
      return nil
    }
    var cache = cache
    cache.refresh()
    var algorithm = algorithm
    var prng = PRNG(seed: seed)
    let info = queue[pod.metadata.uid]?.info ?? PodInfo(pod)
    var state = CycleState(info, &cache)
    _ = algorithm.run(&state, &cache, nominator, prng: &prng)
    var decision = Decision(pod: key)
    decision.read(algorithm.table, state, cache)
    return decision
  }

  /// A pod in the queue: where and why.
  public func waiting(_ uid: UID) -> Observation.Waiting? {
    queue[uid].map(Observation.Waiting.init)
  }
}

extension SchedulerProcess.Observation.Waiting {
  init(_ pod: QueuedPod) {
    self.pod = pod.info.key
    priority = pod.info.priority
    attempts = pod.attempts
    since = pod.timestamp
    until = pod.backoffUntil
    rejectors = pod.rejectors.members
    gate = pod.gate
  }
}
