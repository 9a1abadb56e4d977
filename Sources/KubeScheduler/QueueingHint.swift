import KubeAPI

/// Whether an event is worth another try of a pod that a plugin refused: each plugin's
/// `QueueingHintFn`. True is Queue, false QueueSkip.
enum QueueingHint {
  /// `pod` was refused by `plugin`, which is interested in `event`.
  static func isWorthIt(_ plugin: Plugin, _ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    switch (plugin, event) {
    case (_, .wildcard): true
    case (.schedulingGates, .podUpdated(_, let new, _)): new.uid == pod.uid
    case (.nodeUnschedulable, _): nodeUnschedulable(pod, event)
    case (.nodeName, .nodeAdded): true
    case (.nodeDeclaredFeatures, .nodeAdded): true
    case (.nodeDeclaredFeatures, .nodeUpdated(_, _, let change)):
      change.contains(.declaredFeatures)
    case (.taintToleration, _): taintToleration(pod, event)
    case (.nodeAffinity, _): nodeAffinity(pod, event)
    case (.nodePorts, _): nodePorts(pod, event)
    case (.nodeResourcesFit, _): nodeResourcesFit(pod, event)
    case (.podTopologySpread, _): podTopologySpread(pod, event)
    case (.interPodAffinity, _): interPodAffinity(pod, event)
    // Preemption leaves it to the plugins whose refusal it resolves.
    case (.defaultPreemption, _): false
    default: false
    }
  }

  private static func nodeUnschedulable(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    switch event {
    case .nodeAdded(let node): return !node.spec.unschedulable
    case .nodeUpdated(let old, let new, _): return old.spec.unschedulable && !new.spec.unschedulable
    case .podUpdated(_, let new, _):
      let taint = Taint(key: Taint.unschedulable, effect: "NoSchedule")
      return new.uid == pod.uid && new.pod.spec.tolerations.contains { $0.tolerates(taint) }
    default: return false
    }
  }

  private static func taintToleration(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    let tolerations = pod.pod.spec.tolerations
    func isTolerated(_ node: Node) -> Bool {
      TaintToleration.tolerates(tolerations, node.spec.taints)
    }
    switch event {
    case .nodeAdded(let node): return isTolerated(node)
    case .nodeUpdated(let old, let new, _): return !isTolerated(old) && isTolerated(new)
    case .podUpdated(_, let new, _): return new.uid == pod.uid
    default: return false
    }
  }

  private static func nodeAffinity(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    let required = RequiredNodeAffinity(pod.pod.spec)
    func matches(_ node: Node) -> Bool {
      required.matches(node.metadata.labels, name: node.metadata.name)
    }
    switch event {
    case .nodeAdded(let node): return matches(node)
    case .nodeUpdated(let old, let new, _): return !matches(old) && matches(new)
    default: return false
    }
  }

  private static func nodePorts(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    switch event {
    case .nodeAdded: return true
    case .podDeleted(let gone):
      guard occupied(gone) else { return false }
      return gone.hostPorts.contains { port in pod.hostPorts.contains { $0.conflicts(with: port) } }
    default: return false
    }
  }

  /// A pod that took room: it was on a node or nominated to one.
  private static func occupied(_ pod: PodInfo) -> Bool {
    !pod.nodeName.isEmpty || !pod.nominatedNodeName.isEmpty
  }

  private static func nodeResourcesFit(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    switch event {
    case .nodeAdded(let node): return fits(pod, node)
    case .nodeUpdated(let old, let new, _): return fits(pod, new) && hasGrown(pod, old, new)
    case .podDeleted(let gone): return occupied(gone)
    case .podUpdated(let old, let new, _):
      if new.uid == pod.uid { return true }
      return !new.nodeName.isEmpty && frees(pod, old.requests, new.requests)
    default: return false
    }
  }

  /// Whether the pod would fit the node if it were empty.
  private static func fits(_ pod: PodInfo, _ node: Node) -> Bool {
    let has = ResourceAmounts(node.status.allocatable)
    let wants = pod.requests
    return node.status.allocatable["pods"]?.value ?? 0 >= 1 && wants.milliCPU <= has.milliCPU
      && wants.memory <= has.memory && wants.ephemeralStorage <= has.ephemeralStorage
      && wants.scalars.allSatisfy { $0.amount <= has[scalar: $0.name] }
  }

