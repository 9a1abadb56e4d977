import Basics
import Etcd

/// The same scenario with etcd elsewhere: on hosts of its own instead of on the masters, or back.
extension ClusterSpec {
  /// The same cluster with its etcd in the other place: as many members as there are masters.
  public func with(etcd topology: EtcdTopology) -> ClusterSpec {
    guard topology != etcd else { return self }
    var other = self
    other.etcd = topology
    other.machines.removeAll { $0.role == .etcd }
    guard topology == .external else { return other }
    let members = masters.enumerated().map { number, master in
      var machine = Machine(name: "etcd-\(number + 1)", role: .etcd)
      machine.zone = master.zone
      return machine
    }
    let firstWorker = other.machines.firstIndex { $0.role == .worker } ?? other.machines.count
    other.machines.insert(contentsOf: members, at: firstWorker)
    return other
  }
}

extension Timeline {
  /// Begins a future that starts at power-on with etcd in the other place and does there, at the
  /// same moments, what was done up to the present here. It is shown from its beginning:
  /// `advance(to:)` goes through what was done. Nil where etcd is there already.
  ///
  /// What names a member is taken to mean the member of the same number. Messages that were held or
  /// dropped by hand have no counterpart and are left out; so is, when its moment comes, what the
  /// other cluster refuses. Where that cluster takes longer to boot, all is done so much later.
  ///
  /// - Returns: the branch, and when it will have caught up with the present.
  public mutating func begin(
    on topology: ClusterSpec.EtcdTopology
  ) -> (branch: BranchID, catchesUp: Tick)? {
    let spec = world.spec
    guard spec.etcd != topology else { return nil }
    let other = spec.with(etcd: topology)
    let members = Counterparts(from: spec, to: other)
    let done = inputs.prefix(seen).compactMap { recorded in
      members.counterpart(of: recorded.input).map { (recorded.at, $0) }
    }
    var start = World(other)
    start.powerOn()
    let delay = Self.bootDelay(of: start, before: done.first?.0)
    let catchesUp = now + delay
    let inputs = done.map { at, input in
      // After whatever else happens at that tick.
      Recorded(at: at + delay, events: .max, input: input)
    }
    return (add(start, inputs, name: "etcd \(topology.rawValue)", until: catchesUp), catchesUp)
  }

  /// How much later than `first` the world has booted; zero where it is in time.
  private static func bootDelay(of world: World, before first: Tick?) -> Span {
    guard let first else { return .zero }
    var world = world
    // Only a world that is late is looked at on a grid: what is in time moves nothing.
    world.advance(to: first)
    world.advance(to: first + .minutes(10), every: .milliseconds(500)) {
      $0.convergence().missing.isEmpty
    }
    return world.now - first
  }
}

/// Which machine of one topology stands for which of the other.
private struct Counterparts {
  let from: [String]
  let to: [String]
  /// Machines that are there in both.
  let common: [String]

  init(from: ClusterSpec, to: ClusterSpec) {
    self.from = from.etcdMachines.map(\.name)
    self.to = to.etcdMachines.map(\.name)
    common = to.machines.map(\.name)
  }

  /// The host whose member has the same number.
  func member(_ host: String) -> String {
    guard let place = from.firstIndex(of: host), place < to.count else { return host }
    return to[place]
  }

  /// A machine as such: where there is none of its name, the one that carries its member.
  private func machine(_ host: String) -> String { common.contains(host) ? host : member(host) }

  func counterpart(of input: Input) -> Input? {
    switch input {
    case .fail(let fault): .fail(Fault(target(fault.target), fault.effect))
    case .heal(let target): .heal(self.target(target))
    case .kill(let host, let process):
      .kill(host: process == "etcd" ? member(host) : machine(host), process: process)
    case .etcdOpen(let host): .etcdOpen(member: member(host))
    case .etcdJoin(let host): .etcdJoin(host: member(host))
    case .etcdRestore(let restore): .etcdRestore(counterpart(of: restore))
    case .request, .healAll, .etcdRequest, .etcdClose: input
    case .deliver, .hold, .drop: nil
    }
  }

  private func target(_ target: Fault.Target) -> Fault.Target {
    switch target {
    case .host(let host): .host(machine(host))
    case .process(let host, let name):
      .process(host: name == "etcd" ? member(host) : machine(host), name: name)
    case .link(let a, let b, let isOneWay):
      .link(from: machine(a), to: machine(b), isOneWay: isOneWay)
    // Only members have disks that can be harmed.
    case .disk(let host): .disk(member(host))
    case .clock(let host): .clock(machine(host))
    case .zone, .cloud, .container: target
    }
  }

  private func counterpart(of restore: EtcdRestore) -> EtcdRestore {
    EtcdRestore(
      host: member(restore.host),
      cluster: restore.cluster.map { name, urls in
        let other = member(name)
        return (other, other == name ? urls : [EtcdLaunch.peerURL(other)])
      }, token: restore.token, snapshot: restore.snapshot, bump: restore.bump,
      skipHashCheck: restore.skipHashCheck)
  }
}
