import Basics
import ControllerRuntime
import KubeAPI
import KubeScheduler
import Testing

/// The process as an API server and a user see it.
@Suite struct SchedulerProcessTests {
  private func cluster(nodes: Int = 2, cores: Int64 = 4) -> FakeCluster {
    var cluster = FakeCluster()
    for number in 1...max(nodes, 1) where nodes > 0 {
      cluster.put(makeNode("worker-\(number)", cores: cores))
    }
    cluster.start()
    return cluster
  }

  @Test func becomesLeaderThenBinds() {
    var cluster = cluster()
    #expect(cluster.messages(.leadership) == ["master-1_a became leader"])
    cluster.put(makePod("web-1"))
    #expect(cluster.bindings.count == 1)
    #expect(cluster.pod("web-1")?.spec.nodeName == cluster.bindings[0].node)
    let decision = cluster.messages(.decision)[0]
    #expect(decision.hasPrefix("bound pod default/web-1 to worker-"))
    #expect(decision.contains("2 of 2 nodes feasible, score "))
    let event = cluster.events.first { $0.reason == "Scheduled" }
    #expect(
      event?.message == "Successfully assigned default/web-1 to \(cluster.bindings[0].node)")
    #expect(event?.component == "default-scheduler" && event?.action == "Binding")
    #expect(event?.reportingInstance == "default-scheduler-master-1")
    #expect(event?.eventTime != nil && event?.firstTimestamp == nil && event?.count == 0)
  }

  @Test func spreadsByRoomLeft() {
    var cluster = cluster(nodes: 4)
    for number in 1...8 {
      cluster.put(makePod("web-\(number)", milliCPU: 500))
      cluster.run(for: .milliseconds(5))
    }
    for number in 1...4 {
      #expect(cluster.bindings.filter { $0.node == "worker-\(number)" }.count == 2)
    }
  }

  @Test func failureSaysWhyAndAFreedNodeHelps() {
    var cluster = cluster(nodes: 1, cores: 1)
    cluster.put(makePod("big", milliCPU: 900))
    cluster.put(makePod("late", milliCPU: 500))
    cluster.run(for: .milliseconds(5))
    let condition = cluster.pod("late")?.status.conditions["PodScheduled"]
    #expect(condition?.status == "False")
    #expect(condition?.reason == "Unschedulable")
    #expect(
      condition?.message
        == "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: "
        + "0/1 nodes are available: 1 No preemption victims found for incoming pod.")
    #expect(cluster.events.contains { $0.reason == "FailedScheduling" && $0.type == "Warning" })
    #expect(cluster.scheduler.observe().unschedulableCount == 1)
    #expect(cluster.scheduler.observe().unschedulable[0].rejectors == [.nodeResourcesFit])

    cluster.delete(.pod, ObjectKey(namespace: "default", name: "big"))
    cluster.run(for: .seconds(3))
    #expect(cluster.pod("late")?.spec.nodeName == "worker-1")
  }

  @Test func onlyEventsThatMatterRetry() {
    var cluster = cluster(nodes: 1, cores: 1)
    cluster.put(makePod("big", milliCPU: 2000))
    cluster.run(for: .seconds(1))
    let tries = cluster.scheduler.observe().failedCount
    var node = makeNode("worker-1", cores: 1)
    node.metadata.labels["colour"] = "blue"
    cluster.put(node)
    cluster.run(for: .seconds(20))
    #expect(cluster.scheduler.observe().failedCount == tries)
    cluster.put(makeNode("worker-2", cores: 4))
    cluster.run(for: .seconds(2))
    #expect(cluster.pod("big")?.spec.nodeName == "worker-2")
  }

  @Test func unschedulablePodIsTriedAgainAfterFiveMinutes() {
    var cluster = cluster(nodes: 1, cores: 1)
    cluster.put(makePod("big", milliCPU: 2000))
    cluster.run(for: .minutes(5))
    #expect(cluster.scheduler.observe().failedCount == 1)
    cluster.run(for: .seconds(31))
    #expect(cluster.scheduler.observe().failedCount == 2)
  }

  @Test func gatedPodWaitsForItsGates() {
    var cluster = cluster()
    var pod = makePod("gated")
    pod.spec.schedulingGates = ["example.com/wait"]
    cluster.put(pod)
    cluster.run(for: .minutes(6))
    #expect(cluster.bindings.isEmpty)
    #expect(cluster.scheduler.observe().unschedulable[0].gate == .schedulingGates)
    pod = cluster.pod("gated") ?? pod
    pod.spec.schedulingGates = []
    cluster.put(pod)
    #expect(cluster.bindings.count == 1)
  }

  @Test func refusedBindingIsTriedAgainAfterBackoff() {
    var cluster = cluster()
    cluster.refusesBindings = true
    cluster.put(makePod("web-1"))
    #expect(cluster.scheduler.observe().podCount == 0)
    #expect(cluster.scheduler.observe().backoffCount == 1)
    #expect(cluster.pod("web-1")?.status.conditions["PodScheduled"]?.reason == "SchedulerError")
    cluster.refusesBindings = false
    cluster.run(for: .milliseconds(500))
    #expect(cluster.bindings.isEmpty)
    cluster.run(for: .seconds(3))
    #expect(cluster.bindings.count == 1)
    #expect(cluster.scheduler.observe().podCount == 1)
  }

  @Test func preemptsTheLessImportant() {
    var cluster = cluster(nodes: 1, cores: 1)
    cluster.put(makePod("low", milliCPU: 900))
    cluster.run(for: .milliseconds(5))
    cluster.put(makePod("high", milliCPU: 900, priority: 1000))
    cluster.run(for: .milliseconds(5))
    #expect(cluster.deletions == ["low"])
    let condition = cluster.pod("low")?.status.conditions["DisruptionTarget"]
    #expect(condition?.reason == "PreemptionByScheduler")
    #expect(cluster.pod("high")?.status.nominatedNodeName == "worker-1")
    #expect(
      cluster.pod("high")?.status.conditions["PodScheduled"]?.message
        == "0/1 nodes are available: 1 Insufficient cpu.")
    #expect(cluster.events.contains { $0.reason == "Preempted" })
    // The room is kept: another one of no higher priority does not get it.
    cluster.delete(.pod, ObjectKey(namespace: "default", name: "low"))
    cluster.run(for: .seconds(3))
    #expect(cluster.pod("high")?.spec.nodeName == "worker-1")
  }

  @Test func withoutNodesItSaysSo() {
    var cluster = cluster(nodes: 0)
    cluster.put(makePod("web-1"))
    #expect(
      cluster.pod("web-1")?.status.conditions["PodScheduled"]?.message
        == "no nodes available to schedule pods")
    cluster.put(makeNode("worker-1"))
    cluster.run(for: .seconds(12))
    #expect(cluster.bindings.count == 1)
  }

  @Test func losingTheLeaseEndsTheProcess() {
    var cluster = cluster()
    cluster.run(for: .seconds(20))
    #expect(cluster.exits.isEmpty)
    cluster.ignoresLease = true
    cluster.run(for: .seconds(13))
    #expect(cluster.exits == ["leaderelection lost"])
  }

  @Test func terminationReleasesTheLease() {
    var cluster = cluster()
    cluster.terminate()
    #expect(cluster.exits == ["terminated"])
    let lease = cluster.objects[.lease]?.first?.value.lease
    #expect(lease?.spec.holderIdentity == "")
    #expect(lease?.spec.leaseDurationSeconds == 1)
  }

  @Test func survivesADroppedConnection() {
    var cluster = cluster()
    cluster.disconnect()
    cluster.run(for: .seconds(5))
    cluster.put(makePod("web-1"))
    cluster.run(for: .seconds(5))
    #expect(cluster.bindings.count == 1)
  }

  @Test func otherSchedulersPodsAreLeftAlone() {
    var cluster = cluster()
    var pod = makePod("theirs")
    pod.spec.schedulerName = "somebody-else"
    cluster.put(pod)
    cluster.run(for: .seconds(5))
    #expect(cluster.bindings.isEmpty)
  }

  @Test func sameSeedSameChoices() {
    func play(_ seed: UInt64) -> (nodes: [String], digest: UInt64) {
      var cluster = FakeCluster(seed: seed)
      for number in 1...10 { cluster.put(makeNode("worker-\(number)")) }
      cluster.start()
      for number in 1...20 {
        cluster.put(makePod("web-\(number)", milliCPU: 0))
        cluster.run(for: .milliseconds(3))
      }
      var digest = Digest()
      cluster.scheduler.digest(into: &digest)
      return (cluster.bindings.map(\.node), digest.value)
    }
    let (first, again, other) = (play(1), play(1), play(2))
    #expect(first.nodes == again.nodes)
    #expect(first.digest == again.digest)
    #expect(first.nodes != other.nodes)
  }

  @Test func lastDecisionCanBeSeen() {
    var cluster = cluster(nodes: 3)
    var cordoned = makeNode("worker-3")
    cordoned.spec.unschedulable = true
    cluster.put(cordoned)
    cluster.put(makePod("web-1"))
    let decision = cluster.scheduler.observe().lastDecision
    #expect(decision?.pod.name == "web-1")
    #expect(decision?.feasibleCount == 2)
    #expect(decision?[node: "worker-3"]?.plugin == .nodeUnschedulable)
    #expect(decision?[node: "worker-3"]?.reasons == ["node(s) were unschedulable"])
    let scores = decision?[node: "worker-1"]?.scores ?? []
    #expect(
      scores.reduce(0) { $0 + $1.weighted } == decision?[node: "worker-1"]?.total)
  }
}
