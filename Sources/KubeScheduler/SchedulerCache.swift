import Basics
import KubeAPI
import PersistentCollections

/// The scheduler's picture of nodes and the pods on them, assumed ones included
/// (`backend/cache/cache.go`). Nodes have slots: dense numbers by which everything else is kept.
struct SchedulerCache: Sendable {
  /// A pod that counts on a node.
  struct PodState: Sendable {
    var info: PodInfo
    var slot: Int32
    var podClass: Int32
    /// Bound here but not yet seen bound.
    var isAssumed: Bool
  }

  private(set) var rows: [NodeRow] = []
  private(set) var details = BoxedVector<NodeDetail>()
  private(set) var taints = TaintTable()
  private(set) var tree = NodeTree()
  private(set) var columns: [TopologyColumn] = []
  private(set) var classes = PodClassTable()
  private(set) var images = ImageTable()
  var namespaces = NamespaceTable()
  var owners = OwnerTable()
  private var slots = LookupTable<String, Int32>()
  private var freeSlots: [Int32] = []
  private var pods = LookupTable<UID, PodState>()

  init() {}

  /// How many Node objects there are.
  var nodeCount: Int { tree.order.count }
  var podCount: Int { pods.count }
  func slot(of name: String) -> Int? { slots[name].map(Int.init) }
  func pod(_ uid: UID) -> PodState? { pods[uid] }

  /// The nodes in the order in which they are looked at; call before a cycle.
  mutating func refresh() { tree.refresh() }

  // MARK: Nodes

  /// Adds a node or replaces what is known of it.
  mutating func setNode(_ node: Node) {
    let name = node.metadata.name
    let slot = Int(makeSlot(name))
    let old = details[slot]
    var row = rows[slot]
    let amounts = ResourceAmounts(node.status.allocatable)
    row.allocatableMilliCPU = amounts.milliCPU
    row.allocatableMemory = amounts.memory
    row.allocatableEphemeralStorage = amounts.ephemeralStorage
    row.allowedPods = node.status.allocatable["pods"]?.value ?? 0
    row.taints = taints.handle(of: node.spec.taints)
    row.isUnschedulable = node.spec.unschedulable
    row.exists = true
    // A heartbeat changes none of it, and then nothing is written: the table is big.
    if row != rows[slot] {
      row.balance = -1
      rows[slot] = row
    }

    if old.zone == nil || old.node.status.images != node.status.images {
      images.remove(Int32(slot), old.node.status.images)
      images.add(Int32(slot), node.status.images)
    }
    if old.zone == nil || old.labels != node.metadata.labels {
      moveInTree(slot, from: old.zone, to: NodeTree.zoneKey(node.metadata.labels))
      for index in columns.indices { columns[index].set(slot, node.metadata.labels) }
    }
    details[slot].node = node
    details[slot].labels = node.metadata.labels
    details[slot].allocatable = amounts.scalars
  }

  mutating func removeNode(_ name: String) {
    guard let slot = slot(of: name), let zone = details[slot].zone else { return }
    tree.remove(Int32(slot), zone: zone)
    images.remove(Int32(slot), details[slot].node.status.images)
    for index in columns.indices { columns[index].clear(slot) }
    rows[slot].exists = false
    rows[slot].allowedPods = 0
    details[slot].zone = nil
    details[slot].node = Node()
    details[slot].labels = StringMap()
    dropIfEmpty(slot)
  }

  private mutating func moveInTree(_ slot: Int, from old: String?, to new: String) {
    guard old != new else { return }
    if let old { tree.remove(Int32(slot), zone: old) }
    tree.add(Int32(slot), zone: new)
    details[slot].zone = new
  }

  private mutating func makeSlot(_ name: String) -> Int32 {
    if let slot = slots[name] { return slot }
    let slot: Int32
    if let reused = freeSlots.popLast() {
      slot = reused
      rows[Int(slot)] = NodeRow()
      details[Int(slot)] = NodeDetail(name: name)
    } else {
      slot = Int32(rows.count)
      rows.append(NodeRow())
      details.append(NodeDetail(name: name))
    }
    slots[name] = slot
    return slot
  }

