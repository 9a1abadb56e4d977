import Basics
import ControllerRuntime
import KubeAPI
import PersistentCollections

/// A cloud as far as Kubernetes asks it: machines, load balancers, routes. It answers at once; the
/// world carries its messages.
public struct SimulatedCloud: Sendable, Digestible {
  /// A load balancer and what it forwards to.
  public struct LoadBalancer: Sendable, Equatable {
    public var service: ObjectKey
    public var ip: String
    public var ports: [Int32]
    public var nodes: [String]
  }

  /// Machines by node name; a terminated one is not there any more.
  public private(set) var instances = PersistentMap<String, CloudInstance>()
  /// By the identity of the service.
  public private(set) var loadBalancers = PersistentMap<UID, LoadBalancer>()
  /// Pod address blocks by node name.
  public private(set) var routes = PersistentMap<String, String>()
  /// What every request is refused with, while it is not nil.
  public var outage: String?
  private var nextAddress: UInt32 = 0

  public init() {}

  // MARK: Machines

  /// Starts a machine for a node.
  public mutating func launch(
    _ nodeName: String, addresses: [NodeAddress] = [], zone: String = "", region: String = "",
    instanceType: String = ""
  ) {
    instances[nodeName] = CloudInstance(
      providerID: "orrery:///\(zone.isEmpty ? "local" : zone)/\(nodeName)", addresses: addresses,
      zone: zone, region: region, instanceType: instanceType)
  }

  /// Stops or starts a machine that is kept.
  public mutating func setState(_ nodeName: String, _ state: CloudInstance.State) {
    instances.modify(nodeName) { $0.state = state }
  }

  /// Gives a machine back: it exists no more.
  public mutating func terminate(_ nodeName: String) {
    instances[nodeName] = nil
    routes[nodeName] = nil
  }

  // MARK: The door

  public mutating func handle(_ request: CloudRequest) -> CloudResponse {
    CloudResponse(id: request.id, result: outage.map { .failed($0) } ?? answer(request.operation))
  }

  private mutating func answer(_ operation: CloudRequest.Operation) -> CloudResponse.Result {
    switch operation {
    case .instance(let providerID, let nodeName):
      if providerID.isEmpty { return instances[nodeName].map { .instance($0) } ?? .noInstance }
      let name = providerID.split(separator: "/").last.map(String.init) ?? nodeName
      guard let found = instances[name], found.providerID == providerID else { return .noInstance }
      return .instance(found)
    case .ensureLoadBalancer(let service, let uid, let ports, let nodes):
      let ip = loadBalancers[uid]?.ip ?? allocate()
      loadBalancers[uid] = LoadBalancer(service: service, ip: ip, ports: ports, nodes: nodes)
      return .loadBalancer(ip: ip)
    case .deleteLoadBalancer(_, let uid):
      loadBalancers[uid] = nil
      return .done
    case .ensureRoute(let nodeName, let cidr):
      guard instances.contains(nodeName) else { return .failed("instance not found") }
      routes[nodeName] = cidr
      return .done
    }
  }

  /// Addresses for documentation (RFC 5737), then of the range for benchmarks (RFC 2544).
  private mutating func allocate() -> String {
    nextAddress += 1
    let n = nextAddress
    if n < 255 { return "203.0.113.\(n)" }
    return "198.18.\(n / 254 % 256).\(n % 254 + 1)"
  }

  public func digest(into digest: inout Digest) {
    for (name, instance) in instances {
      digest.combine(name)
      digest.combine(UInt64(instance.state.rawValue))
    }
    digest.combine(loadBalancers.count)
    digest.combine(routes.count)
    digest.combine(UInt64(nextAddress))
    digest.combine(outage ?? "")
  }
}
