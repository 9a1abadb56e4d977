import Basics
import Engine
import KubeAPI
import Linearizability

/// One seed of fuzzing etcd alone: a cluster of nothing but members, outside clients that read and
/// write through random faults, and afterwards the question whether what they saw is possible.
///
/// Every answer goes into a history that must be linearizable; past reads and watches are held
/// against what was applied; the invariants are watched throughout; and once everything is healed
/// etcd must answer again.
public struct EtcdFuzzer: Sendable {
  public struct Result: Sendable {
    public let seed: UInt64
    public let breaches: [EtcdWorkload.Breach]
    public let violations: [InvariantMonitor.Violation]
    public let history: [Operation]
    /// The search for an order was given up on some key.
    public let isUndecided: Bool
    public let faults: Int
    public let pastReads: Int
    public let watchEvents: Int
    public let events: UInt64
    public let virtualTime: Span
    public let digest: String
    /// A scenario that does the same again.
    public let scenario: String

    public var isGood: Bool { breaches.isEmpty && violations.isEmpty }

    /// The names of the checks that found something, each once.
    public var findings: [String] {
      breaches.map(\.check.rawValue) + violations.map(\.rule.rawValue)
    }

    /// One line where all is well; the evidence and the scenario too where it is not.
    public var text: String {
      let answered = history.count { $0.isAnswered }
      let open = history.count { $0.outcome == .unknown }
      var line =
        "seed \(seed): etcd \(isGood ? "ok" : "FAILED"), \(faults) faults, \(history.count) "
        + "operations, \(answered) answered, \(open) left open, \(pastReads) past reads, "
        + "\(watchEvents) watch events, \(virtualTime.wholeSeconds)s, digest \(digest)"
      if isUndecided { line += ", undecided" }
      for breach in breaches {
        line += "\n  \(breach.check.rawValue): \(breach.evidence), found at \(breach.at.seconds)s"
      }
      for violation in violations {
        line += "\n  \(violation.rule.rawValue): \(violation.evidence) at \(violation.at.seconds)s"
      }
      if !isGood { line += "\n" + scenario }
      return line
    }
  }

  public let seed: UInt64
  public let span: Span
  private let spec: ClusterSpec
  private var world: World
  private var clients: EtcdWorkload
  private var prng: PRNG
  private var script = ScenarioScript()
  private var faults = 0
  private var names: [String] { spec.machines.map(\.name) }

  /// With a `bug` planted the run has something to find.
  public init(seed: UInt64, span: Span = .seconds(40), bug: PlantedBug? = nil) {
    self.seed = seed
    self.span = span
    prng = PRNG(seed: seed, stream: 98)
    let members = [3, 3, 3, 5][prng.index(below: 4)]
    var spec = ClusterSpec(
      masters: 0, workers: 0, etcd: .external, etcdMembers: members, seed: seed)
    if prng.index(below: 2) == 0 {
      // Small enough that followers that were away for a while are sent snapshots.
      spec.flags = [
        ClusterSpec.ComponentFlag(component: "etcd", name: "snapshot-count", value: "300"),
        ClusterSpec.ComponentFlag(
          component: "etcd", name: "snapshot-catchup-entries", value: "50"),
      ]
    }
    self.spec = spec
    world = World(spec, traceCapacity: 2_000)
    if let bug { world.plant(bug) }
    world.powerOn()
    world.advance(to: .zero + Self.boot)
    clients = EtcdWorkload(seed: seed, members: spec.machines.map(\.name), at: world.now)
    script.add("- etcdClients: start\n    seed: \(seed)")
  }

  /// Time for machines to start and members to elect.
  static let boot = Span.seconds(15)

  public func run() -> Result {
    var copy = self
    return copy.go()
  }

  private var isClean: Bool { world.monitor.violations.isEmpty && clients.breaches.isEmpty }

  private mutating func go() -> Result {
    advance(.seconds(2))
    let end = world.now + span
    while world.now < end, isClean {
      act()
      advance(prng.span(.milliseconds(50), .seconds(3)))
    }
    give(.healAll)
    recover()
    script.add("- etcdClients: judge")
    let isDecided = clients.judge(world)
    return Result(
      seed: seed, breaches: clients.breaches, violations: world.monitor.violations,
      history: clients.history, isUndecided: !isDecided, faults: faults,
      pastReads: clients.pastReads, watchEvents: clients.watchEvents, events: world.events,
      virtualTime: world.now - .zero, digest: world.digest().hexadecimal,
      scenario: script.text(spec, name: "fuzz-etcd-\(seed)"))
  }

