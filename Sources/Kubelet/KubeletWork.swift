import Basics
import ControllerRuntime
import KubeAPI
import PersistentCollections

/// What reaches a kubelet.
public enum KubeletEvent: Sendable {
  case client(ClientEvent)
  case runtime(CRIMessage)
  /// The runtime's socket is gone: every call under way is lost.
  case runtimeConnectionLost
}

/// All that a kubelet knows and does but its heartbeat.
struct KubeletWork: Sendable {
  /// What a request to the API is for.
  enum Call: Sendable {
    case pods(Informer.Call)
    case node(Informer.Call)
    case register, registered, reconcileNode
    case leaseGet, leaseCreate, leaseUpdate
    case nodeStatus(tryNumber: Int)
    case nodeForStatus(tryNumber: Int)
    case podStatus(UInt64, version: UInt64)
    case podForStatus(UInt64)
    case podDelete(UInt64)
    case token(UInt64)
    case volumeObject(ObjectReference)
    case event
  }

  /// What a call of the runtime is for.
  enum RuntimeCall: Sendable {
    case worker(UInt64)
    /// One of the containers a worker kills.
    case kill(UInt64)
    case pull
    case status, list, network
    /// The containers of a pod that nobody knows.
    case orphanContainer(SandboxID)
    case orphanSandbox(SandboxID)
    case collect
  }

  enum Timer {
    static let client: UInt8 = 1
    static let heartbeat: UInt8 = 2
    static let events: UInt8 = 3
    static let podsInformer: UInt8 = 4
    static let nodeInformer: UInt8 = 5
    static let register: UInt8 = 6
    static let lease: UInt8 = 7
    static let leaseBackoff: UInt8 = 8
    static let nodeStatus: UInt8 = 9
    static let fastStatus: UInt8 = 10
    static let relist: UInt8 = 11
    static let podSync: UInt8 = 12
    static let statusBatch: UInt8 = 13
    static let probe: UInt8 = 14
    static let mount: UInt8 = 15
    static let tokens: UInt8 = 16
    static let runtimeCheck: UInt8 = 17
    static let preStop: UInt8 = 18
    static let deadline: UInt8 = 19
    static let eventRetry: UInt8 = 20
  }

  /// What its luck is about: each matter has its own, whatever else happens at that moment.
  enum Matter: UInt64 {
    case leaseRenewal = 1
    case nodeStatus, statusDelay, podSync, tokenRefresh
  }

  // In boxes, so that what a step leaves as it is copies of the world share.
  @Shared private(set) var config: KubeletConfig
  /// Three clients with three limits, as the real one: everything, heartbeats (no limit), events.
  /// The heartbeats' is the `Heartbeat`'s.
  @Shared var client: APIClient<Call>
  @Shared var eventClient: APIClient<Call>
  @Shared var events: EventBroadcaster
  @Shared var pods: Informer
  @Shared var nodes: Informer
  var startedAt = Tick.zero

  /// The part of every pod's status that says where it is.
  let hostIPs: Carried

  var node = NodeState()

  /// Boxed: most are left alone while one is changed.
  var workers = PersistentMap<UInt64, Shared<PodWorker>>()
  var numbers = LookupTable<UID, UInt64>()
  var nextNumber: UInt64 = 1
  /// Sums over the pods that count against the node.
  @Shared var used = PodRequests()
  var usedPods: Int64 = 0
  /// Pods to look at in the next second's relist.
  var relist: [(number: UInt64, cause: TraceID)] = []
  var isRelistArmed = false
  var isStatusBatchArmed = false

  var runtimeCalls = LookupTable<UInt64, RuntimeCall>()
  var nextRuntimeCall: UInt64 = 1
  @Shared var runtime = RuntimeState()
  var containerOwners = LookupTable<ContainerID, UInt64>()
  var orphans = LookupTable<SandboxID, Int>()
  var images = PersistentMap<String, ImageInfo>()
  @Shared var pulls = PullQueue()
  @Shared var objects = ObjectCache()
  /// When the first of the pods' tokens is to be refreshed.
  var tokenWake: Tick?
  /// The timer for that; nil while none waits to be refreshed.
  var tokens: TimerID?
  var tokenTimers: UInt64 = 0

