import Basics
import KubeAPI
import PersistentCollections

/// Where packets can be sent: an address and a port of one protocol.
public struct Frontend: Hashable, Comparable, Sendable, Digestible {
  public var ip: String
  public var port: Int32
  /// `TCP`, `UDP`, `SCTP`.
  public var protocolName: String

  public init(ip: String, port: Int32, protocolName: String = "TCP") {
    self.ip = ip
    self.port = port
    self.protocolName = protocolName
  }

  public static func < (a: Frontend, b: Frontend) -> Bool {
    if a.ip != b.ip { return a.ip < b.ip }
    if a.port != b.port { return a.port < b.port }
    return a.protocolName < b.protocolName
  }

  public func digest(into digest: inout Digest) {
    digest.combine(ip)
    digest.combine(Int(port))
    digest.combine(protocolName)
  }

  /// `10.96.0.10:53/UDP`.
  public var text: String { "\(ip):\(port)/\(protocolName)" }
}

/// One backend of a service port.
public struct Backend: Hashable, Sendable {
  public var ip: String
  public var port: Int32
  public var nodeName: String
  /// The pod, where the endpoint names one.
  public var target: ObjectKey?
}

/// The rules of one service as of the last sync: the objects themselves, shared with every cache
/// that holds them. Who the backends are is worked out when somebody asks, so that 1,000 proxies
/// can take over a change of 100 endpoints without copying them 1,000 times.
public struct ServiceRules: Sendable {
  public var service: APIObject
  public var slices: [APIObject]
  /// Endpoints that take traffic.
  public var endpointCount: Int
}

/// The kernel's rules of one node: what kube-proxy wrote, and what stays while it is away.
public struct RuleTable: Sendable {
  /// What a service port is reached at.
  enum Scope: UInt8, Sendable { case cluster, node, external }
  struct Entry: Sendable {
    var service: ObjectKey
    var portName: String
    var scope: Scope
  }

  public internal(set) var services = PersistentMap<ObjectKey, ServiceRules>()
  var frontends = PersistentMap<Frontend, Entry>()
  /// Node ports answer on every address of the node.
  var nodePorts = PersistentMap<Frontend, Entry>()
  public internal(set) var endpointCount = 0
  public let nodeName: String

  public init(nodeName: String) { self.nodeName = nodeName }

  /// Replaces the rules of one service; nil takes them away.
  mutating func set(_ key: ObjectKey, _ rules: ServiceRules?) {
    let old = services[key]
    endpointCount += (rules?.endpointCount ?? 0) - (old?.endpointCount ?? 0)
    services[key] = rules
    let before = old?.service
    let after = rules?.service
    // The frontends hang on the service alone.
    if let before, let after, before === after { return }
    if let spec = before?.service.map({ ($0.spec, $0.status) }) {
      each(spec.0, spec.1) { table, frontend, _, _ in
        table.frontends[frontend] = nil
        table.nodePorts[frontend] = nil
      }
    }
    if let spec = after?.service.map({ ($0.spec, $0.status) }) {
      each(spec.0, spec.1) { table, frontend, port, scope in
        let entry = Entry(service: key, portName: port, scope: scope)
        if scope == .node {
          table.nodePorts[frontend] = entry
        } else {
          table.frontends[frontend] = entry
        }
      }
    }
  }

  private mutating func each(
    _ spec: ServiceSpec, _ status: ServiceStatus,
    _ body: (inout RuleTable, Frontend, String, Scope) -> Void
  ) {
    for port in spec.ports {
      let name = port.protocolName.isEmpty ? "TCP" : port.protocolName
      body(
        &self, Frontend(ip: spec.clusterIP, port: port.port, protocolName: name), port.name,
        .cluster)
      for ingress in status.ingress where !ingress.ip.isEmpty && ingress.ipMode != "Proxy" {
        body(
          &self, Frontend(ip: ingress.ip, port: port.port, protocolName: name), port.name,
          .external)
      }
      if port.nodePort > 0 {
        body(
          &self, Frontend(ip: "", port: port.nodePort, protocolName: name), port.name, .node)
      }
    }
  }

  /// The backends that `frontend` leads to, in the order of their rules; nil where no service has
  /// it. `isNodeAddress` says that the address is one of this node's own, where node ports answer.
  public func backends(of frontend: Frontend, isNodeAddress: Bool = false) -> [Backend]? {
    let port = Frontend(ip: "", port: frontend.port, protocolName: frontend.protocolName)
    guard let entry = frontends[frontend] ?? (isNodeAddress ? nodePorts[port] : nil),
      let rules = services[entry.service], let spec = rules.service.service?.spec
    else { return nil }
    let policy =
      entry.scope == .cluster ? spec.internalTrafficPolicy ?? "Cluster" : spec.externalTrafficPolicy
    return EndpointChoice(rules.slices, portName: entry.portName)
      .backends(onlyOn: policy == "Local" ? nodeName : nil)
  }

  /// The chance of rule `index` of `count` to take a packet that the rules before it let pass:
  /// 1/(n − i), so that each backend gets the same share (`iptables/proxier.go`).
  public static func probability(ofRule index: Int, of count: Int) -> Ratio {
    precondition(index >= 0 && index < count, "rule \(index) of \(count)")
    return Ratio(1, UInt64(count - index))
  }

  /// Where a new connection to `frontend` goes; nil where no service has it, or it has no
  /// endpoints and the packet is rejected.
  public func route(
    to frontend: Frontend, isNodeAddress: Bool = false, using prng: inout PRNG
  ) -> Backend? {
    guard let list = backends(of: frontend, isNodeAddress: isNodeAddress), !list.isEmpty else {
      return nil
    }
    // Rule after rule, each with its chance, gives every backend the same; so does one draw.
    return list[prng.index(below: list.count)]
  }
}

/// Which endpoints of a service's slices take traffic (`proxy/topology.go`).
struct EndpointChoice {
  private let slices: [EndpointSlice]
  private let portName: String

  init(_ slices: [APIObject], portName: String) {
    self.slices = slices.compactMap(\.endpointSlice)
    self.portName = portName
  }

  /// The ready ones; where there are none, those that still serve while they terminate.
  func backends(onlyOn node: String?) -> [Backend] {
    let ready = list(onlyOn: node) { $0.ready ?? true }
    return ready.isEmpty
      ? list(onlyOn: node) { ($0.serving ?? false) && ($0.terminating ?? false) } : ready
  }

  private func list(onlyOn node: String?, _ isWanted: (Endpoint) -> Bool) -> [Backend] {
    var backends: [Backend] = []
    for slice in slices {
      guard let port = slice.ports.first(where: { ($0.name ?? "") == portName })?.port else {
        continue
      }
      for endpoint in slice.endpoints where isWanted(endpoint) {
        let name = endpoint.nodeName ?? ""
        guard let ip = endpoint.addresses.first, node == nil || node == name else { continue }
        let target = endpoint.targetRef.map { ObjectKey(namespace: $0.namespace, name: $0.name) }
        backends.append(Backend(ip: ip, port: port, nodeName: name, target: target))
      }
    }
    return backends
  }

  /// How many endpoints of these slices take traffic.
  static func count(_ slices: [APIObject]) -> Int {
    var ready = 0
    var terminating = 0
    for slice in slices {
      guard let endpoints = slice.endpointSlice?.endpoints else { continue }
      for endpoint in endpoints {
        if endpoint.ready ?? true {
          ready += 1
        } else if endpoint.serving ?? false, endpoint.terminating ?? false {
          terminating += 1
        }
      }
    }
    return ready > 0 ? ready : terminating
  }
}
