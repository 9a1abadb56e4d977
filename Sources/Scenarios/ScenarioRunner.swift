import Basics
import Engine
import Etcdctl
import KubeAPI
import Kubectl

/// Runs a scenario on a world, step by step, and keeps what came of each expectation.
public struct ScenarioRunner: Sendable {
  public struct Outcome: Sendable {
    public let source: String
    public let text: String
    public let holds: Bool
    public let found: String
    public let at: Tick
    /// The nearest causes of what was found instead, newest first.
    public let causes: [String]
  }

  public let scenario: Scenario
  public private(set) var world: World
  public private(set) var outcomes: [Outcome] = []
  /// What kubectl steps printed.
  public private(set) var printed: [String] = []
  /// Every input the world was given, as text of a scenario file.
  public private(set) var recorded = ""
  private var recording: Recording
  private var next = 0
  /// Outside etcd clients at work.
  private var clients: EtcdWorkload?

  /// The world of the scenario's cluster, booted and at rest: that is when a timeline begins.
  public init(_ scenario: Scenario) {
    self.scenario = scenario
    recording = Recording(scenario.cluster)
    world = World(scenario.cluster)
    world.powerOn()
    if scenario.startsAtPowerOn { return }
    if scenario.cluster.masters.isEmpty {
      // Etcd alone has nothing to converge on.
      world.advance(to: .zero + EtcdFuzzer.boot)
    } else {
      world.converge(deadline: world.now + .minutes(5))
    }
  }

  public init(_ scenario: Scenario, on world: World) {
    self.scenario = scenario
    self.world = world
    recording = Recording(world.spec)
  }

  public var isFinished: Bool { next >= scenario.steps.count }
  public var failed: [Outcome] { outcomes.filter { !$0.holds } }

  /// Runs everything that is left. Stops at the first broken invariant and at an `until` that did
  /// not come true, for what follows would mean nothing.
  public mutating func run() throws(ScenarioProblem) {
    while !isFinished, world.monitor.violations.isEmpty {
      guard try runNext() else { return }
    }
  }

  /// Runs the next step; false when the scenario can't go on after it.
  @discardableResult
  public mutating func runNext() throws(ScenarioProblem) -> Bool {
    let step = scenario.steps[next]
    next += 1
    if let at = step.at { world.reach(at, events: step.events) }
    switch step.action {
    case .apply(let manifests):
      return try kubectl(.apply(manifests), exitCode: 0, step, words: "apply")
    case .kubectl(let arguments, let exitCode):
      return try kubectl(
        KubectlInvocation(arguments), exitCode: exitCode, step,
        words: "kubectl " + arguments.joined(separator: " "))
    case .etcdctl(let arguments, let input, let exitCode):
      var invocation = EtcdctlInvocation(arguments, input: input)
      var door = RecordedDoor(world: world, recording: recording)
      door.run(&invocation, for: .minutes(10))
      world = door.world
      recording = door.recording
      recorded += door.text
      return judge(
        invocation.output + invocation.errorOutput, invocation.exitCode, exitCode, step,
        words: arguments.joined(separator: " "))
    case .fail(let fault): try give(.fail(fault), step)
    case .heal(let target): try give(.heal(target), step)
    case .healAll: try give(.healAll, step)
    case .kill(let host, let process): try give(.kill(host: host, process: process), step)
    case .request(let request): try give(.request(request), step)
    case .input(let input): try give(input, step)
    case .reach(let digest):
      if let digest { compare(digest, step) }
    case .wait(let span): advance(to: world.now + span)
    case .etcdClients(let what): etcdClients(what, step)
    case .until(let predicate, let timeout):
      return expect(predicate, within: timeout, step)
    case .expect(let predicate, let within): expect(predicate, within: within, step)
    }
    return true
  }

  private mutating func advance(to deadline: Tick) {
    if clients != nil {
      clients?.advance(&world, to: deadline)
    } else {
      world.advance(to: deadline)
    }
  }

  private mutating func etcdClients(_ what: ScenarioStep.EtcdClientsStep, _ step: ScenarioStep) {
    switch what {
    case .start(let seed):
      let members = scenario.cluster.etcdMachines.map(\.name)
      clients = EtcdWorkload(seed: seed, members: members, at: world.now)
    case .stop: clients?.stop()
    case .judge:
      guard var judged = clients else { return }
      judged.judgeWatches(world)
      let isDecided = judged.judge(world)
      clients = judged
      for check in EtcdWorkload.Check.allCases where check != .goesOn {
        let breach = judged.breaches.first { $0.check == check }
        let isOpen = check == .linearizable && !isDecided
        outcomes.append(
          Outcome(
            source: step.source, text: check.rawValue, holds: breach == nil && !isOpen,
            found: breach?.evidence ?? (isOpen ? "undecided within the budget" : "so it is"),
            at: world.now, causes: []))
      }
    }
  }

