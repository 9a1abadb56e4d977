import Basics
import ControllerRuntime
import KubeAPI

/// kube-scheduler as a process: informers, leader election, the queue, and a loop that takes one
/// pod after another and binds it to a node.
public struct SchedulerProcess: Sendable {
  /// The user by whose name it asks.
  public static let user = "system:kube-scheduler"
  public static let schedulerName = "default-scheduler"

  public struct Config: Sendable {
    /// Host name and a UUID, as the lease shows the holder.
    public var identity: String
    /// How long one scheduling cycle keeps the loop busy. The real one needs about a millisecond;
    /// 0 schedules everything that waits in one step.
    public var cycleTime = Span.milliseconds(1)
    /// `percentageOfNodesToScore`; 0 adapts to the size of the cluster.
    public var percentageOfNodesToScore = 0
    /// The client's limits (`pkg/scheduler/apis/config/v1/defaults.go`).
    public var qps = 50
    public var burst = 100
    /// `leaderElect`.
    public var leaderElect = true
    /// `--leader-elect-lease-duration`, `--leader-elect-renew-deadline` and
    /// `--leader-elect-retry-period`.
    public var election = LeaderElector.Timing()
    public init(identity: String) { self.identity = identity }
  }

  /// What a request was for.
  enum Call: Sendable {
    case inform(Int, Informer.Call)
    case elect(LeaderElector.Call)
    case bind(UID)
    case setStatus
    case recordEvent(UInt64)
    case recordLeadership
    /// The two steps of a preemption: the victim's condition, then its deletion.
    case markVictim(victim: PodInfo, preemptor: PodInfo, node: String)
    case deleteVictim(victim: PodInfo, preemptor: PodInfo, node: String)
  }

  enum TimerTag {
    static let client: UInt8 = 0
    static let eventClient: UInt8 = 1
    static let electionClient: UInt8 = 2
    static let informer: UInt8 = 3
    static let election: UInt8 = 4
    static let renewDeadline: UInt8 = 5
    static let cycle: UInt8 = 6
    static let backoff: UInt8 = 7
    static let unschedulable: UInt8 = 8
    static let eventRetry: UInt8 = 9
    static let leadershipRetry: UInt8 = 10
    static let finishSeries: UInt8 = 11
    static let refreshSeries: UInt8 = 12
  }

  /// A pod on its way to a node.
  struct Binding: Sendable {
    var pod: QueuedPod
    var node: String
  }

  /// What became of the last pod that was tried; the tables are those of the algorithm.
  struct LastCycle: Sendable {
    var pod: PodInfo
    var node: String?
    var message: String
    var at: Tick
    var preemption: Decision.Preemption?
  }

  public let config: Config
  /// What its luck is drawn from, each pod's too.
  let seed: UInt64
  // Separate clients, each with its own limit, as kube-scheduler makes them.
  var client: APIClient<Call>
  var eventClient: APIClient<Call>
  var electionClient: APIClient<Call>
  var informers: [Informer]
  var elector: LeaderElector
  /// What it says of pods, by the newer API, and of its leadership, by the older.
  var events: EventSeriesBroadcaster
  var leadershipEvents = EventBroadcaster(component: SchedulerProcess.schedulerName)
  var cache = SchedulerCache()
  var queue = SchedulingQueue()
  var nominator = Nominator()
  var algorithm = SchedulingAlgorithm()
  var bindings = LookupTable<UID, Binding>()
  /// Victims on their way out, by preemptor, in the order of the preemptions.
  var preemptions: [Preemption] = []
  var lastCycle: LastCycle?
  var isLeading = false
  var hasBegunElection = false
  var busyUntil = Tick.zero
  var isCycleArmed = false
  var backoffArmedFor: Tick?
  var isUnschedulableFlushArmed = false
  var boundCount = 0
  var failedCount = 0

  /// - Parameter seed: what its luck is drawn from.
  public init(_ config: Config, seed: UInt64) {
    self.config = config
    self.seed = seed
    func make(_ tag: UInt8, _ lane: UInt64) -> APIClient<Call> {
      APIClient(
        user: Self.user, qps: config.qps, burst: config.burst, timerTag: tag,
        firstID: lane << 48 | 1)
    }
    client = make(TimerTag.client, 0)
    eventClient = make(TimerTag.eventClient, 1)
    electionClient = make(TimerTag.electionClient, 2)
    informers = Self.makeInformers()
    let host = config.identity.split(separator: "_").first.map(String.init) ?? config.identity
    events = EventSeriesBroadcaster(controller: Self.schedulerName, host: host)
    algorithm.percentageOfNodesToScore = config.percentageOfNodesToScore
    elector = LeaderElector(
      LeaderElector.Config(
        leaseName: "kube-scheduler", identity: config.identity, timing: config.election))
  }

  /// The process's one door.
  public mutating func step(
    _ event: ClientEvent, at time: HostTime, into effects: inout Effects
  ) {
    switch event {
    case .started:
      startInformers(at: time, into: &effects)
      startRecording(into: &effects)
    case .timer(let timer): handle(timer, at: time, into: &effects)
    case .response(let id, let response):
      if let pending = takePending(id) {
        handle(pending.tag, response, because: pending.cause, at: time, into: &effects)
      }
    case .watch(let id, let events):
      if case .inform(let index, _)? = client.watch(id)?.tag {
        let deltas = informers[index].received(events, now: time.monotonic)
        apply(deltas, of: index, at: time, into: &effects)
      }
    case .watchClosed(let id, let status):
      guard let pending = client.answered(id) else { return }
      if case .inform(let index, _) = pending.tag {
        let next = informers[index].closed(status, now: time.monotonic, luck: seed)
        follow(next, index, at: time, into: &effects)
      }
    case .disconnected(let reason): disconnected(reason, at: time, into: &effects)
    }
    runCycles(at: time, into: &effects)
    armQueueTimers(at: time, into: &effects)
  }

