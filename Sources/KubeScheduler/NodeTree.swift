import KubeAPI

/// The order in which nodes are looked at: one of each zone in turn (`backend/cache/node_tree.go`).
struct NodeTree: Sendable {
  private struct Zone: Sendable {
    var key: String
    var slots: [Int32]
  }
  private var zones: [Zone] = []
  /// The nodes' slots, zones taking turns.
  private(set) var order: [Int32] = []
  private var isStale = false

  /// Region and zone as one word.
  static func zoneKey(_ labels: StringMap) -> String {
    let region =
      labels["topology.kubernetes.io/region"] ?? labels["failure-domain.beta.kubernetes.io/region"]
      ?? ""
    let zone =
      labels["topology.kubernetes.io/zone"] ?? labels["failure-domain.beta.kubernetes.io/zone"]
      ?? ""
    return region.isEmpty && zone.isEmpty ? "" : region + ":\u{0}:" + zone
  }

  mutating func add(_ slot: Int32, zone key: String) {
    if let at = zones.firstIndex(where: { $0.key == key }) {
      zones[at].slots.append(slot)
    } else {
      zones.append(Zone(key: key, slots: [slot]))
    }
    isStale = true
  }

  mutating func remove(_ slot: Int32, zone key: String) {
    guard let at = zones.firstIndex(where: { $0.key == key }) else { return }
    zones[at].slots.removeAll { $0 == slot }
    if zones[at].slots.isEmpty { zones.remove(at: at) }
    isStale = true
  }

  /// Brings `order` up to date.
  mutating func refresh() {
    guard isStale else { return }
    isStale = false
    order.removeAll(keepingCapacity: true)
    let longest = zones.map(\.slots.count).max() ?? 0
    for round in 0..<longest {
      for zone in zones where round < zone.slots.count { order.append(zone.slots[round]) }
    }
  }
}
