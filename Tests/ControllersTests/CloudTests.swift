import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Controllers

@Suite struct CloudTests {
  private func cluster() -> TestCluster {
    var cluster = TestCluster()
    cluster.startCloudManager()
    for at in 1...3 {
      let name = "worker-\(at)"
      cluster.cloud.launch(
        name, addresses: [NodeAddress(type: "InternalIP", address: "192.168.0.\(at)")],
        zone: "zone-a", region: "region-1", instanceType: "m1.small")
      cluster.addNode(name)
      cluster.change(ObjectKey(name: name)) { (node: inout Node) in
        node.spec.taints.append(
          Taint(key: Taint.cloudUninitialized, value: "true", effect: "NoSchedule"))
      }
    }
    cluster.run(.seconds(15))
    return cluster
  }

  private func node(_ cluster: TestCluster, _ name: String) -> Node? {
    cluster.api.get(ObjectKey(name: name), as: Node.self)
  }

  @Test func newNodesAreInitialized() throws {
    let cluster = cluster()
    let node = try #require(self.node(cluster, "worker-2"))
    #expect(node.spec.taints.isEmpty)
    #expect(node.spec.providerID == "orrery:///zone-a/worker-2")
    #expect(node.metadata.labels["topology.kubernetes.io/zone"] == "zone-a")
    #expect(node.metadata.labels["node.kubernetes.io/instance-type"] == "m1.small")
    #expect(node.status.addresses.first?.address == "192.168.0.2")
    let network = try #require(node.status.conditions["NetworkUnavailable"])
    #expect(network.status == "False")
    #expect(network.message == "RouteController created a route")
    #expect(cluster.cloud.routes["worker-2"] == node.spec.podCIDR)
  }

  @Test func aTerminatedMachineTakesItsNodeAlong() {
    var cluster = cluster()
    cluster.cloud.terminate("worker-1")
    cluster.alive.remove("worker-1")
    #expect(cluster.run(until: .seconds(80)) { self.node($0, "worker-1") == nil })
    #expect(
      cluster.events("DeletingNode") == [
        "Deleting node worker-1 because it does not exist in the cloud provider"
      ])
  }

  @Test func aStoppedMachineIsTainted() {
    var cluster = cluster()
    cluster.cloud.setState("worker-1", .shutdown)
    cluster.alive.remove("worker-1")
    cluster.run(.seconds(70))
    func isTainted(_ cluster: TestCluster) -> Bool {
      node(cluster, "worker-1")?.spec.taints.contains { $0.key == Taint.cloudShutdown } == true
    }
    #expect(isTainted(cluster))
    cluster.cloud.setState("worker-1", .running)
    cluster.revive("worker-1")
    cluster.run(.seconds(20))
    #expect(!isTainted(cluster))
  }

  @Test func loadBalancersComeAndGo() throws {
    var cluster = cluster()
    var service = Service(name: "web", namespace: "default")
    service.spec.type = "LoadBalancer"
    service.spec.selector = ["app": "web"]
    var port = ServicePort()
    port.port = 80
    service.spec.ports = [port]
    cluster.create(service)
    cluster.run(.seconds(2))
    let key = ObjectKey(namespace: "default", name: "web")
    let made = try #require(cluster.api.get(key, as: Service.self))
    #expect(made.metadata.finalizers == ["service.kubernetes.io/load-balancer-cleanup"])
    #expect(made.status.ingress.map(\.ip) == ["203.0.113.1"])
    #expect(cluster.cloud.loadBalancers.first?.value.nodes == ["worker-1", "worker-2", "worker-3"])
    #expect(cluster.events("EnsuringLoadBalancer") == ["Ensuring load balancer"])
    #expect(cluster.events("EnsuredLoadBalancer") == ["Ensured load balancer"])
    // A node more or less: the balancer's targets follow.
    cluster.delete(.node, "", "worker-3")
    cluster.alive.remove("worker-3")
    cluster.run(.seconds(2))
    #expect(cluster.cloud.loadBalancers.first?.value.nodes == ["worker-1", "worker-2"])
    cluster.delete(.service, "default", "web")
    cluster.run(.seconds(2))
    #expect(cluster.api.get(key, as: Service.self) == nil)
    #expect(cluster.cloud.loadBalancers.isEmpty)
  }

  @Test func aCloudOutageIsReportedAndOutlived() throws {
    var cluster = cluster()
    cluster.cloud.outage = "quota exceeded"
    var service = Service(name: "web", namespace: "default")
    service.spec.type = "LoadBalancer"
    cluster.create(service)
    cluster.run(.seconds(4))
    #expect(!cluster.events("SyncLoadBalancerFailed").isEmpty)
    cluster.cloud.outage = nil
    cluster.run(.seconds(30))
    let made = try #require(
      cluster.api.get(ObjectKey(namespace: "default", name: "web"), as: Service.self))
    #expect(made.status.ingress.count == 1)
  }
}
