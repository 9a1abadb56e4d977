import Basics
import ControllerRuntime
import KubeAPI

/// Notices nodes that fell silent, says so in their conditions and on their pods, and taints them
/// (`pkg/controller/nodelifecycle`).
///
/// It trusts its own clock only: what counts is when it saw a heartbeat change.
public struct NodeLifecycleController: Controller {
  private enum Step {
    static let health = 1
    static let freshNode = 2
    static let taints = 3
    static let podStatus = 4
  }

  enum Timer {
    static let monitor: UInt32 = 1
    static let tainting: UInt32 = 2
  }

  /// What is known of a node's heartbeat.
  struct Health: Sendable {
    /// When the last heartbeat was seen.
    var probedAt: Tick
    /// The posted Ready condition last seen.
    var ready: Condition?
    /// The lease's renewal last seen.
    var renewTime: Timestamp?
  }

  /// A change of a node's NoExecute taints that is yet to be written.
  private enum TaintChange: Sendable {
    case add(String)
    case clear
  }

  public let name = "node-lifecycle-controller"
  public let eventSource = "node-controller"
  public let workers = 8
  public let watches: [ResourceKind] = [.node, .pod]
  public let reads: [ResourceKind] = [.lease]
  public let config: NodeLifecycleConfig
  private(set) var health = LookupTable<String, Health>()
  private var known = LookupSet<String>()
  private(set) var knownNames: [String] = []
  private(set) var zones: [NodeZone] = []
  private var zoneOfNode = LookupTable<String, Int>()
  private var changes = LookupTable<String, TaintChange>()
  /// Nodes where marking the pods failed.
  private var toRetry = LookupSet<String>()
  private var isTaintingArmed = false

  public init(_ config: NodeLifecycleConfig = NodeLifecycleConfig()) { self.config = config }

  /// The state of each zone by name, for display.
  public var zoneStates: [(name: String, state: ZoneState, waiting: [String])] {
    zones.map { ($0.name, $0.state, $0.queue.waiting) }
  }

  // MARK: Changes

