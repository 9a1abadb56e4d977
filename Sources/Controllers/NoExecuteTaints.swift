import Basics
import ControllerRuntime
import KubeAPI

/// Which nodes shall bear the NoExecute taints, and when their zone lets them.
extension NodeLifecycleController {
  /// `processTaintBaseEviction`: a node that is not ready joins its zone's queue; one that is
  /// ready loses the taints.
  mutating func updateTaints(
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

  mutating func markReachable(
    _ node: Node, _ zone: Int, _ context: inout ControllerContext
  ) {
    let name = node.metadata.name
    zones[zone].queue.remove(name)
    let isTainted = hasNoExecute(node, Taint.unreachable) || hasNoExecute(node, Taint.notReady)
    guard isTainted || changes[name] != nil else { return }
    changes[name] = .clear
    context.enqueue(node.reference)
  }

  func hasNoExecute(_ node: Node, _ key: String) -> Bool {
    node.spec.taints.contains { $0.effect == "NoExecute" && $0.key == key }
  }

  /// `doNoExecuteTaintingPass`: lets through as many nodes as the zones' rates allow.
  mutating func taint(_ context: inout ControllerContext) {
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
  mutating func armTainting(after span: Span, _ context: inout ControllerContext) {
    guard !isTaintingArmed else { return }
    isTaintingArmed = true
    context.arm(Timer.tainting, after: max(span, .milliseconds(100)))
  }
}
