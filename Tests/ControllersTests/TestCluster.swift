import Basics
import ControllerRuntime
import Controllers
import KubeAPI

/// A controller manager before a fake API server, with scheduler and kubelets that do the least
/// that is needed, under a clock of its own.
struct TestCluster {
  enum Due {
    case toManager(ClientEvent)
    case toCloudManager(ClientEvent)
    case toCloud(CloudRequest)
    case fromCloud(CloudResponse)
    case request(UInt64, APIRequest, isCloud: Bool)
    case heartbeat(String)
    case start(ObjectKey)
    case stop(ObjectKey)
    case watchFlush
  }

  var now = Tick.zero
  var api = FakeAPIServer()
  var manager = ControllerManager(ControllerManager.Config(identity: "master-1_a", seed: 1))
  var notes: [(at: Tick, subject: ObjectReference?, message: String)] = []
  var exits: [String] = []
  var cloudManager: CloudControllerManager?
  var cloud = SimulatedCloud()
  /// While true, requests vanish.
  var isPartitioned = false
  /// Nodes whose kubelet lives.
  var alive: Set<String> = []
  /// How long a container takes to start.
  var startDelay = Span.seconds(1)
  /// Images that never become ready.
  var brokenImages: Set<String> = []
  var stopDelay = Span.milliseconds(500)
  var latency = Span.milliseconds(2)
  /// Called after every event, to check what must always hold.
  var invariant: ((TestCluster) -> Void)?
  var steps = 0

  private var queue: [(at: Tick, sequence: Int, due: Due)] = []
  private var sequence = 0
  private var effects = Effects()
  private var nextNode = 0
  private var nextIP = 1

  init() {
    for name in ["default", "kube-system", "kube-node-lease"] {
      create(Namespace(name: name))
    }
    schedule(.zero, .toManager(.started))
  }

  /// Starts a cloud-controller-manager too.
  mutating func startCloudManager() {
    cloudManager = CloudControllerManager(
      CloudControllerManager.Config(identity: "master-1_b", seed: 2))
    schedule(.zero, .toCloudManager(.started))
  }

  var wall: Timestamp { .powerOn + (now - .zero) }
  private var hostTime: HostTime { HostTime(monotonic: now, wall: wall) }

  // MARK: Outside inputs

  mutating func create(_ object: some Resource) {
    var request = APIRequest(
      .create, type(of: object).kind, namespace: object.metadata.namespace,
      name: object.metadata.name)
    request.body = .object(object.boxed)
    _ = api.handle(0, request, now: wall)
    flushWatches()
  }

  mutating func change<T: Resource>(_ key: ObjectKey, _ body: (inout T) -> Void) {
    api.change(key, body)
    flushWatches()
  }

  mutating func delete(
    _ kind: ResourceKind, _ namespace: String, _ name: String, policy: String? = nil
  ) {
    var options = APIRequest.Options()
    options.propagationPolicy = policy
    _ = api.delete(kind, ObjectKey(namespace: namespace, name: name), options, wall)
    flushWatches()
  }

  mutating func addNode(_ name: String, zone: String = "") {
    var node = Node(name: name)
    node.metadata.labels["kubernetes.io/hostname"] = name
    if !zone.isEmpty { node.metadata.labels["topology.kubernetes.io/zone"] = zone }
    setReady(&node)
    create(node)
    let lease = Lease(name: name, namespace: "kube-node-lease")
    create(lease)
    alive.insert(name)
    schedule(.zero, .heartbeat(name))
  }

