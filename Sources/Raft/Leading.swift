import Basics

// What a leader does with messages.

extension RaftNode {
  mutating func receiveAsLeader(_ message: Message) throws(RaftError) {
    switch message.type {
    case .beat: return broadcastHeartbeat()
    case .checkQuorum: return checkQuorum()
    case .prop: return try appendProposal(message.entries)
    case .readIndex: return receiveRead(message)
    case .forgetLeader: return
    default: break
    }
    // All others concern one member; of those that left nothing is needed.
    guard let peer = tracker.progress.position(of: message.from) else { return }
    switch message.type {
    case .appResp: try receiveAppendResponse(message, peer)
    case .heartbeatResp: receiveHeartbeatResponse(message, peer)
    case .snapStatus: receiveSnapshotStatus(failed: message.reject, peer)
    case .unreachable:
      // Much may be lost: go back to asking where the follower's log ends.
      if tracker.progress[at: peer].state == .replicate {
        tracker.progress[at: peer].becomeProbe()
      }
    case .transferLeader: startTransfer(to: message.from, peer)
    default: break
    }
  }

  // MARK: Proposals

  private mutating func appendProposal(_ proposed: [Entry]) throws(RaftError) {
    if proposed.isEmpty { throw .emptyProposal }
    guard tracker.progress.contains(id) else { throw .proposalDropped(.notAMember) }
    if leadTransferee != Message.nobody {
      throw .proposalDropped(.transferInProgress(to: leadTransferee))
    }
    var entries = proposed
    for position in entries.indices where entries[position].type != .normal {
      guard let change = try ConfChange(entries[position]) else { continue }
      if let refusal = refusal(of: change), !config.disableConfChangeValidation {
        note(.confChangeRefused(refusal))
        entries[position] = .refusedConfChange
      } else {
        pendingConfIndex = log.lastIndex + UInt64(position) + 1
      }
    }
    guard append(own: entries) else { throw .proposalDropped(.uncommittedSizeLimit) }
    broadcastAppend()
  }

  private func refusal(of change: ConfChange) -> RaftEvent.ConfChangeRefusal? {
    let isJoint = tracker.membership.voters.isJoint
    if pendingConfIndex > log.applied {
      return .alreadyPending(index: pendingConfIndex, applied: log.applied)
    }
    if isJoint, !change.changes.isEmpty { return .alreadyJoint }
    if !isJoint, change.changes.isEmpty { return .notJoint }
    return nil
  }

  /// Appends entries in this term; false where they would exceed the limit on uncommitted ones. An
  /// empty tail takes a proposal of any size, and entries without data are never refused.
  mutating func append(own entries: [Entry]) -> Bool {
    let payload = entries.payloadSize
    let limit = config.maxUncommittedEntriesSize
    if limit != 0, uncommittedSize > 0, payload > 0, uncommittedSize + payload > limit {
      return false
    }
    uncommittedSize += payload
    var last = log.lastIndex
    var entries = entries
    for position in entries.indices {
      last += 1
      entries[position].term = term
      entries[position].index = last
    }
    log.append(own: entries)
    // The leader acknowledges its own entries once they are on its disk, as a follower would.
    send(Message(.appResp, to: id, index: last))
    return true
  }

  // MARK: Responses

  private mutating func receiveAppendResponse(
    _ message: Message, _ peer: Int
  ) throws(RaftError) {
    tracker.progress[at: peer].isRecentlyActive = true
    if message.reject { return receiveRejection(message, peer) }

    let wasProbed =
      tracker.progress[at: peer].match == message.index
      && tracker.progress[at: peer].state == .probe
    guard tracker.progress[at: peer].update(match: message.index) || wasProbed else { return }
    settle(peer, acknowledged: message.index)

    if maybeCommit() {
      releasePendingReads()
      broadcastAppend()
    } else if message.from != id, tracker.progress[at: peer].canBumpCommit(log.committed) {
      sendAppend(to: peer)
    }
    guard message.from != id else { return }
    // The acknowledgement may have made room for several messages.
    while maybeSendAppend(to: peer, evenIfEmpty: false) {}
    if message.from == leadTransferee, tracker.progress[at: peer].match == log.lastIndex {
      send(Message(.timeoutNow, to: message.from))
    }
  }

  /// Moves a follower's sending on after it acknowledged `index`.
  private mutating func settle(_ peer: Int, acknowledged index: UInt64) {
    switch tracker.progress[at: peer].state {
    case .probe: tracker.progress[at: peer].becomeReplicate()
    case .snapshot:
      // From here on the log suffices, whichever snapshot brought the follower so far.
      if tracker.progress[at: peer].match + 1 >= log.firstIndex {
        tracker.progress[at: peer].becomeProbe()
        tracker.progress[at: peer].becomeReplicate()
      }
    case .replicate: tracker.progress[at: peer].inflights.free(to: index)
    }
  }

  /// Steps back to where the logs may agree. Knowing the term at the follower's hint, the leader
  /// skips its own entries of later terms, which cannot match:
  ///
  ///     index      1 2 3 4 5 6 7 8 9
  ///     leader     1 3 3 3 5 5 5 5 5
  ///     follower   1 1 1 1 2 2           hint (6, term 2): the next probe is at 1
  private mutating func receiveRejection(_ message: Message, _ peer: Int) {
    var hint = message.rejectHint
    if message.logTerm > 0 { hint = log.findConflict(byTerm: message.logTerm, at: hint).index }
    guard tracker.progress[at: peer].decrease(rejected: message.index, hint: hint) else { return }
    if tracker.progress[at: peer].state == .replicate { tracker.progress[at: peer].becomeProbe() }
    sendAppend(to: peer)
  }

  private mutating func receiveHeartbeatResponse(_ message: Message, _ peer: Int) {
    tracker.progress[at: peer].isRecentlyActive = true
    tracker.progress[at: peer].isAppendPaused = false
    // Also when the pipeline is full: an empty append finds out whether what was sent was lost.
    if tracker.progress[at: peer].match < log.lastIndex
      || tracker.progress[at: peer].state == .probe
    {
      sendAppend(to: peer)
    }
    guard readOnly.option == .safe, message.context != .none else { return }
    readOnly.receiveAck(from: message.from, message.context)
    for request in readOnly.takeConfirmed(tracker.membership.voters) {
      answerRead(request.message, index: request.index)
    }
  }

  private mutating func receiveSnapshotStatus(failed: Bool, _ peer: Int) {
    guard tracker.progress[at: peer].state == .snapshot else { return }
    if failed { tracker.progress[at: peer].pendingSnapshot = 0 }
    tracker.progress[at: peer].becomeProbe()
    // After success wait for the follower's word, after failure for the next heartbeat.
    tracker.progress[at: peer].isAppendPaused = true
  }

  /// Raft thesis §3.10: bring the target up to date, then tell it to campaign at once. Proposals
  /// are dropped meanwhile.
  private mutating func startTransfer(to target: UInt64, _ peer: Int) {
    if tracker.progress[at: peer].isLearner || leadTransferee == target { return }
    abortTransfer()
    if target == id { return }
    electionElapsed = 0
    leadTransferee = target
    note(.transferStarted(to: target))
    if tracker.progress[at: peer].match == log.lastIndex {
      send(Message(.timeoutNow, to: target))
    } else {
      sendAppend(to: peer)
    }
  }
}
