import Basics
import Testing

@testable import Raft

/// Messages that make no sense are refused or ignored; none brings a member down.
struct GarbageTests {
  private func message(_ prng: inout PRNG, around node: RaftNode) -> Message {
    func number(_ prng: inout PRNG) -> UInt64 {
      [0, 1, prng.below(node.lastIndex + 4), node.lastIndex, node.committed, 1 << 40][
        prng.index(below: 6)]
    }
    let types = MessageType.allCases
    var message = Message(types[prng.index(below: types.count)])
    message.to = node.id
    message.from = prng.below(6)
    message.term = [0, node.term, node.term + prng.below(3), prng.below(3)][prng.index(below: 4)]
    message.logTerm = prng.below(node.term + 2)
    message.index = number(&prng)
    message.commit = number(&prng)
    message.reject = prng.chance(Ratio(1, 2))
    message.rejectHint = number(&prng)
    message.context =
      [.none, .campaignTransfer, .readPosition(number(&prng))][prng.index(below: 3)]
    if prng.chance(Ratio(1, 2)) {
      let first = prng.chance(Ratio(2, 3)) ? message.index + 1 : number(&prng)
      for offset in 0..<prng.below(4) {
        let type = [EntryType.normal, .confChange, .confChangeV2][prng.index(below: 3)]
        let data = Blob.bytes((0..<prng.below(6)).map { _ in UInt8(prng.below(20)) })
        message.entries.append(
          Entry(term: message.term, index: first + offset, type: type, data: data))
      }
    }
    if prng.chance(Ratio(1, 3)) {
      let voters = (0..<prng.below(4)).map { _ in 1 + prng.below(5) }
      message.snapshot = Snapshot(
        index: number(&prng), term: message.logTerm,
        confState: ConfState(
          voters: voters, learners: prng.chance(Ratio(1, 2)) ? [1 + prng.below(5)] : [],
          votersOutgoing: prng.chance(Ratio(1, 4)) ? [1 + prng.below(5)] : [],
          learnersNext: prng.chance(Ratio(1, 4)) ? [1 + prng.below(5)] : []))
    }
    return message
  }

  @Test(arguments: [false, true]) func `No message brings a member down`(async: Bool) throws {
    var fatal = 0
    var refused = 0
    for seed in 0..<200 as Range<UInt64> {
      var prng = PRNG(seed: seed, stream: 99)
      var group = try SmokeTests.Group(voters: 3, async: async, seed: seed)
      group.nodes[0].campaign()
      try group.settle()
      try group.nodes[0].propose(Blob("x"))
      try group.settle()
      // One of them gets garbage, and goes on until its log is beyond repair.
      var node = group.nodes[prng.index(below: 3)]
      for _ in 0..<60 {
        do throws(RaftError) {
          try node.step(message(&prng, around: node))
        } catch {
          refused += 1
          if error.isFatal {
            fatal += 1
            break
          }
        }
        if prng.chance(Ratio(1, 3)) { node.tick() }
        if prng.chance(Ratio(1, 2)), node.hasReady {
          let ready = node.ready()
          if async {
            for message in ready.messages where message.to == Message.appendThread {
              _ = try node.persisted(message)
            }
          } else {
            try node.storage.write(ready)
            node.advance()
          }
        }
      }
    }
    #expect(fatal > 10)
    #expect(refused > 1000)
  }
}
