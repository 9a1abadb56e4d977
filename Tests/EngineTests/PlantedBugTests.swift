import Basics
import Engine
import KubeAPI
import Testing

/// Every rule of the invariant monitor catches a bug of its kind, planted on purpose, within a few
/// seeds; and without a bug the same runs break nothing.
struct PlantedBugTests {
  /// A bug, what brings it out, and the rule it breaks.
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: InvariantMonitor.Rule
    let bug: PlantedBug
    let provoke: @Sendable (inout World) throws -> Void
    var seeds: ClosedRange<UInt64> = 1...3

    var testDescription: String { "\(bug): \(rule.rawValue)" }
  }

  static let cases: [Case] = [
    Case(
      rule: .oneLeaderPerTerm, bug: .refusedVotesCount, provoke: contendForLeadership, seeds: 1...12
    ),
    Case(
      rule: .acknowledgedWritesSurvive, bug: .diskForgets(records: 60),
      provoke: powerCycleAllMasters),
    Case(rule: .logsMatch, bug: .diskForgets(records: 60), provoke: powerCycleAllMasters),
    Case(rule: .votesKept, bug: .etcd(.votesNotWritten), provoke: powerCycleAllMastersTwice),
    Case(rule: .revisionsGrow, bug: .storeGoesBack(member: 1), provoke: goOn),
    Case(rule: .watchesComplete, bug: .watchEventDropped, provoke: scaleUpAndDown),
    Case(rule: .watchesComplete, bug: .watchEventRepeated, provoke: scaleUpAndDown),
    Case(rule: .podsBoundOnce, bug: .boundPodMoves(to: "worker-1"), provoke: scaleUpAndDown),
    Case(
      rule: .nodesNotOvercommitted, bug: .everyBindingTo("worker-2"), provoke: askForManyCores),
    Case(rule: .objectsWrittenByAPIServers, bug: .writePastAPIServer, provoke: goOn),
  ]

  @Test(arguments: cases)
  func isCaught(_ planted: Case) throws {
    var found: [InvariantMonitor.Violation] = []
    for seed in planted.seeds {
      var world = try Self.prepared(seed)
      world.plant(planted.bug)
      try? planted.provoke(&world)
      found = world.monitor.violations
      if found.contains(where: { $0.rule == planted.rule }) {
        print("planted \(planted.bug), seed \(seed): \(found.map(\.evidence))")
        return
      }
    }
    Issue.record("\(planted.bug) went unnoticed; found \(found.map(\.evidence))")
  }

  @Test(arguments: cases)
  func nothingBreaksWithoutIt(_ planted: Case) throws {
    var world = try Self.prepared(planted.seeds.lowerBound)
    try? planted.provoke(&world)
    #expect(world.monitor.violations == [])
  }

  @Test func everyRuleHasACase() {
    for rule in InvariantMonitor.Rule.allCases {
      #expect(Self.cases.contains { $0.rule == rule }, "\(rule.rawValue)")
    }
  }

  private static func prepared(_ seed: UInt64) throws -> World {
    var world = try World.booted(seed: seed)
    try world.create(yaml: World.web(replicas: 3))
    world.converge(deadline: world.now + .minutes(3))
    return world
  }

  // MARK: What brings the bugs out

  private static let goOn: @Sendable (inout World) throws -> Void = { world in
    world.advance(to: world.now + .minutes(1))
  }

  /// Members far from one another lose their leader again and again: votes cross on the way.
  private static let contendForLeadership: @Sendable (inout World) throws -> Void = { world in
    let masters = world.spec.masters.map(\.name)
    for (index, one) in masters.enumerated() {
      for other in masters[(index + 1)...] {
        try world.apply(
          .fail(
            Fault(.link(from: one, to: other, isOneWay: false), .delay(.milliseconds(350)))))
      }
    }
    for _ in 0..<10 {
      world.advance(to: world.now + .seconds(20))
      guard let leader = world.leaders(of: "etcd").first else { continue }
      let target = Fault.Target.process(host: leader, name: "etcd")
      try world.apply(.fail(Fault(target)))
      world.advance(to: world.now + .seconds(10))
      try world.apply(.heal(target))
      if !world.monitor.violations.isEmpty { return }
    }
  }

  private static let powerCycleAllMasters: @Sendable (inout World) throws -> Void = { world in
    for master in world.spec.masters { try world.apply(.fail(Fault(.host(master.name)))) }
    world.advance(to: world.now + .seconds(2))
    try world.apply(.healAll)
    world.advance(to: world.now + .minutes(2))
  }

  /// The first time brings the bug into the members.
  private static let powerCycleAllMastersTwice: @Sendable (inout World) throws -> Void = { world in
    try powerCycleAllMasters(&world)
    try powerCycleAllMasters(&world)
  }

  private static let scaleUpAndDown: @Sendable (inout World) throws -> Void = { world in
    for replicas in [8, 2, 6] as [Int32] {
      try world.scale("web", to: replicas)
      world.advance(to: world.now + .seconds(40))
    }
    world.advance(to: world.now + .minutes(2))
  }

  private static let askForManyCores: @Sendable (inout World) throws -> Void = { world in
    try world.create(
      yaml: World.web(replicas: 20, cpu: "1500m")
        .replacing("metadata: {name: web}", with: "metadata: {name: heavy}")
        .replacing("app: web", with: "app: heavy"))
    world.advance(to: world.now + .minutes(1))
  }
}
