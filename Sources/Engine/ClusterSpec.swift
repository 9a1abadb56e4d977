import Basics
import KubeAPI

/// What a world is made of: machines, where etcd lives, component flags, and the seed.
public struct ClusterSpec: Sendable, Equatable {
  public enum EtcdTopology: String, Sendable {
    /// A member on each master, used by that master's API server alone.
    case stacked
    /// Members on hosts of their own, known to every API server.
    case external
  }

  public struct Machine: Sendable, Equatable {
    public enum Role: String, Sendable { case master, worker, etcd }
    public var name: String
    public var role: Role
    /// As in a node's capacity; nil takes the default of the role.
    public var cpu: Quantity?
    public var memory: Quantity?
    public var pods: Int?
    public var zone = ""
    public var labels = StringMap()
    public var taints: [Taint] = []

    public init(name: String, role: Role) {
      self.name = name
      self.role = role
    }
  }

  public var machines: [Machine]
  public var etcd: EtcdTopology
  public var seed: UInt64
  /// Flags by component's real name, then flag name without dashes.
  public var flags: [ComponentFlag]

  public struct ComponentFlag: Sendable, Equatable {
    public var component: String
    public var name: String
    public var value: String
    public init(component: String, name: String, value: String) {
      self.component = component
      self.name = name
      self.value = value
    }
  }

  /// The default cluster: 3 masters with stacked etcd, 5 workers, spread over `zones` zones.
  public init(
    masters: Int = 3, workers: Int = 5, zones: Int = 1, etcd: EtcdTopology = .stacked,
    etcdMembers: Int = 3, seed: UInt64 = 1
  ) {
    self.etcd = etcd
    self.seed = seed
    flags = []
    machines = []
    func add(_ role: Machine.Role, _ prefix: String, _ count: Int) {
      for number in 0..<max(0, count) {
        var machine = Machine(name: "\(prefix)-\(number + 1)", role: role)
        machine.zone = zones > 1 ? "zone-\(number % zones + 1)" : "zone-1"
        machines.append(machine)
      }
    }
    add(.master, "master", masters)
    if etcd == .external { add(.etcd, "etcd", etcdMembers) }
    add(.worker, "worker", workers)
  }

  public var masters: [Machine] { machines.filter { $0.role == .master } }
  public var workers: [Machine] { machines.filter { $0.role == .worker } }
  /// The machines that carry an etcd member.
  public var etcdMachines: [Machine] {
    machines.filter { $0.role == (etcd == .stacked ? .master : .etcd) }
  }

  public func flag(_ component: String, _ name: String) -> String? {
    assert(ComponentFlag.isKnown(component, name), "--\(name) of \(component) is in no table")
    return flags.last { $0.component == component && $0.name == name }?.value
  }

  /// A flag that holds a duration in Go's form, as `40s` or `1m30s`.
  public func duration(_ component: String, _ name: String) -> Span? {
    flag(component, name).flatMap(Span.init(goDuration:))
  }
}

extension Span {
  /// Reads Go's duration text: `1h2m3.5s`, `300ms`, `50us`; nil where it is none.
  public init?(goDuration text: String) {
    var rest = Substring(text)
    let isNegative = rest.first == "-"
    if isNegative || rest.first == "+" { rest.removeFirst() }
    if rest == "0" {
      self = .zero
      return
    }
    guard !rest.isEmpty else { return nil }
    var total: Int64 = 0
    let units: [(String, Int64)] = [
      ("ms", 1_000), ("us", 1), ("µs", 1), ("h", 3_600_000_000), ("m", 60_000_000),
      ("s", 1_000_000),
    ]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber && $0.isASCII }
      rest = rest.dropFirst(digits.count)
      var fraction: Substring = ""
      if rest.first == "." {
        fraction = rest.dropFirst().prefix { $0.isNumber && $0.isASCII }
        rest = rest.dropFirst(fraction.count + 1)
      }
      guard !digits.isEmpty || !fraction.isEmpty, digits.count < 12, fraction.count < 7,
        let unit = units.first(where: { rest.hasPrefix($0.0) })
      else { return nil }
      rest = rest.dropFirst(unit.0.count)
      let (whole, overflow) = (Int64(digits) ?? 0).multipliedReportingOverflow(by: unit.1)
      guard !overflow else { return nil }
      var scale: Int64 = 1
      for _ in fraction { scale *= 10 }
      let part = (Int64(fraction) ?? 0) * unit.1 / scale
      guard whole < Int64.max / 4 else { return nil }
      total += whole + part
      guard total < Int64.max / 4 else { return nil }
    }
    self = Span(microseconds: isNegative ? -total : total)
  }
}
