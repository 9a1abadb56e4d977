import Basics
import Testing

@testable import Raft

/// What the core refuses, with the reasons it gives.
struct RefusalTests {
  private func node(
    id: UInt64 = 1, voters: [UInt64] = [1, 2, 3], _ adjust: (inout RaftConfig) -> Void = { _ in }
  ) throws(RaftError) -> RaftNode {
    let start = Snapshot(index: 2, term: 1, confState: ConfState(voters: voters))
    var config = RaftConfig(id: id, prng: PRNG(seed: 1))
    adjust(&config)
    return try RaftNode(config: config, storage: MemoryStorage(startingFrom: start))
  }

  @Test func `A contradictory configuration names the contradiction`() {
    let cases: [((inout RaftConfig) -> Void, String)] = [
      ({ $0.id = 0 }, "cannot use none as id"),
      ({ $0.id = .max }, "cannot use local target as id"),
      ({ $0.heartbeatTicks = 0 }, "heartbeat tick must be greater than 0"),
      ({ $0.electionTicks = 1 }, "election tick must be greater than heartbeat tick"),
      ({ $0.maxInflightMessages = 0 }, "max inflight messages must be greater than 0"),
      ({ $0.maxInflightBytes = 5 }, "max inflight bytes must be >= max message size"),
      (
        { $0.readOnlyOption = .leaseBased },
        "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased"
      ),
    ]
    for (adjust, text) in cases {
      #expect(throws: RaftError.invalidConfig(text)) { try node(adjust) }
    }
  }

  @Test func `Proposals are dropped with a reason`() throws {
    var follower = try node()
    #expect(throws: RaftError.proposalDropped(.noLeader)) { try follower.propose(Blob("x")) }
    #expect(RaftError.proposalDropped(.noLeader).description == "raft proposal dropped")
    try follower.step(Message(.heartbeat, to: 1, from: 2, term: 1))
    try follower.propose(Blob("x"))
    #expect(follower.ready().messages.contains { $0.type == .prop && $0.to == 2 })

    var stubborn = try node { $0.disableProposalForwarding = true }
    try stubborn.step(Message(.heartbeat, to: 1, from: 2, term: 1))
    #expect(throws: RaftError.proposalDropped(.forwardingDisabled)) {
      try stubborn.propose(Blob("x"))
    }
    #expect(throws: RaftError.emptyProposal) {
      var leader = try self.leader()
      try leader.propose([])
    }
    var leader = try leader()
    leader.transferLeadership(to: 2)
    #expect(throws: RaftError.proposalDropped(.transferInProgress(to: 2))) {
      try leader.propose(Blob("x"))
    }
  }

  /// The one voter left may lead already, and have committed more.
  @Test(arguments: [false, true]) func `A removed leader answers no read alone`(
    asEtcd: Bool
  ) throws {
    var leader = try leader {
      $0.stepDownOnRemoval = false
      $0.removedLeaderAnswersReads = asEtcd
    }
    while leader.hasReady {
      try leader.storage.write(leader.ready())
      leader.advance()
    }
    try leader.step(Message(.appResp, to: 1, from: 2, term: 1, index: leader.lastIndex))
    try leader.applyConfChange(
      .v2([ConfChangeSingle(.removeNode, 1), ConfChangeSingle(.removeNode, 3)]))
    try leader.applyConfChange(.leaveJoint)
    #expect(leader.membership.confState == ConfState(voters: [2]))
    leader.readIndex(Blob("r"))
    let ready = leader.ready()
    #expect(ready.readStates.isEmpty == !asEtcd)
    #expect(ready.messages.contains { $0.type == .heartbeat && $0.to == 2 } == !asEtcd)
  }

  private func leader(_ adjust: (inout RaftConfig) -> Void = { _ in }) throws -> RaftNode {
    var node = try node(adjust)
    node.campaign()
    _ = node.ready()
    node.advance()
    try node.step(Message(.voteResp, to: 1, from: 2, term: 1))
    #expect(node.role == .leader)
    return node
  }

  @Test func `Messages that cannot be from a member are refused`() throws {
    var node = try node()
    #expect(throws: RaftError.cannotStepLocalMessage) {
      try node.step(Message(.hup, to: 1, from: 1))
    }
    #expect(throws: RaftError.peerNotFound) {
      try node.step(Message(.voteResp, to: 1, from: 9, term: 1))
    }
    #expect(throws: RaftError.malformedMessage) {
      try node.step(
        Message(
          .app, to: 1, from: 2, term: 1, logTerm: 1, index: 2,
          entries: [
            Entry(term: 1, index: 4, data: .empty)
          ]))
    }
  }

  /// A member whose disk lost what it had confirmed must be stopped, not go on with a gap.
  @Test func `A lost log is told from a refusal`() throws {
    var node = try node()
    let lost = RaftError.commitOutOfRange(commit: 9, lastIndex: 2)
    #expect(throws: lost) {
      try node.step(Message(.heartbeat, to: 1, from: 2, term: 1, commit: 9))
    }
    #expect(lost.isFatal)
    #expect(
      lost.description
        == "tocommit(9) is out of range [lastIndex(2)]. Was the raft log corrupted, truncated, or lost?"
    )
    #expect(!RaftError.peerNotFound.isFatal)
    let state = HardState(term: 3, vote: 0, commit: 7)
    let start = Snapshot(index: 2, term: 1, confState: ConfState(voters: [1]))
    #expect(throws: RaftError.hardStateOutOfRange(commit: 7, committed: 2, lastIndex: 2)) {
      try RaftNode(
        config: RaftConfig(id: 1, prng: PRNG(seed: 1)),
        storage: MemoryStorage(snapshot: start, hardState: state, entries: []))
    }
  }
}
