import Basics
import Etcd
import KubeAPI
import MVCC
import Testing

@testable import Engine

/// The index kept up with the writes finds what a walk over all Events finds, and so do the names of
/// what components record.
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
      let walked = world.allEvents(about: kind, key).map(\.metadata.name).sorted()
      #expect(
        index.about(kind, key).map(\.metadata.name).sorted() == walked,
        "\(kind) \(key.text)", sourceLocation: sourceLocation)
      #expect(
        world.events(about: kind, key).map(\.metadata.name).sorted()
          == walked.filter { $0 != "odd" },
        "\(kind) \(key.text) by name", sourceLocation: sourceLocation)
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
    let revision = try #require(world.store?.revision)
    #expect(index.about(.node, node.key).contains { $0.metadata.name == "odd" })

    expectSame(index, world)

    // What it has not seen yet is compacted away.
    let client = try #require(try world.apply(.etcdOpen(member: "master-1")))
    world.advance(to: world.now + .seconds(30))
    let newest = try #require(world.store?.revision)
    _ = try world.apply(.etcdRequest(client: client, .compact(revision: newest)))
    world.advance(to: world.now + .seconds(30))
    #expect(World.changes(in: try #require(world.store), after: revision) == nil)
    index.update(from: world)
    expectSame(index, world)

    // Back in time, with the same past; in the middle of the first reading too.
    index.update(from: before)
    expectSame(index, before)
    var partly = EventIndex()
    partly.update(from: world, atMost: 2)
    partly.update(from: before, atMost: 2)
    #expect(!partly.isOf(before))
    partly.update(from: before)
    expectSame(partly, before)
  }
}
