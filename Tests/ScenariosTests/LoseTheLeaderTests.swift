import Basics
import Engine
import KubeAPI
import Manifests
import Kubectl
import Testing

/// The master that leads everything loses power, then a second one, over many seeds.
struct LoseTheLeaderTests {
  struct Outcome: Sendable {
    var problems: [String] = []
    var etcd = Span.zero
    var controllerManager = Span.zero
    var scheduler = Span.zero
    var cloudControllerManager = Span.zero
    var acknowledged = 0
    var refused = 0
    var refusal = ""
    var refusalTime = Span.zero
    var checks: [Int] = []
    var events: UInt64 = 0
  }

  @Test func twoHundredSeeds() async throws {
    let shop = try DataFile.manifests("shop.yaml")
    let outcomes = await overSeeds(1...200) { seed in
      var outcome = Outcome()
      do { try Self.run(shop, seed, &outcome) } catch { outcome.problems.append("\(error)") }
      return outcome
    }
    for (index, outcome) in outcomes.enumerated() {
      #expect(outcome.problems.isEmpty, "seed \(index + 1)")
    }
    let good = outcomes.filter(\.problems.isEmpty)
    let refusals = Set(good.map(\.refusal)).sorted()
    print(
      """
      lose the leader, \(good.count) of \(outcomes.count) seeds:
        new etcd leader: \(Figures(good.map(\.etcd)))
        new kube-controller-manager leader: \(Figures(good.map(\.controllerManager)))
        new kube-scheduler leader: \(Figures(good.map(\.scheduler)))
        new cloud-controller-manager leader: \(Figures(good.map(\.cloudControllerManager)))
        writes acknowledged around the loss, all kept: \(good.reduce(0) { $0 + $1.acknowledged }), \
      not acknowledged: \(good.reduce(0) { $0 + $1.refused })
        a write without quorum fails after \(Figures(good.map(\.refusalTime))) with \(refusals)
        \(good.reduce(0) { $0 + $1.events }) events
      \(checkTable(good.map(\.checks)))
      """)
  }

  static let leases = ["kube-controller-manager", "kube-scheduler", "cloud-controller-manager"]

  private static func run(_ shop: [ManifestDocument], _ seed: UInt64, _ outcome: inout Outcome)
    throws
  {
    var world = try World.withShop(shop, seed: seed)
    func check(_ holds: Bool, _ what: @autoclosure () -> String) {
      if !holds { outcome.problems.append(what()) }
    }
    let first = world.spec.masters[Int(seed % 3)].name
    try crown(first, &world)
    let before = lives(world)

    // Writes from just before the loss until all have new leaders, each acknowledged or not.
    let witness = world.kubectl("create deployment witness --image=nginx:1.27 --replicas=1")
    check(witness.exitCode == 0, "witness: \(witness.text)")
    var writes = Writes()
    writes.send(to: &world)
    world.advance(to: world.now + .milliseconds(Int(seed % 7)))
    try world.apply(.fail(Fault(.host(first))))
    let start = world.now
    check(world.leaders(of: "etcd").isEmpty, "a machine without power leads")

    var since: [String: Span] = [:]
    while world.now < start + .seconds(40) {
      world.advance(to: world.now + .milliseconds(10))
      for component in ["etcd"] + leases where since[component] == nil {
        if !world.leaders(of: component).isEmpty { since[component] = world.now - start }
      }
      if (world.now - start).microseconds % 250_000 == 0 { writes.send(to: &world) }
      writes.collect(from: &world)
    }
    for component in ["etcd"] + leases {
      check(since[component] != nil, "nobody leads \(component)")
      check(world.leaders(of: component).count == 1, "more than one leads \(component)")
    }
    outcome.etcd = since["etcd"] ?? .zero
    outcome.controllerManager = since[leases[0]] ?? .zero
    outcome.scheduler = since[leases[1]] ?? .zero
    outcome.cloudControllerManager = since[leases[2]] ?? .zero
    check(outcome.etcd <= .milliseconds(3_500), "etcd's leader after \(outcome.etcd.seconds) s")
    for (name, span) in [
      ("kube-controller-manager", outcome.controllerManager),
      ("kube-scheduler", outcome.scheduler),
    ] {
      check(
        span >= .seconds(13) && span <= .seconds(23), "\(name)'s leader after \(span.seconds) s")
    }
    check(lives(world) == before, "running pods were touched")

    let scaled = world.kubectl("scale deployment shop --replicas=7")
    check(scaled.exitCode == 0, "scale: \(scaled.text)")
    _ = try world.wait(atMost: .minutes(1), every: .milliseconds(100), for: "a seventh pod") {
      $0.readyEndpoints("shop") == 7
    }
    world.advance(to: world.now + .seconds(30))
    writes.collect(from: &world)
    outcome.acknowledged = writes.acknowledged.count
    outcome.refused = writes.sent - writes.acknowledged.count

    // The second master: one member of three is no quorum.
    let full = lives(world)
    let second = world.spec.masters[Int((seed + 1 + seed / 3 % 2) % 3)].name
    try world.apply(.fail(Fault(.host(second))))
    // Until the load balancer has taken it out too (three failed checks, 2 s apart).
    world.advance(to: world.now + .seconds(12))
    check(!world.etcdHealth.hasQuorum, "a quorum of one")
    let revision = world.etcdHealth.revision
    let askedAt = world.now
    let refused = world.kubectl("scale deployment shop --replicas=9")
    outcome.refusalTime = world.now - askedAt
    outcome.refusal = refused.text.split(separator: "\n").first.map(String.init) ?? ""
    check(
      refused.exitCode == 1
        && outcome.refusal == "Error from server: etcdserver: request timed out",
      "a write without quorum: \(refused.text)")
    world.advance(to: world.now + .minutes(2))
    check(world.etcdHealth.revision == revision, "written without a quorum")
    check(lives(world) == full, "pods were touched while there was no quorum")
    for worker in world.spec.workers {
      let endpoints = world.proxyEndpoints(
        on: worker.name, of: ObjectKey(namespace: "default", name: "shop"))
      check(endpoints == 7, "\(worker.name)'s rules: \(endpoints.map(String.init) ?? "none")")
    }

    try world.apply(.healAll)
    _ = try world.wait(atMost: .minutes(1), every: .milliseconds(100), for: "three members") {
      $0.etcdHealth.healthy == 3
    }
    check(world.converge(deadline: world.now + .minutes(10)), "\(world.convergence().missing)")
    world.advance(to: world.now + .minutes(1))
    check(lives(world) == full, "running pods were touched by the healing")
    check(world.readyEndpoints("shop") == 7, "endpoints after the healing")
    for name in writes.acknowledged {
      let key = ObjectKey(namespace: "default", name: name)
      check(world.object(.configMap, key) != nil, "acknowledged write of \(name) is lost")
    }
    let key = ObjectKey(namespace: "default", name: "witness")
    check(world.object(.deployment, key) != nil, "the witness is lost")
    outcome.problems += world.invariantProblems()
    outcome.checks = world.monitor.checks
    outcome.events = world.events
  }

