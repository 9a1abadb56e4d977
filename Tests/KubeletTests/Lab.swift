import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

/// One node in virtual time: a kubelet and a container runtime before a fake API server that
/// answers after 1 ms.
final class Lab {
  enum Item {
    case kubelet(KubeletEvent, epoch: Int)
    case runtime(RuntimeEvent, epoch: Int)
    case request(RequestID, APIRequest, epoch: Int)
  }

  var api = FakeAPIServer()
  var kubelet: Kubelet
  var runtime: ContainerRuntime
  var config: KubeletConfig
  var now = Tick.zero
  var queue: [(due: Tick, sequence: Int, item: Item)] = []
  var sequence = 0
  var steps = 0
  var notes: [String] = []
  /// Nothing reaches the API server; what is sent comes back as a broken connection.
  var isCutOff = false
  var isRuntimeDown = false
  /// What the heartbeat alone has handled, by kind of event; each compared with what the whole
  /// kubelet makes of it.
  var short: [String: Int] = [:]
  private var kubeletEpoch = 0
  private var runtimeEpoch = 0

  init(
    seed: UInt64 = 1, podCIDR: String = "10.244.1.0/24",
    _ configure: (inout KubeletConfig) -> Void = { _ in }
  ) {
    config = KubeletConfig(nodeName: "worker-1", seed: seed)
    config.nodeIP = "192.168.0.11"
    config.podCIDR = podCIDR
    configure(&config)
    kubelet = Kubelet(config: config)
    runtime = ContainerRuntime(
      config: ContainerRuntime.Config(nodeName: "worker-1", seed: seed))
    var root = ConfigMap(name: "kube-root-ca.crt", namespace: "default")
    root.data["ca.crt"] = "certificate"
    api.put(root.boxed)
    post(.runtime(.started, epoch: 0), after: .zero)
    post(.kubelet(.client(.started), epoch: 0), after: .zero)
  }

  var time: HostTime {
    HostTime(monotonic: now, wall: .powerOn + Span(microseconds: Int64(now.microseconds)))
  }

  func post(_ item: Item, after span: Span) {
    sequence += 1
    let due = now + span
    let at = queue.firstIndex { $0.due > due } ?? queue.count
    queue.insert((due, sequence, item), at: at)
  }

  /// Runs the node for `span`.
  func run(_ span: Span) {
    let end = now + span
    flush()
    while let next = queue.first, next.due <= end {
      queue.removeFirst()
      now = next.due
      deliver(next.item)
      flush()
    }
    now = end
  }

  /// Runs until `condition` holds; nil when it doesn't within `limit`.
  @discardableResult
  func run(until limit: Span = .minutes(5), _ condition: () -> Bool) -> Span? {
    let start = now
    while !condition() {
      guard now - start < limit else { return nil }
      run(.milliseconds(10))
    }
    return now - start
  }

  private func deliver(_ item: Item) {
    switch item {
    case .kubelet(let event, let epoch):
      guard epoch == kubeletEpoch else { return }
      steps += 1
      var effects = Effects()
      var calls: [CRIRequest] = []
      let before = kubelet
      kubelet.step(event, at: time, into: &effects, runtime: &calls)
      compare(before, event, effects)
      for effect in effects.list { carry(effect) }
      for call in calls {
        if isRuntimeDown {
          post(.kubelet(.runtimeConnectionLost, epoch: kubeletEpoch), after: .microseconds(50))
        } else {
          post(.runtime(.request(call), epoch: runtimeEpoch), after: .microseconds(50))
        }
      }
    case .runtime(let event, let epoch):
      guard epoch == runtimeEpoch, !isRuntimeDown else { return }
      var effects = RuntimeEffects()
      runtime.step(event, at: time, into: &effects)
      for effect in effects.list {
        switch effect {
        case .respond(let response):
          post(
            .kubelet(.runtime(.response(response)), epoch: kubeletEpoch), after: .microseconds(50))
        case .event(let event):
          post(.kubelet(.runtime(.event(event)), epoch: kubeletEpoch), after: .microseconds(50))
        case .arm(let timer, let span):
          post(.runtime(.timer(timer), epoch: runtimeEpoch), after: span)
        case .note(let note): notes.append(note.message)
        case .because: break
        }
      }
    case .request(let id, let request, let epoch):
      guard epoch == kubeletEpoch else { return }
      if isCutOff {
        post(
          .kubelet(.client(.disconnected("connection refused")), epoch: epoch), after: .seconds(1))
        return
      }
      guard let response = api.answer(id, request) else { return }
      post(.kubelet(.client(.response(id, response)), epoch: epoch), after: .microseconds(500))
    }
  }

