import Basics

// Every message passes here first: terms are compared, votes are cast, and the rest goes to the
// role's own handling.

extension RaftNode {
  mutating func receive(_ message: Message) throws(RaftError) {
    if message.term > term, message.term != 0 {
      guard enterTerm(of: message) else { return }
    } else if message.term < term, message.term != 0 {
      return try receiveOld(message)
    }

    switch message.type {
    case .hup: startCampaign(.requested)
    case .storageAppendResp: try receive(StableNotice(message))
    case .storageApplyResp:
      if let notice = AppliedNotice(message) { try receive(notice) }
    case .vote, .preVote: castVote(message)
    default:
      switch role {
      case .leader: try receiveAsLeader(message)
      case .candidate, .preCandidate: try receiveAsCandidate(message)
      case .follower: try receiveAsFollower(message)
      }
    }
  }

  /// Takes over a higher term, or answers false where the message is to be ignored.
  private mutating func enterTerm(of message: Message) -> Bool {
    let isVoteRequest = message.type == .vote || message.type == .preVote
    if isVoteRequest, message.context != .campaignTransfer, isInLease, !ignoresObjections(message) {
      // Leader stickiness (Raft thesis §4.2.3): whoever was removed cannot disturb the rest.
      let remaining = config.electionTicks - electionElapsed
      note(
        .voteRejected(
          candidate: message.from, preVote: message.type == .preVote,
          reason: .leaderLease(leader: leader, remainingTicks: remaining)))
      return false
    }
    // A pre-vote asks about a term nobody has entered yet, and a grant answers in it.
    if message.type == .preVote || (message.type == .preVoteResp && !message.reject) {
      return true
    }
    let comesFromLeader =
      message.type == .app || message.type == .heartbeat || message.type == .snap
    becomeFollower(
      term: message.term, leader: comesFromLeader ? message.from : Message.nobody,
      reason: .higherTerm(from: message.from, message.type))
    return true
  }

  private func ignoresObjections(_ request: Message) -> Bool {
    config.plantedBug == .grantsEveryPreVote && request.type == .preVote
  }

  /// Whether word from a leader is younger than an election timeout.
  private var isInLease: Bool {
    config.checkQuorum && leader != Message.nobody && electionElapsed < config.electionTicks
  }

  private mutating func receiveOld(_ message: Message) throws(RaftError) {
    switch message.type {
    case .heartbeat, .app:
      // A leader of an old term, which votes may not reach because of leases: an answer in the
      // present term makes it step down, so that this member is not stuck beyond it.
      if config.checkQuorum || config.preVote { send(Message(.appResp, to: message.from)) }
    case .preVote:
      // Answered, or two members with long and short logs could deadlock while PreVote is
      // being switched on in a group.
      note(.voteRejected(candidate: message.from, preVote: true, reason: .lowerTerm(message.term)))
      send(Message(.preVoteResp, to: message.from, term: term, reject: true))
    case .vote:
      note(
        .voteRejected(candidate: message.from, preVote: false, reason: .lowerTerm(message.term)))
    case .storageAppendResp:
      try receive(StableNotice(message))
    default: break
    }
  }

  mutating func receive(_ notice: StableNotice) throws(RaftError) {
    // In an old term the entries may have been overwritten since, and that write may be under way:
    // only the snapshot, being committed, is still good.
    if let last = notice.last, notice.term == 0 || notice.term >= term { log.stable(to: last) }
    if let snapshot = notice.snapshot { try didInstall(snapshot) }
  }

  mutating func receive(_ notice: AppliedNotice) throws(RaftError) {
    try didApply(to: notice.index, size: notice.size)
    uncommittedSize -= min(uncommittedSize, notice.payload)
  }

  private mutating func castVote(_ request: Message) {
    let isPreVote = request.type == .preVote
    let candidate = EntryID(term: request.logTerm, index: request.index)
    let response = isPreVote ? MessageType.preVoteResp : .voteResp
    if let reason = objection(to: request, candidate), !ignoresObjections(request) {
      note(.voteRejected(candidate: request.from, preVote: isPreVote, reason: reason))
      send(Message(response, to: request.from, term: term, reject: true))
      return
    }
    // Learners vote too: one that is asked has been promoted and does not know it yet.
    note(.voteGranted(to: request.from, preVote: isPreVote))
    // In the request's term: a pre-candidate ignores answers from before the term it asks about.
    send(Message(response, to: request.from, term: request.term))
    if !isPreVote {
      electionElapsed = 0
      vote = request.from
    }
  }

  /// Why not to vote as asked; nil is none (Raft thesis §3.4 and §3.6.1).
  private func objection(
    to request: Message, _ candidate: EntryID
  ) -> RaftEvent.VoteRejection? {
    let isFuturePreVote = request.type == .preVote && request.term > term
    if vote != request.from, !isFuturePreVote {
      if vote != Message.nobody { return .alreadyVoted(for: vote) }
      if leader != Message.nobody { return .leaderKnown(leader) }
    }
    return log.isUpToDate(candidate) ? nil : .logBehind(candidate: candidate, own: log.lastID)
  }

  // MARK: Applying

  mutating func didApply(to index: UInt64, size: UInt64) throws(RaftError) {
    let applied = max(index, log.applied)
    try log.applied(to: applied, size: size)
    guard tracker.membership.autoLeave, role == .leader, applied >= pendingConfIndex else {
      return
    }
    // Refused while leadership is being transferred; asked again with each applied entry.
    receiveOwn(Message(.prop, entries: [.leaveJoint]))
  }

  private mutating func didInstall(_ snapshot: Snapshot) throws(RaftError) {
    log.stableSnapshot(to: snapshot.index)
    try didApply(to: snapshot.index, size: 0)
  }
}