  private static func lives(_ world: World) -> [Life] {
    Life.all(world.pods(app: "shop") + world.pods(app: "cart", namespace: "backend"))
  }

  /// Makes `master` lead etcd and all three components, by stopping the others for a while.
  private static func crown(_ master: String, _ world: inout World) throws {
    for _ in 0..<20 where world.leaders(of: "etcd") != [master] {
      guard let leader = world.leaders(of: "etcd").first else {
        world.advance(to: world.now + .seconds(1))
        continue
      }
      let target = Fault.Target.process(host: leader, name: "etcd")
      try world.apply(.fail(Fault(target)))
      _ = try world.wait(atMost: .seconds(20), for: "another etcd leader") {
        !$0.leaders(of: "etcd").isEmpty
      }
      try world.apply(.heal(target))
      world.advance(to: world.now + .seconds(10))
    }
    for component in leases {
      for other in world.spec.masters where other.name != master {
        try world.apply(.fail(Fault(.process(host: other.name, name: component))))
      }
    }
    _ = try world.wait(atMost: .minutes(1), every: .milliseconds(100), for: "\(master) leading") {
      world in leases.allSatisfy { world.leaders(of: $0) == [master] }
    }
    try world.apply(.healAll)
    guard world.converge(deadline: world.now + .minutes(5)) else {
      throw LabProblem("seed \(world.spec.seed): \(world.convergence().missing)")
    }
    // Past the supervisors' and the leases' own times.
    world.advance(to: world.now + .seconds(30))
    guard (["etcd"] + leases).allSatisfy({ world.leaders(of: $0) == [master] }) else {
      throw LabProblem("seed \(world.spec.seed): \(master) does not lead everything")
    }
  }
}

/// Config maps written one after another, and which of them were acknowledged.
private struct Writes {
  private(set) var sent = 0
  private(set) var acknowledged: [String] = []
  private var open: [(id: UInt64, name: String)] = []

  mutating func send(to world: inout World) {
    let map = ConfigMap(name: "write-\(sent)", namespace: "default")
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.body = .object(map.boxed)
    sent += 1
    if case .some(.some(let id)) = try? world.apply(.request(request)) {
      open.append((id, map.metadata.name))
    }
  }

  mutating func collect(from world: inout World) {
    open.removeAll { entry in
      guard let answer = world.takeAnswer(entry.id) else { return false }
      if case .object = answer { acknowledged.append(entry.name) }
      return true
    }
  }
}
