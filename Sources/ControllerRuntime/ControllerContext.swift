import Basics
import KubeAPI

/// A controller's place in its host: queue, connection, and what is in work.
struct ControllerLane: Sendable {
  /// A key in work.
  struct Running: Sendable {
    var cause: TraceID
    var outstanding = 0
    var failure: String?
    /// Calls to be made one after the other, each when the ones before it have succeeded.
    var next: [(APIRequest, Int)] = []
  }

  let name: String
  let workers: Int
  let maxRetries: Int?
  var queue: WorkQueue<ObjectReference>
  var client: APIClient<ControllerCall>
  var events: EventBroadcaster
  var running = LookupTable<ObjectReference, Running>()
  var isStarted = false
  /// The kinds still to sync before it starts.
  var needs: [ResourceKind]
  /// When the timer for the queue's delayed keys is due; nil when none is armed.
  var armedFor: Tick?
  /// When a worker looks at the queue next, while it has not yet.
  var wakeAt: Tick?
  var lastDecision = ""
  var lastDecisionAt = Tick.zero
  var reconciles: UInt64 = 0
}

/// What a controller sees and does while it handles something: the informers' caches, the clock,
/// its queue, calls to the API server, events, and the trace.
public struct ControllerContext: Sendable {
  public internal(set) var time: HostTime
  public internal(set) var effects = Effects()
  /// Requests to the cloud, for the owner to take away.
  public internal(set) var cloudRequests: [CloudRequest] = []
  var informers: [Informer] = []
  /// The informer of a kind; -1 where there is none.
  var informerOfKind = [Int](repeating: -1, count: ResourceKind.allCases.count)
  var lanes: [ControllerLane] = []
  /// The controller at work, and its key.
  var lane = 0
  var key: ObjectReference?
  /// What else asked for the reconcile in hand since the last one; empty outside of one.
  var coalesced: [TraceID] = []
  private var nextCloudID: UInt64 = 1
  private var cloudCalls = LookupTable<UInt64, (lane: Int, call: ControllerCall)>()

  init(time: HostTime) { self.time = time }

  public var now: Tick { time.monotonic }

  // MARK: Reading

  /// The cache of a kind that the host watches.
  public subscript(kind: ResourceKind) -> Store {
    _read {
      let at = informerOfKind[Int(kind.rawValue)]
      precondition(at >= 0, "no controller of this host watches \(kind.plural)")
      yield informers[at].store
    }
  }

  public func get<T: Resource>(_ key: ObjectKey, as type: T.Type = T.self) -> T? {
    self[T.kind].get(key, as: type)
  }

  // MARK: Queueing

  /// Adds a key to the controller's own queue.
  public mutating func enqueue(_ key: ObjectReference) {
    lanes[lane].queue.add(key, cause: effects.cause)
  }

  /// Adds a key to the controller's own queue in a while.
  public mutating func enqueue(_ key: ObjectReference, after span: Span) {
    lanes[lane].queue.add(key, at: now + span, now: now, cause: effects.cause)
  }

  /// Adds a key after its back-off, as if it had failed.
  public mutating func enqueueRateLimited(_ key: ObjectReference) {
    lanes[lane].queue.addRateLimited(key, now: now, cause: effects.cause)
  }

  /// The key in work failed without a call.
  public mutating func fail(_ reason: String) {
    guard let key else { return }
    lanes[lane].running[key]?.failure = reason
  }

  /// Calls `timer(id)` of the controller after `span`.
  public mutating func arm(_ id: UInt32, after span: Span) {
    effects.arm(
      TimerID(tag: ControllerHost.periodicTag, payload: UInt64(lane) << 32 | UInt64(id)),
      after: span)
  }

  // MARK: Writing

  /// Makes a call for the key in work.
  public mutating func call(_ request: APIRequest, step: Int = 0) {
    if let key { lanes[lane].running[key]?.outstanding += 1 }
    send(request, for: key, step: step)
  }

  /// Makes a call when all made so far for this key have succeeded.
  public mutating func then(_ request: APIRequest, step: Int = 0) {
    guard let key else { return send(request, for: nil, step: step) }
    lanes[lane].running[key]?.next.append((request, step))
  }

  /// Makes a call that no key waits for.
  public mutating func callUnkeyed(_ request: APIRequest, step: Int = 0) {
    send(request, for: nil, step: step)
  }

  /// Asks the cloud, for the key in work.
  public mutating func ask(_ operation: CloudRequest.Operation, step: Int = 0) {
    let target = key ?? ObjectReference(.node, ObjectKey(name: ""))
    if let key { lanes[lane].running[key]?.outstanding += 1 }
    let id = nextCloudID
    nextCloudID += 1
    cloudCalls[id] = (lane, ControllerCall(key: key, step: step, verb: .get, target: target))
    cloudRequests.append(CloudRequest(id: id, operation: operation))
  }

  /// How many calls for the key in work are not answered.
  public var outstanding: Int {
    key.flatMap { lanes[lane].running[$0]?.outstanding } ?? 0
  }

  private mutating func send(_ request: APIRequest, for key: ObjectReference?, step: Int) {
    let call = ControllerCall(
      key: key, step: step, verb: request.verb,
      target: ObjectReference(request.kind, request.key))
    lanes[lane].client.call(request, tag: call, now: now, into: &effects)
  }

  mutating func takeCloudCall(_ id: UInt64) -> (lane: Int, call: ControllerCall)? {
    cloudCalls.removeValue(forKey: id)
  }

  mutating func takeCloudRequests(into buffer: inout [CloudRequest]) {
    guard !cloudRequests.isEmpty else { return }
    buffer.append(contentsOf: cloudRequests)
    cloudRequests.removeAll(keepingCapacity: true)
  }

  // MARK: Telling

  /// Records an Event about an object.
  public mutating func event(
    _ object: APIObject, type: String = "Normal", reason: String, message: String
  ) {
    let turn = lanes[lane].events.record(
      object, type: type, reason: reason, message: message, at: time, because: effects.cause)
    send(turn, of: lane)
  }

  /// Records an Event about an object known by reference only.
  public mutating func event(
    _ target: TargetReference, type: String = "Normal", reason: String, message: String
  ) {
    let turn = lanes[lane].events.record(
      target, type: type, reason: reason, message: message, at: time, because: effects.cause)
    send(turn, of: lane)
  }

  /// Sends an Event of a controller that is due.
  mutating func send(_ turn: EventTurn?, of lane: Int) {
    guard let turn else { return }
    let call = ControllerCall(
      key: nil, step: ControllerCall.event, verb: turn.request.verb,
      target: ObjectReference(.event, turn.request.key))
    lanes[lane].client.call(
      turn.request, tag: call, because: turn.cause, now: now, into: &effects)
  }

  /// Adds a decision to the trace; the newest is shown in the controller's view.
  public mutating func decide(
    _ subject: ObjectReference?, _ message: String, _ basis: Basis? = nil
  ) {
    lanes[lane].lastDecision = message
    lanes[lane].lastDecisionAt = now
    var basis = basis
    if !coalesced.isEmpty { basis = (basis ?? Basis(lanes[lane].name)).also(coalesced) }
    effects.note(Note(.decision, subject, message, basis: basis))
  }

  /// Adds something noticed to the trace.
  public mutating func notice(
    _ subject: ObjectReference, _ message: String, _ basis: Basis? = nil
  ) {
    effects.note(Note(.observation, subject, message, basis: basis))
  }
}
