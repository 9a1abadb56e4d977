import Basics
import Engine
import KubeAPI
import Kubectl

/// One seed of fuzzing: a random cluster and load, random faults for a while, then everything is
/// healed and has to converge. The invariants are watched throughout.
public struct Fuzzer: Sendable {
  public struct Result: Sendable {
    public let seed: UInt64
    public let violations: [InvariantMonitor.Violation]
    /// What was still missing at the end; empty when it converged.
    public let missing: [String]
    public let faults: Int
    public let events: UInt64
    public let virtualTime: Span
    public let digest: String
    /// The inputs, as steps of a scenario that reproduces the run.
    public let script: [String]

    public var isGood: Bool { violations.isEmpty && missing.isEmpty }

    /// One line where all is well; the script too where it is not.
    public var text: String {
      var line =
        "seed \(seed): \(isGood ? "ok" : "FAILED"), \(faults) faults, \(events) events, "
        + "\(virtualTime.wholeSeconds)s, digest \(digest)"
      for violation in violations {
        line += "\n  \(violation.rule.rawValue): \(violation.evidence) at \(violation.at.seconds)s"
      }
      for what in missing.prefix(5) { line += "\n  never converged: \(what)" }
      if !isGood { line += "\n  " + script.joined(separator: "\n  ") }
      return line
    }
  }

  public let seed: UInt64
  public let span: Span
  private var prng: PRNG
  private var world: World
  private var script: [String] = []
  private var faults = 0

  public init(seed: UInt64, span: Span) {
    self.seed = seed
    self.span = span
    var prng = PRNG(seed: seed, stream: 99)
    let masters = [1, 3, 3, 3, 5][prng.index(below: 5)]
    let workers = 2 + prng.index(below: 6)
    let zones = 1 + prng.index(below: 3)
    let etcd: ClusterSpec.EtcdTopology = prng.chance(Ratio(1, 4)) ? .external : .stacked
    world = World(
      ClusterSpec(masters: masters, workers: workers, zones: zones, etcd: etcd, seed: seed))
    self.prng = prng
    script.append(
      "cluster: masters \(masters), workers \(workers), zones \(zones), etcd \(etcd.rawValue), "
        + "seed \(seed)")
    world.powerOn()
  }

  public func run() -> Result {
    var copy = self
    return copy.go()
  }

  private mutating func go() -> Result {
    world.converge(deadline: world.now + .minutes(5))
    load()
    world.advance(to: world.now + .seconds(30))
    let end = world.now + span
    while world.now < end, world.monitor.violations.isEmpty {
      act()
      world.advance(to: world.now + prng.span(.milliseconds(100), .seconds(40)))
    }
    give(.healAll, "heal: all")
    let deadline = world.now + .minutes(45)
    while world.now < deadline, world.monitor.violations.isEmpty {
      if world.converge(deadline: min(deadline, world.now + .minutes(1))) { break }
    }
    let state = world.convergence()
    return Result(
      seed: seed, violations: world.monitor.violations,
      missing: state.isConverged ? [] : state.missing + (state.missing.isEmpty ? ["quiet"] : []),
      faults: faults, events: world.events, virtualTime: world.now - .zero,
      digest: world.digest().hexadecimal, script: script)
  }

  private mutating func give(_ input: Input, _ words: String) {
    script.append("\(world.now.microseconds) \(words)")
    _ = try? world.apply(input)
  }

  private mutating func kubectl(_ line: String) {
    script.append("\(world.now.microseconds) kubectl \(line)")
    var invocation = KubectlInvocation(line: line)
    world.run(&invocation, for: .seconds(70))
  }

  private mutating func load() {
    for index in 0..<(1 + prng.index(below: 3)) {
      let replicas = 1 + prng.index(below: 8)
      kubectl("create deployment app-\(index) --image=nginx:1.27 --replicas=\(replicas)")
    }
  }

  private mutating func act() {
    let machines = world.hosts.filter {
      $0.role == .master || $0.role == .worker || $0.role == .etcd
    }
    let host = machines[prng.index(below: machines.count)]
    let other = machines[prng.index(below: machines.count)]
    let names = host.processes.map { world.processes[$0].role.name }
    let carriesEtcd = names.contains("etcd")
    switch prng.index(below: 20) {
    case 0, 1: fail(Fault(.host(host.name)))
    case 2: fail(Fault(.host(host.name), .cut))
    case 3 where host.id != other.id:
      fail(Fault(.link(from: host.name, to: other.name, isOneWay: prng.chance(Ratio(1, 3)))))
    case 4 where host.id != other.id:
      fail(
        Fault(
          .link(from: host.name, to: other.name, isOneWay: false),
          .delay(prng.span(.milliseconds(5), .milliseconds(800)))))
    case 5:
      fail(Fault(.process(host: host.name, name: names[prng.index(below: names.count)])))
    case 6:
      faults += 1
      let name = names[prng.index(below: names.count)]
      give(.kill(host: host.name, process: name), "kill: process/\(host.name)/\(name)")
    case 7 where carriesEtcd:
      fail(Fault(.disk(host.name), .slow(prng.span(.milliseconds(10), .seconds(2)))))
    case 8: fail(Fault(.clock(host.name), .offset(prng.span(.seconds(-120), .seconds(120)))))
    case 9:
      kubectl("scale deployment app-0 --replicas=\(prng.index(below: 9))")
    case 10 where host.id != other.id:
      fail(
        Fault(
          .link(from: host.name, to: other.name, isOneWay: prng.chance(Ratio(1, 3))),
          .loss(percent: 1 + prng.index(below: 60))))
    case 11:
      fail(Fault(.process(host: host.name, name: names[prng.index(below: names.count)]), .pause))
    case 12 where carriesEtcd: fail(Fault(.disk(host.name), .full))
    case 13:
      fail(Fault(.clock(host.name), .rate(perMillion: 900_000 + prng.index(below: 200_000))))
    case 14 where prng.chance(Ratio(1, 3)): fail(Fault(.zone(host.zone)))
    default:
      guard !world.activeFaults.isEmpty else { return }
      let target = world.activeFaults[prng.index(below: world.activeFaults.count)].target
      give(.heal(target), "heal: \(target.text)")
    }
  }

  private mutating func fail(_ fault: Fault) {
    faults += 1
    give(.fail(fault), "fail: \(fault.target.text) (\(fault.text))")
  }
}
