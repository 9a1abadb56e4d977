import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

@Suite struct NodeTests {
  @Test func registersAndBecomesReadyWithItsNetwork() throws {
    let lab = Lab(podCIDR: "") {
      $0.registerWithTaints = [Taint(key: Taint.controlPlane, effect: "NoSchedule")]
      $0.labels["pool"] = "a"
    }
    lab.run(.seconds(2))
    let node = try #require(lab.node)
    #expect(node.metadata.labels["pool"] == "a")
    #expect(node.metadata.labels["kubernetes.io/hostname"] == "worker-1")
    #expect(node.spec.taints.map(\.key) == [Taint.controlPlane])
    let ready = try #require(node.status.conditions["Ready"])
    #expect(ready.reason == "KubeletNotReady")
    #expect(
      ready.message
        == "container runtime network not ready: NetworkReady=false "
        + "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
    )
    #expect(
      node.status.conditions.map(\.type) == [
        "MemoryPressure", "DiskPressure", "PIDPressure", "Ready",
      ])
    #expect(node.status.allocatable.memoryBytes == (16 << 30) - (100 << 20))

    // The node gets its network: Ready is posted within 200 ms, not at the next 10 s.
    lab.api.change(Node.self, "worker-1") { $0.spec.podCIDR = "10.244.3.0/24" }
    let wait = try #require(lab.run { lab.node?.status.conditions.isTrue("Ready") ?? false })
    #expect(wait < .milliseconds(200))
    #expect(lab.node?.status.conditions["Ready"]?.message == "kubelet is posting ready status")
    #expect(
      lab.events("worker-1") == [
        "Starting: Starting kubelet.",
        "NodeAllocatableEnforced: Updated Node Allocatable limit across pods",
        "NodeHasSufficientMemory: Node worker-1 status is now: NodeHasSufficientMemory",
        "NodeHasNoDiskPressure: Node worker-1 status is now: NodeHasNoDiskPressure",
        "NodeHasSufficientPID: Node worker-1 status is now: NodeHasSufficientPID",
        "NodeReady: Node worker-1 status is now: NodeReady",
      ])
  }

  /// The lab compares each of them with what the whole kubelet would have done.
  @Test(arguments: 1...4) func theHeartbeatAloneDoesWhatTheWholeKubeletDoes(seed: UInt64) {
    let lab = Lab(seed: seed)
    func bookmark() {
      lab.api.revision += 7
      for watch in lab.api.watches {
        let object = APIObject(watch.request.kind == .pod ? Pod().body : Node().body)
        let event = WatchEvent(.bookmark, object.at(resourceVersion: lab.api.revision))
        lab.api.outgoing.append((watch.id, event))
      }
    }
    for round in 0..<8 {
      lab.run(.minutes(2))
      bookmark()
      lab.run(.seconds(30))
      switch round {
      case 0: lab.add("web-\(round)") { $0.spec.containers[0].image = "redis:7" }
      case 1: lab.stopRuntime()
      case 2: lab.startRuntime()
      case 3: lab.cutOff()
      case 4: lab.isCutOff = false
      case 5: lab.api.change(Node.self, "worker-1") { $0.spec.unschedulable = true }
      case 6: lab.restartKubelet()
      default: break
      }
    }
    #expect(lab.short["timer", default: 0] > 200, "\(lab.short)")
    #expect(lab.short["response", default: 0] > 50, "\(lab.short)")
    #expect(lab.short["watch", default: 0] >= 8, "\(lab.short)")
  }

  @Test func renewsItsLeaseEachTenSecondsAndPostsStatusRarely() throws {
    let lab = Lab()
    lab.run(.seconds(5))
    let first = try #require(lab.lease)
    #expect(first.spec.leaseDurationSeconds == 40)
    #expect(first.metadata.ownerReferences.first?.name == "worker-1")
    #expect(first.metadata.ownerReferences.first?.uid == lab.node?.metadata.uid)
    lab.api.log = []
    let steps = lab.steps
    lab.run(.minutes(10))
    let renewals = lab.count(
      "update /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-1")
    #expect((57...60).contains(renewals))
    let posts = lab.count("update /api/v1/nodes/worker-1/status")
    #expect((1...4).contains(posts))
    // An idle node costs two timers and one answer each 10 s, and little else.
    #expect(lab.steps - steps < 200)
  }

  @Test func leaseRetriesAndRecoversAfterAnOutage() throws {
    let lab = Lab()
    lab.run(.seconds(5))
    lab.cutOff()
    lab.run(.minutes(2))
    let before = try #require(lab.lease?.spec.renewTime)
    lab.isCutOff = false
    lab.run(.seconds(60))
    let after = try #require(lab.lease?.spec.renewTime)
    #expect(after - before > .minutes(2))
    // The watches are back: a change of the node is seen.
    lab.api.change(Node.self, "worker-1") { $0.spec.unschedulable = true }
    lab.run(.seconds(20))
    #expect(lab.events("worker-1").contains { $0.hasPrefix("NodeNotSchedulable") })
  }

  @Test func reconcilesANodeThatWasThereBefore() throws {
    let lab = Lab()
    var node = Node(name: "worker-1")
    node.metadata.labels["topology.kubernetes.io/zone"] = "zone-a"
    node.spec.podCIDR = "10.244.9.0/24"
    lab.api.put(node.boxed)
    lab.run(.seconds(3))
    #expect(lab.node?.metadata.labels["topology.kubernetes.io/zone"] == "zone-a")
    #expect(lab.node?.metadata.labels["kubernetes.io/os"] == "linux")
    #expect(lab.node?.status.conditions.isTrue("Ready") == true)
  }

  @Test func saysThatTheRuntimeIsDown() throws {
    let lab = Lab()
    lab.run(.seconds(5))
    lab.stopRuntime()
    lab.run(.seconds(50))
    #expect(lab.node?.status.conditions["Ready"]?.message == "container runtime is down")
    lab.run(.minutes(3))
    let message = try #require(lab.node?.status.conditions["Ready"]?.message)
    #expect(
      message.hasPrefix(
        "[container runtime is down, PLEG is not healthy: pleg was last seen active 3m"))
    lab.startRuntime()
    lab.run(.seconds(15))
    #expect(lab.node?.status.conditions.isTrue("Ready") == true)
  }
}
