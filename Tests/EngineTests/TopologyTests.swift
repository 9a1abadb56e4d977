import Basics
import Engine
import KubeAPI
import Manifests
import Testing

/// The same scenario with etcd elsewhere, as a branch beside the one that was played.
struct TopologyTests {
  /// Masters with etcd, a deployment, and the second member stopped: from power-on.
  private static func played() throws -> Timeline {
    var world = World(ClusterSpec(masters: 3, workers: 2, seed: 11))
    world.powerOn()
    var timeline = Timeline(world)
    while !timeline.world.convergence().missing.isEmpty {
      guard timeline.now < .zero + .minutes(5) else { throw WorldProblem("never booted") }
      timeline.advance(to: timeline.now + .seconds(1))
    }
    let manifest = try #require(
      try ManifestReader.read(text: World.web(replicas: 3), file: "web.yaml").first)
    var request = APIRequest(.create, .deployment, namespace: "default")
    request.body = .object(manifest.object)
    try timeline.apply(.request(request))
    timeline.advance(to: timeline.now + .seconds(30))
    try timeline.apply(.fail(Fault(.process(host: "master-2", name: "etcd"))))
    timeline.advance(to: timeline.now + .seconds(10))
    return timeline
  }

  @Test func inputsLongAfterBothBootedKeepTheirMoments() throws {
    var world = World(ClusterSpec(masters: 3, workers: 1, seed: 12))
    world.powerOn()
    var timeline = Timeline(world)
    timeline.advance(to: .zero + .minutes(3) + .microseconds(123_457))
    #expect(timeline.world.convergence().missing.isEmpty)
    try timeline.apply(.fail(Fault(.process(host: "master-2", name: "etcd"))))
    let present = timeline.now
    let external = timeline.begin(on: .external)
    #expect(try #require(external).catchesUp == present)
    #expect(timeline.inputs.map(\.at) == [present])
  }

  @Test func theOtherTopologyDoesTheSameBesideIt() throws {
    var timeline = try Self.played()
    let digest = timeline.world.digest()
    let same = timeline.begin(on: .stacked)
    #expect(same == nil)
    let external = timeline.begin(on: .external)
    let begun = try #require(external)
    #expect(timeline.branches.map(\.name) == ["main", "etcd external"])
    #expect(timeline.branch.id == begun.branch)
    #expect(timeline.now == .zero && timeline.isInPast)
    timeline.advance(to: begun.catchesUp)
    #expect(!timeline.isInPast)

    let world = timeline.world
    #expect(world.spec.etcd == .external)
    #expect(world.etcdHosts == ["etcd-1", "etcd-2", "etcd-3"])
    #expect(world.activeFaults.map(\.target) == [.process(host: "etcd-2", name: "etcd")])
    #expect(world.etcdHealth.healthy == 2)
    #expect(world.observe().pods.count { $0.key.name.hasPrefix("web-") && $0.isReady } == 3)
    #expect(world.monitor.violations.isEmpty, "\(world.monitor.violations)")

    // A branch as any other: gone back to, replayed, compared, left.
    let other = world.digest()
    timeline.rewind(to: .zero + .seconds(20))
    timeline.advance(to: begun.catchesUp)
    #expect(timeline.world.digest() == other)
    let found = try #require(timeline.compare(0, begun.branch))
    #expect(found.forkedAt == .zero)
    #expect(!found.differences.contains { $0.object.kind == .deployment && $0.kind != .changed })
    let isBack = timeline.switch(to: 0)
    #expect(isBack && timeline.world.digest() == digest)

    // And there and back again is what it was.
    let isThere = timeline.switch(to: begun.branch)
    #expect(isThere)
    let stacked = timeline.begin(on: .stacked)
    let back = try #require(stacked)
    timeline.advance(to: back.catchesUp)
    #expect(timeline.world.etcdHosts == ["master-1", "master-2", "master-3"])
    #expect(
      timeline.world.activeFaults.map(\.target) == [.process(host: "master-2", name: "etcd")])
  }
}