  /// A node that is gone keeps its slot until its last pod is.
  private mutating func dropIfEmpty(_ slot: Int) {
    guard !rows[slot].exists, details[slot].pods.isEmpty else { return }
    slots.removeValue(forKey: details[slot].name)
    freeSlots.append(Int32(slot))
  }

  // MARK: Pods

  /// Counts a pod on its node; one that was assumed is confirmed.
  mutating func addPod(_ info: PodInfo) {
    if pods.contains(info.uid) { removePod(info.uid) }
    insert(info, on: info.nodeName, isAssumed: false)
  }

  /// Counts a pod on `node` before its binding is known.
  mutating func assume(_ info: PodInfo, on node: String) {
    precondition(!pods.contains(info.uid), "\(info.key.text) is in the cache already")
    insert(info, on: node, isAssumed: true)
  }

  /// Takes an assumed pod back; false where it is none (any more).
  @discardableResult
  mutating func forget(_ uid: UID) -> Bool {
    guard let state = pods[uid], state.isAssumed else { return false }
    removePod(uid)
    return true
  }

  func isAssumed(_ uid: UID) -> Bool { pods[uid]?.isAssumed ?? false }

  mutating func removePod(_ uid: UID) {
    guard let state = pods.removeValue(forKey: uid) else { return }
    count(state.info, on: Int(state.slot), sign: -1)
    let slot = Int(state.slot)
    if let at = details[slot].pods.firstIndex(where: { $0.uid == uid }) {
      details[slot].pods.swapAt(at, details[slot].pods.count - 1)
      details[slot].pods.removeLast()
    }
    classes.change(
      state.podClass, slot: state.slot, by: -1, isTerminating: state.info.isTerminating)
    dropIfEmpty(slot)
  }

  private mutating func insert(_ info: PodInfo, on node: String, isAssumed: Bool) {
    let slot = makeSlot(node)
    count(info, on: Int(slot), sign: 1)
    details[Int(slot)].pods.append(info)
    let podClass = classes.number(of: info)
    classes.change(podClass, slot: slot, by: 1, isTerminating: info.isTerminating)
    pods[info.uid] = PodState(info: info, slot: slot, podClass: podClass, isAssumed: isAssumed)
  }

  /// A newer state of a pod that asks for the same: swaps the object and leaves the sums alone.
  mutating func replacePod(_ info: PodInfo) {
    guard let state = pods[info.uid] else { return }
    let slot = Int(state.slot)
    guard let at = details[slot].pods.firstIndex(where: { $0.uid == info.uid }) else { return }
    details[slot].pods[at] = info
    pods.modify(info.uid) {
      $0.info = info
      $0.isAssumed = false
    }
  }

  /// Adds a pod's requests and ports to a node's sums, or with `sign` −1 takes them away. Also used
  /// to try what a node would be like with or without a pod.
  mutating func count(_ info: PodInfo, on slot: Int, sign: Int64) {
    rows[slot].requestedMilliCPU += sign * info.requests.milliCPU
    rows[slot].requestedMemory += sign * info.requests.memory
    rows[slot].requestedEphemeralStorage += sign * info.requests.ephemeralStorage
    rows[slot].nonZeroMilliCPU += sign * info.nonZeroMilliCPU
    rows[slot].nonZeroMemory += sign * info.nonZeroMemory
    rows[slot].podCount += sign
    rows[slot].balance = -1
    if !info.requests.scalars.isEmpty { details[slot].requested.add(info.requests, sign: sign) }
    for port in info.hostPorts {
      if sign > 0 {
        details[slot].ports.append(port)
      } else if let at = details[slot].ports.lastIndex(of: port) {
        details[slot].ports.remove(at: at)
      }
    }
  }

  // MARK: What cycles look up

  /// The column of a topology key, made at the first use of the key.
  mutating func column(of key: String) -> Int {
    if let at = columns.firstIndex(where: { $0.key == key }) { return at }
    var column = TopologyColumn(key: key, slots: rows.count)
    for slot in rows.indices where rows[slot].exists { column.set(slot, details[slot].labels) }
    columns.append(column)
    return columns.count - 1
  }

  mutating func setBalance(_ balance: Int32, _ slot: Int) { rows[slot].balance = balance }
}
