import Basics

// What candidates and followers do with messages.

extension RaftNode {
  mutating func receiveAsCandidate(_ message: Message) throws(RaftError) {
    let ownResponse = role == .preCandidate ? MessageType.preVoteResp : .voteResp
    switch message.type {
    case .prop: throw .proposalDropped(.noLeader)
    case .app, .heartbeat, .snap:
      becomeFollower(term: message.term, leader: message.from, reason: .leaderFound)
      try receiveAsFollower(message)
    case ownResponse: countVote(message)
    default: break
    }
  }

  private mutating func countVote(_ message: Message) {
    note(
      .voteReceived(
        from: message.from, granted: !message.reject, preVote: role == .preCandidate))
    tracker.recordVote(message.from, granted: !message.reject)
    switch tracker.voteResult {
    case .won where role == .preCandidate: elect(.preVoteWon)
    case .won:
      becomeLeader()
      broadcastAppend()
    case .lost:
      // A pre-vote response may speak of a later term than this member's; its own term stays.
      becomeFollower(term: term, leader: Message.nobody, reason: .electionLost)
    case .pending: break
    }
  }

  mutating func receiveAsFollower(_ message: Message) throws(RaftError) {
    switch message.type {
    case .app:
      heard(from: message.from)
      try receiveAppend(message)
    case .heartbeat:
      heard(from: message.from)
      try log.commit(to: message.commit)
      send(Message(.heartbeatResp, to: message.from, context: message.context))
    case .snap:
      heard(from: message.from)
      try receiveSnapshot(message)
    case .prop:
      if leader == Message.nobody || leader == id { throw .proposalDropped(.noLeader) }
      if config.disableProposalForwarding { throw .proposalDropped(.forwardingDisabled) }
      forward(message)
    case .transferLeader, .readIndex:
      if leader != Message.nobody, leader != id { forward(message) }
    case .forgetLeader:
      // With leases, the leader relies on not being forgotten.
      if config.readOnlyOption == .leaseBased || leader == Message.nobody { return }
      leader = Message.nobody
      note(.leaderChanged(to: Message.nobody))
    case .timeoutNow: startCampaign(.transfer(from: message.from))
    case .readIndexResp:
      guard message.entries.count == 1 else { return }
      readStates.append(ReadState(index: message.index, context: message.entries[0].data))
    default: break
    }
  }

  private mutating func heard(from sender: UInt64) {
    electionElapsed = 0
    if leader == sender { return }
    leader = sender
    note(.leaderChanged(to: sender))
  }

  private mutating func forward(_ message: Message) {
    var copy = message
    copy.to = leader
    // What comes from another member may carry a term; as forwarded it gets this member's own.
    copy.term = 0
    send(copy)
  }

  // MARK: Appends

  private mutating func receiveAppend(_ message: Message) throws(RaftError) {
    if message.index < log.committed {
      // Old news: everything up to the commit index matches in any case.
      return send(Message(.appResp, to: message.from, index: log.committed))
    }
    let previous = EntryID(term: message.logTerm, index: message.index)
    if let last = try log.append(message.entries, after: previous, leaderCommit: message.commit) {
      return send(Message(.appResp, to: message.from, index: last))
    }
    // Tell where the logs may still agree: entries of later terms than the leader's cannot.
    let hint = log.findConflict(
      byTerm: message.logTerm, at: min(message.index, log.lastIndex))
    send(
      Message(
        .appResp, to: message.from, logTerm: hint.term, index: message.index, reject: true,
        rejectHint: hint.index))
  }

  // MARK: Snapshots

  private mutating func receiveSnapshot(_ message: Message) throws(RaftError) {
    let restored = try restore(message.snapshot ?? .empty)
    send(
      Message(
        .appResp, to: message.from, index: restored ? log.lastIndex : log.committed))
  }

  /// Replaces log and membership by a snapshot; false where it is old, not meant for this member,
  /// or only repeats what its log already says.
  private mutating func restore(_ snapshot: Snapshot) throws(RaftError) -> Bool {
    guard snapshot.index > log.committed else { return false }
    guard role == .follower else {
      becomeFollower(term: term + 1, leader: Message.nobody, reason: .snapshotOutOfPlace)
      return false
    }
    guard snapshot.confState.contains(id) else { return false }
    if log.matches(snapshot.id) {
      try log.commit(to: snapshot.index)
      return false
    }
    let changer = try changer(restoring: snapshot.confState, lastIndex: snapshot.index)
    log.restore(snapshot)
    tracker.resetVotes()
    adopt(changer)
    note(.snapshotRestored(index: snapshot.index))
    return true
  }
}
