import Basics
import KubeAPI
import Testing

@testable import KubeScheduler

/// Who waits where, and for how long.
@Suite struct SchedulingQueueTests {
  private func info(_ name: String, priority: Int32 = 0, uid: UInt64) -> PodInfo {
    var pod = makePod(name, priority: priority)
    pod.metadata.uid = UID(high: 9, low: uid)
    return PodInfo(pod)
  }

  private func at(_ milliseconds: Int) -> Tick { .zero + .milliseconds(milliseconds) }

  @Test func priorityThenTime() {
    var queue = SchedulingQueue()
    queue.add(info("late", uid: 1), now: at(2), cause: .none)
    queue.add(info("early", uid: 2), now: at(1), cause: .none)
    queue.add(info("urgent", priority: 5, uid: 3), now: at(3), cause: .none)
    var order: [String] = []
    while let pod = queue.pop() { order.append(pod.info.key.name) }
    #expect(order == ["urgent", "early", "late"])
  }

  @Test func errorsBackOffLongerEachTime() throws {
    var queue = SchedulingQueue()
    var now = at(0)
    queue.add(info("web", uid: 1), now: now, cause: .none)
    var waits: [Int] = []
    for _ in 1...6 {
      guard let pod = queue.pop() else { break }
      queue.addUnschedulable(pod, rejectors: [], now: now)
      #expect(!queue.hasNext)
      let flush = try #require(queue.nextBackoffFlush(after: now))
      waits.append((flush - now).wholeSeconds)
      now = flush
      queue.flushBackoff(now: now)
    }
    // 1, 2, 4, 8, 10, 10 s, and the window in which the time ends.
    #expect(waits == [2, 3, 5, 9, 11, 11])
  }

  @Test func eventsWakeThoseTheyMayHelp() {
    var queue = SchedulingQueue()
    for (name, uid, plugin) in [
      ("room", UInt64(1), Plugin.nodeResourcesFit), ("taint", 2, .taintToleration),
    ] {
      queue.add(info(name, uid: uid), now: at(0), cause: .none)
      guard let pod = queue.pop() else { continue }
      queue.addUnschedulable(pod, rejectors: PluginSet(plugin), now: at(0))
    }
    #expect(queue.unschedulableCount == 2)
    var gone = makePod("gone")
    gone.spec.nodeName = "worker-1"
    queue.move(.podDeleted(PodInfo(gone)), now: at(5000), cause: .none)
    #expect(queue.list(.active, limit: 9).map(\.info.key.name) == ["room"])
    var old = makeNode("worker-1")
    old.spec.taints = [Taint(key: "k", effect: "NoSchedule")]
    let new = makeNode("worker-1")
    queue.move(
      .nodeUpdated(old: old, new: new, NodeChange(from: old, to: new)), now: at(5000),
      cause: .none)
    #expect(queue.activeCount == 2)
  }

  @Test func searchStopsWhenEnoughAreFound() {
    #expect(SchedulingAlgorithm.nodesToFind(of: 99) == 99)
    #expect(SchedulingAlgorithm.nodesToFind(of: 150) == 100)
    #expect(SchedulingAlgorithm.nodesToFind(of: 1000) == 420)
    #expect(SchedulingAlgorithm.nodesToFind(of: 5000) == 500)
    #expect(SchedulingAlgorithm.nodesToFind(of: 10_000) == 500)
    #expect(SchedulingAlgorithm.nodesToFind(of: 1000, percentage: 100) == 1000)
  }

  @Test func zonesTakeTurns() {
    var cache = SchedulerCache()
    for (name, zone) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")] {
      var node = makeNode(name)
      node.metadata.labels["topology.kubernetes.io/zone"] = zone
      cache.setNode(node)
    }
    cache.refresh()
    #expect(cache.tree.order.map { cache.details[Int($0)].name } == ["a1", "b1", "a2", "a3"])
    cache.removeNode("a1")
    cache.refresh()
    #expect(cache.tree.order.map { cache.details[Int($0)].name } == ["a2", "b1", "a3"])
  }

  @Test func absurdAmountsAreNoTrap() {
    var cluster = ClusterSnapshot()
    var node = makeNode("worker-1")
    node.status.allocatable["memory"] = Quantity(Int64.max)
    node.status.images = [ContainerImage()]
    node.status.images[0].names = ["registry.example/app:1"]
    node.status.images[0].sizeBytes = .max
    cluster.nodes = [node, makeNode("worker-2")]
    for number in 1...50 {
      var pod = makePod("pod-\(number)")
      pod.spec.nodeName = "worker-1"
      pod.spec.containers[0].resources.requests["memory"] = Quantity(Int64.max)
      cluster.pods.append(pod)
    }
    var pod = makePod("web", milliCPU: .max)
    var constraint = TopologySpreadConstraint()
    constraint.maxSkew = .max
    constraint.topologyKey = "kubernetes.io/hostname"
    constraint.whenUnsatisfiable = "ScheduleAnyway"
    pod.spec.topologySpreadConstraints = [constraint]
    #expect(schedule(pod, on: cluster).feasibleCount == 0)
    pod.spec.containers[0].resources.requests["cpu"] = Quantity(1)
    #expect(schedule(pod, on: cluster).feasibleCount == 1)
  }
}
