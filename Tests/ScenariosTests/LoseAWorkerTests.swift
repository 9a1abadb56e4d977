import Basics
import Engine
import KubeAPI
import Manifests
import Testing

/// A worker loses power, over many seeds: the times the real control plane has (measured 47.7 s to
/// Unknown, 347.8 s to deletion), and who is left where.
struct LoseAWorkerTests {
  struct Outcome: Sendable {
    var problems: [String] = []
    var unknown = Span.zero
    var endpoints = Span.zero
    var isSameTick = false
    var deletion = Span.zero
    var running = Span.zero
    var ready = Span.zero
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
    print(
      """
      lose a worker, \(good.count) of \(outcomes.count) seeds:
        Ready Unknown after power loss: \(Figures(good.map(\.unknown)))
        endpoints gone after that: \(Figures(good.map(\.endpoints))), on the same tick of 100 ms \
      in \(good.count(where: \.isSameTick))
        deletion after the NoExecute taint: \(Figures(good.map(\.deletion)))
        replacements Running after deletion: \(Figures(good.map(\.running)))
        replacements Ready after deletion: \(Figures(good.map(\.ready)))
        \(good.reduce(0) { $0 + $1.events }) events
      \(checkTable(good.map(\.checks)))
      """)
  }

  private static func run(_ shop: [ManifestDocument], _ seed: UInt64, _ outcome: inout Outcome)
    throws
  {
    var world = try World.withShop(shop, seed: seed)
    func check(_ holds: Bool, _ what: @autoclosure () -> String) {
      if !holds { outcome.problems.append(what()) }
    }

    let worker = busiestWorker(world)
    let lost = world.pods(app: "shop").filter { $0.spec.nodeName == worker }.map(\.metadata.uid)
    try world.apply(.fail(Fault(.host(worker))))
    let start = world.now

    world.advance(to: start + .seconds(39))
    check(world.ready(worker) == "True", "\(worker) is not Ready any more after 39 s")
    check(world.readyEndpoints("shop") == 6, "endpoints went before the node's condition")
    _ = try world.wait(atMost: .seconds(17), for: "Unknown") { $0.ready(worker) == "Unknown" }
    outcome.unknown = world.now - start
    check(
      outcome.unknown >= .seconds(40) && outcome.unknown <= .seconds(55),
      "Unknown after \(outcome.unknown.seconds) s")
    let unknownAt = world.now

    outcome.endpoints = try world.wait(atMost: .seconds(2), for: "endpoints") {
      $0.readyEndpoints("shop") == 6 - lost.count
    }
    outcome.isSameTick =
      unknownAt.microseconds / 100_000 == world.now.microseconds / 100_000
    _ = try world.wait(atMost: .seconds(6), for: "the NoExecute taint") {
      $0.object(.node, ObjectKey(name: worker))?.node?.spec.taints.contains {
        $0.key == "node.kubernetes.io/unreachable" && $0.effect == "NoExecute"
      } ?? false
    }
    let taintedAt = world.now

    world.advance(to: taintedAt + .seconds(298))
    func isGoing(_ world: World) -> Bool {
      world.pods(app: "shop").filter { lost.contains($0.metadata.uid) }
        .allSatisfy { $0.metadata.deletionTimestamp != nil }
    }
    check(
      world.pods(app: "shop").allSatisfy { $0.metadata.deletionTimestamp == nil },
      "a pod was deleted within 298 s of the taint")
    _ = try world.wait(atMost: .seconds(4), for: "deletion", until: isGoing)
    outcome.deletion = world.now - taintedAt
    check(
      outcome.deletion >= .seconds(299) && outcome.deletion <= .seconds(301),
      "deleted \(outcome.deletion.seconds) s after the taint")

    func staying(_ world: World) -> [Pod] {
      world.pods(app: "shop").filter { $0.metadata.deletionTimestamp == nil }
    }
    outcome.running = try world.wait(atMost: .seconds(20), for: "six Running") {
      staying($0).count { $0.status.phase == "Running" } == 6
    }
    outcome.ready =
      outcome.running
      + (try world.wait(atMost: .seconds(20), for: "six Ready") {
        staying($0).count { $0.status.conditions.isTrue("Ready") } == 6
      })
    _ = try world.wait(atMost: .seconds(5), for: "six endpoints") {
      $0.readyEndpoints("shop") == 6
    }
    check(staying(world).allSatisfy { $0.spec.nodeName != worker }, "a replacement on \(worker)")

    world.advance(to: world.now + .minutes(3))
    let stranded = world.pods(app: "shop").filter { $0.metadata.deletionTimestamp != nil }
    check(
      Set(stranded.map(\.metadata.uid)) == Set(lost), "not Terminating until the node returns")
    let before = Life.all(staying(world))

    try world.apply(.heal(.host(worker)))
    _ = try world.wait(atMost: .minutes(1), every: .milliseconds(100), for: "Ready again") {
      $0.ready(worker) == "True"
    }
    _ = try world.wait(atMost: .seconds(40), every: .milliseconds(100), for: "an end of old pods") {
      $0.pods(app: "shop").count == 6
    }
    check(world.converge(deadline: world.now + .minutes(5)), "\(world.convergence().missing)")
    world.advance(to: world.now + .minutes(1))
    check(Life.all(world.pods(app: "shop")) == before, "something moved back or restarted")
    check(world.readyEndpoints("shop") == 6, "endpoints after the return")
    outcome.problems += world.invariantProblems()
    outcome.checks = world.monitor.checks
    outcome.events = world.events
  }

  /// The worker with the most pods of the shop; of several the first.
  private static func busiestWorker(_ world: World) -> String {
    let pods = world.pods(app: "shop")
    let workers = world.spec.workers.map(\.name)
    let counts = workers.map { name in pods.count { $0.spec.nodeName == name } }
    return workers[counts.firstIndex(of: counts.max() ?? 0) ?? 0]
  }
}
