import Basics
import Raft
import Testing

/// The shortest use of the core in both modes: three members, a leader, a write, a read.
struct SmokeTests {
  /// Members wired to each other by a queue that loses nothing.
  struct Group {
    var nodes: [RaftNode] = []
    var queue: [Message] = []
    var applied: [[String]] = []
    /// Members that nothing reaches.
    var down: Set<UInt64> = []

    init(voters: Int, async: Bool, seed: UInt64 = 7) throws {
      let ids = (1...UInt64(voters)).map { $0 }
      let start = Snapshot(index: 2, term: 1, confState: ConfState(voters: ids))
      for id in ids {
        var config = RaftConfig(id: id, prng: PRNG(seed: seed, stream: id))
        config.preVote = true
        config.checkQuorum = true
        config.applied = 2
        config.asyncStorageWrites = async
        nodes.append(try RaftNode(config: config, storage: MemoryStorage(startingFrom: start)))
        applied.append([])
      }
    }

    mutating func settle() throws {
      repeat {
        for position in nodes.indices {
          while nodes[position].hasReady {
            let ready = nodes[position].ready()
            if !nodes[position].config.asyncStorageWrites {
              try nodes[position].storage.write(ready)
              apply(ready.committedEntries, to: position)
            }
            for message in ready.messages {
              switch message.to {
              case Message.appendThread: queue += try nodes[position].persisted(message)
              case Message.applyThread:
                apply(message.entries, to: position)
                try nodes[position].applied(message)
              default: queue.append(message)
              }
            }
            if !nodes[position].config.asyncStorageWrites { nodes[position].advance() }
          }
        }
        let batch = queue
        queue = []
        for message in batch where !down.contains(message.to) {
          try nodes[Int(message.to) - 1].step(message)
        }
      } while !queue.isEmpty || nodes.contains { $0.hasReady }
    }

    mutating func apply(_ entries: [Entry], to position: Int) {
      for entry in entries where entry.type == .normal && !entry.data.isEmpty {
        applied[position].append(String(decoding: entry.data.encoded(), as: UTF8.self))
      }
    }
  }

  @Test(arguments: [false, true]) func `A write reaches every member`(async: Bool) throws {
    var group = try Group(voters: 3, async: async)
    for _ in 0..<25 where group.nodes[0].role != .leader {
      group.nodes[0].tick()
      try group.settle()
    }
    #expect(group.nodes[0].role == .leader)
    #expect(group.nodes.map(\.leader) == [1, 1, 1])
    try group.nodes[1].propose(Blob("forwarded"))
    try group.nodes[0].propose(Blob("direct"))
    try group.settle()
    #expect(group.applied == Array(repeating: ["direct", "forwarded"], count: 3))
    #expect(group.nodes.map(\.applied) == [5, 5, 5])
    #expect(group.nodes.map(\.storage.lastIndex) == [5, 5, 5])
  }

  @Test(arguments: [false, true]) func `A read is answered where it was asked`(
    async: Bool
  ) throws {
    var group = try Group(voters: 3, async: async)
    group.nodes[0].campaign()
    try group.settle()
    group.nodes[2].readIndex(Blob("r"))
    #expect(group.nodes[2].hasReady)
    var answers: [ReadState] = []
    for _ in 0..<10 {
      for position in group.nodes.indices {
        let ready = group.nodes[position].ready()
        if position == 2 { answers += ready.readStates }
        group.queue += ready.messages
        if !async { group.nodes[position].advance() }
      }
      let batch = group.queue
      group.queue = []
      for message in batch { try group.nodes[Int(message.to) - 1].step(message) }
    }
    #expect(answers.map(\.index) == [3])
  }

  @Test func `A copy goes its own way`() throws {
    var group = try Group(voters: 3, async: true)
    group.nodes[0].campaign()
    try group.settle()
    let before = group
    try group.nodes[0].propose(Blob("x"))
    try group.settle()
    #expect(before.nodes[0].lastIndex == 3)
    #expect(group.nodes[0].lastIndex == 4)
    func digest(_ node: RaftNode) -> UInt64 {
      var digest = Digest()
      node.digest(into: &digest)
      return digest.value
    }
    #expect(digest(before.nodes[0]) != digest(group.nodes[0]))
    var again = before
    try again.nodes[0].propose(Blob("x"))
    try again.settle()
    #expect(again.nodes.map(digest) == group.nodes.map(digest))
  }
}
