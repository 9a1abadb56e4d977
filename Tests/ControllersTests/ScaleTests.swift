import Basics
import KubeAPI
import Testing

@testable import Controllers

/// What a controller must not do at size: look at everything at every event.
@Suite struct ScaleTests {
  private func reconciles(_ cluster: TestCluster, _ name: String) -> UInt64 {
    cluster.manager.view.controllers.first { $0.name == name }?.reconciles ?? 0
  }

  @Test func heartbeatsCauseNoWork() {
    var cluster = TestCluster()
    for at in 1...100 { cluster.addNode("worker-\(at)", zone: "zone-\(at % 3)") }
    cluster.run(.seconds(30))
    let before = cluster.manager.view.controllers.map(\.reconciles)
    let requests = cluster.api.counts.filter { $0.key != "update leases" }.values.reduce(0, +)
    cluster.run(.seconds(60))
    #expect(cluster.manager.view.controllers.map(\.reconciles) == before)
    // Nothing but the leader's own renewals.
    let later = cluster.api.counts.filter { $0.key != "update leases" }.values.reduce(0, +)
    #expect(later == requests)
    #expect(cluster.manager.zoneStates.map(\.state) == [.normal, .normal, .normal])
  }

  @Test func aSyncCoversManyPods() {
    var cluster = TestCluster()
    for at in 1...5 { cluster.addNode("worker-\(at)") }
    cluster.run(.seconds(5))
    var service = Service(name: "web", namespace: "default")
    service.spec.selector = ["app": "web"]
    cluster.create(service)
    cluster.create(makeDeployment("web", replicas: 300))
    #expect(
      cluster.run(until: .seconds(120)) {
        $0.deployment("web")?.status.availableReplicas == 300
      })
    #expect(reconciles(cluster, "replicaset-controller") < 150)
    #expect(reconciles(cluster, "deployment-controller") < 150)
    #expect(reconciles(cluster, "endpointslice-controller") < 350)
    cluster.run(.seconds(60))
    let slices = cluster.api.all(EndpointSlice.self)
    #expect(slices.map(\.endpoints.count) == [100, 100, 100])
  }
}
