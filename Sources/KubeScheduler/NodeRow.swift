import KubeAPI

/// The numbers of one node that filters and scores read for every node and pod (`NodeInfo`): kept
/// incrementally, and without a reference in it, so that a thousand of them are one flat array.
struct NodeRow: Sendable, Equatable {
  var allocatableMilliCPU: Int64 = 0
  var allocatableMemory: Int64 = 0
  var allocatableEphemeralStorage: Int64 = 0
  var allowedPods: Int64 = 0
  var requestedMilliCPU: Int64 = 0
  var requestedMemory: Int64 = 0
  var requestedEphemeralStorage: Int64 = 0
  var podCount: Int64 = 0
  /// With the defaults for containers that request nothing (`NonZeroRequested`).
  var nonZeroMilliCPU: Int64 = 0
  var nonZeroMemory: Int64 = 0
  /// Which set of taints (`TaintTable`).
  var taints: Int32 = 0
  /// NodeResourcesBalancedAllocation's measure of the node as it is; −1 until somebody asks.
  var balance: Int32 = -1
  var isUnschedulable = false
  /// False for a ghost: pods are on it, but there is no Node object.
  var exists = false
}

/// The rest of a node, read only where a pod asks for it.
struct NodeDetail: Sendable {
  var name: String
  var node = Node()
  var labels = StringMap()
  var allocatable: [ResourceAmounts.Scalar] = []
  var requested = ResourceAmounts()
  var ports: [HostPort] = []
  var pods: [PodInfo] = []
  /// The zone list of `NodeTree` that the node is in; nil for a ghost.
  var zone: String?

  func allocatable(_ name: String) -> Int64 {
    for scalar in allocatable where scalar.name == name { return scalar.amount }
    return 0
  }
}

/// The distinct sets of taints that nodes have, by number; 0 is no taints. Few: what a pod
/// tolerates is worked out once a set instead of once a node.
struct TaintTable: Sendable {
  private(set) var sets: [[Taint]] = [[]]

  /// The number of this set; times do not count.
  mutating func handle(of taints: [Taint]) -> Int32 {
    if taints.isEmpty { return 0 }
    let plain = taints.map { Taint(key: $0.key, value: $0.value, effect: $0.effect) }
    if let at = sets.firstIndex(of: plain) { return Int32(at) }
    sets.append(plain)
    return Int32(sets.count - 1)
  }
}
