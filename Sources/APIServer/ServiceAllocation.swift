import Basics
import KubeAPI
import MVCC

/// A range of IPv4 addresses, as `10.96.0.0/12`.
public struct IPv4Range: Sendable, Equatable {
  public var base: UInt32
  public var prefixLength: Int

  public init(base: UInt32, prefixLength: Int) {
    precondition((0...32).contains(prefixLength), "a prefix of \(prefixLength) bits")
    self.base = base
    self.prefixLength = prefixLength
  }

  /// How many addresses it has.
  public var size: UInt64 { 1 << UInt64(32 - prefixLength) }

  public func contains(_ address: UInt32) -> Bool {
    UInt64(address ^ base) < size
  }

  public func address(_ offset: UInt64) -> UInt32 { base | UInt32(truncatingIfNeeded: offset) }

  /// `10.96.0.1`.
  public static func text(_ address: UInt32) -> String {
    "\(address >> 24).\(address >> 16 & 255).\(address >> 8 & 255).\(address & 255)"
  }

  /// Reads dotted decimal; nil for anything else.
  public static func parse(_ text: String) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var address: UInt32 = 0
    for part in parts {
      guard let byte = UInt8(part) else { return nil }
      address = address << 8 | UInt32(byte)
    }
    return address
  }
}

/// Cluster IPs and node ports. Each is a key of its own in etcd, taken in the transaction that
/// writes the service, so that no two servers give out the same one.
extension APIServer {
  /// A service with what was allocated to it.
  struct Allocation: Sendable {
    var service: Service
    var claims: [Proposal.Claim] = []
    var releases: [Key] = []
  }

  enum AllocationResult: Sendable {
    case success(Allocation)
    case failure(APIStatus)
  }

  /// What a new or changed service takes and gives back.
  mutating func allocate(_ service: Service, old: Service?) -> AllocationResult {
    var result = Allocation(service: service)
    if let status = allocateClusterIP(&result, old) { return .failure(status) }
    if let status = allocateNodePorts(&result, old) { return .failure(status) }
    return .success(result)
  }

  /// The keys that go with an object that is removed.
  func releases(_ object: APIObject) -> [Key] {
    guard let service = object.service else { return [] }
    return Self.addressKeys(service) + Self.ports(service).map(StorageKey.nodePort)
  }

  private static func addressKeys(_ service: Service) -> [Key] {
    let address = service.spec.clusterIP
    return address.isEmpty || address == "None" ? [] : [StorageKey.ipAddress(address)]
  }

  private static func ports(_ service: Service) -> [Int32] {
    // TCP and UDP of one number share one allocation.
    var ports: [Int32] = []
    for port in service.spec.ports where port.nodePort != 0 && !ports.contains(port.nodePort) {
      ports.append(port.nodePort)
    }
    return ports
  }

  // MARK: Cluster IPs

  private mutating func allocateClusterIP(
    _ result: inout Allocation, _ old: Service?
  ) -> APIStatus? {
    var spec = result.service.spec
    if spec.type == "ExternalName" {
      if let old { result.releases += Self.addressKeys(old) }
      spec.clusterIP = ""
      spec.clusterIPs = []
      result.service.spec = spec
      return nil
    }
    let before = old?.spec.clusterIP ?? ""
    if spec.clusterIP == "None" || (!before.isEmpty && spec.clusterIP == before) {
      spec.clusterIPs = [spec.clusterIP]
      result.service.spec = spec
      return nil
    }
    let isDrawn = spec.clusterIP.isEmpty
    if isDrawn { spec.clusterIP = IPv4Range.text(drawAddress(for: result.service)) }
    let range = configuration.serviceClusterIPRange
    let name = result.service.metadata.name
    guard let address = IPv4Range.parse(spec.clusterIP), range.contains(address) else {
      return .invalid(
        .service, name, field: "spec.clusterIPs",
        "Invalid value: [\"\(spec.clusterIP)\"]: failed to allocate IP \(spec.clusterIP): the "
          + "provided IP (\(spec.clusterIP)) is not in the valid range. The range of valid IPs is "
          + "\(IPv4Range.text(range.base))/\(range.prefixLength)")
    }
    spec.clusterIPs = [spec.clusterIP]
    result.service.spec = spec
    result.claims.append(
      Proposal.Claim(
        key: StorageKey.ipAddress(spec.clusterIP),
        value: "services/\(result.service.metadata.namespace)/\(name)", isDrawn: isDrawn,
        refusal: .invalid(
          .service, name, field: "spec.clusterIPs",
          "Invalid value: [\"\(spec.clusterIP)\"]: failed to allocate IP \(spec.clusterIP): "
            + "provided IP is already allocated")))
    return nil
  }

