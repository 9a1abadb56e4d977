import Basics
import KubeAPI

/// A process that runs controllers: leader election, shared informers, work queues and workers
/// (kube-controller-manager, cloud-controller-manager).
///
/// Until it leads it only watches its lease. Then it lists and watches, and starts each controller
/// when the caches it reads have synced. When it loses the lease it exits.
public struct ControllerHost: Sendable {
  public struct Config: Sendable {
    /// The process's name, user suffix and lease: `kube-controller-manager`.
    public var process: String
    /// The identity in the lease: host name and a unique suffix.
    public var identity: String
    public var seed: UInt64
    /// Requests a second for each controller's client, and how many may be saved up.
    public var qps = 20
    public var burst = 30
    public var election = LeaderElector.Timing()
    /// The indices of each kind's cache.
    public var indices: [(ResourceKind, [Store.Index])] = []
    public init(process: String, identity: String, seed: UInt64) {
      self.process = process
      self.identity = identity
      self.seed = seed
    }
  }

  enum BaseCall: Sendable {
    case informer(Int, Informer.Call)
    case event
  }

  static let periodicTag: UInt8 = 5
  static let electionTag: UInt8 = 1
  static let electionTimeoutTag: UInt8 = 2
  static let informerTag: UInt8 = 3
  static let queueTag: UInt8 = 4
  static let baseClientTag: UInt8 = 6
  static let eventRetryTag: UInt8 = 7
  static let laneClientTag: UInt8 = 16
  /// Request numbers are cut into ranges: the elector's, the informers', each controller's.
  private static let rangeBits: UInt64 = 40
  private static let firstLane: UInt64 = 2

  public let config: Config
  private let makeControllers: @Sendable () -> [any Controller]
  public private(set) var controllers: [any Controller]
  public private(set) var elector: LeaderElector
  public internal(set) var context: ControllerContext
  var base: APIClient<BaseCall>
  /// Of the process itself; each controller has its own.
  var events: EventBroadcaster
  private(set) var electionCalls = LookupTable<RequestID, LeaderElector.Call>()
  private var nextElectionID: RequestID = 1
  /// The controllers that want each kind's changes.
  private var interested: [[Int]] = []
  private var hasStartedInformers = false
  private var isOver = false

  /// `controllers` makes the controllers with empty memory: at `init`, and at each start of the
  /// process.
  public init(_ config: Config, controllers: @escaping @Sendable () -> [any Controller]) {
    precondition(!config.process.isEmpty && !config.identity.isEmpty, "a process without a name")
    self.config = config
    makeControllers = controllers
    self.controllers = controllers()
    elector = LeaderElector(
      LeaderElector.Config(
        leaseName: config.process, identity: config.identity, timing: config.election))
    context = ControllerContext(
      time: HostTime(monotonic: .zero, wall: .powerOn))
    base = Self.baseClient(config)
    events = EventBroadcaster(component: config.process)
    reset()
  }

  private static func baseClient(_ config: Config) -> APIClient<BaseCall> {
    APIClient(
      user: "system:" + config.process, qps: config.qps, burst: config.burst,
      timerTag: baseClientTag, firstID: 1 << rangeBits | 1)
  }

  public var isLeader: Bool { elector.isLeader }

  // MARK: The door

  /// Handles one event.
  public mutating func step(
    _ event: ClientEvent, at time: HostTime, into effects: inout Effects
  ) {
    context.time = time
    swap(&context.effects, &effects)
    defer { swap(&context.effects, &effects) }
    if case .started = event {
      restart()
      return
    }
    if isOver { return }
    switch event {
    case .started: break
    case .timer(let timer): handle(timer)
    case .response(let id, let response): handle(id, response)
    case .watch(let id, let events): handle(id, events)
    case .watchClosed(let id, let status): closed(id, status)
    case .disconnected(let reason): disconnected(reason)
    }
    if elector.isLeader { runAll() }
  }

  /// Handles an answer of the cloud.
  public mutating func step(
    _ response: CloudResponse, at time: HostTime, into effects: inout Effects
  ) {
    guard !isOver, let (lane, call) = context.takeCloudCall(response.id) else { return }
    context.time = time
    swap(&context.effects, &effects)
    defer { swap(&context.effects, &effects) }
    enter(lane, call.key)
    let outcome = controllers[lane].answered(call, response.result, &context)
    settle(lane, call, outcome)
    runAll()
  }

  /// Moves the requests to the cloud made since the last call to the end of `buffer`.
  public mutating func takeCloudRequests(into buffer: inout [CloudRequest]) {
    context.takeCloudRequests(into: &buffer)
  }

