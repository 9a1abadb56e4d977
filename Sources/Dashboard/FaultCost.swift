import Basics
import Engine
import Etcdctl

/// What a fault will take away, said before it is done.
extension AppState {
  /// The etcd members that are healthy now and end of the fault.
  private func membersLost(to fault: Fault) -> [String] {
    let healthy = observation.members.filter { $0.state == .running && $0.isReachable }.map(\.name)
    func ofZone(_ zone: String) -> [String] {
      healthy.filter { timeline.world.host(named: $0)?.zone == zone }
    }
    switch (fault.target, fault.effect) {
    case (.host(let name), .powerOff), (.host(let name), .shutdown), (.cloud(let name), _):
      return healthy.filter { $0 == name }
    case (.process(let host, Process.Role.etcd.name), .stop),
      (.process(let host, Process.Role.etcd.name), .terminate),
      (.process(let host, Process.Role.etcd.name), .pause):
      return healthy.filter { $0 == host }
    // A member that finds an empty disk does not begin anew.
    case (.disk(let name), .full), (.disk(let name), .lost): return healthy.filter { $0 == name }
    case (.zone(let zone), .powerOff): return ofZone(zone)
    default: return []
    }
  }

  /// How many members will be healthy after it.
  private func membersLeft(by fault: Fault) -> Int {
    timeline.world.healthyMembers(after: fault, losing: membersLost(to: fault))
  }

  /// `quorum will be lost: 1 of 3 members left, 2 needed`; nil where it is not, or is lost already.
  func warning(before fault: Fault) -> String? {
    let left = membersLeft(by: fault)
    guard left < observation.healthyMembers, observation.hasQuorum, left < observation.quorum
    else { return nil }
    return "quorum will be lost: \(left) of \(observation.voters) left, "
      + "\(observation.quorum) needed"
  }

  func question(before fault: Fault) -> Question? {
    guard warning(before: fault) != nil else { return nil }
    let left = membersLeft(by: fault)
    let end =
      fault.effect == .lost
      ? "another is back or etcd is restored from a snapshot: an empty disk brings none back"
      : "one is back"
    return Question(
      title: "Quorum will be lost",
      text: "\(fault.text): \(left) of \(observation.voters) etcd members left, "
        + "\(observation.quorum) needed. Nothing can be written until \(end); "
        + "running pods go on.", deed: .fault(fault))
  }

  /// What a restore takes away: the members that stop, and what was written since the snapshot.
  /// Nil where the line restores nothing, or is refused anyway.
  func question(before invocation: EtcdctlInvocation, _ line: String) -> Question? {
    guard let plan = invocation.restorePlan(timeline) else { return nil }
    let lost = observation.revision - plan.revision
    let hosts = plan.hosts.joined(separator: ", ")
    let cost =
      plan.revision > 0 && lost > 0
      ? "what \(lost) revision\(lost == 1 ? "" : "s") wrote since the snapshot is lost"
      : "nothing was written since the snapshot"
    let isOne = plan.hosts.count == 1
    let stop =
      isOne
      ? "the member on \(hosts) stops, loses its data and starts"
      : "\(plan.hosts.count) members on \(hosts) stop, lose their data and start"
    return Question(
      title: "etcd will be restored",
      text:
        "\(stop) again from the snapshot at revision \(plan.revision) as a new cluster; \(cost).",
      deed: .etcd(line, said: "etcd on \(hosts) is restored: \(cost)"))
  }

  /// What a fault takes away, in one line; empty where that is nothing countable.
  func cost(of fault: Fault) -> String {
    var parts: [String] = []
    let left = membersLeft(by: fault)
    if left < observation.healthyMembers {
      let spare = left - observation.quorum
      parts.append(
        spare >= 0
          ? "etcd keeps \(left) of \(observation.voters), can lose \(spare) more"
          : "no etcd quorum")
    }
    let machines = machines(hitBy: fault)
    if !machines.isEmpty {
      let pods = machines.reduce(0) { $0 + observation.pods.count(on: $1) }
      if pods > 0 { parts.append("\(pods) pod\(pods == 1 ? "" : "s") on it") }
      let led = observation.leases.filter { machines.contains($0.holderHost) }.map(\.lease)
      if !led.isEmpty { parts.append("it led " + led.joined(separator: ", ")) }
    }
    if case .process(let host, let name) = fault.target,
      observation.leases.contains(where: { $0.holderHost == host && $0.lease == name })
    {
      parts.append("it was the leader")
    }
    if fault.effect == .lost { parts.append("its data is gone") }
    if case .disk(let name) = fault.target,
      observation.members.contains(where: { $0.name == name && $0.role == .leader })
    {
      parts.append("it leads etcd")
    }
    return parts.joined(separator: "; ")
  }

  private func machines(hitBy fault: Fault) -> [String] {
    switch fault.target {
    case .host(let name), .cloud(let name): [name]
    case .zone(let zone): observation.nodes.filter { $0.zone == zone }.map(\.name)
    default: []
    }
  }
}