  /// Where the heartbeat alone handled an event: the whole kubelet would have done the same.
  private func compare(_ before: Kubelet, _ event: KubeletEvent, _ effects: Effects) {
    var whole = before
    var trial = Step(time: time, heartbeat: whole.$heartbeat)
    guard withUnsafePointer(to: whole.work, { trial.keepsBeating(event, $0) }) else { return }
    if case .client(let event) = event {
      switch event {
      case .timer: short["timer", default: 0] += 1
      case .response: short["response", default: 0] += 1
      case .watch: short["watch", default: 0] += 1
      default: Issue.record("the heartbeat handled \(event)")
      }
    }
    var step = Step(time: time, heartbeat: whole.$heartbeat)
    whole.work.takeBookmarks(&step.heartbeat)
    whole.work.handle(event, &step)
    whole.$heartbeat = step.$heartbeat
    #expect(step.runtime.isEmpty)
    #expect(Self.text(step.effects) == Self.text(effects))
    var (a, b) = (Digest(), Digest())
    whole.digest(into: &a)
    kubelet.digest(into: &b)
    #expect(a == b)
    let node = ObjectReference(.node, ObjectKey(name: "worker-1"))
    #expect(whole.cached(node)?.lastHeard == kubelet.cached(node)?.lastHeard)
    #expect(whole.cached(node)?.seenRevision == kubelet.cached(node)?.seenRevision)
  }

  private static func text(_ effects: Effects) -> [String] {
    effects.list.map { effect in
      guard case .request(_, let request) = effect, case .object(let object) = request.body else {
        return "\(effect)"
      }
      return "\(effect) \(object.json())"
    }
  }

  private func carry(_ effect: ClientEffect) {
    switch effect {
    case .request(let id, let request):
      post(.request(id, request, epoch: kubeletEpoch), after: .microseconds(500))
    case .cancel(let id): api.watches.removeAll { $0.id == id }
    case .hangUp: api.watches.removeAll()
    case .arm(let timer, let span):
      post(.kubelet(.client(.timer(timer)), epoch: kubeletEpoch), after: span)
    case .note(let note): notes.append(note.message)
    case .because: break
    case .exit: break
    }
  }

  private func flush() {
    for (id, event) in api.outgoing where !isCutOff {
      post(.kubelet(.client(.watch(id, [event])), epoch: kubeletEpoch), after: .microseconds(500))
    }
    api.outgoing = []
  }

  // MARK: Faults

  /// The kubelet's process is killed and started again with empty memory.
  func restartKubelet() {
    kubeletEpoch += 1
    api.watches = []
    kubelet = Kubelet(config: config)
    post(.kubelet(.client(.started), epoch: kubeletEpoch), after: .milliseconds(100))
  }

  func stopRuntime() {
    isRuntimeDown = true
    runtimeEpoch += 1
    post(.kubelet(.runtimeConnectionLost, epoch: kubeletEpoch), after: .microseconds(50))
  }

  func startRuntime() {
    isRuntimeDown = false
    post(.runtime(.started, epoch: runtimeEpoch), after: .zero)
  }

  /// Power off for `span`, then all of the host starts again.
  func powerCycle(_ span: Span) {
    kubeletEpoch += 1
    runtimeEpoch += 1
    api.watches = []
    runtime.powerLost(at: time)
    run(span)
    config.bootNumber += 1
    kubelet = Kubelet(config: config)
    post(.runtime(.started, epoch: runtimeEpoch), after: .zero)
    post(.kubelet(.client(.started), epoch: kubeletEpoch), after: .milliseconds(100))
  }

  /// The connection to the API server breaks, and what is sent afterwards is lost.
  func cutOff() {
    isCutOff = true
    api.watches = []
    post(
      .kubelet(.client(.disconnected("connection reset by peer")), epoch: kubeletEpoch),
      after: .zero)
  }

  func fault(_ pod: String, _ kind: ContainerFault.Kind) {
    let key = ObjectKey(namespace: "default", name: pod)
    post(.runtime(.fault(ContainerFault(pod: key, kind: kind)), epoch: runtimeEpoch), after: .zero)
  }

  // MARK: Pods

  @discardableResult
  func add(_ name: String, _ change: (inout Pod) -> Void = { _ in }) -> Pod {
    var pod = Pod(name: name, namespace: "default")
    pod.metadata.creationTimestamp = time.wall
    pod.metadata.generation = 1
    pod.spec.nodeName = "worker-1"
    pod.spec.restartPolicy = "Always"
    pod.spec.terminationGracePeriodSeconds = 30
    pod.status.phase = "Pending"
    var container = Container()
    container.name = "web"
    container.image = "nginx:1.27"
    pod.spec.containers = [container]
    var scheduled = Condition(type: "PodScheduled", status: "True")
    scheduled.lastTransitionTime = time.wall.truncatedToSeconds
    pod.status.conditions = [scheduled]
    change(&pod)
    return api.put(pod.boxed).pod ?? pod
  }

  func pod(_ name: String) -> Pod? { api.get(Pod.self, name, "default") }
  var node: Node? { api.get(Node.self, "worker-1") }
  var lease: Lease? { api.get(Lease.self, "worker-1", "kube-node-lease") }

  func isReady(_ name: String) -> Bool { pod(name)?.status.conditions.isTrue("Ready") ?? false }

  /// `reason: message` of the events about `name`, in order.
  func events(_ name: String) -> [String] {
    api.all(.event).compactMap(\.event).filter { $0.involvedObject.name == name }
      .sorted { $0.resourceVersion < $1.resourceVersion }
      .map { $0.reason + ": " + $0.message }
  }

  /// How often `entry` was requested.
  func count(_ entry: String) -> Int { api.log.filter { $0 == entry }.count }

  var statusUpdates: Int {
    api.log.filter { $0.hasPrefix("update") && $0.contains("/pods/") && $0.hasSuffix("/status") }
      .count
  }
}
