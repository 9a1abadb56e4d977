import Basics
import Engine
import KubeAPI
import Testing

/// Other futures: acting in the past keeps the old one, and the two can be compared.
struct BranchTests {
  /// A minute in which worker-2 lost its power after ten seconds.
  private static func killed() throws -> (Timeline, fault: Tick) {
    var world = try World.booted(seed: 21)
    try world.create(yaml: World.web(replicas: 4))
    world.advance(to: world.now + .seconds(20))
    var timeline = Timeline(world, interval: .seconds(5))
    timeline.advance(to: timeline.now + .seconds(10))
    let fault = timeline.now
    try timeline.apply(.fail(Fault(.host("worker-2"))))
    timeline.advance(to: timeline.now + .seconds(80))
    return (timeline, fault)
  }

  private static func drain() -> APIRequest {
    var request = APIRequest(.patch, .node, name: "worker-2")
    request.body = .patch(
      Patch(
        .merge,
        .object(
          JSONObject([("spec", .object(JSONObject([("unschedulable", .bool(true))])))]))))
    return request
  }

  @Test func actingInThePastKeepsTheOldFuture() throws {
    var (timeline, fault) = try Self.killed()
    let end = timeline.now
    let digest = timeline.world.digest()
    timeline.rewind(to: fault - .seconds(1))
    #expect(timeline.branches.count == 1)
    try timeline.apply(.request(Self.drain()))
    timeline.advance(to: end)
    #expect(timeline.branches.map(\.name) == ["main", "branch 1"])
    #expect(timeline.branch.forkedAt == fault - .seconds(1))
    #expect(timeline.branch.inputs.count == 1)
    #expect(timeline.world.activeFaults.isEmpty)
    let other = timeline.world.digest()
    #expect(other != digest)

    let did1 = timeline.switch(to: 0)
    #expect(did1)
    #expect(timeline.now == end)
    #expect(timeline.world.digest() == digest)
    let did2 = timeline.switch(to: 1)
    #expect(did2)
    #expect(timeline.world.digest() == other)
    let did3 = timeline.rename(1, to: "cordon instead")
    #expect(did3)
    #expect(timeline.branch.name == "cordon instead")
    let did4 = timeline.rename(7, to: "nobody")
    #expect(!did4)
    let did5 = timeline.switch(to: 7)
    #expect(!did5)
  }

  @Test func comparingNamesWhatDiffersAndSinceWhen() throws {
    var (timeline, fault) = try Self.killed()
    let end = timeline.now
    timeline.rewind(to: fault - .seconds(1))
    try timeline.apply(.request(Self.drain()))
    timeline.advance(to: end)
    let comparison = try #require(timeline.compare(0, 1))
    #expect(comparison.forkedAt == fault - .seconds(1))
    #expect(comparison.at == end)
    let node = try #require(
      comparison.differences.first { $0.object.kind == .node && $0.object.key.name == "worker-2" })
    #expect(node.fields.contains { $0.path == "spec.unschedulable" && $0.new == "true" })
    #expect(
      node.fields.contains { $0.path == "status.conditions[Ready].status" && $0.old == "Unknown" })
    // The cordon came first, a moment after the fork; nothing differs that nobody touched.
    let since = try #require(node.since)
    #expect(since > comparison.forkedAt && since < fault)
    #expect(node.cause?.branch == 1)
    #expect(!comparison.differences.contains { $0.object.key.name == "worker-1" })
    let swapped = try #require(timeline.compare(1, 0))
    #expect(swapped.differences.count == comparison.differences.count)
    #expect(timeline.compare(0, 0) == nil)
  }

  @Test func branchesOfBranchesReplay() throws {
    var (timeline, fault) = try Self.killed()
    var digests: [BranchID: Digest] = [0: timeline.world.digest()]
    let end = timeline.now
    for number in 1...4 {
      timeline.rewind(to: fault + .seconds(5 * number))
      try timeline.apply(.kill(host: "master-\(number % 3 + 1)", process: "kube-scheduler"))
      timeline.advance(to: end)
      digests[timeline.branch.id] = timeline.world.digest()
    }
    #expect(timeline.branches.count == 5)
    for branch in timeline.branches {
      let did6 = timeline.switch(to: branch.id, at: timeline.start)
      #expect(did6)
      timeline.advance(to: end)
      #expect(timeline.world.digest() == digests[branch.id], "branch \(branch.name)")
    }
    let did7 = timeline.forget(1)
    #expect(did7)
    #expect(timeline.branches.map(\.id) == [0, 2, 3, 4])
    let did8 = timeline.forget(timeline.branch.id)
    #expect(!did8)
  }

  /// An input given between two deliveries of one tick is replayed between the same two.
  @Test func anInputInTheMiddleOfATickReplaysThere() throws {
    var timeline = Timeline(try World.booted(seed: 21), interval: .seconds(5))
    // The controllers of a new leader begin at one tick.
    for host in ["master-1", "master-2", "master-3"] {
      try timeline.apply(.kill(host: host, process: "kube-controller-manager"))
    }
    let limit = timeline.now + .seconds(60)
    while timeline.now < limit, timeline.world.nextTick != timeline.now {
      timeline.step(through: limit)
    }
    #expect(timeline.world.nextTick == timeline.now, "more is due at this tick")
    try timeline.apply(.fail(Fault(.process(host: "master-1", name: "etcd"), .pause)))
    timeline.advance(to: timeline.now + .seconds(8))
    let digest = timeline.world.digest()
    let end = timeline.now
    timeline.rewind(to: timeline.start)
    timeline.advance(to: end)
    #expect(timeline.world.digest() == digest)
    timeline.rewind(to: timeline.start)
    while timeline.now < end, timeline.step(through: end) {}
    timeline.advance(to: end)
    #expect(timeline.world.digest() == digest)
  }

  @Test func keyframesFollowTheEvents() throws {
    let world = try World.booted(seed: 21)
    var busy = Timeline(world, interval: .seconds(60), eventLimit: 1_000)
    busy.advance(to: busy.now + .seconds(30))
    let events = busy.world.events - world.events
    #expect(busy.keyframeCount > 3)
    #expect(UInt64(busy.keyframeCount) <= events / 1_000 + 1)
    let end = busy.now
    let digest = busy.world.digest()
    busy.rewind(to: busy.start + .seconds(17))
    busy.advance(to: end)
    #expect(busy.world.digest() == digest)
  }

  @Test func revisionsOfAnObjectAndWhatChanged() throws {
    var (timeline, _) = try Self.killed()
    timeline.advance(to: timeline.now + .seconds(1))
    let node = ObjectReference(.node, ObjectKey(name: "worker-2"))
    let revisions = timeline.world.revisions(of: node)
    #expect(revisions.count >= 3)
    #expect(revisions.map(\.revision) == revisions.map(\.revision).sorted())
    let last = try #require(revisions.last)
    let write = try #require(last.write.flatMap { timeline.world.trace[$0] })
    #expect(write.record.note.revision == last.revision)
    #expect(write.at == last.at)
    let marked = try #require(
      zip(revisions, revisions.dropFirst()).first { before, after in
        FieldDiff.between(before.object, after.object).contains {
          $0.path == "status.conditions[Ready].status" && $0.new == "Unknown"
        }
      })
    #expect(marked.1.note?.message.contains("kube-controller-manager") == true)
    let diff = try #require(
      timeline.world.diff(of: node, from: marked.0.revision, to: marked.1.revision))
    #expect(diff.contains { $0.path == "status.conditions[Ready].reason" })
    #expect(timeline.world.diff(of: node, from: 1, to: last.revision) == nil)
  }
}