  // MARK: Start and end

  private mutating func restart() {
    isOver = false
    hasStartedInformers = false
    controllers = makeControllers()
    // The generator goes on: a restarted process must not repeat its predecessor's draws.
    elector = LeaderElector(elector.config)
    electionCalls.removeAll()
    base = Self.baseClient(config)
    events = EventBroadcaster(component: config.process)
    reset()
    driveElection()
  }

  private mutating func reset() {
    var fresh = ControllerContext(time: context.time)
    swap(&fresh.effects, &context.effects)
    context = fresh
    interested = [[Int]](repeating: [], count: ResourceKind.allCases.count)
    for (at, controller) in controllers.enumerated() {
      for kind in controller.watches { interested[Int(kind.rawValue)].append(at) }
      let delays = controller.retryDelays
      let scale = controller.rateScale
      context.lanes.append(
        ControllerLane(
          name: controller.name, workers: controller.workers, maxRetries: controller.maxRetries,
          queue: WorkQueue(base: delays.base, ceiling: delays.ceiling),
          client: APIClient(
            user: base.user, qps: config.qps * scale.qps, burst: config.burst * scale.burst,
            timerTag: Self.laneClientTag + UInt8(at),
            firstID: (Self.firstLane + UInt64(at)) << Self.rangeBits | 1),
          events: EventBroadcaster(component: controller.eventSource),
          needs: controller.watches + controller.reads))
    }
    let kinds = ResourceKind.allCases.filter { kind in
      context.lanes.contains { $0.needs.contains(kind) }
    }
    for kind in kinds {
      let indices = config.indices.first { $0.0 == kind }?.1 ?? []
      context.informerOfKind[Int(kind.rawValue)] = context.informers.count
      context.informers.append(Informer(kind, indices: indices))
    }
  }

  private mutating func exit(_ reason: String) {
    isOver = true
    context.effects.note(
      Note(
        .leadership, elector.leaseReference, "\(config.identity) stops: \(reason)",
        basis: elector.lossBasis(at: context.now)))
    elector.resign()
    context.effects.exit(code: 1, reason: reason)
  }

  // MARK: Leader election

  private mutating func driveElection() {
    if elector.hasLost(at: context.now) { return exit("leaderelection lost") }
    if let (request, call) = elector.tick(context.time, luck: config.seed) {
      sendElection(request, call)
    }
    // While a call is out `nextDue` may be past: then look again in a second.
    var wait = elector.nextDue - context.now
    if wait <= .zero { wait = .seconds(1) }
    if elector.isLeader {
      wait = min(wait, max(elector.renewDeadline(at: context.now), .milliseconds(1)))
    }
    context.effects.arm(TimerID(tag: Self.electionTag), after: wait)
  }

  /// The elector has a client of its own, so that no backlog of work delays a renewal; its time-out
  /// is half the renew deadline.
  private mutating func sendElection(_ request: APIRequest, _ call: LeaderElector.Call) {
    let id = nextElectionID
    nextElectionID += 1
    electionCalls[id] = call
    var request = request
    request.user = base.user
    context.effects.request(id, request)
    context.effects.arm(
      TimerID(tag: Self.electionTimeoutTag, payload: id),
      after: elector.config.timing.renewDeadline / 2)
  }

  private mutating func electionAnswered(_ call: LeaderElector.Call, _ response: APIResponse) {
    let (next, outcome) = elector.answered(call, response, context.time)
    if let (request, call) = next { sendElection(request, call) }
    switch outcome {
    case .nothing: break
    case .newLeader(let holder):
      if !holder.isEmpty && holder != config.identity {
        context.effects.note(
          .observation, elector.leaseReference, "\(config.identity) sees leader \(holder)")
      }
    case .startedLeading:
      context.effects.note(
        Note(
          .leadership, elector.leaseReference, "\(config.identity) became leader",
          basis: elector.basis(process: config.process)))
      if let object = response.object {
        send(
          events.record(
            object, reason: "LeaderElection", message: "\(config.identity) became leader",
            at: context.time, because: context.effects.cause))
      }
      startInformers()
    case .stoppedLeading: exit("leaderelection lost")
    }
  }

  // MARK: Informers

  private mutating func startInformers() {
    guard !hasStartedInformers else { return }
    hasStartedInformers = true
    for at in context.informers.indices {
      guard let (request, call) = context.informers[at].nextRequest() else { continue }
      sendInformer(at, request, call)
    }
  }