  private mutating func give(_ input: Input, _ step: ScenarioStep) throws(ScenarioProblem) {
    note(input)
    do throws(FaultProblem) {
      try world.apply(input)
    } catch {
      throw ScenarioProblem(source: step.source, message: error.message)
    }
  }

  private mutating func note(_ input: Input) {
    recorded += recording.step(input, at: world.now, events: world.events)
  }

  /// A recording of this run, whole: what it was given, and what came of it.
  public var recordingText: String {
    recording.header(name: scenario.name.isEmpty ? "recording" : scenario.name) + recorded
      + recording.end(world)
  }

  private mutating func compare(_ digest: String, _ step: ScenarioStep) {
    let found = world.digest().hexadecimal
    outcomes.append(
      Outcome(
        source: step.source, text: "the world has digest \(digest)", holds: found == digest,
        found: "digest \(found)", at: world.now, causes: []))
  }

  @discardableResult
  private mutating func expect(
    _ predicate: Predicate, within span: Span, _ step: ScenarioStep
  ) -> Bool {
    let deadline = world.now + span
    let interval: Span =
      if case .converged = predicate { .seconds(1) } else { .milliseconds(100) }
    var finding = predicate.evaluate(world)
    while !finding.holds, world.now < deadline, world.monitor.violations.isEmpty {
      advance(to: min(deadline, world.now + interval))
      finding = predicate.evaluate(world)
    }
    outcomes.append(
      Outcome(
        source: step.source, text: predicate.text, holds: finding.holds, found: finding.found,
        at: world.now, causes: finding.holds ? [] : recentCauses()))
    return finding.holds
  }

  /// The chain behind the newest record that is no heartbeat.
  private func recentCauses() -> [String] {
    guard
      let newest = world.actions(
        1,
        where: { $0.kind != .write || ($0.subject?.kind != .lease && $0.subject?.kind != .event) }
      ).first
    else { return [] }
    return world.trace.chain(from: newest.id, limit: 6).map { entry in
      let action = world.action(entry)
      return "\(action.at.seconds)s \(action.who): \(action.note.message)"
    }
  }

  private mutating func kubectl(
    _ invocation: KubectlInvocation, exitCode: Int32?, _ step: ScenarioStep, words: String
  ) throws(ScenarioProblem) -> Bool {
    var invocation = invocation
    var text = ""
    var recording = recording
    world.run(&invocation, for: .minutes(2)) { request, world in
      text += recording.step(.request(request), at: world.now, events: world.events)
    }
    recorded += text
    self.recording = recording
    return judge(
      invocation.transcript, invocation.exitCode, exitCode, step, words: words)
  }

  /// Keeps what a command printed; false where it did not end as expected.
  private mutating func judge(
    _ text: String, _ code: Int32?, _ exitCode: Int32?, _ step: ScenarioStep, words: String
  ) -> Bool {
    if !text.isEmpty { printed.append(text) }
    func judge(_ claim: String, _ holds: Bool) {
      outcomes.append(
        Outcome(
          source: step.source, text: "\(words) \(claim)", holds: holds,
          found: text.isEmpty ? "no answer" : text, at: world.now, causes: []))
    }
    if let exitCode, code != exitCode {
      judge("exits with \(exitCode)", false)
      return false
    }
    if let wanted = step.expectedOutput { judge("prints \"\(wanted)\"", text.contains(wanted)) }
    return true
  }
}

/// Something in a scenario that this world can't do, with the line it stands in.
public struct ScenarioProblem: Error, Sendable, Equatable {
  public let source: String
  public let message: String
  public init(source: String, message: String) {
    self.source = source
    self.message = message
  }
}

/// A world whose etcd clients' inputs are put down as they come.
private struct RecordedDoor: EtcdDoor {
  var world: World
  var recording: Recording
  var text = ""

  var now: Tick { world.now }
  var etcdHosts: [String] { world.etcdHosts }
  var runningEtcdHosts: [String] { world.runningEtcdHosts }
  var etcdInitialCluster: [(name: String, peerURLs: [String])] { world.etcdInitialCluster }
  func etcdHeader(_ client: UInt64) -> EtcdHeader? { world.etcdHeader(client) }

  mutating func apply(_ input: Input) throws(FaultProblem) -> UInt64? {
    text += recording.step(input, at: world.now, events: world.events)
    return try world.apply(input)
  }

  mutating func takeEtcdEvents(_ client: UInt64) -> [EtcdClientEvent] {
    world.takeEtcdEvents(client)
  }

  mutating func step(through deadline: Tick) -> Bool { world.step(through: deadline) }
}
