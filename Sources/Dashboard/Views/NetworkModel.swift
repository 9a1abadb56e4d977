import Basics
import Engine
import KubeAPI
import KubeProxy
import PersistentCollections

/// Requests to each service over the last virtual seconds, as far as somebody looked.
struct TrafficHistory: Sendable {
  /// Seconds kept.
  static let limit = 240
  /// Requests a second and service.
  static let requests = 20

  private(set) var samples: [ObjectKey: [TrafficSample]] = [:]
  /// The virtual second of the last sample.
  private(set) var second: UInt64?

  /// Takes a sample for each second gone by; what was later than a rewound present is forgotten.
  mutating func sample(_ world: World, services: [ObjectKey]) {
    let now = world.now.microseconds / 1_000_000
    if let second, now < second {
      let gone = Int(second - now)
      samples = samples.mapValues { Array($0.dropLast(min(gone, $0.count))) }
      self.second = now
      return
    }
    guard second != now else { return }
    let steps = second.map { min(Int(now - $0), Self.limit) } ?? 1
    second = now
    for (key, sample) in zip(services, world.traffic(to: services, requests: Self.requests)) {
      samples[key, default: []] += Array(repeating: sample, count: steps)
      let count = samples[key]?.count ?? 0
      if count > Self.limit { samples[key]?.removeFirst(count - Self.limit) }
    }
  }
}

/// The rows of the network's view: services, and each node's proxy.
struct NetworkModel: ViewModel {
  struct Service: Sendable {
    let key: ObjectKey
    let type: String
    let address: String
    let ports: String
    var slices: [APIObject] = []
    var ready = 0
    var endpoints = 0
  }

  struct Proxy: Sendable {
    let node: String
    let process: Process
  }

  /// The nodes' proxies, read off the world's tables where one is asked for: of thousands few are
  /// shown.
  struct Proxies: RandomAccessCollection, Sendable {
    private let numbers: [ProcessID]
    private let processes: PagedVector<Process>
    private let hosts: [Host]

    init(_ world: World) {
      numbers = world.proxyProcesses
      processes = world.processes
      hosts = world.hosts
    }

    var startIndex: Int { 0 }
    var endIndex: Int { numbers.count }
    subscript(index: Int) -> Proxy {
      let process = processes[numbers[index]]
      return Proxy(node: hosts[process.host].name, process: process)
    }

    func node(_ index: Int) -> String { hosts[processes[numbers[index]].host].name }
  }

  private(set) var services: [Service] = []
  let proxies: Proxies
  /// Services of which traffic is tried; more than fit on a screen only cost time.
  static let trafficLimit = 60

  init(_ world: World, _ filter: RowFilter) {
    proxies = Proxies(world)
    for object in world.objects(.service) {
      guard let service = object.service else { continue }
      let spec = service.spec
      guard filter.admits(object.key.text, spec.clusterIP, spec.type) else { continue }
      let ports = spec.ports.map { port in
        port.nodePort > 0 ? "\(port.port):\(port.nodePort)" : "\(port.port)"
      }
      services.append(
        Service(
          key: object.key, type: spec.type.isEmpty ? "ClusterIP" : spec.type,
          address: spec.clusterIP, ports: ports.joined(separator: ",")))
    }
    readSlices(world)
  }

  private mutating func readSlices(_ world: World) {
    var places: [ObjectKey: Int] = [:]
    for (index, service) in services.enumerated() { places[service.key] = index }
    for object in world.objects(.endpointSlice) {
      guard let name = object.metadata.labels["kubernetes.io/service-name"],
        let at = places[ObjectKey(namespace: object.metadata.namespace, name: name)],
        let slice = object.endpointSlice
      else { continue }
      services[at].slices.append(object)
      services[at].endpoints += slice.endpoints.count
      services[at].ready += slice.endpoints.count { $0.ready ?? true }
    }
  }

  func service(_ id: RowID?) -> Service? {
    guard case .object(.service, let key)? = id else { return nil }
    return services.first { $0.key == key }
  }

  // MARK: Rows

  func count(_ pane: Pane) -> Int? {
    switch pane {
    case .services: services.count
    case .proxies: proxies.count
    default: nil
    }
  }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    switch pane {
    case .services where services.indices.contains(index): .object(.service, services[index].key)
    case .proxies where proxies.indices.contains(index):
      .control(.kubeProxy, host: proxies.node(index))
    default: nil
    }
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    switch id {
    case .object(.service, let key): services.firstIndex { $0.key == key }
    case .control(.kubeProxy, let host): proxies.indices.first { proxies.node($0) == host }
    default: nil
    }
  }
}
