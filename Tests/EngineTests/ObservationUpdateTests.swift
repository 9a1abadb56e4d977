import Basics
import KubeAPI
import MVCC
import Testing

@testable import Engine

/// A look brought up to date is the look one would have taken.
@Suite struct ObservationUpdateTests {
  private func same(_ a: Observation, _ b: Observation) -> Bool {
    "\(Array(a.pods))" == "\(Array(b.pods))" && "\(a.nodes)" == "\(b.nodes)"
      && a.revision == b.revision
      && a.now == b.now
  }

  private func create(_ name: String, cpu milli: Int64 = 0, in world: inout World) throws {
    var container = Container()
    container.name = "a"
    container.image = "nginx:1.27"
    if milli > 0 { container.resources.requests["cpu"] = Quantity(milliValue: milli) }
    var pod = Pod()
    pod.metadata.name = name
    pod.metadata.namespace = "default"
    pod.spec.containers = [container]
    var request = APIRequest(.create, .pod, namespace: "default")
    request.body = .object(pod.boxed)
    _ = try world.apply(.request(request))
  }

  @Test func followsABoot() throws {
    var world = World(ClusterSpec(masters: 1, workers: 3, seed: 5))
    world.powerOn()
    var seen = world.observe()
    for step in 1...80 {
      world.advance(to: .zero + .milliseconds(500 * step))
      world.update(&seen)
      #expect(same(seen, world.observe()), "after \(step) steps")
    }
    try world.apply(.fail(Fault(.host("worker-2"))))
    world.update(&seen)
    #expect(seen.nodes.contains { $0.name == "worker-2" && !$0.isPowered })
    world.advance(to: world.now + .seconds(60))
    world.update(&seen)
    #expect(same(seen, world.observe()))
  }

  /// What somebody put under the pods' prefix and is no pod changes nothing, whatever the look
  /// before has found.
  @Test func aMalformedKeyIsNoNews() throws {
    var world = World(ClusterSpec(masters: 1, workers: 2, seed: 7))
    world.powerOn()
    world.advance(to: .zero + .seconds(40))
    var seen = world.observe()
    try create("a", cpu: 100, in: &world)
    world.advance(to: world.now + .seconds(20))
    world.update(&seen)
    #expect(seen.pods.changes.count == 1 && same(seen, world.observe()))

    let client = try #require(try world.apply(.etcdOpen(member: "master-1")))
    for key in ["/registry/pods/foo", "/registry/pods/default/b"] {
      let put = PutRequest(key: Key(key), value: .bytes([UInt8]("x".utf8)))
      _ = try world.apply(.etcdRequest(client: client, .put(put)))
      // Long enough that somebody renews its heartbeat, and the node's row is made anew.
      world.advance(to: world.now + .seconds(12))
      world.update(&seen)
      #expect(same(seen, world.observe()), "after \(key)")
    }
  }

  @Test func podsComeAndGo() throws {
    var world = World(ClusterSpec(masters: 1, workers: 3, seed: 6))
    world.powerOn()
    world.advance(to: .zero + .seconds(40))
    var seen = world.observe()
    for number in 0..<12 {
      // Names on both sides of what is there, and a namespace that sorts oddly beside "default".
      try create("p\(number * 7 % 12)", in: &world)
      world.advance(to: world.now + .milliseconds(700))
      world.update(&seen)
      #expect(same(seen, world.observe()), "pod \(number)")
    }
    #expect(seen.pods.count == 12)
    for number in [3, 0, 11, 5] {
      let request = APIRequest(.delete, .pod, namespace: "default", name: "p\(number)")
      _ = try world.apply(.request(request))
      world.advance(to: world.now + .seconds(35))
      world.update(&seen)
      #expect(same(seen, world.observe()), "without pod \(number)")
    }
    #expect(seen.pods.count == 8)
  }
}
