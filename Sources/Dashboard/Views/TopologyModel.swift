import Engine
import KubeAPI

/// The machines and processes of the map, in the order in which the keys go through them.
struct TopologyModel: ViewModel {
  /// A box of the map: a machine with the processes that are drawn in it.
  struct Box: Sendable {
    let name: String
    let host: Int
    let role: Host.Role
    /// What its own row is: a node, or another machine.
    let id: RowID
    let processes: [Entry]
  }

  struct Entry: Sendable {
    let process: ProcessID
    let role: Process.Role
    let id: RowID
  }

  private(set) var masters: [Box] = []
  private(set) var etcd: [Box] = []
  private(set) var workers: [Box] = []
  /// People, load balancer, cloud.
  private(set) var middle: [Box] = []
  private var rows: [RowID] = []
  private var places: [RowID: Int] = [:]

  /// Processes drawn in a worker's box; with more workers only the machine is.
  static let workerLimit = 60

  private let spec: ClusterSpec

  /// Machines and processes are as the cluster was specified: they come and go only with it.
  static func of(_ world: World, after last: TopologyModel?) -> TopologyModel {
    if let last, last.spec == world.spec { return last }
    return TopologyModel(world)
  }

  init(_ world: World) {
    spec = world.spec
    let hosts = world.hosts
    let many = hosts.count { $0.role == .worker } > Self.workerLimit
    for host in hosts {
      let isNode = host.role == .master || host.role == .worker
      let shown = host.role == .worker && many ? [] : host.processes
      let box = Box(
        name: host.name, host: host.id, role: host.role,
        id: isNode ? .node(host.name) : .host(host.name),
        processes: shown.compactMap { Self.entry(world.processes[$0], host) })
      switch host.role {
      case .master: masters.append(box)
      case .etcd: etcd.append(box)
      case .worker: workers.append(box)
      case .loadBalancer, .laptop, .cloud: middle.append(box)
      }
    }
    middle.sort { Self.place($0.role) < Self.place($1.role) }
    for box in etcd + masters + middle + workers {
      rows.append(box.id)
      rows += box.processes.map(\.id)
    }
    places = Dictionary(
      rows.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private static func place(_ role: Host.Role) -> Int {
    role == .laptop ? 0 : role == .loadBalancer ? 1 : 2
  }

  private static func entry(_ process: Process, _ host: Host) -> Entry? {
    let id: RowID
    switch process.role {
    case .etcd: id = .member(host.name)
    case .loadBalancer, .cloud, .user: return nil
    default: id = .control(process.role, host: host.name)
    }
    // On masters only the control plane is drawn: the node's own processes are as on any other.
    if host.role == .master {
      switch process.role {
      case .kubelet, .kubeProxy, .containerRuntime: return nil
      default: break
      }
    }
    return Entry(process: process.id, role: process.role, id: id)
  }

  // MARK: Rows

  func count(_ pane: Pane) -> Int? { pane == .map ? rows.count : nil }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    pane == .map && rows.indices.contains(index) ? rows[index] : nil
  }

  func index(of id: RowID, in pane: Pane) -> Int? { places[id] }

  /// The rows of each tier of the map, from the top: for moving to the box beside.
  private var tiers: [[Box]] { [etcd, masters, middle, workers].filter { !$0.isEmpty } }

  /// The row beside: the same line of the next box of the tier; nil at the edge.
  func beside(_ id: RowID, _ step: Int) -> RowID? {
    for tier in tiers {
      guard
        let at = tier.firstIndex(where: { box in
          box.id == id || box.processes.contains { $0.id == id }
        }), tier.indices.contains(at + step)
      else { continue }
      let other = tier[at + step]
      guard let line = tier[at].processes.firstIndex(where: { $0.id == id }) else {
        return other.id
      }
      return other.processes.isEmpty
        ? other.id : other.processes[min(line, other.processes.count - 1)].id
    }
    return nil
  }
}
