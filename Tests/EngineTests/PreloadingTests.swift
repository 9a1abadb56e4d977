import Basics
import KubeAPI
import Testing

@testable import Engine

/// A cluster whose etcd holds objects before it is first switched on.
@Suite struct PreloadingTests {
  private static func objects() -> [APIObject] {
    // Without its node the pod would be collected as an orphan.
    var node = Node(name: "worker-1")
    node.metadata.uid = UID(high: 6, low: 1)
    node.metadata.creationTimestamp = .powerOn
    var pod = Pod(name: "web-1", namespace: "default")
    pod.metadata.uid = UID(high: 7, low: 1)
    pod.metadata.creationTimestamp = .powerOn
    pod.spec.nodeName = "worker-1"
    var container = Container()
    container.name = "web"
    container.image = "nginx:1.27"
    pod.spec.containers = [container]
    pod.status.phase = "Running"
    return [node.boxed, pod.boxed]
  }

  @Test func bootsWithWhatItHolds() throws {
    var world = try World(
      ClusterSpec(masters: 3, workers: 2, seed: 4), holding: Self.objects())
    #expect(world.observe().pods.count == 1, "known before anything runs")
    world.powerOn()
    world.advance(to: .zero + .seconds(60))
    let seen = world.observe()
    #expect(seen.nodes.allSatisfy { $0.ready == "True" })
    #expect(seen.violations.isEmpty, "\(seen.violations)")
    let pod = try #require(seen.pods[UID(high: 7, low: 1)])
    #expect(pod.node == "worker-1")
    #expect(pod.isReady, "its kubelet has started it")
    for host in ["master-1", "master-2", "master-3"] {
      let id = try #require(world.host(named: host)).id
      let view = try #require(world.apiServerView(on: id))
      #expect(view.caches.first { $0.kind == .pod }?.objects == 1)
    }
  }

  @Test func isDeterministic() throws {
    var digests: [Digest] = []
    for _ in 0..<2 {
      var world = try World(
        ClusterSpec(masters: 1, workers: 1, seed: 4), holding: Self.objects())
      world.powerOn()
      world.advance(to: .zero + .seconds(20))
      digests.append(world.digest())
    }
    #expect(digests[0] == digests[1])
  }

  @Test(
    "containers that ran all along are found by the kubelets, and nothing is started or written")
  func findsWhatRuns() throws {
    var small = World(ClusterSpec(masters: 1, workers: 1, seed: 4))
    small.powerOn()
    small.converge(deadline: small.now + .minutes(5))
    try small.create(yaml: World.web(replicas: 2))
    small.advance(to: small.now + .seconds(30))
    let pods = small.objects(.pod)
    #expect(pods.count == 2)
    let held = [.node, .deployment, .replicaSet].flatMap { small.objects($0) } + pods
    var world = try World(
      ClusterSpec(masters: 1, workers: 1, seed: 9), holding: held, containersRun: true)
    let before = world.objects(.pod).compactMap(\.pod)
    world.powerOn()
    world.advance(to: world.now + .seconds(60))
    let after = world.objects(.pod).compactMap(\.pod)
    #expect(after.map(\.metadata.uid) == before.map(\.metadata.uid))
    let changed = zip(before, after).flatMap { before, after in
      FieldDiff.between(before.boxed, after.boxed).map(\.text)
    }
    #expect(changed.isEmpty, "\(changed)")
    #expect(after.allSatisfy { $0.status.containerStatuses.allSatisfy { $0.restartCount == 0 } })
    let violations = world.observe().violations
    #expect(violations.isEmpty)
  }
}
