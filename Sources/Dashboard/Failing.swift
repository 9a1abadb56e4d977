import Basics
import Engine
import Etcdctl

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
    case .pod, .action, .group, .key, .object, .controller, .pending: nil
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
    return observation.nodes.place(of: name).map { !observation.nodes[$0].isPowered } ?? false
  }

  mutating func failOrHeal() {
    guard !isBooting else { return say("booting: wait until the cluster stands") }
    guard let target = failTarget else {
      return say(
        "f works on nodes, etcd members and processes; pods: w asks why, : has delete", .warn)
    }
    if isBroken(target) { return give(.heal(target), said: "\(target.text) is healed") }
    strikeOrAsk(Fault(target))
  }

  /// Does it at once, or asks where it takes away more than it seems.
  mutating func strikeOrAsk(_ fault: Fault) {
    if let question = question(before: fault) {
      overlays.append(.question(question))
    } else {
      strike(fault)
    }
  }

  mutating func confirm() {
    guard case .question(let question) = overlays.last else { return }
    overlays.removeLast()
    switch question.deed {
    case .fault(let fault): strike(fault)
    case .etcd(let line, let said):
      start(EtcdctlInvocation(line: line))
      say(said, .changed)
    }
  }

  private mutating func strike(_ fault: Fault) {
    let cost = cost(of: fault)
    give(.fail(fault), said: fault.text + (cost.isEmpty ? "" : ": " + cost))
  }

  /// An alarm of etcd's is no fault that was made, and goes only by etcd's own ways.
  var nothingBroken: String {
    alarmText.map { "no fault was made; etcd has its \($0)" } ?? "nothing is broken"
  }

  mutating func healAll() {
    let count = observation.faults.count
    guard count > 0 else { return say(nothingBroken) }
    give(.healAll, said: "\(count) fault\(count == 1 ? "" : "s") healed")
  }

  mutating func give(_ input: Input, said: String) {
    let before = timeline.branch.id
    do throws(FaultProblem) {
      try timeline.apply(input)
      refresh()
      updateSheets(isForced: true)
      let branch = timeline.branch
      say(branch.id == before ? said : "\(said): another future, \(branch.name) (B)", .changed)
    } catch {
      say(error.message, .error)
    }
  }
}
