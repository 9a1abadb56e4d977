import Basics
import KubeAPI
import Testing

@testable import Controllers

@Suite struct NodeFailureTests {
  private func cluster(nodes: Int, replicas: Int32, zones: Int = 1) -> TestCluster {
    var cluster = TestCluster()
    for at in 0..<nodes {
      cluster.addNode("worker-\(at + 1)", zone: zones > 1 ? "zone-\(at % zones)" : "")
    }
    cluster.run(.seconds(5))
    cluster.create(makeDeployment("web", replicas: replicas))
    #expect(
      cluster.run(until: .seconds(60)) {
        $0.deployment("web")?.status.availableReplicas == replicas
      })
    cluster.run(.seconds(30))
    return cluster
  }

  private func noExecute(_ cluster: TestCluster) -> [String] {
    cluster.api.all(Node.self)
      .filter { $0.spec.taints.contains { $0.effect == "NoExecute" } }.map(\.metadata.name)
  }

  @Test func lostNodeTimeline() throws {
    var cluster = cluster(nodes: 3, replicas: 6)
    let lost = cluster.now
    cluster.alive.remove("worker-2")
    #expect(
      cluster.run(until: .seconds(70)) {
        $0.api.get(ObjectKey(name: "worker-2"), as: Node.self)?.status.conditions["Ready"]?.status
          == "Unknown"
      })
    // 50 s of grace from the last heartbeat, up to 10 s before the loss, in steps of 5 s.
    let unknown = (cluster.now - lost).seconds
    #expect(unknown >= 40 && unknown <= 56)
    cluster.run(.seconds(1))
    let node = try #require(cluster.api.get(ObjectKey(name: "worker-2"), as: Node.self))
    let ready = try #require(node.status.conditions["Ready"])
    #expect(ready.reason == "NodeStatusUnknown")
    #expect(ready.message == "Kubelet stopped posting node status.")
    #expect(
      Set(node.spec.taints.map { $0.key + ":" + $0.effect }) == [
        "node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute",
      ])
    // The pods leave the endpoints at once, and stay where they are.
    let stranded = cluster.pods().filter { $0.spec.nodeName == "worker-2" }
    #expect(stranded.count == 2)
    #expect(stranded.allSatisfy { !$0.isReady && $0.metadata.deletionTimestamp == nil })
    #expect(cluster.events("NodeNotReady").contains("Node worker-2 status is now: NodeNotReady"))

    let tainted = cluster.now
    #expect(
      cluster.run(until: .seconds(310)) { cluster in
        cluster.pods().contains { $0.metadata.deletionTimestamp != nil }
      })
    let evicted = (cluster.now - tainted).seconds
    #expect(evicted >= 298 && evicted <= 301)
    #expect(
      cluster.run(until: .seconds(20)) { cluster in
        cluster.pods().filter { $0.isReady }.count == 6
      })
    // The old ones stay Terminating until the node answers.
    #expect(cluster.pods().filter { $0.spec.nodeName == "worker-2" }.count == 2)
    #expect(cluster.said("from worker-2: toleration of 300s ran out"))
    let condition = try #require(
      cluster.pods().first { $0.spec.nodeName == "worker-2" }?.status
        .conditions["DisruptionTarget"])
    #expect(condition.reason == "DeletionByTaintManager")
    cluster.revive("worker-2")
    cluster.run(.seconds(20))
    #expect(cluster.pods().filter { $0.spec.nodeName == "worker-2" }.isEmpty)
    #expect(noExecute(cluster).isEmpty)
  }

  @Test func shortSilenceIsForgiven() {
    var cluster = cluster(nodes: 3, replicas: 3)
    cluster.alive.remove("worker-1")
    cluster.run(.seconds(100))
    #expect(noExecute(cluster) == ["worker-1"])
    cluster.revive("worker-1")
    cluster.run(.seconds(300))
    #expect(noExecute(cluster).isEmpty)
    #expect(cluster.pods().allSatisfy { $0.metadata.deletionTimestamp == nil })
    #expect(cluster.events("TaintManagerEviction").contains { $0.hasPrefix("Cancelling deletion") })
  }

  @Test func fourOfEightAreTaintedOneByOne() {
    var cluster = cluster(nodes: 8, replicas: 8)
    for at in 1...4 { cluster.alive.remove("worker-\(at)") }
    #expect(cluster.run(until: .seconds(70)) { !noExecute($0).isEmpty })
    var times = [cluster.now.seconds]
    for count in 2...4 {
      #expect(cluster.run(until: .seconds(15)) { noExecute($0).count == count })
      times.append(cluster.now.seconds)
    }
    for (before, after) in zip(times, times.dropFirst()) {
      #expect(after - before > 9 && after - before < 11)
    }
  }

  @Test func fiveOfEightIsPartialDisruption() {
    var cluster = cluster(nodes: 8, replicas: 8)
    for at in 1...5 { cluster.alive.remove("worker-\(at)") }
    cluster.run(.seconds(200))
    // The first may slip through before the zone is judged; in a small zone no other does.
    #expect(noExecute(cluster).count <= 1)
    #expect(cluster.manager.zoneStates.map(\.state) == [.partialDisruption])
    let silenced = cluster.api.all(Node.self).filter {
      $0.spec.taints.contains { $0.effect == "NoSchedule" }
    }
    #expect(silenced.count == 5)
  }

  @Test func allLostStopsEvictions() {
    var cluster = cluster(nodes: 4, replicas: 4)
    for at in 1...4 { cluster.alive.remove("worker-\(at)") }
    cluster.run(.seconds(900))
    #expect(noExecute(cluster).isEmpty)
    #expect(cluster.pods().allSatisfy { $0.metadata.deletionTimestamp == nil && !$0.isReady })
    #expect(cluster.manager.zoneStates.map(\.state) == [.fullDisruption])
    cluster.revive("worker-1")
    cluster.run(.seconds(30))
    // The others get a fresh grace period before they count as lost.
    #expect(noExecute(cluster).isEmpty)
    #expect(cluster.said("leaves master disruption mode"))
  }

  @Test func oneZoneGoneIsEvictedAtTheNormalRate() {
    var cluster = cluster(nodes: 6, replicas: 6, zones: 2)
    for name in ["worker-1", "worker-3", "worker-5"] { cluster.alive.remove(name) }
    cluster.run(.seconds(100))
    #expect(noExecute(cluster) == ["worker-1", "worker-3", "worker-5"])
    #expect(
      cluster.manager.zoneStates.map(\.state) == [.fullDisruption, .normal])
  }
}
