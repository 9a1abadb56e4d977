import KubeAPI

/// Something that happened in the cluster and may let a pod in that found no node before
/// (`fwk.ClusterEvent`).
enum ClusterEvent: Sendable {
  case nodeAdded(Node)
  case nodeUpdated(old: Node, new: Node, NodeChange)
  case nodeDeleted(Node)
  /// A pod that has a node appeared there.
  case podAdded(PodInfo)
  case podUpdated(old: PodInfo, new: PodInfo, PodChange)
  /// A pod that had a node, or was to have one, is gone.
  case podDeleted(PodInfo)
  /// The pod waited for five minutes, or somebody wants it tried at once.
  case wildcard

  /// The plugins that want to hear of it (their `EventsToRegister`).
  var interest: PluginSet {
    switch self {
    case .nodeAdded: Self.filters
    case .nodeUpdated(_, _, let change): change.interest
    case .nodeDeleted: PluginSet(.podTopologySpread)
    case .podAdded: [PluginSet(.podTopologySpread), PluginSet(.interPodAffinity)]
    case .podUpdated(_, _, let change): change.interest
    case .podDeleted: Self.podDeletedInterest
    case .wildcard: PluginSet(rawValue: .max)
    }
  }

  private static let filters: PluginSet = [
    PluginSet(.nodeUnschedulable), PluginSet(.nodeName), PluginSet(.taintToleration),
    PluginSet(.nodeAffinity), PluginSet(.nodePorts), PluginSet(.nodeResourcesFit),
    PluginSet(.podTopologySpread), PluginSet(.interPodAffinity), PluginSet(.nodeDeclaredFeatures),
  ]
  static let podDeletedInterest: PluginSet = [
    PluginSet(.nodePorts), PluginSet(.nodeResourcesFit), PluginSet(.podTopologySpread),
    PluginSet(.interPodAffinity), PluginSet(.defaultPreemption),
  ]

  /// The words of the scheduler's metrics and logs (`ClusterEvent.Label`).
  var label: String {
    switch self {
    case .nodeAdded: "NodeAdd"
    case .nodeUpdated: "NodeUpdate"
    case .nodeDeleted: "NodeDelete"
    case .podAdded: "AssignedPodAdd"
    case .podUpdated: "AssignedPodUpdate"
    case .podDeleted: "AssignedPodDelete"
    case .wildcard: "UnschedulableTimeout"
    }
  }
}

/// What about a node changed that matters to scheduling (`NodeSchedulingPropertiesChange`).
struct NodeChange: OptionSet, Sendable {
  let rawValue: UInt8
  static let allocatable = NodeChange(rawValue: 1)
  static let labels = NodeChange(rawValue: 2)
  static let taints = NodeChange(rawValue: 4)
  static let declaredFeatures = NodeChange(rawValue: 8)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(from old: Node, to new: Node) {
    self = []
    if old.status.allocatable != new.status.allocatable { insert(.allocatable) }
    if old.metadata.labels != new.metadata.labels { insert(.labels) }
    if old.spec.taints != new.spec.taints { insert(.taints) }
    if old.spec.unschedulable && !new.spec.unschedulable { insert(.taints) }
    if NodeDeclaredFeatures.declared(by: old) != NodeDeclaredFeatures.declared(by: new) {
      insert(.declaredFeatures)
    }
  }

  var interest: PluginSet {
    var plugins: PluginSet = []
    if contains(.allocatable) { plugins.insert(.nodeResourcesFit) }
    if contains(.declaredFeatures) { plugins.insert(.nodeDeclaredFeatures) }
    if contains(.labels) {
      plugins.formUnion([
        PluginSet(.nodeAffinity), PluginSet(.podTopologySpread), PluginSet(.interPodAffinity),
      ])
    }
    if contains(.taints) {
      plugins.formUnion([
        PluginSet(.nodeUnschedulable), PluginSet(.taintToleration), PluginSet(.podTopologySpread),
      ])
    }
    return plugins
  }
}

/// What about a pod changed that matters to scheduling (`PodSchedulingPropertiesChange`).
struct PodChange: OptionSet, Sendable {
  let rawValue: UInt8
  static let labels = PodChange(rawValue: 1)
  static let scaledDown = PodChange(rawValue: 2)
  static let tolerations = PodChange(rawValue: 4)
  static let gatesEliminated = PodChange(rawValue: 8)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(from old: PodInfo, to new: PodInfo) {
    self = []
    if old.labels != new.labels { insert(.labels) }
    if Self.isLess(new.requests, than: old.requests) { insert(.scaledDown) }
    let (before, after) = (old.pod.spec, new.pod.spec)
    if before.tolerations.count != after.tolerations.count { insert(.tolerations) }
    if !before.schedulingGates.isEmpty && after.schedulingGates.isEmpty {
      insert(.gatesEliminated)
    }
  }

  private static func isLess(_ new: ResourceAmounts, than old: ResourceAmounts) -> Bool {
    new.milliCPU < old.milliCPU || new.memory < old.memory
      || new.ephemeralStorage < old.ephemeralStorage
      || old.scalars.contains { new[scalar: $0.name] < $0.amount }
  }

  var interest: PluginSet {
    var plugins: PluginSet = []
    if contains(.labels) {
      plugins.formUnion([PluginSet(.podTopologySpread), PluginSet(.interPodAffinity)])
    }
    if contains(.scaledDown) { plugins.insert(.nodeResourcesFit) }
    if contains(.tolerations) {
      plugins.formUnion([
        PluginSet(.nodeUnschedulable), PluginSet(.taintToleration), PluginSet(.podTopologySpread),
      ])
    }
    if contains(.gatesEliminated) { plugins.insert(.schedulingGates) }
    return plugins
  }
}