  private mutating func sendInformer(_ at: Int, _ request: APIRequest, _ call: Informer.Call) {
    base.call(request, tag: .informer(at, call), now: context.now, into: &context.effects)
  }

  private mutating func follow(_ at: Int, _ next: Informer.Next) {
    switch next {
    case .nothing: break
    case .send(let request, let call): sendInformer(at, request, call)
    case .retry(let span):
      context.effects.arm(TimerID(tag: Self.informerTag, payload: UInt64(at)), after: span)
    }
  }

  private mutating func deliver(_ kind: ResourceKind, _ deltas: [Delta]) {
    for delta in deltas {
      for lane in interested[Int(kind.rawValue)] {
        enter(lane, nil)
        controllers[lane].observe(delta, &context)
      }
    }
  }

  private mutating func baseAnswered(_ call: BaseCall, _ response: APIResponse) {
    guard case .informer(let at, let informerCall) = call else {
      return ownEventAnswered(response)
    }
    let wasSynced = context.informers[at].hasSynced
    let (deltas, next) = context.informers[at].answered(
      informerCall, response, now: context.now, luck: config.seed)
    follow(at, next)
    deliver(context.informers[at].kind, deltas)
    if !wasSynced && context.informers[at].hasSynced { synced(context.informers[at].kind) }
  }

  private mutating func synced(_ kind: ResourceKind) {
    for lane in context.lanes.indices where !context.lanes[lane].isStarted {
      context.lanes[lane].needs.removeAll { $0 == kind }
      guard context.lanes[lane].needs.isEmpty else { continue }
      context.lanes[lane].isStarted = true
      enter(lane, nil)
      controllers[lane].start(&context)
    }
  }

  // MARK: Events

  private mutating func handle(_ timer: TimerID) {
    switch timer.tag {
    case Self.electionTag: driveElection()
    case Self.electionTimeoutTag:
      guard electionCalls.removeValue(forKey: timer.payload) != nil else { return }
      context.effects.cancel(timer.payload)
      elector.lostCall()
    case Self.informerTag:
      let at = Int(timer.payload)
      follow(at, context.informers[at].retry())
    case Self.queueTag:
      let lane = Int(timer.payload)
      context.lanes[lane].armedFor = nil
      context.lanes[lane].queue.promote(at: context.now)
      if let wakeAt = context.lanes[lane].wakeAt, wakeAt <= context.now {
        context.lanes[lane].wakeAt = nil
        if context.lanes[lane].isStarted { run(lane) }
      }
    case Self.periodicTag:
      let lane = Int(timer.payload >> 32)
      guard lane < controllers.count else { return }
      enter(lane, nil)
      controllers[lane].timer(UInt32(truncatingIfNeeded: timer.payload), &context)
    case Self.eventRetryTag: retryEvent(timer)
    case Self.baseClientTag:
      _ = base.timer(timer, now: context.now, into: &context.effects)
    default:
      let lane = Int(timer.tag) - Int(Self.laneClientTag)
      guard context.lanes.indices.contains(lane) else { return }
      _ = context.lanes[lane].client.timer(timer, now: context.now, into: &context.effects)
    }
  }

  private mutating func handle(_ id: RequestID, _ response: APIResponse) {
    let range = id >> Self.rangeBits
    switch range {
    case 0:
      guard let call = electionCalls.removeValue(forKey: id) else { return }
      electionAnswered(call, response)
    case 1:
      guard let pending = base.answered(id) else { return }
      baseAnswered(pending.tag, response)
    default:
      let lane = Int(range - Self.firstLane)
      guard context.lanes.indices.contains(lane),
        let pending = context.lanes[lane].client.answered(id)
      else { return }
      controllerAnswered(lane, pending.tag, response)
    }
  }

  private mutating func handle(_ id: RequestID, _ events: [WatchEvent]) {
    guard let pending = base.watch(id), case .informer(let at, _) = pending.tag else { return }
    let deltas = context.informers[at].received(events, now: context.now)
    if !deltas.isEmpty { deliver(context.informers[at].kind, deltas) }
  }

  private mutating func closed(_ id: RequestID, _ status: APIStatus?) {
    guard let pending = base.answered(id), case .informer(let at, _) = pending.tag else { return }
    follow(at, context.informers[at].closed(status, now: context.now, luck: config.seed))
  }

