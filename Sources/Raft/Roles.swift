import Basics

// The roles, and the clocks that drive a member from one to the next.

extension RaftNode {
  // MARK: Transitions

  mutating func becomeFollower(
    term: UInt64, leader: UInt64, reason: RaftEvent.FollowerReason
  ) {
    reset(term: term)
    self.leader = leader
    role = .follower
    note(.becameFollower(leader: leader, reason: reason))
  }

  mutating func becomeCandidate(_ reason: RaftEvent.CampaignReason) {
    precondition(role != .leader, "a leader cannot campaign: term=\(term)")
    reset(term: term + 1)
    vote = id
    role = .candidate
    note(.becameCandidate(reason))
  }

  /// Changes neither term nor vote: a pre-vote binds nobody.
  mutating func becomePreCandidate(_ reason: RaftEvent.CampaignReason) {
    precondition(role != .leader, "a leader cannot campaign: term=\(term)")
    tracker.resetVotes()
    leader = Message.nobody
    role = .preCandidate
    note(.becamePreCandidate(reason))
  }

  mutating func becomeLeader() {
    precondition(role == .candidate, "only a candidate can win: role=\(role) term=\(term)")
    reset(term: term)
    leader = id
    role = .leader
    if let own = tracker.progress.position(of: id) {
      tracker.progress[at: own].becomeReplicate()
      tracker.progress[at: own].isRecentlyActive = true
    }
    // There may be an unapplied change somewhere in the log; waiting for all of it is safe, and
    // cheaper than looking for it.
    pendingConfIndex = log.lastIndex
    note(.becameLeader)
    let accepted = append(own: [.empty])
    precondition(accepted, "an empty entry was dropped: uncommitted=\(uncommittedSize)")
  }

  private mutating func reset(term: UInt64) {
    if self.term != term {
      self.term = term
      vote = Message.nobody
    }
    leader = Message.nobody
    electionElapsed = 0
    heartbeatElapsed = 0
    drawElectionTimeout()
    abortTransfer()
    tracker.resetVotes()
    let last = log.lastIndex
    for position in 0..<tracker.progress.count {
      let isOwn = tracker.progress.ids[position] == id
      tracker.progress[at: position] = Progress(
        match: isOwn ? last : 0, next: last + 1, inflights: tracker.newInflights,
        isLearner: tracker.progress[at: position].isLearner)
    }
    pendingConfIndex = 0
    uncommittedSize = 0
    readOnly = ReadOnlyQueue(option: config.readOnlyOption)
  }

  /// Raft thesis §3.4: a random part keeps members from campaigning at once time after time.
  private mutating func drawElectionTimeout() {
    randomizedElectionTimeout =
      config.electionTicks + prng.index(below: config.electionTicks)
  }

  mutating func abortTransfer() {
    guard leadTransferee != Message.nobody else { return }
    note(.transferAborted(to: leadTransferee))
    leadTransferee = Message.nobody
  }

  // MARK: Clocks

  mutating func tickElection() {
    electionElapsed += 1
    guard electionElapsed >= randomizedElectionTimeout, isPromotable else { return }
    let waited = electionElapsed
    electionElapsed = 0
    startCampaign(.electionTimeout(ticks: waited))
  }

  mutating func tickHeartbeat() {
    heartbeatElapsed += 1
    electionElapsed += 1
    if electionElapsed >= config.electionTicks {
      electionElapsed = 0
      if config.checkQuorum { checkQuorum() }
      // A transfer that takes longer than an election is given up, and proposals are taken again.
      if role == .leader { abortTransfer() }
    }
    guard role == .leader, heartbeatElapsed >= config.heartbeatTicks else { return }
    heartbeatElapsed = 0
    broadcastHeartbeat()
  }

  /// Steps down unless a majority was heard from since the last time (Raft thesis §6.2).
  mutating func checkQuorum() {
    if !tracker.isQuorumActive {
      becomeFollower(term: term, leader: Message.nobody, reason: .quorumLost)
    }
    for position in 0..<tracker.progress.count where tracker.progress.ids[position] != id {
      tracker.progress[at: position].isRecentlyActive = false
    }
  }

  // MARK: Campaigns

  /// Whether this member could lead: a voter, and not waiting for a snapshot to be installed.
  var isPromotable: Bool {
    guard let own = tracker.progress.position(of: id) else { return false }
    return !tracker.progress[at: own].isLearner && !log.hasPendingSnapshot
  }

  /// Begins an election, with the pre-vote first where that is configured. A transfer needs none:
  /// the leader asked for it.
  mutating func startCampaign(_ reason: RaftEvent.CampaignReason) {
    if role == .leader { return }
    guard isPromotable else { return note(.campaignRefused(.unpromotable)) }
    // A voter that has not applied a change might count a majority that is none any more.
    guard !log.hasUnappliedConfChange else {
      return note(.campaignRefused(.unappliedConfChange))
    }
    if case .transfer = reason {
      elect(reason)
    } else if config.preVote {
      becomePreCandidate(reason)
      // Asks about the next term, without entering it.
      requestVotes(.preVote, response: .preVoteResp, term: term + 1, context: .none)
    } else {
      elect(reason)
    }
  }

  mutating func elect(_ reason: RaftEvent.CampaignReason) {
    becomeCandidate(reason)
    var context = MessageContext.none
    if case .transfer = reason { context = .campaignTransfer }
    requestVotes(.vote, response: .voteResp, term: term, context: context)
  }

  private mutating func requestVotes(
    _ request: MessageType, response: MessageType, term: UInt64, context: MessageContext
  ) {
    let last = log.lastID
    for voter in tracker.membership.voters.ids {
      if voter == id {
        // Its own vote counts once it is on disk, like anyone's.
        send(Message(response, to: id, term: term))
      } else {
        send(
          Message(
            request, to: voter, term: term, logTerm: last.term, index: last.index,
            context: context))
      }
    }
  }
}
