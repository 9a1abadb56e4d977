import Basics
import Foundation
import KubeAPI
import Raft

extension Benchmark {
  static let raftFamily = [
    raftProposals("raft-proposals", batch: 1, count: 100_000),
    raftProposals("raft-proposals-100", batch: 100, count: 400_000),
  ]

  /// Proposals through three members on one core, without disks or latency: each batch is on every
  /// member's log, committed and applied everywhere before the next is proposed.
  private static func raftProposals(_ name: String, batch: Int, count: Int) -> Benchmark {
    Benchmark(name: name) {
      var group = RaftGroup()
      group.propose(batch: batch, count: count / 10)
      let stopwatch = Stopwatch()
      group.propose(batch: batch, count: count)
      let cpu = stopwatch.cpuMicroseconds / 1e6
      return figures(
        name, stopwatch,
        [
          ("batch", .integer(Int64(batch))), ("members", .integer(3)),
          ("payloadBytes", .integer(Int64(RaftGroup.payloadBytes))),
          ("proposals", .integer(Int64(count))),
          ("proposalsPerSecond", .number(decimal(Double(count) / cpu))),
        ])
    }
  }
}

/// Three members wired to one another by a queue.
private struct RaftGroup {
  static let payloadBytes = 100
  /// Entries kept in the log behind what is applied.
  private static let kept: UInt64 = 5_000

  private var nodes: [RaftNode]
  private var queue: [Message] = []
  private var delivered: [Message] = []
  private var isIdle = false
  private var applied = [Int](repeating: 0, count: 3)
  private let payload = Blob.bytes([UInt8](repeating: 7, count: payloadBytes))

  init() {
    let start = Snapshot(index: 1, term: 1, confState: ConfState(voters: [1, 2, 3]))
    nodes = ([1, 2, 3] as [UInt64]).compactMap { id in
      var config = RaftConfig(id: id, prng: PRNG(seed: 1, stream: id))
      config.checkQuorum = true
      config.preVote = true
      config.applied = 1
      config.maxSizePerMessage = 1 << 20
      config.maxInflightMessages = 512
      return try? RaftNode(config: config, storage: MemoryStorage(startingFrom: start))
    }
    precondition(nodes.count == 3, "a configuration of the benchmark's own was refused")
    nodes[0].campaign()
    settle()
    precondition(nodes[0].role == .leader, "nobody objects, and yet it does not lead")
  }

  mutating func propose(batch: Int, count: Int) {
    let target = applied[2] + count
    let data = [Blob](repeating: payload, count: batch)
    for _ in 0..<(count / batch) {
      do throws(RaftError) {
        if batch == 1 { try nodes[0].propose(payload) } else { try nodes[0].propose(data) }
      } catch {
        preconditionFailure("a proposal was refused: \(error)")
      }
      settle()
    }
    precondition(applied == [target, target, target], "applied \(applied), wanted \(target)")
  }

  /// Delivers messages until there are none.
  private mutating func settle() {
    repeat {
      for position in 0..<3 {
        RaftGroup.handle(&nodes[position], &applied[position], sendingTo: &queue)
      }
      swap(&queue, &delivered)
      for message in delivered {
        do throws(RaftError) {
          try nodes[Int(message.to) - 1].step(message)
        } catch {
          preconditionFailure("\(message.type) was refused: \(error)")
        }
      }
      isIdle = delivered.isEmpty
      delivered.removeAll(keepingCapacity: true)
    } while !isIdle
  }

  /// In place: a copy of a node, as asking an array's element is, costs as much as a proposal.
  private static func handle(
    _ node: inout RaftNode, _ applied: inout Int, sendingTo queue: inout [Message]
  ) {
    while node.hasReady {
      var ready = node.ready()
      do throws(RaftError) {
        try node.storage.write(ready)
        for entry in ready.committedEntries where !entry.data.isEmpty { applied += 1 }
        for message in ready.messages { queue.append(message) }
        node.advance()
        node.reuse(&ready.messages)
        if node.lastIndex > node.firstIndex + 2 * RaftGroup.kept {
          try node.storage.compact(to: node.applied - RaftGroup.kept)
        }
      } catch {
        preconditionFailure("what was ready could not be written: \(error)")
      }
    }
  }
}
