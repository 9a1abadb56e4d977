import Basics
import ControllerRuntime
import KubeAPI

/// Deletes pods that no kubelet will ever finish: bound to nodes that are gone, terminating on
/// nodes out of service, terminating before they were scheduled, and too many finished ones
/// (`pkg/controller/podgc`).
public struct PodGCController: Controller {
  private enum Step {
    static let node = 1
    static let status = 2
    static let delete = 3
  }

  public let name = "pod-garbage-collector-controller"
  /// The real loop deletes in parallel without a bound.
  public let workers = 1000
  public let watches: [ResourceKind] = []
  public let reads: [ResourceKind] = [.node, .pod]
  /// `gcCheckPeriod`
  static let period = Span.seconds(20)
  /// `quarantineTime`: how long a node must be missing before its pods are given up.
  static let quarantine = Span.seconds(40)
  /// `--terminated-pod-gc-threshold`
  private let terminatedThreshold: Int

  /// Missing nodes, and from when they may be asked for.
  private var missing: [(node: String, askAt: Tick)] = []
  private var reasons = LookupTable<ObjectReference, String>()

  public init(terminatedThreshold: Int = 12_500) {
    self.terminatedThreshold = terminatedThreshold
  }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {}

  public mutating func start(_ context: inout ControllerContext) {
    context.arm(0, after: .zero)
  }

  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {
    context.arm(0, after: Self.period)
    let pods = context[.pod].objects
    var finished: [Pod] = []
    var absent: [String] = []
    for (_, object) in pods {
      guard let pod = object.pod else { continue }
      if pod.isFinished { finished.append(pod) }
      look(pod, &absent, &context)
    }
    collectFinished(finished, &context)
    askForMissing(absent, &context)
  }

  private mutating func look(
    _ pod: Pod, _ absent: inout [String], _ context: inout ControllerContext
  ) {
    let name = pod.spec.nodeName
    if name.isEmpty {
      if pod.metadata.deletionTimestamp != nil {
        collect(pod.reference, "it terminates and was never scheduled", &context)
      }
      return
    }
    guard let object = context[.node][ObjectKey(name: name)], let node = object.node else {
      if absent.last != name && !absent.contains(name) { absent.append(name) }
      return
    }
    guard pod.metadata.deletionTimestamp != nil, !node.status.conditions.isTrue("Ready"),
      node.spec.taints.contains(where: { $0.key == Taint.outOfService })
    else { return }
    collect(pod.reference, "it terminates on \(name), which is out of service", &context)
  }

  private mutating func collectFinished(_ pods: [Pod], _ context: inout ControllerContext) {
    let excess = pods.count - terminatedThreshold
    guard terminatedThreshold > 0, excess > 0 else { return }
    // Evicted ones first, then the oldest.
    let ordered = pods.sorted { a, b in
      let (aIsEvicted, bIsEvicted) = (a.status.reason == "Evicted", b.status.reason == "Evicted")
      if aIsEvicted != bIsEvicted { return aIsEvicted }
      let (born, other) = (a.metadata.creationTimestamp, b.metadata.creationTimestamp)
      if let born, let other, born != other { return born < other }
      return a.metadata.name < b.metadata.name
    }
    for pod in ordered.prefix(excess) {
      collect(pod.reference, "more than \(terminatedThreshold) pods have finished", &context)
    }
  }

  /// A node that is still missing after its quarantine is asked for live.
  private mutating func askForMissing(_ absent: [String], _ context: inout ControllerContext) {
    missing.removeAll { !absent.contains($0.node) }
    for name in absent where !missing.contains(where: { $0.node == name }) {
      missing.append((name, context.now + Self.quarantine))
      context.notice(
        ObjectReference(.node, ObjectKey(name: name)),
        "\(self.name) misses node \(name); its pods are given up in 40s at the earliest")
    }
    for at in missing.indices where missing[at].askAt <= context.now {
      // Asked again after another quarantine if it is still needed then.
      missing[at].askAt = context.now + Self.quarantine
      context.callUnkeyed(.get(.node, ObjectKey(name: missing[at].node)), step: Step.node)
    }
  }

  private mutating func collect(
    _ pod: ObjectReference, _ why: String, _ context: inout ControllerContext
  ) {
    reasons[pod] = why
    context.enqueue(pod)
  }

  // MARK: Deleting

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let pod = context.get(key.key, as: Pod.self), let why = reasons[key] else { return }
    context.decide(key, "\(name) deletes pod \(key.name): \(why)")
    if !pod.isFinished {
      var copy = pod
      copy.status.phase = "Failed"
      if why == Self.nodeIsGone {
        copy.status.conditions.set(
          Condition(
            type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC",
            message: "PodGC: node no longer exists"), now: context.time.wall.truncatedToSeconds)
      }
      context.call(.update(copy, .status), step: Step.status)
    }
    var request = APIRequest.delete(.pod, key.key, uid: pod.metadata.uid)
    request.options.gracePeriodSeconds = 0
    context.then(request, step: Step.delete)
  }

  private static let nodeIsGone = "its node no longer exists"

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard call.step == Step.node else { return .unlessGone(response) }
    guard response.refusal?.isNotFound == true else { return .ok }
    for (key, _) in context[.pod].onNode(call.target.name) {
      collect(ObjectReference(.pod, key), Self.nodeIsGone, &context)
    }
    return .ok
  }

  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {
    if !failed { reasons.removeValue(forKey: key) }
  }
}