  private static func hasGrown(_ pod: PodInfo, _ old: Node, _ new: Node) -> Bool {
    let (before, after) = (old.status.allocatable, new.status.allocatable)
    if after["pods"]?.value ?? 0 > before["pods"]?.value ?? 0 { return true }
    return frees(pod, ResourceAmounts(after), ResourceAmounts(before))
  }

  /// Whether something that the pod requests is more in `large` than in `small`.
  private static func frees(
    _ pod: PodInfo, _ large: ResourceAmounts, _ small: ResourceAmounts
  ) -> Bool {
    let wants = pod.requests
    return wants.milliCPU > 0 && large.milliCPU > small.milliCPU
      || wants.memory > 0 && large.memory > small.memory
      || wants.ephemeralStorage > 0 && large.ephemeralStorage > small.ephemeralStorage
      || wants.scalars.contains {
        $0.amount > 0 && large[scalar: $0.name] > small[scalar: $0.name]
      }
  }

  private static func podTopologySpread(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    let constraints = pod.pod.spec.topologySpreadConstraints.filter {
      $0.whenUnsatisfiable == "DoNotSchedule"
    }
    func hasKeys(_ node: Node) -> Bool {
      constraints.allSatisfy { node.metadata.labels[$0.topologyKey] != nil }
    }
    func matches(_ other: PodInfo) -> Bool {
      constraints.contains { $0.labelSelector?.matches(other.labels) ?? false }
    }
    func isInvolved(_ other: PodInfo) -> Bool {
      other.uid == pod.uid || occupied(other) && other.namespace == pod.namespace
    }
    switch event {
    case .nodeAdded(let node), .nodeDeleted(let node): return hasKeys(node)
    case .nodeUpdated(let old, let new, _):
      if hasKeys(old) != hasKeys(new) { return true }
      return hasKeys(new)
        && (old.spec.taints != new.spec.taints
          || constraints.contains {
            old.metadata.labels[$0.topologyKey] != new.metadata.labels[$0.topologyKey]
          })
    case .podAdded(let other), .podDeleted(let other): return isInvolved(other) && matches(other)
    case .podUpdated(let old, let new, let change):
      guard isInvolved(old), isInvolved(new) else { return false }
      if new.uid == pod.uid, change.contains(.tolerations),
        constraints.contains(where: { $0.nodeTaintsPolicy == "Honor" })
      {
        return true
      }
      return constraints.contains {
        ($0.labelSelector?.matches(old.labels) ?? false)
          != ($0.labelSelector?.matches(new.labels) ?? false)
      }
    case .wildcard: return true
    }
  }

  private static func interPodAffinity(_ pod: PodInfo, _ event: ClusterEvent) -> Bool {
    let affinity = pod.terms.requiredAffinity
    let antiAffinity = pod.terms.requiredAntiAffinity
    func allMatch(_ terms: [AffinityTerm], _ other: PodInfo) -> Bool {
      terms.allMatch(
        namespace: other.namespace, labels: other.labels, namespaceLabels: StringMap())
    }
    switch event {
    case .nodeAdded(let node):
      return !antiAffinity.isEmpty
        || affinity.contains { node.metadata.labels[$0.topologyKey] != nil }
    case .nodeUpdated(let old, let new, _):
      return affinity.contains { term in
        let value = new.metadata.labels[term.topologyKey]
        return value != nil && value != old.metadata.labels[term.topologyKey]
      }
        || antiAffinity.contains { term in
          let value = old.metadata.labels[term.topologyKey]
          return value != nil && value != new.metadata.labels[term.topologyKey]
        }
    case .podAdded(let other): return occupied(other) && allMatch(affinity, other)
    case .podUpdated(let old, let new, _):
      if new.uid == pod.uid { return true }
      guard occupied(old), occupied(new) else { return false }
      return !allMatch(affinity, old) && allMatch(affinity, new)
        || allMatch(antiAffinity, old) && !allMatch(antiAffinity, new)
    case .podDeleted(let other):
      return occupied(other)
        && (allMatch(antiAffinity, other) || allMatch(other.terms.requiredAntiAffinity, pod))
    default: return false
    }
  }
}
