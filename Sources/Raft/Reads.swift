import Basics

// Linearizable reads without writing to the log (Raft thesis §6.4).

extension RaftNode {
  mutating func receiveRead(_ request: Message) {
    // Alone it need ask nobody.
    if tracker.isSingleton,
      tracker.membership.voters.contains(id) || config.removedLeaderAnswersReads
    {
      return answerRead(request, index: log.committed)
    }
    // Before it has committed in its own term, a leader does not know all that is committed.
    guard hasCommittedInTerm else { return pendingReads.append(request) }
    startRead(request)
  }

  mutating func releasePendingReads() {
    if pendingReads.isEmpty || !hasCommittedInTerm { return }
    let requests = pendingReads
    pendingReads = []
    for request in requests { startRead(request) }
  }

  private mutating func startRead(_ request: Message) {
    switch readOnly.option {
    case .safe where config.plantedBug == .readsWithoutQuorum:
      answerRead(request, index: log.committed)
    case .safe:
      readOnly.add(request, commit: log.committed)
      readOnly.receiveAck(from: id, readOnly.heartbeatContext)
      broadcastHeartbeat()
    case .leaseBased: answerRead(request, index: log.committed)
    }
  }

  /// Answers the member that asked, or this one's owner.
  mutating func answerRead(_ request: Message, index: UInt64) {
    if request.from == Message.nobody || request.from == id {
      guard let entry = request.entries.first else { return }
      readStates.append(ReadState(index: index, context: entry.data))
    } else {
      send(Message(.readIndexResp, to: request.from, index: index, entries: request.entries))
    }
  }

  private var hasCommittedInTerm: Bool { log.term(at: log.committed) == term }
}