  init(config: KubeletConfig) {
    self.config = config
    hostIPs = Self.hostIPs(config.nodeIP)
    let user = "system:node:" + config.nodeName
    client = APIClient(
      user: user, qps: config.kubeAPIQPS, burst: config.kubeAPIBurst, timerTag: Timer.client,
      firstID: 1)
    eventClient = APIClient(
      user: user, qps: config.eventRecordQPS, burst: config.eventBurst, timerTag: Timer.events,
      firstID: 2 << 40)
    events = EventBroadcaster(component: "kubelet", host: config.nodeName)
    pods = Informer(.pod, fieldSelector: .nodeName(config.nodeName))
    nodes = Informer(.node, fieldSelector: .name(config.nodeName))
  }

  func draws(_ matter: Matter, _ now: Tick) -> Draws { Self.draws($config, matter, now) }

  static func draws(_ config: Shared<KubeletConfig>, _ matter: Matter, _ now: Tick) -> Draws {
    Draws(config.wrappedValue.seed, matter.rawValue, now.microseconds)
  }

  /// The luck of one pod in such a matter.
  func draws(_ matter: Matter, _ pod: UID, _ now: Tick) -> Draws {
    Draws(config.seed ^ pod.low, matter.rawValue, now.microseconds)
  }

  mutating func handle(_ event: KubeletEvent, _ step: inout Step) {
    switch event {
    case .client(let event): handle(event, &step)
    case .runtime(.response(let response)): handle(response, &step)
    case .runtime(.event(let event)): handle(event, &step)
    case .runtimeConnectionLost: runtimeLost(&step)
    }
  }

  private mutating func handle(_ event: ClientEvent, _ step: inout Step) {
    switch event {
    case .started: start(&step)
    case .timer(let timer): handle(timer, &step)
    case .response(let id, let response):
      guard let pending = answered(id, &step) else { return }
      handle(pending.tag, response, &step)
    case .watch(let id, let events):
      switch client.watch(id)?.tag {
      case .pods?: podsChanged(pods.received(events, now: step.now), &step)
      case .node?: nodeChanged(nodes.received(events, now: step.now), &step)
      default: break
      }
    case .watchClosed(let id, let status):
      switch client.answered(id)?.tag {
      case .pods?:
        follow(_pods.wrappedValue.closed(status, now: step.now, luck: config.seed), .pods, &step)
      case .node?:
        follow(_nodes.wrappedValue.closed(status, now: step.now, luck: config.seed), .node, &step)
      default: break
      }
    case .disconnected(let reason): disconnected(reason, &step)
    }
  }

  private mutating func answered(
    _ id: RequestID, _ step: inout Step
  ) -> APIClient<Call>.Pending? {
    switch id >> 40 {
    case 0: client.answered(id)
    case Heartbeat.firstID >> 40: step.heartbeat.client.answered(id)
    default: eventClient.answered(id)
    }
  }

  private mutating func start(_ step: inout Step) {
    startedAt = step.now
    recordNodeEvent("Starting", "Starting kubelet.", &step)
    recordNodeEvent(
      "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods", &step)
    call(.status, .status, &step)
    call(.list, .list, &step)
    if !config.podCIDR.isEmpty { setNetwork(config.podCIDR, &step) }
    if let (request, informerCall) = nodes.nextRequest() {
      client.call(request, tag: .node(informerCall), now: step.now, into: &step.effects)
    }
    armRegistration(&step)
    armNodeStatus(&step)
  }