  public mutating func start(_ context: inout ControllerContext) {
    context.arm(Timer.monitor, after: .zero)
  }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta {
    case .added(let object):
      if let node = object.node { return noticeNode(node, &context) }
      if let pod = object.pod { noticePod(pod, &context) }
    case .updated(let old, let new):
      if let node = new.node { return noticeNode(node, &context) }
      guard let pod = new.pod, old.pod?.spec.nodeName != pod.spec.nodeName else { return }
      noticePod(pod, &context)
    case .deleted(let object):
      if case .node = object.body { changes.removeValue(forKey: object.metadata.name) }
    }
  }

  private mutating func noticeNode(_ node: Node, _ context: inout ControllerContext) {
    let zone = NodeZone.name(of: node.metadata.labels)
    let at = zones.firstIndex { $0.name == zone }
    if at == nil {
      zones.append(
        NodeZone(
          name: zone, queue: ZoneTaintQueue(interval: config.evictionInterval, now: context.now)))
    }
    zoneOfNode[node.metadata.name] = at ?? zones.count - 1
    if needsWrite(node) { context.enqueue(node.reference) }
  }

  /// A pod that is bound to a node that is not ready is not ready either.
  private func noticePod(_ pod: Pod, _ context: inout ControllerContext) {
    guard !pod.spec.nodeName.isEmpty, let health = health[pod.spec.nodeName],
      let ready = health.ready, ready.status != "True", pod.isReady
    else { return }
    context.enqueue(pod.reference)
  }

  // MARK: The monitor

  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {
    switch id {
    case Timer.monitor:
      context.arm(Timer.monitor, after: config.monitorPeriod)
      monitor(&context)
    default:
      isTaintingArmed = false
      taint(&context)
    }
  }

  /// `monitorNodeHealth`: a look at every node.
  private mutating func monitor(_ context: inout ControllerContext) {
    for at in zones.indices {
      zones[at].ready = 0
      zones[at].notReady = 0
    }
    let nodes = context[.node].objects
    for (_, object) in nodes {
      guard let node = object.node else { continue }
      if known.insert(node.metadata.name) { register(node, &context) }
      examine(node, counts: true, &context)
    }
    if known.count != nodes.count { forgetRemoved(&context) }
    handleDisruption(&context)
    taint(&context)
  }

  private mutating func register(_ node: Node, _ context: inout ControllerContext) {
    let name = node.metadata.name
    knownNames.append(name)
    context.event(
      target(node), reason: "RegisteredNode",
      message: "Node \(name) event: Registered Node \(name) in Controller")
  }

  private mutating func forgetRemoved(_ context: inout ControllerContext) {
    let nodes = context[.node].objects
    let gone = knownNames.filter { !nodes.contains(ObjectKey(name: $0)) }
    for name in gone {
      known.remove(name)
      health.removeValue(forKey: name)
      toRetry.remove(name)
      if let zone = zoneOfNode.removeValue(forKey: name) { zones[zone].queue.remove(name) }
      var target = TargetReference()
      target.apiVersion = "v1"
      target.kind = "Node"
      target.name = name
      context.event(
        target, reason: "RemovingNode",
        message: "Node \(name) event: Removing Node \(name) from Controller")
    }
    knownNames.removeAll { gone.contains($0) }
  }

  private func target(_ node: Node) -> TargetReference {
    var target = TargetReference()
    target.apiVersion = "v1"
    target.kind = "Node"
    target.name = node.metadata.name
    target.uid = node.metadata.uid
    return target
  }

  /// One node: its heartbeat, its conditions, its place in the zone (`tryUpdateNodeHealth`).
  private mutating func examine(
    _ node: Node, counts: Bool, _ context: inout ControllerContext
  ) {
    let name = node.metadata.name
    let observed = node.status.conditions["Ready"]
    noteHeartbeat(node, observed, context)
    guard let known = health[name] else { return }
    let grace = observed == nil ? config.startupGracePeriod : config.gracePeriod
    let silence = context.now - known.probedAt
    var current = observed
    // The real one asks for more than the grace, and its passes drift by the time they take: the
    // pass ten periods after a heartbeat was seen comes a little later than ten periods. Here a
    // pass takes no time, so that the same pass decides at equality.
    if silence >= grace {
      var copy = node
      setUnknown(&copy, context.time.wall.truncatedToSeconds)
      current = copy.status.conditions["Ready"]
      if current != observed {
        context.decide(
          node.reference,
          "\(self.name) marks \(name) Ready=Unknown: no heartbeat for \(silence.wholeSeconds)s, "
            + "grace \(grace.wholeSeconds)s",
          unknownBasis(name, silence, grace, isFirst: observed == nil, context)
        )
        // What follows waits for the answer: pods are marked when the node is.
        context.callUnkeyed(.update(copy, .status), step: Step.health)
        if counts { count(node, current) }
        return
      }
    }
    if counts { count(node, current) }
    guard let current else { return }
    updateTaints(node, current, &context)
    if toRetry.contains(name) && current.status != "True" {
      markPodsNotReady(name, &context)
    } else if current.status == "True" {
      toRetry.remove(name)
    }
  }

  /// What the verdict rests on: the last renewal this controller saw, and the grace.
  private func unknownBasis(
    _ name: String, _ silence: Span, _ grace: Span, isFirst: Bool, _ context: ControllerContext
  ) -> Basis {
    let key = ObjectKey(namespace: "kube-node-lease", name: name)
    let lease = context[.lease].objects[key]
    let reference = ObjectReference(.lease, key)
    let usual = NodeLifecycleConfig()
    return Basis(
      "monitorNodeHealth",
      inputs: [
        Basis.Input(
          "spec.renewTime", lease?.lease?.spec.renewTime?.rfc3339Micro ?? "never", of: reference,
          revision: lease?.resourceVersion ?? 0, .cache),
        Basis.Input("now - lastProbe", silence.brief, .clock),
      ],
      parameters: [
        isFirst
          ? Basis.Parameter(
            "node-startup-grace-period", grace.brief,
            isDefault: grace == usual.startupGracePeriod)
          : Basis.Parameter(
            "node-monitor-grace-period", grace.brief, isDefault: grace == usual.gracePeriod)
      ],
      absence: Basis.Absence(
        "heartbeats of \(name)", from: "kubelet@\(name)", silence: silence, last: reference,
        lastRevision: lease?.resourceVersion ?? 0))
  }

  private mutating func noteHeartbeat(
    _ node: Node, _ observed: Condition?, _ context: ControllerContext
  ) {
    let name = node.metadata.name
    if var known = health[name] {
      if observed == nil || known.ready == nil {
        // It appeared or went away: count from now. Where it never was, leave the first reading.
        if observed != nil || known.ready != nil { known.probedAt = context.now }
      } else if observed?.lastHeartbeatTime != known.ready?.lastHeartbeatTime {
        known.probedAt = context.now
      }
      known.ready = observed
      health[name] = known
    } else {
      // A node that never posted counts from its creation; any other from now.
      var probedAt = context.now
      if observed == nil, let born = node.metadata.creationTimestamp {
        probedAt = context.now - max(.zero, context.time.wall - born)
      }
      health[name] = Health(probedAt: probedAt, ready: observed)
    }
    let key = ObjectKey(namespace: "kube-node-lease", name: name)
    guard let renewTime = context.get(key, as: Lease.self)?.spec.renewTime else { return }
    if let seen = health[name]?.renewTime, seen >= renewTime { return }
    health[name]?.renewTime = renewTime
    health[name]?.probedAt = context.now
  }

  /// All that the kubelet reports is unknown. NetworkUnavailable stays: it is not the kubelet's.
  private func setUnknown(_ node: inout Node, _ now: Timestamp) {
    for type in ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"] {
      if let at = node.status.conditions.firstIndex(where: { $0.type == type }) {
        guard node.status.conditions[at].status != "Unknown" else { continue }
        node.status.conditions[at].status = "Unknown"
        node.status.conditions[at].reason = "NodeStatusUnknown"
        node.status.conditions[at].message = "Kubelet stopped posting node status."
        node.status.conditions[at].lastTransitionTime = now
      } else {
        var condition = Condition(
          type: type, status: "Unknown", reason: "NodeStatusNeverUpdated",
          message: "Kubelet never posted node status.")
        condition.lastHeartbeatTime = node.metadata.creationTimestamp
        condition.lastTransitionTime = now
        node.status.conditions.append(condition)
      }
    }
  }

  private mutating func count(_ node: Node, _ ready: Condition?) {
    guard let zone = zoneOfNode[node.metadata.name],
      node.metadata.labels["node.kubernetes.io/exclude-disruption"] == nil
    else { return }
    if ready?.status == "True" { zones[zone].ready += 1 } else { zones[zone].notReady += 1 }
  }

  // MARK: NoExecute taints

  /// `processTaintBaseEviction`: a node that is not ready joins its zone's queue; one that is
  /// ready loses the taints.
  private mutating func updateTaints(
    _ node: Node, _ ready: Condition, _ context: inout ControllerContext
  ) {
    let name = node.metadata.name
    guard let zone = zoneOfNode[name] else { return }
    if ready.status == "True" { return markReachable(node, zone, &context) }
    let wanted = ready.status == "False" ? Taint.notReady : Taint.unreachable
    let other = ready.status == "False" ? Taint.unreachable : Taint.notReady
    if hasNoExecute(node, other) {
      // Tainted already, for the other reason: no need to wait again.
      changes[name] = .add(wanted)
      context.enqueue(node.reference)
      return
    }
    if case .add? = changes[name] { return }
    if !hasNoExecute(node, wanted) { zones[zone].queue.remove(name) }
    zones[zone].queue.add(name)
  }

  private mutating func markReachable(
    _ node: Node, _ zone: Int, _ context: inout ControllerContext
  ) {
    let name = node.metadata.name
    zones[zone].queue.remove(name)
    let isTainted = hasNoExecute(node, Taint.unreachable) || hasNoExecute(node, Taint.notReady)
    guard isTainted || changes[name] != nil else { return }
    changes[name] = .clear
    context.enqueue(node.reference)
  }

  private func hasNoExecute(_ node: Node, _ key: String) -> Bool {
    node.spec.taints.contains { $0.effect == "NoExecute" && $0.key == key }
  }

  /// `doNoExecuteTaintingPass`: lets through as many nodes as the zones' rates allow.
  private mutating func taint(_ context: inout ControllerContext) {
    var next: Tick?
    for zone in zones.indices {
      while let name = zones[zone].queue.take(now: context.now) {
        guard let node = context.get(ObjectKey(name: name), as: Node.self),
          let ready = health[name]?.ready ?? node.status.conditions["Ready"]
        else { continue }
        let posted = node.status.conditions["Ready"]?.status ?? ready.status
        if posted == "True" { continue }
        changes[name] = .add(posted == "False" ? Taint.notReady : Taint.unreachable)
        context.enqueue(node.reference)
      }
      if let due = zones[zone].queue.nextDue(now: context.now) { next = min(next ?? due, due) }
    }
    if let next { armTainting(after: next - context.now, &context) }
  }

  /// The real loop looks every 100 ms (`NodeEvictionPeriod`); ours when there may be something.
  private mutating func armTainting(after span: Span, _ context: inout ControllerContext) {
    guard !isTaintingArmed else { return }
    isTaintingArmed = true
    context.arm(Timer.tainting, after: max(span, .milliseconds(100)))
  }

  // MARK: Disruption

  private mutating func handleDisruption(_ context: inout ControllerContext) {
    let populated = zones.indices.filter { zones[$0].size > 0 }
    let states = populated.map {
      ZoneState(ready: zones[$0].ready, notReady: zones[$0].notReady)
    }
    let allAre = states.allSatisfy { $0 == .fullDisruption }
    let allWere = populated.allSatisfy { zones[$0].state == .fullDisruption }
    if allAre && allWere { return }
    if allAre {
      context.decide(
        nil, "\(name) stops all evictions: no node of any zone is ready (master disruption mode)")
      for (_, object) in context[.node].objects {
        guard let node = object.node, let zone = zoneOfNode[node.metadata.name] else { continue }
        markReachable(node, zone, &context)
      }
      for zone in populated {
        zones[zone].queue.setInterval(nil, now: context.now)
        zones[zone].state = .fullDisruption
      }
      return
    }
    if allWere {
      context.decide(nil, "\(name) leaves master disruption mode: some nodes are ready again")
      // Nobody was heard for long, perhaps through our own fault: everyone gets a fresh start.
      for name in knownNames { health[name]?.probedAt = context.now }
    }
    for (position, zone) in populated.enumerated() where zones[zone].state != states[position] {
      enter(states[position], zone, &context)
    }
  }

  private mutating func enter(
    _ state: ZoneState, _ at: Int, _ context: inout ControllerContext
  ) {
    let zone = zones[at]
    let interval = config.interval(for: state, size: zone.size)
    zones[at].state = state
    zones[at].queue.setInterval(interval, now: context.now)
    let rate = interval.map { "one node per \($0.wholeSeconds)s" } ?? "no node at all"
    context.decide(
      nil,
      "\(name) puts zone \"\(zone.name)\" in state \(state.rawValue): "
        + "\(zone.notReady) of \(zone.size) nodes not ready; taints \(rate)"
    )
  }

  // MARK: Pods

  /// `MarkPodsNotReady`: takes the node's pods out of the endpoints at once.
  private mutating func markPodsNotReady(_ node: String, _ context: inout ControllerContext) {
    toRetry.remove(node)
    for (_, object) in context[.pod].onNode(node) {
      guard let pod = object.pod, pod.isReady else { continue }
      context.callUnkeyed(
        .update(notReady(pod, context.time.wall), .status), step: Step.podStatus)
    }
  }

  private func notReady(_ pod: Pod, _ now: Timestamp) -> Pod {
    var copy = pod
    guard let at = copy.status.conditions.firstIndex(where: { $0.type == "Ready" }) else {
      return copy
    }
    copy.status.conditions[at].status = "False"
    copy.status.conditions[at].lastTransitionTime = now.truncatedToSeconds
    return copy
  }

  // MARK: Keys: NoSchedule taints, pending NoExecute taints, labels, single pods

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    if key.kind == .pod {
      guard let pod = context.get(key.key, as: Pod.self), pod.isReady else { return }
      context.call(.update(notReady(pod, context.time.wall), .status), step: Step.podStatus)
      return
    }
    guard let node = context.get(key.key, as: Node.self) else { return }
    var copy = node
    copy.spec.taints = wantedTaints(node, context.time.wall.truncatedToSeconds)
    for (label, value) in labelFixes(node) { copy.metadata.labels[label] = value }
    guard copy.spec.taints != node.spec.taints || copy.metadata.labels != node.metadata.labels
    else {
      changes.removeValue(forKey: key.name)
      return
    }
    tellTaints(node, copy, &context)
    context.call(.update(copy), step: Step.taints)
  }

  private func needsWrite(_ node: Node) -> Bool {
    changes[node.metadata.name] != nil || !labelFixes(node).isEmpty
      || conditionTaints(node) != node.spec.taints.filter(isConditionTaint).map(\.key).sorted()
  }

  /// The keys of the NoSchedule taints that the node's conditions call for, sorted.
  private func conditionTaints(_ node: Node) -> [String] {
    var keys: [String] = []
    for condition in node.status.conditions {
      switch (condition.type, condition.status) {
      case ("Ready", "False"): keys.append(Taint.notReady)
      case ("Ready", "Unknown"): keys.append(Taint.unreachable)
      case ("MemoryPressure", "True"): keys.append(Taint.memoryPressure)
      case ("DiskPressure", "True"): keys.append(Taint.diskPressure)
      case ("PIDPressure", "True"): keys.append(Taint.pidPressure)
      case ("NetworkUnavailable", "True"): keys.append(Taint.networkUnavailable)
      default: break
      }
    }
    if node.spec.unschedulable { keys.append(Taint.unschedulable) }
    return keys.sorted()
  }

  private func isConditionTaint(_ taint: Taint) -> Bool {
    guard taint.effect == "NoSchedule" else { return false }
    switch taint.key {
    case Taint.notReady, Taint.unreachable, Taint.unschedulable, Taint.memoryPressure,
      Taint.diskPressure, Taint.pidPressure, Taint.networkUnavailable:
      return true
    default: return false
    }
  }

  private func wantedTaints(_ node: Node, _ now: Timestamp) -> [Taint] {
    let keys = conditionTaints(node)
    var taints = node.spec.taints.filter { !isConditionTaint($0) || keys.contains($0.key) }
    for key in keys where !taints.contains(where: { $0.key == key && $0.effect == "NoSchedule" }) {
      taints.append(Taint(key: key, effect: "NoSchedule", timeAdded: now))
    }
    switch changes[node.metadata.name] {
    case nil: break
    case .clear?:
      taints.removeAll { $0.effect == "NoExecute" && Self.isOurs($0.key) }
    case .add(let key)?:
      taints.removeAll { $0.effect == "NoExecute" && Self.isOurs($0.key) && $0.key != key }
      if !taints.contains(where: { $0.effect == "NoExecute" && $0.key == key }) {
        taints.append(Taint(key: key, effect: "NoExecute", timeAdded: now))
      }
    }
    return taints
  }

  private static func isOurs(_ key: String) -> Bool {
    key == Taint.notReady || key == Taint.unreachable
  }

  /// The beta labels of operating system and architecture follow the stable ones.
  private func labelFixes(_ node: Node) -> [(String, String)] {
    let labels = node.metadata.labels
    let pairs = [
      ("kubernetes.io/os", "beta.kubernetes.io/os"),
      ("kubernetes.io/arch", "beta.kubernetes.io/arch"),
    ]
    return pairs.compactMap { stable, beta in
      guard let value = labels[stable], labels[beta] != value else { return nil }
      return (beta, value)
    }
  }

  private func tellTaints(_ old: Node, _ new: Node, _ context: inout ControllerContext) {
    let name = old.metadata.name
    for taint in new.spec.taints where !old.spec.taints.contains(where: taint.matches) {
      context.decide(
        old.reference, "\(self.name) taints \(name) with \(taint.key):\(taint.effect)",
        taintBasis(old))
    }
    for taint in old.spec.taints where !new.spec.taints.contains(where: taint.matches) {
      context.decide(
        old.reference, "\(self.name) removes taint \(taint.key):\(taint.effect) from \(name)",
        taintBasis(old))
    }
  }

  private func taintBasis(_ node: Node) -> Basis {
    Basis(
      "processTaintBaseEviction",
      inputs: [
        Basis.Input(
          "status.conditions[Ready].status", node.status.conditions["Ready"]?.status ?? "none",
          of: node.reference),
        Basis.Input(
          "spec.unschedulable", node.spec.unschedulable ? "true" : "false", of: node.reference),
      ])
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    switch call.step {
    case Step.health: healthAnswered(call.target, response, &context)
    case Step.freshNode:
      // Somebody wrote the node in between: judge it again as it is now.
      if let node = response.object?.node { examine(node, counts: false, &context) }
    case Step.taints:
      if response.refusal == nil { changes.removeValue(forKey: call.target.name) }
      return .unlessGone(response)
    case Step.podStatus: return podAnswered(call, response, &context)
    default: break
    }
    return .ok
  }

  private mutating func healthAnswered(
    _ target: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) {
    guard let node = response.object?.node else {
      if response.refusal?.isConflict == true {
        context.callUnkeyed(.get(.node, target.key), step: Step.freshNode)
      }
      return
    }
    let before = health[target.name]?.ready
    health[target.name]?.ready = node.status.conditions["Ready"]
    if let ready = node.status.conditions["Ready"] { updateTaints(node, ready, &context) }
    if before?.status == "True" {
      context.event(
        self.target(node), reason: "NodeNotReady",
        message: "Node \(target.name) status is now: NodeNotReady")
      markPodsNotReady(target.name, &context)
    }
    armTainting(after: .zero, &context)
  }

  private mutating func podAnswered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    if let object = response.object {
      context.event(
        object, type: "Warning", reason: "NodeNotReady", message: "Node is not ready")
      return .ok
    }
    guard let refusal = response.refusal, !refusal.isNotFound else { return .ok }
    if call.key == nil, let node = context.get(call.target.key, as: Pod.self)?.spec.nodeName {
      toRetry.insert(node)
    }
    return .retry(refusal.message)
  }

  public func digest(into digest: inout Digest) {
    for zone in zones {
      digest.combine(zone.name)
      digest.combine(zone.state.rawValue)
      for node in zone.queue.waiting { digest.combine(node) }
    }
    for name in knownNames { digest.combine(health[name]?.probedAt ?? .zero) }
  }
}
