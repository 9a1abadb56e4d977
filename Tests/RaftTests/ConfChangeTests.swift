import Basics
import Testing

@testable import Raft

struct ConfChangeTests {
  @Test func `Changes lie in the log as protobuf`() throws {
    let simple = ConfChange.v1(id: 300, ConfChangeSingle(.addLearnerNode, 5), context: Blob("c"))
    #expect(simple.encoded() == [8, 172, 2, 16, 3, 24, 5, 34, 1, 99])
    let joint = ConfChange.v2([ConfChangeSingle(.removeNode, 1)], transition: .jointExplicit)
    #expect(joint.encoded() == [8, 2, 18, 4, 8, 1, 16, 1])
    #expect(ConfChange.leaveJoint.encoded() == [8, 0])
  }

  @Test func `Changes are read back as they were written`() throws {
    var prng = PRNG(seed: 1)
    let types: [ConfChangeType] = [.addNode, .removeNode, .updateNode, .addLearnerNode]
    let transitions: [ConfChangeTransition] = [.auto, .jointImplicit, .jointExplicit]
    for _ in 0..<200 {
      let changes = (0..<prng.index(below: 5)).map { _ in
        ConfChangeSingle(types[prng.index(below: 4)], prng.next() >> prng.below(64))
      }
      let context = prng.chance(Ratio(1, 2)) ? Blob("context \(prng.next())") : nil
      let change = ConfChange.v2(
        changes, transition: transitions[prng.index(below: 3)], context: context)
      let read = try #require(try ConfChange(change.entry))
      #expect(read.changes == change.changes)
      #expect(read.transition == change.transition)
      #expect(read.context?.encoded() == context?.encoded())
      #expect(read.encoded() == change.encoded())
    }
    #expect(try ConfChange(Entry(data: Blob("plain"))) == nil)
  }

  @Test(arguments: [[8], [8, 3], [18, 9, 0], [8, 0, 255], [13, 1, 1, 1, 1], [18, 2, 8, 9]])
  func `Data that is no change is refused`(bytes: [UInt8]) {
    let entry = Entry(type: .confChangeV2, data: .bytes(bytes))
    #expect(throws: RaftError.malformedConfChange) { try ConfChange(entry) }
  }

  @Test func `Any membership can be restored`() throws {
    let states = [
      ConfState(voters: [1, 2, 3]),
      ConfState(voters: [1, 2, 3], learners: [5]),
      ConfState(voters: [1], learners: [5], votersOutgoing: [2], autoLeave: true),
      ConfState(voters: [1, 2], learners: [5], votersOutgoing: [1, 3, 4], learnersNext: [3]),
      ConfState(),
    ]
    for state in states {
      let node = try RaftNode(
        config: RaftConfig(id: 1, prng: PRNG(seed: 1)),
        storage: MemoryStorage(startingFrom: Snapshot(index: 4, term: 2, confState: state)))
      #expect(node.membership.confState == state)
    }
    let contradictory = ConfState(voters: [1, 2], learners: [2])
    #expect(throws: RaftError.self) {
      try RaftNode(
        config: RaftConfig(id: 1, prng: PRNG(seed: 1)),
        storage: MemoryStorage(startingFrom: Snapshot(index: 4, term: 2, confState: contradictory)))
    }
  }

  @Test func `A change that cannot be applied leaves all as it was`() throws {
    var node = try RaftNode(
      config: RaftConfig(id: 1, prng: PRNG(seed: 1)),
      storage: MemoryStorage(
        startingFrom: Snapshot(index: 4, term: 2, confState: ConfState(voters: [1, 2]))))
    #expect(throws: RaftError.confChange(.notJoint)) { try node.applyConfChange(.leaveJoint) }
    #expect(throws: RaftError.confChange(.tooManyVotersChanged)) {
      var changer = ConfigChanger(node.tracker, lastIndex: 4)
      do throws(ConfChangeError) {
        try changer.simple([ConfChangeSingle(.addNode, 3), ConfChangeSingle(.addNode, 4)])
      } catch {
        throw RaftError.confChange(error)
      }
    }
    #expect(throws: RaftError.confChange(.removedAllVoters)) {
      try node.applyConfChange(
        .v2([ConfChangeSingle(.removeNode, 1), ConfChangeSingle(.removeNode, 2)]))
    }
    #expect(node.membership.confState == ConfState(voters: [1, 2]))
    // Id 0 is how etcd says that it decided not to.
    try node.applyConfChange(.v1(ConfChangeSingle(.removeNode, 0)))
    #expect(node.membership.confState == ConfState(voters: [1, 2]))
  }
}
