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

    // Back in time, with the same past.
    index.update(from: before)
    expectSame(index, before)
  }
}