  private mutating func takePending(_ id: RequestID) -> APIClient<Call>.Pending? {
    switch id >> 48 {
    case 0: client.answered(id)
    case 1: eventClient.answered(id)
    default: electionClient.answered(id)
    }
  }

  private mutating func handle(
    _ timer: TimerID, at time: HostTime, into effects: inout Effects
  ) {
    let now = time.monotonic
    switch timer.tag {
    case TimerTag.client:
      if let (_, pending) = client.timer(timer, now: now, into: &effects) {
        timedOut(pending, at: time, into: &effects)
      }
    case TimerTag.eventClient:
      if let (_, pending) = eventClient.timer(timer, now: now, into: &effects) {
        timedOut(pending, at: time, into: &effects)
      }
    case TimerTag.electionClient:
      if let (_, pending) = electionClient.timer(timer, now: now, into: &effects) {
        timedOut(pending, at: time, into: &effects)
      }
    case TimerTag.informer:
      let index = Int(timer.payload)
      guard informers.indices.contains(index) else { return }
      follow(informers[index].retry(), index, at: time, into: &effects)
    case TimerTag.election: elect(at: time, into: &effects)
    case TimerTag.renewDeadline: checkRenewal(at: time, into: &effects)
    case TimerTag.cycle: isCycleArmed = false
    case TimerTag.eventRetry: send(events.retry(timer.payload), at: time, into: &effects)
    case TimerTag.leadershipRetry:
      sendLeadership(leadershipEvents.retry(), at: time, into: &effects)
    case TimerTag.finishSeries: finishSeries(at: time, into: &effects)
    case TimerTag.refreshSeries: refreshSeries(at: time, into: &effects)
    case TimerTag.backoff:
      backoffArmedFor = nil
      queue.flushBackoff(now: now)
    case TimerTag.unschedulable:
      isUnschedulableFlushArmed = false
      queue.flushUnschedulable(now: now)
    default: break
    }
  }

  private mutating func timedOut(
    _ pending: APIClient<Call>.Pending, at time: HostTime, into effects: inout Effects
  ) {
    let status = APIStatus.transport("context deadline exceeded")
    handle(pending.tag, .status(status), because: pending.cause, at: time, into: &effects)
  }

  private mutating func handle(
    _ call: Call, _ response: APIResponse, because cause: TraceID, at time: HostTime,
    into effects: inout Effects
  ) {
    switch call {
    case .inform(let index, let call):
      let (deltas, next) = informers[index].answered(
        call, response, now: time.monotonic, luck: seed)
      follow(next, index, at: time, into: &effects)
      apply(deltas, of: index, at: time, into: &effects)
      beginElectionIfSynced(at: time, into: &effects)
    case .elect(let call): elected(call, response, at: time, into: &effects)
    case .bind(let uid): bound(uid, response, at: time, into: &effects)
    case .markVictim(let victim, let preemptor, let node):
      victimMarked(victim, preemptor, node, response, at: time, into: &effects)
    case .deleteVictim(let victim, let preemptor, let node):
      victimDeleted(victim, preemptor, node, response, at: time, into: &effects)
    case .recordEvent(let number): eventAnswered(number, response, at: time, into: &effects)
    case .recordLeadership: leadershipAnswered(response, at: time, into: &effects)
    // Nobody waits for it: the next failure writes the status again.
    case .setStatus: break
    }
  }

  private mutating func disconnected(
    _ reason: String, at time: HostTime, into effects: inout Effects
  ) {
    let lost = client.takeLost() + eventClient.takeLost() + electionClient.takeLost()
    let status = APIStatus.transport(reason)
    for (_, pending) in lost {
      if case .inform(let index, _) = pending.tag {
        let next = informers[index].disconnected(now: time.monotonic, luck: seed)
        follow(next, index, at: time, into: &effects)
      } else {
        handle(pending.tag, .status(status), because: pending.cause, at: time, into: &effects)
      }
    }
  }
}

extension SchedulerProcess: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(config.identity)
    digest.combine(seed)
    for informer in informers {
      digest.combine(UInt64(bitPattern: informer.resourceVersion))
      digest.combine(informer.store.count)
    }
    digest.combine(isLeading)
    digest.combine(elector.observedHolder)
    digest.combine(elector.observedAt)
    digest.combine(elector.nextDue)
    queue.digest(into: &digest)
    digest.combine(algorithm.nextStart)
    digest.combine(busyUntil)
    digest.combine(bindings.count)
    digest.combine(preemptions.count)
    digest.combine(client.inFlight)
    digest.combine(client.heldBack)
    for slot in cache.tree.order {
      let row = cache.rows[Int(slot)]
      digest.combine(cache.details[Int(slot)].name)
      digest.combine(UInt64(bitPattern: row.requestedMilliCPU))
      digest.combine(UInt64(bitPattern: row.requestedMemory))
      digest.combine(UInt64(bitPattern: row.podCount))
    }
  }
}
