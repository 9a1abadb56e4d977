import Basics
import KubeAPI
import Testing

@testable import KubeScheduler

/// The search among many nodes, and the draw among equals.
@Suite struct SchedulingAlgorithmTests {
  private func cache(_ count: Int) -> SchedulerCache {
    var cache = SchedulerCache()
    for number in 1...count { cache.setNode(makeNode("worker-\(number)")) }
    cache.refresh()
    return cache
  }

  private func info(priority: Int32 = 0, milliCPU: Int64 = 100, uid: UInt64 = 1) -> PodInfo {
    var pod = makePod("web-\(uid)", milliCPU: milliCPU, priority: priority)
    pod.metadata.uid = UID(high: 4, low: uid)
    return PodInfo(pod)
  }

  private func run(
    _ algorithm: inout SchedulingAlgorithm, _ info: PodInfo, _ cache: inout SchedulerCache,
    _ nominator: Nominator = Nominator(), seed: UInt64 = 1
  ) -> String? {
    var prng = PRNG(seed: seed)
    var state = CycleState(info, &cache)
    let outcome = algorithm.run(&state, &cache, nominator, prng: &prng)
    guard case .fits(let slot, _) = outcome else { return nil }
    return cache.details[Int(slot)].name
  }

  @Test func searchGoesOnWhereItEnded() {
    var cache = cache(250)
    var algorithm = SchedulingAlgorithm()
    _ = run(&algorithm, info(), &cache)
    #expect(algorithm.table.feasible.count == 120)
    #expect(algorithm.nextStart == 120)
    #expect(algorithm.table.feasible.first == 0)
    _ = run(&algorithm, info(uid: 2), &cache)
    #expect(algorithm.table.feasible.first == 120)
    #expect(algorithm.nextStart == 240)
    _ = run(&algorithm, info(uid: 3), &cache)
    #expect(algorithm.nextStart == (240 + 120) % 250)
  }

  @Test func equalsHaveEqualChances() {
    var cache = cache(4)
    var algorithm = SchedulingAlgorithm()
    var draws = [0, 0, 0, 0]
    for seed in 0..<400 as Range<UInt64> {
      guard let name = run(&algorithm, info(), &cache, seed: seed), let number = Int(name.suffix(1))
      else { continue }
      draws[number - 1] += 1
    }
    #expect(draws.reduce(0, +) == 400)
    #expect(draws.allSatisfy { $0 > 60 && $0 < 140 })
  }

  @Test func roomIsKeptForTheNominated() {
    var cache = cache(1)
    var algorithm = SchedulingAlgorithm()
    var nominator = Nominator()
    nominator.add(info(priority: 10, milliCPU: 3500, uid: 9), node: "worker-1")
    #expect(run(&algorithm, info(priority: 5, milliCPU: 1000), &cache, nominator) == nil)
    #expect(run(&algorithm, info(priority: 20, milliCPU: 1000), &cache, nominator) == "worker-1")
    // Trials leave no trace.
    #expect(cache.rows[0].requestedMilliCPU == 0)
    #expect(cache.rows[0].podCount == 0)
  }

  @Test func assumedPodsCountAndCanBeForgotten() throws {
    var cache = cache(1)
    let pod = info(milliCPU: 1500)
    cache.assume(pod, on: "worker-1")
    #expect(cache.rows[0].requestedMilliCPU == 1500)
    #expect(cache.isAssumed(pod.uid))
    try cache.checkInvariants()
    let (first, second) = (cache.forget(pod.uid), cache.forget(pod.uid))
    #expect(first && !second)
    #expect(cache.rows[0].requestedMilliCPU == 0)
    try cache.checkInvariants()
  }

  @Test func podsOutliveTheirNode() throws {
    var cache = cache(2)
    var pod = makePod("web", milliCPU: 500)
    pod.metadata.uid = UID(high: 4, low: 7)
    pod.spec.nodeName = "worker-1"
    cache.addPod(PodInfo(pod))
    cache.removeNode("worker-1")
    cache.refresh()
    #expect(cache.nodeCount == 1)
    #expect(cache.podCount == 1)
    try cache.checkInvariants()
    cache.setNode(makeNode("worker-1"))
    cache.refresh()
    #expect(cache.rows[cache.slot(of: "worker-1") ?? 0].requestedMilliCPU == 500)
    cache.removeNode("worker-1")
    cache.removePod(pod.metadata.uid)
    #expect(cache.slot(of: "worker-1") == nil)
    try cache.checkInvariants()
  }
}
