import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Controllers

@Suite struct LeadershipTests {
  @Test func losesTheLeaseWhenNobodyAnswers() {
    var cluster = TestCluster()
    cluster.addNode("worker-1")
    cluster.run(.seconds(20))
    #expect(cluster.manager.isLeader)
    let lease = cluster.api.get(
      ObjectKey(namespace: "kube-system", name: "kube-controller-manager"), as: Lease.self)
    #expect(lease?.spec.holderIdentity == "master-1_a")
    #expect(cluster.events("LeaderElection") == ["master-1_a became leader"])
    cluster.isPartitioned = true
    let cut = cluster.now
    #expect(cluster.run(until: .seconds(30)) { !$0.exits.isEmpty })
    #expect(cluster.exits == ["leaderelection lost"])
    #expect(!cluster.manager.isLeader)
    let lost = (cluster.now - cut).seconds
    #expect(lost >= 8 && lost <= 13)
  }

  @Test func onlyTheLeaderWatches() {
    var cluster = TestCluster()
    var lease = Lease(name: "kube-controller-manager", namespace: "kube-system")
    lease.spec.holderIdentity = "master-2_z"
    lease.spec.leaseDurationSeconds = 15
    lease.spec.renewTime = .powerOn
    cluster.create(lease)
    cluster.run(.seconds(10))
    #expect(!cluster.manager.isLeader)
    #expect(cluster.api.watchers.isEmpty)
    #expect(cluster.manager.view.holder == "master-2_z")
    // A full lease duration after it was first seen, the silent leader is succeeded.
    #expect(cluster.run(until: .seconds(15)) { $0.manager.isLeader })
    #expect(cluster.now.seconds >= 15)
    cluster.run(.seconds(1))
    let view = cluster.manager.view
    #expect(view.controllers.filter { !$0.isStarted }.isEmpty)
    #expect(view.caches.filter { !$0.hasSynced }.isEmpty)
  }

  @Test func bigDeploymentsAreHeldBackByTheClientLimit() {
    var cluster = TestCluster()
    cluster.addNode("worker-1")
    cluster.run(.seconds(5))
    let start = cluster.now
    cluster.create(makeDeployment("web", replicas: 100))
    #expect(cluster.run(until: .seconds(30)) { $0.pods().count == 100 })
    // 30 saved up, then 20 a second, with the events in between: 4.8 s on the real one.
    let seconds = (cluster.now - start).seconds
    #expect(seconds > 3.4 && seconds < 6)
  }

  @Test func sameSeedSameDigest() {
    func run() -> (Digest, Int) {
      var cluster = TestCluster()
      for at in 1...3 { cluster.addNode("worker-\(at)") }
      cluster.run(.seconds(5))
      cluster.create(makeDeployment("web", replicas: 5))
      cluster.run(.seconds(30))
      cluster.alive.remove("worker-2")
      cluster.run(.seconds(100))
      var digest = Digest()
      cluster.manager.digest(into: &digest)
      return (digest, cluster.steps)
    }
    let (first, steps) = run()
    let (second, same) = run()
    #expect(first == second)
    #expect(steps == same)
  }

  @Test func aCopyIsASnapshot() {
    var cluster = TestCluster()
    cluster.addNode("worker-1")
    cluster.run(.seconds(5))
    cluster.create(makeDeployment("web", replicas: 2))
    var snapshot = cluster
    cluster.run(.seconds(30))
    func reconciles(_ cluster: TestCluster) -> UInt64 {
      cluster.manager.view.controllers.reduce(0) { $0 + $1.reconciles }
    }
    let (before, after) = (reconciles(snapshot), reconciles(cluster))
    #expect(before < after)
    snapshot.run(.seconds(30))
    var (a, b) = (Digest(), Digest())
    cluster.manager.digest(into: &a)
    snapshot.manager.digest(into: &b)
    #expect(a == b)
  }
}
