import Basics
import ControllerRuntime
import KubeAPI
import KubeScheduler
import Testing

/// A scheduler and an API server that always answers at once, under one clock: enough to watch the
/// process from outside.
struct FakeCluster {
  var scheduler: SchedulerProcess
  private(set) var now = Tick.zero
  private(set) var objects: [ResourceKind: [ObjectKey: APIObject]] = [:]
  private(set) var notes: [Note] = []
  private(set) var events: [Event] = []
  private(set) var exits: [String] = []
  private(set) var bindings: [(pod: String, node: String)] = []
  private(set) var deletions: [String] = []
  /// Answers bindings with a refusal.
  var refusesBindings = false
  /// Swallows requests on the lease.
  var ignoresLease = false
  private var revision: Int64 = 100
  private var watches: [ResourceKind: RequestID] = [:]
  private var timers: [(due: Tick, order: Int, timer: TimerID)] = []
  private var order = 0
  private var inbox: [ClientEvent] = []

  init(_ config: SchedulerProcess.Config = .init(identity: "master-1_a"), seed: UInt64 = 7) {
    scheduler = SchedulerProcess(config, seed: seed)
  }

  private var time: HostTime {
    HostTime(monotonic: now, wall: .powerOn + (now - Tick.zero))
  }

  mutating func start() {
    inbox.append(.started)
    settle()
  }

  /// Lets time pass, timers due on the way included.
  mutating func run(for span: Span) {
    let end = now + span
    while let next = timers.min(by: { ($0.due, $0.order) < ($1.due, $1.order) }), next.due <= end {
      timers.removeAll { $0.order == next.order }
      now = max(now, next.due)
      inbox.append(.timer(next.timer))
      settle()
    }
    now = end
  }

  /// Puts an object and tells who watches.
  mutating func put<R: Resource>(_ resource: R) {
    revision += 1
    var resource = resource
    resource.resourceVersion = revision
    let old = objects[R.kind]?[resource.key]
    if resource.metadata.uid.isNone {
      resource.metadata.uid = UID(high: 5, low: UInt64(revision))
    }
    let object = resource.boxed
    objects[R.kind, default: [:]][object.key] = object
    tell(WatchEvent(old == nil ? .added : .modified, object))
    settle()
  }

  mutating func delete(_ kind: ResourceKind, _ key: ObjectKey) {
    guard let object = objects[kind]?.removeValue(forKey: key) else { return }
    revision += 1
    tell(WatchEvent(.deleted, object.at(resourceVersion: revision)))
    settle()
  }

  mutating func disconnect() {
    watches = [:]
    inbox.append(.disconnected("connection reset by peer"))
    settle()
  }

  mutating func terminate() {
    var effects = Effects()
    scheduler.terminate(at: time, into: &effects)
    for effect in effects.list { carryOut(effect) }
    inbox = []
  }

  func pod(_ name: String) -> Pod? {
    objects[.pod]?[ObjectKey(namespace: "default", name: name)]?.pod
  }

  func messages(_ kind: Note.Kind) -> [String] { notes.filter { $0.kind == kind }.map(\.message) }

  private mutating func tell(_ event: WatchEvent) {
    if let id = watches[event.object.kind] { inbox.append(.watch(id, [event])) }
  }

  private mutating func settle() {
    while !inbox.isEmpty {
      var effects = Effects()
      scheduler.step(inbox.removeFirst(), at: time, into: &effects)
      do {
        try scheduler.checkInvariants()
      } catch {
        Issue.record(error)
      }
      for effect in effects.list { carryOut(effect) }
    }
  }

  private mutating func carryOut(_ effect: ClientEffect) {
    switch effect {
    case .request(let id, let request): answer(id, request)
    case .arm(let timer, let span):
      order += 1
      timers.append((now + span, order, timer))
    case .note(let note): notes.append(note)
    case .exit(_, let reason): exits.append(reason)
    case .cancel, .hangUp, .because: break
    }
  }

  private mutating func answer(_ id: RequestID, _ request: APIRequest) {
    switch (request.verb, request.kind, request.subresource) {
    case (.list, let kind, _):
      let items = (objects[kind] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      inbox.append(.response(id, .list(items, resourceVersion: revision, continueToken: "")))
    case (.watch, let kind, _): watches[kind] = id
    case (_, .lease, _) where ignoresLease: break
    case (.get, .lease, _):
      let lease = objects[.lease]?[request.key]
      inbox.append(
        .response(id, lease.map { .object($0) } ?? .status(.notFound(.lease, request.name))))
    case (_, .lease, _):
      guard case .object(let object)? = request.body else { return }
      revision += 1
      let stored = object.at(resourceVersion: revision)
      objects[.lease, default: [:]][object.key] = stored
      inbox.append(.response(id, .object(stored)))
    case (.create, .event, _):
      if case .object(let object)? = request.body, let event = object.event { events.append(event) }
      inbox.append(.response(id, .status(APIStatus(code: 201, reason: .unknown, message: ""))))
    case (.create, .pod, .binding): bind(id, request)
    case (.patch, .pod, .status): patch(id, request)
    case (.delete, .pod, _):
      deletions.append(request.name)
      inbox.append(.response(id, .status(APIStatus(code: 200, reason: .unknown, message: ""))))
    default:
      inbox.append(.response(id, .status(APIStatus(code: 200, reason: .unknown, message: ""))))
    }
  }

  private mutating func bind(_ id: RequestID, _ request: APIRequest) {
    guard case .binding(let node, _)? = request.body, var pod = objects[.pod]?[request.key]?.pod
    else { return }
    if refusesBindings {
      inbox.append(.response(id, .status(.internalError("etcd is away"))))
      return
    }
    pod.spec.nodeName = node
    bindings.append((request.name, node))
    inbox.append(.response(id, .status(APIStatus(code: 201, reason: .unknown, message: ""))))
    store(pod)
  }

  private mutating func patch(_ id: RequestID, _ request: APIRequest) {
    guard case .patch(let patch)? = request.body, let object = objects[.pod]?[request.key] else {
      inbox.append(.response(id, .status(.notFound(.pod, request.name))))
      return
    }
    do throws(APIStatus) {
      let patched = try object.applying(patch)
      inbox.append(.response(id, .object(patched)))
      if let pod = patched.pod { store(pod) }
    } catch {
      Issue.record("the patch is refused: \(error.message)")
    }
  }

  private mutating func store(_ pod: Pod) {
    revision += 1
    var pod = pod
    pod.resourceVersion = revision
    objects[.pod, default: [:]][pod.key] = pod.boxed
    tell(WatchEvent(.modified, pod.boxed))
  }
}

/// A pod with one container that asks for so much cpu.
func makePod(_ name: String, milliCPU: Int64 = 100, priority: Int32 = 0) -> Pod {
  var pod = Pod(name: name, namespace: "default")
  pod.spec.schedulerName = "default-scheduler"
  pod.spec.priority = priority
  var container = Container()
  container.name = "main"
  container.image = "registry.example/app:1"
  container.resources.requests["cpu"] = Quantity(milliValue: milliCPU)
  container.resources.requests["memory"] = Quantity(64 << 20)
  pod.spec.containers = [container]
  pod.status.phase = "Pending"
  return pod
}

/// A node with so many cores and 8 GiB.
func makeNode(_ name: String, cores: Int64 = 4) -> Node {
  var node = Node(name: name)
  node.metadata.labels = ["kubernetes.io/hostname": name]
  node.status.allocatable = [
    "cpu": Quantity(cores), "memory": Quantity(8 << 30), "pods": Quantity(110),
  ]
  return node
}