  private mutating func disconnected(_ reason: String) {
    electionCalls.removeAll()
    elector.lostCall()
    for (_, pending) in base.takeLost() {
      guard case .informer(let at, _) = pending.tag else {
        baseAnswered(pending.tag, .status(.transport(reason)))
        continue
      }
      follow(at, context.informers[at].disconnected(now: context.now, luck: config.seed))
    }
    for lane in context.lanes.indices {
      for (_, pending) in context.lanes[lane].client.takeLost() {
        controllerAnswered(lane, pending.tag, .status(.transport(reason)))
      }
    }
  }

  // MARK: Workers

  private mutating func enter(_ lane: Int, _ key: ObjectReference?) {
    context.lane = lane
    context.key = key
  }

  private mutating func controllerAnswered(
    _ lane: Int, _ call: ControllerCall, _ response: APIResponse
  ) {
    if call.step == ControllerCall.event {
      return eventAnswered(lane, response)
    }
    enter(lane, call.key)
    let outcome = controllers[lane].answered(call, response, &context)
    settle(lane, call, outcome)
  }

  private mutating func settle(_ lane: Int, _ call: ControllerCall, _ outcome: CallOutcome) {
    guard let key = call.key, context.lanes[lane].running.contains(key) else { return }
    context.lanes[lane].running[key]?.outstanding -= 1
    if case .retry(let reason) = outcome { context.lanes[lane].running[key]?.failure = reason }
    proceed(lane, key)
  }

  /// After a reconcile or an answer: makes the next call in line, or takes the key out of work.
  private mutating func proceed(_ lane: Int, _ key: ObjectReference) {
    guard let running = context.lanes[lane].running[key], running.outstanding == 0 else { return }
    if running.failure == nil, let (request, step) = running.next.first {
      context.lanes[lane].running[key]?.next.removeFirst()
      enter(lane, key)
      context.call(request, step: step)
      return
    }
    context.lanes[lane].running.removeValue(forKey: key)
    enter(lane, nil)
    let isFailed = running.failure != nil
    controllers[lane].finished(key, failed: isFailed, &context)
    if let failure = running.failure {
      let retries = context.lanes[lane].queue.retries(key)
      if let limit = context.lanes[lane].maxRetries, retries >= limit {
        context.effects.note(
          .failure, key, "\(context.lanes[lane].name) drops \(key.text) after \(limit): \(failure)")
        context.lanes[lane].queue.forget(key)
      } else {
        context.effects.note(
          .failure, key, "\(context.lanes[lane].name) will retry \(key.text): \(failure)")
        context.enqueueRateLimited(key)
      }
    } else {
      context.lanes[lane].queue.forget(key)
    }
    context.lanes[lane].queue.done(key)
  }

  private mutating func runAll() {
    for lane in context.lanes.indices where context.lanes[lane].isStarted {
      wake(lane)
      armQueue(lane)
    }
  }

  /// A worker does not run in the moment a key is added: the informer's handlers, the scheduler of
  /// goroutines and the other workers come first. What arrives meanwhile is handled as one.
  private mutating func wake(_ lane: Int) {
    let waiting = context.lanes.withUnsafeBufferPointer { $0[lane].queue.count }
    guard waiting > 0, context.lanes[lane].wakeAt == nil,
      context.lanes[lane].running.count < context.lanes[lane].workers
    else { return }
    var draws = Draws(config.seed, 0x7761_6B65 << 8 | UInt64(lane), context.now.microseconds)
    let wait = draws.span(.milliseconds(1), .milliseconds(3))
    context.lanes[lane].wakeAt = context.now + wait
    context.effects.arm(TimerID(tag: Self.queueTag, payload: UInt64(lane)), after: wait)
  }

  private mutating func run(_ lane: Int) {
    // A key that makes no call and adds itself again would go round for ever: one step may not.
    var budget = context.lanes[lane].queue.count + 64
    while budget > 0, context.lanes[lane].running.count < context.lanes[lane].workers,
      let (key, cause) = context.lanes[lane].queue.get()
    {
      budget -= 1
      context.effects.because(cause)
      context.lanes[lane].running[key] = ControllerLane.Running(cause: cause)
      context.lanes[lane].reconciles += 1
      enter(lane, key)
      context.coalesced = context.lanes[lane].queue.takeCoalesced(key)
      controllers[lane].reconcile(key, &context)
      context.coalesced = []
      proceed(lane, key)
    }
  }

  private mutating func armQueue(_ lane: Int) {
    guard let due = context.lanes[lane].queue.nextDue else { return }
    if let armed = context.lanes[lane].armedFor, armed <= due { return }
    context.lanes[lane].armedFor = due
    context.effects.arm(
      TimerID(tag: Self.queueTag, payload: UInt64(lane)), after: due - context.now)
  }
}
