import Basics
import Engine

/// `f`, `H` and `y`: what people do to the cluster.
extension AppState {
  /// What `f` acts on: the line of a details popup, or the selected row.
  var failTarget: Fault.Target? {
    if case .sheet(let sheet) = overlays.last {
      if let target = sheet.selectedTarget { return target }
      guard case .details(let row) = sheet.content else { return nil }
      return Self.target(of: row)
    }
    return selectedRow.flatMap(Self.target)
  }

  static func target(of row: RowID) -> Fault.Target? {
    switch row {
    case .node(let name): .host(name)
    case .member(let name): .process(host: name, name: Process.Role.etcd.name)
    case .control(let role, let host): .process(host: host, name: role.name)
    case .host(let name): .host(name)
    case .pod, .action, .group, .key, .object, .controller: nil
    }
  }

  /// The fault that stands in the way of this target now.
  func activeFault(of target: Fault.Target) -> Fault? {
    observation.faults.first { $0.target == target }
  }

  /// Whether `f` heals it: it has a fault of its own, or it lost its power with its zone.
  func isBroken(_ target: Fault.Target) -> Bool {
    if activeFault(of: target) != nil { return true }
    guard case .host(let name) = target else { return false }
    return observation.nodes.contains { $0.name == name && !$0.isPowered }
  }

  mutating func failOrHeal() {
    guard !isBooting else { return say("booting: wait until the cluster stands") }
    guard let target = failTarget else {
      return say(
        "f works on nodes, etcd members and processes; pods: w asks why, : has delete", .warn)
    }
    if isBroken(target) { return give(.heal(target), said: "\(target.text) is healed") }
    let fault = Fault(target)
    if let question = question(before: fault) {
      overlays.append(.question(question))
    } else {
      strike(fault)
    }
  }

  mutating func confirm() {
    guard case .question(let question) = overlays.last else { return }
    overlays.removeLast()
    strike(question.fault)
  }

  private mutating func strike(_ fault: Fault) {
    let cost = cost(of: fault)
    give(.fail(fault), said: fault.text + (cost.isEmpty ? "" : ": " + cost))
  }

  mutating func healAll() {
    let count = observation.faults.count
    guard count > 0 else { return say("nothing is broken") }
    give(.healAll, said: "\(count) fault\(count == 1 ? "" : "s") healed")
  }

  mutating func give(_ input: Input, said: String) {
    do throws(FaultProblem) {
      try timeline.apply(input)
      refresh()
      updateSheets(isForced: true)
      say(said, .changed)
    } catch {
      say(error.message, .error)
    }
  }

  // MARK: What it will cost

  /// The etcd members that are healthy now and will not be after the fault.
  private func membersLost(to fault: Fault) -> Int {
    func isHit(_ member: Observation.Member) -> Bool {
      switch fault.target {
      case .host(let name): member.name == name
      case .process(let host, let name):
        name == Process.Role.etcd.name && member.name == host
      default: false
      }
    }
    return observation.members.count { isHit($0) && $0.state == .running && $0.isReachable }
  }

  private func question(before fault: Fault) -> Question? {
    let lost = membersLost(to: fault)
    let left = observation.healthyMembers - lost
    guard lost > 0, observation.hasQuorum, left < observation.quorum else { return nil }
    return Question(
      title: "Quorum will be lost",
      text: "\(fault.text): \(left) of \(observation.members.count) etcd members left, "
        + "\(observation.quorum) needed. Nothing can be written until one is back; "
        + "running pods go on.", fault: fault)
  }

  /// What a fault takes away, in one line; empty where that is nothing countable.
  private func cost(of fault: Fault) -> String {
    var parts: [String] = []
    let lost = membersLost(to: fault)
    if lost > 0 {
      let left = observation.healthyMembers - lost
      let spare = left - observation.quorum
      parts.append(
        spare >= 0
          ? "etcd keeps \(left) of \(observation.members.count), can lose \(spare) more"
          : "no etcd quorum")
    }
    if case .host(let name) = fault.target {
      let pods = observation.pods.count { $0.node == name }
      if pods > 0 { parts.append("\(pods) pod\(pods == 1 ? "" : "s") on it") }
      let led = observation.leases.filter { $0.holderHost == name }.map(\.lease)
      if !led.isEmpty { parts.append("it led " + led.joined(separator: ", ")) }
    }
    if case .process(let host, let name) = fault.target,
      observation.leases.contains(where: { $0.holderHost == host && $0.lease == name })
    {
      parts.append("it was the leader")
    }
    return parts.joined(separator: "; ")
  }
}
