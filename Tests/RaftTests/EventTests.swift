import Basics
import Testing

@testable import Raft

/// The reasons a member gives for what it does.
struct EventTests {
  private func kinds(_ node: inout RaftNode) -> [RaftEvent.Kind] { node.takeEvents().map(\.kind) }

  @Test func `An election is told step by step`() throws {
    var group = try SmokeTests.Group(voters: 3, async: false)
    for position in 0..<3 { _ = kinds(&group.nodes[position]) }
    let timeout = group.nodes[0].randomizedElectionTimeout
    for _ in 0..<timeout { group.nodes[0].tick() }
    try group.settle()
    #expect(
      kinds(&group.nodes[0]) == [
        .becamePreCandidate(.electionTimeout(ticks: timeout)),
        .voteReceived(from: 1, granted: true, preVote: true),
        .voteReceived(from: 2, granted: true, preVote: true),
        .becameCandidate(.preVoteWon),
        .voteReceived(from: 1, granted: true, preVote: false),
        .voteReceived(from: 2, granted: true, preVote: false),
        .becameLeader,
      ])
    #expect(
      kinds(&group.nodes[1]) == [
        .voteGranted(to: 1, preVote: true),
        .becameFollower(leader: 0, reason: .higherTerm(from: 1, .vote)),
        .voteGranted(to: 1, preVote: false),
        .leaderChanged(to: 1),
      ])
  }

  @Test func `A leader without a majority says why it steps down`() throws {
    var group = try SmokeTests.Group(voters: 3, async: false)
    group.nodes[0].campaign()
    try group.settle()
    _ = kinds(&group.nodes[0])
    for _ in 0..<20 { group.nodes[0].tick() }
    #expect(kinds(&group.nodes[0]) == [.becameFollower(leader: 0, reason: .quorumLost)])
  }

  @Test func `A refused vote says why`() throws {
    var group = try SmokeTests.Group(voters: 3, async: false)
    group.nodes[0].campaign()
    try group.settle()
    var node = group.nodes[1]
    _ = node.takeEvents()
    func ask(term: UInt64, index: UInt64, context: MessageContext = .none) throws {
      try node.step(
        Message(
          .vote, to: 2, from: 3, term: term, logTerm: 1, index: index, context: context))
    }
    try ask(term: 2, index: 9)
    try ask(term: 1, index: 9)
    try ask(term: 2, index: 2, context: .campaignTransfer)
    let own = node.log.lastID
    #expect(
      kinds(&node) == [
        .voteRejected(
          candidate: 3, preVote: false, reason: .leaderLease(leader: 1, remainingTicks: 10)),
        .voteRejected(candidate: 3, preVote: false, reason: .alreadyVoted(for: 1)),
        .becameFollower(leader: 0, reason: .higherTerm(from: 3, .vote)),
        .voteRejected(
          candidate: 3, preVote: false,
          reason: .logBehind(candidate: EntryID(term: 1, index: 2), own: own)),
      ])
  }

  @Test func `Events nobody takes do not pile up`() throws {
    var group = try SmokeTests.Group(voters: 3, async: false)
    for _ in 0..<5000 { group.nodes[0].campaign() }
    #expect(group.nodes[0].takeEvents().count <= RaftNode.maxEvents)
    #expect(group.nodes[0].takeEvents().isEmpty)
  }
}
