import Basics
import Engine
import KubeAPI
import Testing

/// What has not happened: each answer names what is missing, who would act, on what, and when.
struct WhyNotTests {
  @Test func aPodThatFitsNowhereNamesEveryNodeAndPlugin() throws {
    var world = try World.booted(seed: 31)
    try world.create(yaml: World.web(replicas: 1, cpu: "64"))
    world.advance(to: world.now + .seconds(20))
    let pod = try #require(WhyTests.pods(world).first)
    let answer = world.whyNot(.running(pod.key))
    let unmet = try #require(answer.unmet)
    #expect(unmet.words == "some node passes every filter: 0 of 5")
    // Each reason once, that of the most nodes first.
    #expect(
      unmet.details == [
        "3 nodes, master-1, master-2, master-3: TaintToleration: "
          + "node(s) had untolerated taint(s) (node-role.kubernetes.io/control-plane:NoSchedule)",
        "2 nodes, worker-1, worker-2: NodeResourcesFit: Insufficient cpu",
      ])
    let waiter = try #require(answer.waiter)
    #expect(waiter.who == "kube-scheduler@\(world.leaders(of: "kube-scheduler")[0])")
    #expect(waiter.evidence.contains("a node added or changed"))
    #expect(answer.lines().count <= 6)
    let due = try #require(waiter.earliest)
    #expect(due > world.now && due < world.now + .minutes(6))
  }

  @Test func aPendingPodWithoutASchedulerWaitsForTheElection() throws {
    var world = try World.booted(masters: 1, seed: 31)
    try world.apply(.fail(Fault(.process(host: "master-1", name: "kube-scheduler"))))
    try world.create(yaml: World.web(replicas: 1))
    world.advance(to: world.now + .seconds(5))
    let pod = try #require(WhyTests.pods(world).first)
    let answer = world.whyNot(.running(pod.key))
    #expect(answer.unmet?.words == "a scheduler leads")
    let waiter = try #require(answer.waiter)
    #expect(waiter.who == nil)
    let deed = try #require(waiter.suppressor)
    #expect(deed.text(in: world) == "FAULT kube-scheduler on master-1 is stopped")
    #expect(answer.lines().count <= 6)
  }

  @Test func anEvictionIsToldStepByStep() throws {
    var world = try WhyTests.killed(after: .seconds(20))
    let pod = try #require(WhyTests.pods(world).first { $0.spec.nodeName == "worker-2" })
    // First the grace, then the toleration, then nobody.
    let early = world.whyNot(.evicted(pod.key))
    #expect(early.unmet?.words == "its node is known to be not ready: Ready=True")
    #expect(early.waiter?.item?.topic == .grace)
    #expect(early.waiter?.who?.hasPrefix("kube-controller-manager@") == true)
    world.advance(to: world.now + .seconds(50))
    let late = world.whyNot(.evicted(pod.key))
    #expect(late.unmet?.words == "its toleration has run out (tolerationSeconds 300)")
    let due = try #require(late.waiter?.earliest)
    #expect(late.waiter?.item?.topic == .toleration)
    #expect(world.whyNot(.running(pod.key)).waiter?.suppressor != nil)
    world.advance(to: due + .seconds(2))
    let dying = world.whyNot(.gone(pod.key))
    #expect(dying.unmet?.words == "its node's kubelet can say that it ended")
    #expect(dying.waiter?.who == nil)
    #expect(dying.waiter?.suppressor?.text(in: world) == "FAULT worker-2 loses power")
    for answer in [early, late, dying] { #expect(answer.lines().count <= 6) }
  }

  @Test func withoutAQuorumNobodyLeadsAndNothingIsWritten() throws {
    var world = try World.booted(seed: 31)
    try world.apply(.fail(Fault(.host("master-1"))))
    try world.apply(.fail(Fault(.host("master-2"))))
    world.advance(to: world.now + .seconds(10))
    let leader = world.whyNot(.leader("etcd"))
    #expect(leader.unmet?.words == "a majority (2 of 3) runs and reaches one another: 1")
    #expect(leader.unmet?.details.contains("etcd@master-1: FAULT master-1 loses power") == true)
    #expect(leader.waiter?.who == nil && leader.waiter?.suppressor != nil)
    let write = world.whyNot(.committed)
    #expect(write.unmet?.words == leader.unmet?.words)
    try world.apply(.heal(.host("master-1")))
    let healing = world.whyNot(.leader("etcd"))
    #expect(healing.waiter?.who == "etcd@master-1")
    #expect(healing.waiter?.item?.topic == .start)
    world.advance(to: world.now + .minutes(1))
    #expect(world.whyNot(.leader("etcd")).unmet == nil)
    #expect(world.whyNot(.committed).unmet == nil)
  }

  @Test func noNewLeaderBeforeTheLeaseRunsOut() throws {
    var world = try World.booted(seed: 31)
    let old = try #require(world.leaders(of: "kube-controller-manager").first)
    try world.apply(.fail(Fault(.process(host: old, name: "kube-controller-manager"))))
    world.advance(to: world.now + .seconds(4))
    let answer = world.whyNot(.leader("kube-controller-manager"))
    #expect(answer.unmet?.words == "the lease is free, or was not renewed for its duration")
    let waiter = try #require(answer.waiter)
    #expect(waiter.evidence.contains("may take the lease from \(old)"))
    let due = try #require(waiter.earliest)
    world.advance(to: due - .milliseconds(1))
    #expect(world.leaders(of: "kube-controller-manager").isEmpty)
    world.advance(to: due + .seconds(6))
    #expect(!world.leaders(of: "kube-controller-manager").isEmpty)
  }

  @Test func podsAreNotMovedBackAndSomeAskWhyNothingHappens() throws {
    var world = try WhyTests.killed(after: .seconds(400))
    try world.apply(.heal(.host("worker-2")))
    world.advance(to: world.now + .seconds(60))
    let pod = try #require(WhyTests.pods(world).first { $0.spec.nodeName == "worker-1" })
    let answer = world.whyNot(.rescheduled(pod.key))
    #expect(answer.unmet?.isMet == false)
    #expect(answer.waiter?.who == nil)
    #expect(answer.waiter?.evidence.contains("no component moves a running pod") == true)
    let quiet = world.whyNot(.anything)
    #expect(quiet.waiter?.item != nil)
    #expect(world.whyNot(.running(pod.key)).unmet == nil)
  }

  @Test func trafficGoesOnUntilTheChainHasToldEveryProxy() throws {
    var world = try WhyTests.killed(after: .seconds(10))
    let pod = try #require(WhyTests.pods(world).first { $0.spec.nodeName == "worker-2" })
    let service = ObjectKey(namespace: "default", name: "web")
    let early = world.whyNot(.unrouted(service: service, address: pod.status.podIP))
    #expect(early.unmet?.words == "its pod is not ready any more, or gone")
    #expect(early.waiter?.item?.topic == .grace)
    world.advance(to: world.now + .seconds(60))
    let late = world.whyNot(.unrouted(service: service, address: pod.status.podIP))
    // The dead node's own rules are stale, and harm nobody.
    #expect(late.requirements.count >= 3)
    for requirement in late.requirements.prefix(2) { #expect(requirement.isMet) }
  }

  @Test func beliefsDifferWhereAWatchIsCut() throws {
    var world = try WhyTests.killed(after: .zero)
    try world.apply(.heal(.host("worker-2")))
    world.advance(to: world.now + .seconds(60))
    let node = WhyTests.node("worker-1")
    let before = world.beliefs(about: node)
    #expect(before.differing.isEmpty)
    #expect(before.rows.filter { $0.holder == .etcd }.count == 3)
    #expect(before.rows.filter { $0.holder == .watchCache }.count == 3)
    #expect(before.rows.contains { $0.who == "kubelet@worker-1" && $0.holder == .informer })
    try world.apply(.fail(Fault(.host("worker-1"), .cut)))
    var request = APIRequest(.patch, .node, name: "worker-1")
    request.body = .patch(
      Patch(
        .merge,
        .object(JSONObject([("spec", .object(JSONObject([("unschedulable", .bool(true))])))]))))
    _ = try world.ask(request)
    world.advance(to: world.now + .seconds(3))
    let after = world.beliefs(about: node)
    #expect(after.differing.map(\.who) == ["kubelet@worker-1"])
    let stale = try #require(after.differing.first)
    #expect(stale.differences.contains { $0.path == "spec.unschedulable" && $0.old == "true" })
    #expect(stale.revision < after.truth.revision)
    let silence = try #require(stale.silence)
    #expect(silence > .seconds(2))
  }
}
