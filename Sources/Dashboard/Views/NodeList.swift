import Engine

/// A row for each node, or its place on a map by zones.
enum NodeArrangement: Sendable, Hashable { case table, zones }

/// The rows of the nodes' view.
struct NodeList: ViewModel {
  struct Zone: Sendable {
    let name: String
    /// Places in `order`.
    var members: [Int] = []
    var ready = 0
    var pods = 0
    var cpuRequested: Int64 = 0
    var cpuAllocatable: Int64 = 0
    var memoryRequested: Int64 = 0
    var memoryAllocatable: Int64 = 0
  }

  let nodes: [Observation.Node]
  /// Which of the nodes are shown, in order.
  let order: [Int]
  /// Empty in a table.
  private(set) var zones: [Zone] = []

  init(_ observation: Observation, _ arrangement: NodeArrangement, _ filter: RowFilter) {
    nodes = observation.nodes
    order =
      filter.isEmpty
      ? Array(nodes.indices)
      : nodes.indices.filter { index in
        let node = observation.nodes[index]
        return filter.admits(node.name, node.status, node.zone, node.roles)
      }
    if arrangement == .zones { readZones() }
  }

  private mutating func readZones() {
    var places: [String: Int] = [:]
    for (place, index) in order.enumerated() {
      let node = nodes[index]
      let at = places[node.zone] ?? zones.count
      if at == zones.count {
        places[node.zone] = at
        zones.append(Zone(name: node.zone))
      }
      zones[at].members.append(place)
      zones[at].ready += node.ready == "True" ? 1 : 0
      zones[at].pods += node.pods
      zones[at].cpuRequested += node.cpuRequested
      zones[at].cpuAllocatable += node.cpuAllocatable
      zones[at].memoryRequested += node.memoryRequested
      zones[at].memoryAllocatable += node.memoryAllocatable
    }
    zones.sort { $0.name < $1.name }
  }

  func node(_ place: Int) -> Observation.Node? {
    order.indices.contains(place) ? nodes[order[place]] : nil
  }

  func count(_ pane: Pane) -> Int? { pane == .nodes ? order.count : nil }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    pane == .nodes ? node(index).map { .node($0.name) } : nil
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    guard case .node(let name) = id else { return nil }
    guard let at = nodes.place(of: name) else { return nil }
    return order.count == nodes.count ? at : order.firstIndex(of: at)
  }
}
