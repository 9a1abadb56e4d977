import Basics
import ControllerRuntime
import KubeAPI

/// The monitor: who is heard of and who is not (`monitorNodeHealth`).
extension NodeLifecycleController {
  /// `monitorNodeHealth`: a look at every node.
  mutating func monitor(_ context: inout ControllerContext) {
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

  mutating func register(_ node: Node, _ context: inout ControllerContext) {
    let name = node.metadata.name
    knownNames.append(name)
    context.event(
      target(node), reason: "RegisteredNode",
      message: "Node \(name) event: Registered Node \(name) in Controller")
  }

  mutating func forgetRemoved(_ context: inout ControllerContext) {
    let nodes = context[.node].objects
    let gone = knownNames.filter { !nodes.contains(ObjectKey(name: $0)) }
    for name in gone {
      known.remove(name)
      health.remove(name)
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

  /// One node: its heartbeat, its conditions, its place in the zone (`tryUpdateNodeHealth`).
  mutating func examine(
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

  mutating func noteHeartbeat(
    _ node: Node, _ observed: Condition?, _ context: ControllerContext
  ) {
    let name = node.metadata.name
    let isKnown = health.modify(name) { known in
      if observed == nil || known.ready == nil {
        // It appeared or went away: count from now. Where it never was, leave the first reading.
        if observed != nil || known.ready != nil { known.probedAt = context.now }
      } else if observed?.lastHeartbeatTime != known.ready?.lastHeartbeatTime {
        known.probedAt = context.now
      }
      if known.ready != observed { known.set(ready: observed) }
    }
    if !isKnown {
      // A node that never posted counts from its creation; any other from now.
      var probedAt = context.now
      if observed == nil, let born = node.metadata.creationTimestamp {
        probedAt = context.now - max(.zero, context.time.wall - born)
      }
      health.insert(name, Health(probedAt: probedAt, ready: observed))
    }
    let key = ObjectKey(namespace: "kube-node-lease", name: name)
    guard let renewTime = context.get(key, as: Lease.self)?.spec.renewTime else { return }
    if let seen = health[name]?.renewTime, seen >= renewTime { return }
    health.modify(name) {
      $0.renewTime = renewTime
      $0.probedAt = context.now
    }
  }

  /// All that the kubelet reports is unknown. NetworkUnavailable stays: it is not the kubelet's.
  func setUnknown(_ node: inout Node, _ now: Timestamp) {
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

  mutating func count(_ node: Node, _ ready: Condition?) {
    guard let zone = zoneOfNode[node.metadata.name],
      node.metadata.labels["node.kubernetes.io/exclude-disruption"] == nil
    else { return }
    if ready?.status == "True" { zones[zone].ready += 1 } else { zones[zone].notReady += 1 }
  }

  mutating func healthAnswered(
    _ target: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) {
    guard let node = response.object?.node else {
      if response.refusal?.isConflict == true {
        context.callUnkeyed(.get(.node, target.key), step: Step.freshNode)
      }
      return
    }
    let before = health[target.name]?.ready
    health.modify(target.name) { $0.set(ready: node.status.conditions["Ready"]) }
    if let ready = node.status.conditions["Ready"] { updateTaints(node, ready, &context) }
    if before?.status == "True" {
      context.event(
        self.target(node), reason: "NodeNotReady",
        message: "Node \(target.name) status is now: NodeNotReady")
      markPodsNotReady(target.name, &context)
    }
    armTainting(after: .zero, &context)
  }
}