  private mutating func handle(_ timer: TimerID, _ step: inout Step) {
    switch timer.tag {
    case Timer.client: timedOut(client.timer(timer, now: step.now, into: &step.effects), &step)
    case Timer.heartbeat:
      let now = step.now
      timedOut(step.heartbeatClient { $0.timer(timer, now: now, into: &$1) }, &step)
    case Timer.events:
      timedOut(eventClient.timer(timer, now: step.now, into: &step.effects), &step)
    case Timer.podsInformer: follow(pods.retry(), .pods, &step)
    case Timer.nodeInformer: follow(nodes.retry(), .node, &step)
    case Timer.register: register(&step)
    case Timer.lease: leaseDue(&step)
    case Timer.leaseBackoff: ensureLease(&step)
    case Timer.nodeStatus: nodeStatusDue(&step)
    case Timer.fastStatus: fastStatusDue(&step)
    case Timer.relist: relistDue(&step)
    case Timer.podSync: podSyncDue(timer.payload, &step)
    case Timer.statusBatch: statusBatchDue(&step)
    case Timer.probe: probeDue(timer.payload, &step)
    case Timer.mount: mountDue(timer.payload, &step)
    case Timer.tokens: tokensDue(timer, &step)
    case Timer.runtimeCheck: checkRuntime(&step)
    case Timer.preStop: preStopDue(timer.payload, &step)
    case Timer.deadline: deadlineDue(timer.payload, &step)
    case Timer.eventRetry: send(events.retry(), &step)
    default: preconditionFailure("no such timer: \(timer.tag)")
    }
  }

  private mutating func timedOut(
    _ lost: (RequestID, APIClient<Call>.Pending)?, _ step: inout Step
  ) {
    guard let lost else { return }
    handle(lost.1.tag, .status(.transport("context deadline exceeded")), &step)
  }

  /// The answer to a request; a lost one counts as a failure of the transport.
  func isFailure(_ response: APIResponse) -> APIStatus? {
    if case .status(let status) = response, status.code != 200 { return status }
    return nil
  }

  private mutating func handle(_ call: Call, _ response: APIResponse, _ step: inout Step) {
    switch call {
    case .pods(let call):
      let (deltas, next) = _pods.wrappedValue.answered(
        call, response, now: step.now, luck: config.seed)
      podsChanged(deltas, &step)
      follow(next, .pods, &step)
    case .node(let call):
      let (deltas, next) = _nodes.wrappedValue.answered(
        call, response, now: step.now, luck: config.seed)
      nodeChanged(deltas, &step)
      follow(next, .node, &step)
      startPodsInformer(&step)
    case .register, .registered, .reconcileNode: registrationAnswered(call, response, &step)
    case .leaseGet, .leaseCreate, .leaseUpdate: leaseAnswered(call, response, &step)
    case .nodeStatus(let number): nodeStatusAnswered(number, response, &step)
    case .nodeForStatus(let number): nodeForStatusAnswered(number, response, &step)
    case .podStatus(let number, let version):
      podStatusAnswered(number, version, response, &step)
    case .podForStatus(let number): podForStatusAnswered(number, response, &step)
    case .podDelete(let number): podDeleteAnswered(number, response, &step)
    case .token(let number): tokenAnswered(number, response, &step)
    case .volumeObject(let reference): volumeObjectAnswered(reference, response, &step)
    case .event: eventAnswered(response, &step)
    }
  }

  /// Pods are watched once the node is known, as in the real kubelet.
  private mutating func startPodsInformer(_ step: inout Step) {
    guard nodes.hasSynced, let (request, call) = pods.nextRequest() else { return }
    client.call(request, tag: .pods(call), now: step.now, into: &step.effects)
  }

  enum Watched { case pods, node }

  private mutating func follow(_ next: Informer.Next, _ watched: Watched, _ step: inout Step) {
    switch next {
    case .nothing: break
    case .send(let request, let call):
      client.call(
        request, tag: watched == .pods ? .pods(call) : .node(call), now: step.now,
        into: &step.effects)
    case .retry(let span):
      let tag = watched == .pods ? Timer.podsInformer : Timer.nodeInformer
      step.effects.arm(TimerID(tag: tag), after: span)
    }
  }

  /// Everything in flight is lost. Nothing that runs is touched: the kubelet goes on with what it
  /// knows.
  mutating func disconnected(_ reason: String, _ step: inout Step) {
    let lost = client.takeLost() + step.heartbeat.client.takeLost() + eventClient.takeLost()
    for (_, pending) in lost {
      switch pending.tag {
      case .pods:
        follow(_pods.wrappedValue.disconnected(now: step.now, luck: config.seed), .pods, &step)
      case .node:
        follow(_nodes.wrappedValue.disconnected(now: step.now, luck: config.seed), .node, &step)
      default: handle(pending.tag, .status(.transport(reason)), &step)
      }
    }
  }
}
