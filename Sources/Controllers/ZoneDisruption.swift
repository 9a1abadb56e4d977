import Basics
import ControllerRuntime
import KubeAPI

/// How fast a zone may be tainted, by how much of it is not ready (`handleDisruption`).
extension NodeLifecycleController {
  mutating func handleDisruption(_ context: inout ControllerContext) {
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
      for name in knownNames { health.modify(name) { $0.probedAt = context.now } }
    }
    for (position, zone) in populated.enumerated() where zones[zone].state != states[position] {
      enter(states[position], zone, &context)
    }
  }

  mutating func enter(
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
}
