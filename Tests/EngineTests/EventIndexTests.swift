import Basics
import Engine
import KubeAPI
import Testing

/// The index kept up with the writes finds what a walk over all Events finds.
struct EventIndexTests {
  private func expectSame(
    _ index: EventIndex, _ world: World, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isOf = index.isOf(world)
    let count = world.objects(.event).count
    #expect(isOf && index.count == count, sourceLocation: sourceLocation)
    let pods = world.objects(.pod).map { (ResourceKind.pod, $0.key) }
    let nodes = world.objects(.node).map { (ResourceKind.node, $0.key) }
    for (kind, key) in pods + nodes {
      #expect(
        index.about(kind, key).map(\.metadata.name).sorted()
          == world.events(about: kind, key).map(\.metadata.name).sorted(),
        "\(kind) \(key.text)", sourceLocation: sourceLocation)
    }
  }

  /// Read a few at a time while the world goes on, it ends with what there is.
  @Test func itIsReadInPieces() throws {
    var world = World(ClusterSpec(masters: 1, workers: 2, seed: 5))
    world.powerOn()
    world.advance(to: .zero + .seconds(30))
    var index = EventIndex()
    var looks = 0
    repeat {
      world.advance(to: world.now + .milliseconds(300))
      index.update(from: world, atMost: 2)
      looks += 1
    } while !index.isOf(world) && looks < 100
    #expect(looks > 3)
    expectSame(index, world)
  }

  @Test func itFollowsAWorld() throws {
    var world = World(ClusterSpec(masters: 1, workers: 2, seed: 5))
    world.powerOn()
    var index = EventIndex()
    for step in 1...12 {
      world.advance(to: .zero + .seconds(5 * step))
      index.update(from: world)
      expectSame(index, world)
    }
    #expect(index.count > 0)
    let before = world
    let node = try #require(world.objects(.node).first { $0.key.name == "worker-1" })
    #expect(!index.about(.node, node.key).isEmpty)

    // Events that go: what they are about has none left.
    for event in world.objects(.event) {
      _ = try world.apply(
        .request(
          APIRequest(.delete, .event, namespace: event.key.namespace, name: event.key.name)))
    }
    world.advance(to: world.now + .seconds(20))
    index.update(from: world)
    expectSame(index, world)
    #expect(index.about(.node, node.key).count < before.events(about: .node, node.key).count)

    // A name that no recorder gives.
    var odd = try #require(before.objects(.event).compactMap(\.event).first)
    odd.metadata = ObjectMeta()
    odd.resourceVersion = 0
    odd.metadata.name = "odd"
    odd.metadata.namespace = "default"
    odd.involvedObject.kind = "Node"
    odd.involvedObject.name = "worker-1"
    odd.involvedObject.namespace = ""
    var create = APIRequest(.create, .event, namespace: "default")
    create.body = .object(odd.boxed)
    _ = try world.apply(.request(create))
    world.advance(to: world.now + .seconds(5))
    index.update(from: world)
    #expect(index.about(.node, node.key).contains { $0.metadata.name == "odd" })

    // Back in time, with the same past.
    index.update(from: before)
    expectSame(index, before)
  }
}