  private func setReady(_ node: inout Node) {
    for type in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
      var condition = Condition(type: type, status: type == "Ready" ? "True" : "False")
      condition.lastHeartbeatTime = wall.truncatedToSeconds
      node.status.conditions.set(condition, now: wall.truncatedToSeconds)
    }
  }

  /// The kubelet comes back: it posts its status, renews its lease and looks after its pods.
  mutating func revive(_ name: String) {
    alive.insert(name)
    let time = wall.truncatedToSeconds
    change(ObjectKey(name: name)) { (node: inout Node) in
      for at in node.status.conditions.indices {
        node.status.conditions[at].status =
          node.status.conditions[at].type == "Ready" ? "True" : "False"
        node.status.conditions[at].lastHeartbeatTime = time
        node.status.conditions[at].lastTransitionTime = time
      }
    }
    schedule(.zero, .heartbeat(name))
    for pod in api.all(Pod.self) where pod.spec.nodeName == name { look(pod) }
  }

  // MARK: Running

  mutating func run(_ span: Span) {
    let end = now + span
    while let first = queue.first, first.at <= end {
      queue.removeFirst()
      now = first.at
      deliver(first.due)
      flushWatches()
      steps += 1
      invariant?(self)
    }
    now = end
  }

  /// Runs until `condition` holds, for at most `limit`. False where it never did.
  mutating func run(until limit: Span, _ condition: (TestCluster) -> Bool) -> Bool {
    let end = now + limit
    if condition(self) { return true }
    while let first = queue.first, first.at <= end {
      queue.removeFirst()
      now = first.at
      deliver(first.due)
      flushWatches()
      steps += 1
      invariant?(self)
      if condition(self) { return true }
    }
    now = end
    return condition(self)
  }

  private mutating func schedule(_ span: Span, _ due: Due) {
    sequence += 1
    let item = (at: now + span, sequence: sequence, due: due)
    var low = 0
    var high = queue.count
    while low < high {
      let middle = (low + high) / 2
      if (queue[middle].at, queue[middle].sequence) > (item.at, item.sequence) {
        high = middle
      } else {
        low = middle + 1
      }
    }
    queue.insert(item, at: low)
  }

  private mutating func deliver(_ due: Due) {
    switch due {
    case .toManager(let event):
      guard exits.isEmpty else { return }
      effects.reset(cause: .none)
      manager.step(event, at: hostTime, into: &effects)
      carryOut(effects.list, isCloud: false)
    case .toCloudManager(let event):
      guard cloudManager != nil else { return }
      effects.reset(cause: .none)
      var asked: [CloudRequest] = []
      let time = hostTime
      cloudManager?.step(event, at: time, into: &effects, cloud: &asked)
      carryOut(effects.list, isCloud: true)
      for request in asked { schedule(latency, .toCloud(request)) }
    case .toCloud(let request): schedule(latency, .fromCloud(cloud.handle(request)))
    case .fromCloud(let response):
      effects.reset(cause: .none)
      var asked: [CloudRequest] = []
      let time = hostTime
      cloudManager?.step(response, at: time, into: &effects, cloud: &asked)
      carryOut(effects.list, isCloud: true)
      for request in asked { schedule(latency, .toCloud(request)) }
    case .request(let id, let request, let isCloud):
      if isPartitioned { return }
      guard let response = api.handle(id, request, isCloud: isCloud, now: wall) else { return }
      let event = ClientEvent.response(id, response)
      schedule(latency, isCloud ? .toCloudManager(event) : .toManager(event))
    case .heartbeat(let name):
      guard alive.contains(name) else { return }
      let time = wall
      change(ObjectKey(namespace: "kube-node-lease", name: name)) { (lease: inout Lease) in
        lease.spec.renewTime = time
      }
      schedule(.seconds(10), .heartbeat(name))
    case .start(let key): startPod(key)
    case .stop(let key):
      guard let pod = api.get(key, as: Pod.self), alive.contains(pod.spec.nodeName) else { return }
      api.remove(pod.boxed)
    case .watchFlush: break
    }
  }

  private mutating func carryOut(_ list: [ClientEffect], isCloud: Bool) {
    for effect in list {
      switch effect {
      case .request(let id, let request):
        schedule(latency, .request(id, request, isCloud: isCloud))
      case .arm(let timer, let span):
        schedule(span, isCloud ? .toCloudManager(.timer(timer)) : .toManager(.timer(timer)))
      case .note(let note): notes.append((now, note.subject, note.message))
      case .exit(_, let reason): exits.append(reason)
      case .cancel, .hangUp, .because: break
      }
    }
  }

  /// Sends watch events on their way, and lets scheduler and kubelets see them.
  private mutating func flushWatches() {
    let events = api.pending
    api.pending = []
    for (watch, isCloud, event) in events {
      let watched = ClientEvent.watch(watch, [event])
      schedule(latency, isCloud ? .toCloudManager(watched) : .toManager(watched))
    }
    var seen: Set<ObjectKey> = []
    for (_, _, event) in events {
      guard event.kind != .deleted, let pod = event.object.pod, seen.insert(pod.key).inserted
      else { continue }
      look(pod)
    }
  }

  // MARK: Scheduler and kubelets

  private mutating func look(_ pod: Pod) {
    if pod.metadata.deletionTimestamp != nil {
      if alive.contains(pod.spec.nodeName) { schedule(stopDelay, .stop(pod.key)) }
    } else if pod.spec.nodeName.isEmpty || pod.status.phase == "Pending" {
      schedule(pod.spec.nodeName.isEmpty ? .milliseconds(5) : startDelay, .start(pod.key))
    }
  }

  private mutating func startPod(_ key: ObjectKey) {
    guard let pod = api.get(key, as: Pod.self), pod.metadata.deletionTimestamp == nil else {
      return
    }
    if pod.spec.nodeName.isEmpty {
      let nodes = api.all(Node.self).filter { node in
        !node.spec.taints.contains { $0.effect == "NoSchedule" || $0.effect == "NoExecute" }
      }
      guard !nodes.isEmpty else { return schedule(.seconds(1), .start(key)) }
      nextNode += 1
      let name = nodes[nextNode % nodes.count].metadata.name
      api.change(key) { (pod: inout Pod) in pod.spec.nodeName = name }
      return
    }
    guard pod.status.phase == "Pending", alive.contains(pod.spec.nodeName) else { return }
    let time = wall.truncatedToSeconds
    let isBroken = pod.spec.containers.contains { brokenImages.contains($0.image) }
    nextIP += 1
    let ip = "10.244.\(nextIP / 250).\(nextIP % 250)"
    api.change(key) { (pod: inout Pod) in
      pod.status.phase = "Running"
      pod.status.podIP = ip
      pod.status.conditions.set(
        Condition(type: "Ready", status: isBroken ? "False" : "True"), now: time)
    }
  }

  // MARK: Reading

  func pods(_ labels: StringMap = [:]) -> [Pod] {
    api.all(Pod.self).filter { labels.isSubset(of: $0.metadata.labels) }
  }

  func deployment(_ name: String) -> Deployment? {
    api.get(ObjectKey(namespace: "default", name: name))
  }

  /// The Events of one reason, oldest first, as their messages.
  func events(_ reason: String) -> [String] {
    api.all(Event.self).filter { $0.reason == reason }.map(\.message)
  }

  func said(_ text: String) -> Bool { notes.contains { $0.message.contains(text) } }

  /// When the first note with this text was made, in seconds.
  func firstSaid(_ text: String) -> Double? {
    notes.first { $0.message.contains(text) }?.at.seconds
  }
}

/// A deployment as kubectl would create it, with the defaults that the API server fills in.
func makeDeployment(
  _ name: String, replicas: Int32, image: String = "v1", surge: IntOrString = .string("25%"),
  unavailable: IntOrString = .string("25%")
) -> Deployment {
  var deployment = Deployment(name: name, namespace: "default")
  deployment.spec.replicas = replicas
  deployment.spec.selector = LabelSelector(matchLabels: ["app": name])
  deployment.spec.template.metadata.labels = ["app": name]
  var container = Container()
  container.name = "main"
  container.image = image
  deployment.spec.template.spec.containers = [container]
  deployment.spec.strategyType = "RollingUpdate"
  deployment.spec.maxSurge = surge
  deployment.spec.maxUnavailable = unavailable
  deployment.spec.progressDeadlineSeconds = 600
  deployment.spec.revisionHistoryLimit = 10
  return deployment
}
