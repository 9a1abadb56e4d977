import Basics
import ControllerRuntime
import KubeAPI

/// What the kubelet knows about its own node.
struct NodeState: Sendable {
  var isRegistered = false
  var registrationStep = Span.milliseconds(100)
  /// The newest node object seen, in the informer or in an answer.
  var object: Node?
  var isFastDone = false
  var isFastArmed = false
  var wasUnschedulable: Bool?
}

extension KubeletWork {
  /// `registerWithAPIServer`: a first try after 100 ms, then doubling waits of at most 7 s.
  mutating func armRegistration(_ step: inout Step) {
    step.effects.arm(TimerID(tag: Timer.register), after: node.registrationStep)
    node.registrationStep = min(node.registrationStep * 2, .seconds(7))
  }

  mutating func register(_ step: inout Step) {
    guard !node.isRegistered else { return }
    var request = APIRequest(.create, .node, name: config.nodeName)
    request.body = .object(initialNode(&step).boxed)
    client.call(request, tag: .register, now: step.now, into: &step.effects)
  }

  mutating func registrationAnswered(
    _ call: Call, _ response: APIResponse, _ step: inout Step
  ) {
    switch (call, response) {
    case (.register, .object(let object)):
      step.effects.note(
        .lifecycle, ObjectReference(.node, ObjectKey(name: config.nodeName)),
        "kubelet registered node \(config.nodeName)")
      registered(object.node, &step)
    case (.register, .status(let status)) where status.isAlreadyExists:
      let get = APIRequest(.get, .node, name: config.nodeName)
      client.call(get, tag: .registered, now: step.now, into: &step.effects)
    case (.registered, .object(let object)):
      guard let existing = object.node else { return armRegistration(&step) }
      reconcile(existing, &step)
    case (.reconcileNode, .object(let object)):
      registered(object.node, &step)
    default:
      armRegistration(&step)
    }
  }

  /// A node that was there before keeps everything but the labels and annotations a kubelet owns.
  private mutating func reconcile(_ existing: Node, _ step: inout Step) {
    var wanted = existing
    wanted.metadata.labels.merge(defaultLabels)
    wanted.metadata.annotations.merge(Self.annotations)
    guard wanted.metadata != existing.metadata else { return registered(existing, &step) }
    var request = APIRequest(.update, .node, name: config.nodeName)
    request.body = .object(wanted.boxed)
    client.call(request, tag: .reconcileNode, now: step.now, into: &step.effects)
  }

  private mutating func registered(_ object: Node?, _ step: inout Step) {
    node.isRegistered = true
    if let object { adopt(object) }
    step.heartbeat.leaseBackoff = .milliseconds(100)
    ensureLease(&step)
    syncNodeStatus(&step)
    armFastStatus(&step)
  }

  /// Takes over a node object that is newer than the one held.
  mutating func adopt(_ object: Node) {
    if let held = node.object, held.resourceVersion >= object.resourceVersion,
      held.metadata.uid == object.metadata.uid
    {
      return
    }
    node.object = object
  }

  private static let annotations: StringMap = [
    "volumes.kubernetes.io/controller-managed-attach-detach": "true"
  ]

  private var defaultLabels: StringMap {
    var labels = config.labels
    labels["kubernetes.io/hostname"] = config.nodeName
    labels["kubernetes.io/os"] = "linux"
    labels["kubernetes.io/arch"] = "amd64"
    labels["beta.kubernetes.io/os"] = "linux"
    labels["beta.kubernetes.io/arch"] = "amd64"
    return labels
  }

  private mutating func initialNode(_ step: inout Step) -> Node {
    var fresh = Node(name: config.nodeName)
    fresh.metadata.labels = defaultLabels
    fresh.metadata.annotations = Self.annotations
    if config.isCloudProviderExternal && !config.nodeIP.isEmpty {
      fresh.metadata.annotations["alpha.kubernetes.io/provided-node-ip"] = config.nodeIP
    }
    fresh.spec.taints = config.registerWithTaints
    if config.isCloudProviderExternal {
      fresh.spec.taints.append(
        Taint(key: Taint.cloudUninitialized, value: "true", effect: "NoSchedule"))
    }
    setNodeStatus(&fresh, &step)
    return fresh
  }

  /// The informer's view of the own node changed.
  mutating func nodeChanged(_ deltas: [Delta], _ step: inout Step) {
    for delta in deltas {
      guard let object = delta.object.node else { continue }
      if case .deleted = delta {
        // As in the real kubelet, a node that somebody deleted comes back with the next start.
        node.object = nil
        continue
      }
      adopt(object)
      if config.podCIDR.isEmpty, !object.spec.podCIDR.isEmpty {
        setNetwork(object.spec.podCIDR, &step)
      }
      if let before = node.wasUnschedulable, before != object.spec.unschedulable {
        let reason = object.spec.unschedulable ? "NodeNotSchedulable" : "NodeSchedulable"
        recordNodeEvent(reason, "Node \(config.nodeName) status is now: \(reason)", &step)
      }
      node.wasUnschedulable = object.spec.unschedulable
    }
  }
}