  /// An address outside the lower band, which is for addresses chosen by people (ipallocator).
  private func drawAddress(for service: Service) -> UInt32 {
    var draws = allocationDraws(service)
    let range = configuration.serviceClusterIPRange
    let usable = range.size - 1
    let band = min(max(16, range.size / 16), 256)
    let low = range.size > 32 ? band : 1
    return range.address(low + draws.below(max(1, usable - low)))
  }

  /// A try after a collision draws anew: the UID is another then.
  private func allocationDraws(_ service: Service) -> Draws {
    Draws(
      seed, Self.subject(.service, service.metadata.namespace, service.metadata.name),
      service.metadata.uid.low)
  }

  // MARK: Node ports

  private mutating func allocateNodePorts(
    _ result: inout Allocation, _ old: Service?
  ) -> APIStatus? {
    var spec = result.service.spec
    let before = old.map(Self.ports) ?? []
    let wantsPorts =
      spec.type == "NodePort"
      || (spec.type == "LoadBalancer" && spec.allocateLoadBalancerNodePorts ?? true)
    if !wantsPorts && spec.type != "LoadBalancer" {
      for at in spec.ports.indices { spec.ports[at].nodePort = 0 }
    }
    var drawn: [Int32] = []
    var draws = allocationDraws(result.service)
    for at in spec.ports.indices where wantsPorts && spec.ports[at].nodePort == 0 {
      let port = drawPort(&draws, besides: before + drawn)
      drawn.append(port)
      spec.ports[at].nodePort = port
    }
    result.service.spec = spec
    let after = Self.ports(result.service)
    let range = configuration.serviceNodePortRange
    for port in after where !before.contains(port) {
      let index = spec.ports.firstIndex { $0.nodePort == port } ?? 0
      func refusal(_ why: String) -> APIStatus {
        .invalid(
          .service, result.service.metadata.name, field: "spec.ports[\(index)].nodePort",
          "Invalid value: \(port): \(why)")
      }
      guard range.contains(port) else {
        return refusal(
          "provided port is not in the valid range. The range of valid ports is "
            + "\(range.lowerBound)-\(range.upperBound)")
      }
      result.claims.append(
        Proposal.Claim(
          key: StorageKey.nodePort(port), value: result.service.key.text,
          isDrawn: drawn.contains(port), refusal: refusal("provided port is already allocated")))
    }
    result.releases += before.filter { !after.contains($0) }.map(StorageKey.nodePort)
    return nil
  }

  private func drawPort(_ draws: inout Draws, besides taken: [Int32]) -> Int32 {
    let range = configuration.serviceNodePortRange
    var port = range.lowerBound
    // A service's own ports are few: the first draw nearly always does.
    for _ in 0..<64 {
      port = range.lowerBound + Int32(draws.below(UInt64(range.count)))
      if !taken.contains(port) { break }
    }
    return port
  }
}

extension Proposal {
  mutating func take(_ allocation: APIServer.Allocation) {
    object = allocation.service.boxed
    claims = allocation.claims
    releases += allocation.releases
  }
}
