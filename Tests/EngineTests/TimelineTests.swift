import Basics
import Engine
import KubeAPI
import Testing

/// Going back, replaying, and branching: a past state is always the state that was.
struct TimelineTests {
  /// A timeline of a minute with faults and requests in it, and the digests at every 500 ms.
  private func eventful() throws -> (Timeline, [(Tick, Digest)]) {
    var timeline = Timeline(try World.booted(seed: 11), interval: .seconds(5))
    var digests: [(Tick, Digest)] = []
    func advance(_ span: Span) {
      let end = timeline.now + span
      while timeline.now < end {
        timeline.advance(to: min(end, timeline.now + .milliseconds(500)))
        digests.append((timeline.now, timeline.world.digest()))
      }
    }
    advance(.seconds(2))
    try timeline.apply(.request(Self.creation("one")))
    advance(.seconds(7))
    try timeline.apply(.fail(Fault(.host("worker-2"))))
    advance(.seconds(13))
    try timeline.apply(.kill(host: "master-1", process: "etcd"))
    try timeline.apply(.request(Self.creation("two")))
    advance(.seconds(20))
    try timeline.apply(.heal(.host("worker-2")))
    advance(.seconds(18))
    return (timeline, digests)
  }

  private static func creation(_ name: String) -> APIRequest {
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.body = .object(ConfigMap(name: name, namespace: "default").boxed)
    return request
  }

  @Test func everyPastStateIsTheStateThatWas() throws {
    var (timeline, digests) = try eventful()
    #expect(timeline.keyframeCount >= 12)
    for (tick, digest) in digests.reversed() {
      // An input at this very tick has happened by the time the digest was taken or has not yet:
      // the digests were taken before.
      let hasInput = timeline.inputs.contains { $0.at == tick }
      if hasInput { continue }
      timeline.rewind(to: tick)
      let replayed = timeline.world.digest()
      #expect(replayed == digest, "\(tick.seconds) s")
    }
  }

  @Test func everyKeyframeLeadsToThePresent() throws {
    var (timeline, digests) = try eventful()
    let present = try #require(digests.last)
    let start = timeline.start
    for number in 0..<timeline.keyframeCount where start + .seconds(5) * number < present.0 {
      timeline.rewind(to: start + .seconds(5) * number)
      let wasInPast = timeline.isInPast
      timeline.advance(to: present.0)
      let digest = timeline.world.digest()
      let isInPast = timeline.isInPast
      #expect(digest == present.1, "from keyframe \(number)")
      #expect(wasInPast && !isInPast)
    }
  }

  @Test func inputAtAKeyframesTick() throws {
    var timeline = Timeline(try World.booted(seed: 12), interval: .seconds(5))
    let start = timeline.now
    timeline.advance(to: start + .seconds(10))
    #expect(timeline.keyframeCount == 3)
    let before = timeline.world.digest()
    try timeline.apply(.request(Self.creation("at-keyframe")))
    try timeline.apply(.fail(Fault(.host("worker-1"))))
    let after = timeline.world.digest()
    #expect(before != after)
    timeline.advance(to: start + .seconds(31))
    let end = timeline.world.digest()

    timeline.rewind(to: start + .seconds(10))
    #expect(timeline.world.digest() == after, "what happened at the tick is part of it")
    #expect(timeline.world.activeFaults.count == 1)
    timeline.advance(to: start + .seconds(31))
    #expect(timeline.world.digest() == end)

    timeline.rewind(to: start + .milliseconds(9_999))
    #expect(timeline.world.activeFaults.isEmpty)
    timeline.advance(to: start + .seconds(31))
    #expect(timeline.world.digest() == end)
  }

  @Test func branchLeavesTheOriginalAlone() throws {
    let (original, digests) = try eventful()
    let present = try #require(digests.last)
    var branch = original
    branch.rewind(to: original.start + .seconds(4))
    try branch.apply(.fail(Fault(.host("master-2"))))
    branch.advance(to: present.0)
    #expect(branch.world.digest() != present.1)
    #expect(branch.inputs.count == 2, "the future of the branch point is cut off")
    #expect(original.world.digest() == present.1)
    #expect(original.inputs.count == 5)
    var again = original
    again.rewind(to: original.start + .seconds(4))
    again.advance(to: present.0)
    #expect(again.world.digest() == present.1)
  }

  @Test func refusedInputIsNotRecorded() throws {
    var timeline = Timeline(World(ClusterSpec(workers: 1)), interval: .seconds(5))
    let digest = timeline.world.digest()
    #expect(throws: FaultProblem.self) { try timeline.apply(.fail(Fault(.host("nowhere")))) }
    #expect(timeline.inputs.isEmpty)
    #expect(timeline.world.digest() == digest)
  }

  @Test func manyKeyframesAreThinnedOut() throws {
    var timeline = Timeline(
      try World.booted(masters: 1, workers: 1, seed: 3), interval: .seconds(1), limit: 16)
    let start = timeline.now
    timeline.advance(to: start + .seconds(100))
    let digest = timeline.world.digest()
    #expect(timeline.keyframeCount <= 17)
    #expect(timeline.start == start)
    timeline.rewind(to: start + .seconds(1))
    timeline.advance(to: start + .seconds(100))
    #expect(timeline.world.digest() == digest)
  }
}

/// The same specification, seed and inputs give the same world; another seed another.
struct DeterminismTests {
  @Test func sameSeedSameDigest() throws {
    let one = try World.booted(seed: 5)
    let two = try World.booted(seed: 5)
    let other = try World.booted(seed: 6)
    #expect(one.digest() == two.digest())
    #expect(one.events == two.events)
    #expect(one.digest() != other.digest())
  }

  @Test func stepsOfAnySizeLeadToTheSameWorld() throws {
    var one = World(ClusterSpec(workers: 2, seed: 8))
    one.powerOn()
    var two = one
    var three = one
    one.advance(to: .zero + .seconds(60))
    while two.now < .zero + .seconds(60) { two.advance(to: two.now + .milliseconds(7)) }
    while three.step(through: .zero + .seconds(60)) {}
    two.advance(to: .zero + .seconds(70))
    one.advance(to: .zero + .seconds(70))
    three.advance(to: .zero + .seconds(70))
    #expect(one.digest() == two.digest())
    #expect(one.digest() == three.digest())
  }
}
