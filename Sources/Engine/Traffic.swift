import Basics
import KubeAPI
import KubeProxy
import Kubelet
import SimulationKernel

/// What became of client requests to a service, tried at one instant.
public struct TrafficSample: Sendable, Hashable {
  public enum Failure: UInt8, Sendable, CaseIterable {
    /// The client's node has no rule for the service.
    case noRules
    /// The rules send it nowhere: refused at once.
    case noEndpoint
    /// The pod's machine is off or out of reach: silence.
    case unreachable
    /// The machine answers, the pod does not take connections.
    case refused

    public var words: String {
      switch self {
      case .noRules: "no rules"
      case .noEndpoint: "no endpoint"
      case .unreachable: "timed out"
      case .refused: "refused"
      }
    }
  }

  public var succeeded = 0
  /// By `Failure.rawValue`.
  public var failures = [Int](repeating: 0, count: Failure.allCases.count)
  public var failed: Int { failures.reduce(0, +) }
  public var total: Int { succeeded + failed }
  /// The most frequent failure.
  public var mainFailure: Failure? {
    Failure.allCases.filter { failures[Int($0.rawValue)] > 0 }
      .max { failures[Int($0.rawValue)] < failures[Int($1.rawValue)] }
  }

  mutating func add(_ failure: Failure?) {
    if let failure { failures[Int(failure.rawValue)] += 1 } else { succeeded += 1 }
  }
}

extension World {
  /// Tries `count` requests of clients on the nodes to each service, through their nodes' rules as
  /// they are now, to the pods as they are now.
  ///
  /// Nothing of it is part of the world: it changes nothing and costs nothing while nobody asks. The
  /// clients and the backends drawn follow from the seed and the virtual second.
  public func traffic(to services: [ObjectKey], requests count: Int) -> [TrafficSample] {
    let clients = processes.filter { $0.role == .kubeProxy && hosts[$0.host].isPowered }
    return services.map { traffic(to: $0, from: clients, requests: count) }
  }

  private func traffic(
    to service: ObjectKey, from clients: [Process], requests count: Int
  ) -> TrafficSample {
    var sample = TrafficSample()
    guard !clients.isEmpty, let spec = object(.service, service)?.service?.spec,
      let port = spec.ports.first, !spec.clusterIP.isEmpty, spec.clusterIP != "None"
    else { return sample }
    let frontend = Frontend(
      ip: spec.clusterIP, port: port.port,
      protocolName: port.protocolName.isEmpty ? "TCP" : port.protocolName)
    var draw = PRNG(
      seed: spec.seedOf(service) ^ self.spec.seed, stream: now.microseconds / 1_000_000)
    for _ in 0..<count {
      let client = clients[draw.index(below: clients.count)]
      let rules = proxies[client.index].rules
      guard let backends = rules.backends(of: frontend) else {
        sample.add(.noRules)
        continue
      }
      guard !backends.isEmpty else {
        sample.add(.noEndpoint)
        continue
      }
      sample.add(outcome(from: client.host, to: backends[draw.index(below: backends.count)]))
    }
    return sample
  }

  private func outcome(from client: HostID, to backend: Backend) -> TrafficSample.Failure? {
    let target =
      backend.nodeName.isEmpty
      ? hosts.first { $0.ip == backend.ip } : host(named: backend.nodeName)
    guard let target, target.isPowered, isOpen(client, target.id) else { return .unreachable }
    if backend.nodeName.isEmpty {
      // An API server listens on its machine's own address.
      return process(.apiServer, on: target.id)?.isRunning ?? false ? nil : .refused
    }
    guard let runtime = process(.containerRuntime, on: target.id) else { return .refused }
    return runtimes[runtime.index].accepts(connectionsTo: backend.ip) ? nil : .refused
  }

  /// The rules that the kernel of a node has, whether its kube-proxy runs or not.
  public func proxyRules(on host: HostID) -> RuleTable? {
    process(.kubeProxy, on: host).map { proxies[$0.index].rules }
  }
}

extension ServiceSpec {
  /// A number for each service, the same everywhere.
  fileprivate func seedOf(_ service: ObjectKey) -> UInt64 {
    var digest = Digest()
    digest.combine(service.namespace)
    digest.combine(service.name)
    return digest.value
  }
}
