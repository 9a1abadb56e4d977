import Basics
import Testing

@testable import Raft

/// When members campaign: each after its own timeout, spread evenly over one to two election ticks.
struct ElectionTimingTests {
  private func follower(seed: UInt64, electionTicks: Int = 10) throws -> RaftNode {
    let start = Snapshot(index: 2, term: 1, confState: ConfState(voters: [1, 2, 3]))
    return try RaftNode(
      config: RaftConfig(id: 1, electionTicks: electionTicks, prng: PRNG(seed: seed)),
      storage: MemoryStorage(startingFrom: start))
  }

  private func ticksUntilCampaign(_ node: inout RaftNode) -> Int {
    for ticks in 1...1000 {
      let term = node.term
      node.tick()
      if node.term > term { return ticks }
    }
    return .max
  }

  @Test func `Timeouts are spread evenly`() throws {
    var counts = Array(repeating: 0, count: 20)
    for seed in 0..<2000 as Range<UInt64> {
      var node = try follower(seed: seed)
      counts[ticksUntilCampaign(&node)] += 1
    }
    #expect(counts[..<10].allSatisfy { $0 == 0 })
    // 200 are expected of each; 5 standard deviations are 67.
    #expect(counts[10...].allSatisfy { (133...267).contains($0) }, "\(counts)")
  }

  @Test func `Each campaign draws a new timeout`() throws {
    var node = try follower(seed: 3)
    let waits = (0..<50).map { _ in ticksUntilCampaign(&node) }
    #expect(Set(waits).count > 5)
    #expect(waits.allSatisfy { (10..<20).contains($0) })
  }

  @Test func `Hearing from the leader starts the wait anew`() throws {
    var node = try follower(seed: 4)
    for _ in 0..<100 {
      for _ in 0..<9 { node.tick() }
      try node.step(Message(.heartbeat, to: 1, from: 2, term: 1))
    }
    #expect(node.role == .follower)
    #expect(node.leader == 2)
    let events = node.takeEvents()
    #expect(!events.contains { if case .becameCandidate = $0.kind { true } else { false } })
  }

  /// Raft thesis §9.3: with a spread as wide as the timeout itself split votes are rare.
  @Test func `A lost leader is replaced within two timeouts, nearly always`() throws {
    var late = 0
    for seed in 0..<200 as Range<UInt64> {
      var group = try SmokeTests.Group(voters: 5, async: false, seed: seed)
      group.nodes[0].campaign()
      try group.settle()
      group.down = [1]
      var ticks = 0
      while !group.nodes[1...].contains(where: { $0.role == .leader }), ticks < 100 {
        ticks += 1
        for position in 1..<5 { group.nodes[position].tick() }
        try group.settle()
      }
      #expect(ticks >= 10)
      if ticks > 20 { late += 1 }
    }
    #expect(late <= 40, "\(late) of 200")
  }
}
