import Basics
import MVCC
import Raft

// What Raft decides, turned into effects: messages to send, entries to write and to apply, reads to
// answer.

extension EtcdServer {
  /// Does what Raft wants done until it wants nothing more.
  mutating func pump(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard !hasEnded else { return }
    do throws(RaftError) {
      try finishDefragmentation(now, &effects)
      repeat {
        while node.hasReady {
          var ready = node.ready()
          if let soft = ready.softState { leadershipChanged(soft, now, &effects) }
          for read in ready.readStates { confirm(read) }
          for message in ready.messages {
            switch message.to {
            case Message.appendThread: try append(message, &effects)
            case Message.applyThread where defragmentation != nil:
              defragmentation?.entries.append(message)
            case Message.applyThread: try apply(message, now, &effects)
            default: send(message, now, &effects)
            }
          }
          node.reuse(&ready.messages)
        }
        startWrite(now, &effects)
      } while defragmentation == nil && serveReads(now, &effects)
    } catch {
      if error.isFatal { fail(error.description, &effects) }
    }
    for event in node.takeEvents() { effects.append(.note(.raft(event))) }
  }

  private mutating func leadershipChanged(
    _ soft: SoftState, _ now: Tick, _ effects: inout [EtcdEffect]
  ) {
    let isNew = soft.leader != Message.nobody && soft.leader != leader
    leader = soft.leader
    if soft.role != .leader {
      leaseClock.demote()
      outgoingSnapshots = []
    } else if isNew {
      electedAt = now
    }
    if leader != Message.nobody { leaderlessChecks = 0 }
    guard isNew else { return }
    failReads(.leaderChanged, &effects)
    proposeHeld(&effects)
  }

  mutating func send(_ content: PeerMessage.Content, to peer: UInt64, _ effects: inout [EtcdEffect])
  {
    effects.append(.send(to: peer, PeerMessage(from: config.id, content)))
  }

  /// Sends a message of Raft's. A snapshot is not the one Raft knows of, which is but a place in the
  /// log, but the state as it is now (server/etcdserver/snapshot_merge.go).
  mutating func send(_ draft: Message, _ now: Tick, _ effects: inout [EtcdEffect]) {
    guard draft.type == .snap else { return send(.raft(draft), to: draft.to, &effects) }
    var message = draft
    let box = StateBox(state)
    message.snapshot = Snapshot(
      index: state.index, term: state.term, confState: state.confState, data: .boxed(box))
    outgoingSnapshots.append(
      OutgoingSnapshot(to: draft.to, sentAt: now, bytes: box.byteCount))
    effects.append(
      .note(.snapshotSent(to: draft.to, index: state.index, bytes: box.byteCount)))
    send(.raft(message), to: draft.to, &effects)
  }
}