  private mutating func advance(_ span: Span) {
    clients.advance(&world, to: world.now + span)
    script.wait(span)
  }

  /// All members run again, and clients are answered; then they stop, and watches catch up.
  private mutating func recover() {
    guard isClean else { return }
    // A process that was killed often waits for minutes before it is started again.
    let deadline = world.now + .minutes(6)
    while world.now < deadline, isClean, !allRun { advance(.seconds(1)) }
    advance(.seconds(10))
    let before = clients.history.count { $0.isEffectiveWrite }
    advance(.seconds(5))
    if isClean, clients.history.count(where: \.isEffectiveWrite) == before {
      clients.breaches.append(
        EtcdWorkload.Breach(
          check: .goesOn, at: world.now, evidence: "no write was answered for five seconds"))
    }
    clients.stop()
    script.add("- etcdClients: stop")
    advance(.seconds(20))
    if isClean { clients.judgeWatches(world) }
  }

  private var allRun: Bool {
    names.allSatisfy { name in
      world.host(named: name).flatMap { world.process(.etcd, on: $0.id) }?.isRunning ?? false
    }
  }

  // MARK: Faults

  private mutating func act() {
    // Never so many that nothing happens any more.
    let active = world.activeFaults
    if active.count > 3 || !active.isEmpty && prng.index(below: 3) == 0 {
      return give(.heal(active[prng.index(below: active.count)].target))
    }
    let host = names[prng.index(below: names.count)]
    let other = names[prng.index(below: names.count)]
    let link = Fault.Target.link(from: host, to: other, isOneWay: prng.index(below: 2) == 0)
    switch prng.index(below: 15) {
    case 0, 1: kill(host)
    case 2: fail(Fault(.host(host)))
    case 3: fail(Fault(.host(host), .cut))
    case 4: isolate(host)
    case 5:
      // A leader that does not know yet that it leads no more, the longer the slower its clock.
      let leader = world.leaders(of: "etcd").first ?? host
      if prng.index(below: 2) == 0 {
        fail(Fault(.clock(leader), .rate(perMillion: 300_000 + prng.index(below: 700_000))))
      }
      isolate(leader)
      advance(prng.span(.seconds(1), .seconds(5)))
    case 6 where host != other: fail(Fault(link))
    case 7 where host != other:
      fail(Fault(link, .delay(prng.span(.milliseconds(5), .milliseconds(900)))))
    case 8 where host != other: fail(Fault(link, .loss(percent: 10 + prng.index(below: 70))))
    case 9: fail(Fault(.process(host: host, name: "etcd"), .pause))
    case 10: fail(Fault(.disk(host), .slow(prng.span(.milliseconds(10), .seconds(2)))))
    case 11: fail(Fault(.clock(host), .rate(perMillion: 700_000 + prng.index(below: 600_000))))
    case 12:
      // All at once: whatever was acknowledged is on a disk.
      for name in names { fail(Fault(.host(name))) }
      advance(prng.span(.milliseconds(10), .seconds(1)))
      give(.healAll)
    case 13 where host != other:
      let up = prng.span(.milliseconds(200), .seconds(2))
      fail(Fault(link, .flap(up: up, down: prng.span(.milliseconds(200), .seconds(3)))))
    case 14:
      // Asked to end: a leader hands over first.
      fail(Fault(.process(host: host, name: "etcd"), .terminate))
    default: break
    }
  }

  /// The others don't reach it, the clients do.
  private mutating func isolate(_ host: String) {
    for other in names where other != host {
      fail(Fault(.link(from: host, to: other, isOneWay: false)))
    }
  }

  private mutating func kill(_ host: String) {
    faults += 1
    give(.kill(host: host, process: "etcd"))
  }

  private mutating func fail(_ fault: Fault) {
    faults += 1
    give(.fail(fault))
  }

  private mutating func give(_ input: Input) {
    script.give(input)
    _ = try? world.apply(input)
  }
}
