import Basics
import Raft

extension EtcdNote {
  /// One line for a log, in the manner of etcd's own; `name` turns a member's ID into a name.
  public func text(_ name: (UInt64) -> String) -> String {
    switch self {
    case .started(let term, let snapshot, let commit, let last):
      "started: term \(term), snapshot \(snapshot), commit \(commit), last index \(last)"
    case .fastForwardedElection(let ticks): "fast-forwarded election by \(ticks) ticks"
    case .raft(let event): event.text(name)
    case .snapshotSaved(let index): "saved snapshot to disk at index \(index)"
    case .snapshotSent(let to, let index, let bytes):
      "sent snapshot at index \(index) to \(name(to)), \(bytes) bytes"
    case .snapshotSendFailed(let to): "snapshot to \(name(to)) did not arrive"
    case .snapshotInstalled(let index, let revision):
      "installed the leader's snapshot at index \(index), revision \(revision)"
    case .slowFsync(let span): "slow fsync: \(span.microseconds / 1000) ms"
    case .compacted(let revision): "compacted at revision \(revision)"
    case .leaseExpired(let id): "lease \(String(id, radix: 16)) expired, revoking"
    case .requestTimedOut(let error): error.message
    case .readIndexRetried: "waiting for ReadIndex response took too long, retrying"
    case .watchesLostLeader(let count): "canceled \(count) watches: no leader"
    case .alarmRaised(let alarm):
      "alarm raised: \(alarm.kind.name) by \(name(alarm.memberID))"
    case .memberAdded(let member):
      "added \(member.isLearner ? "learner" : "member") \(name(member.id))"
    case .memberPromoted(let id): "promoted \(name(id)) to a voting member"
    case .memberRemoved(let id): "removed \(name(id))"
    }
  }
}

extension RaftEvent {
  /// One line for a log.
  public func text(_ name: (UInt64) -> String) -> String {
    switch kind {
    case .becameFollower(let leader, let reason):
      "became follower at term \(term)"
        + (leader == Message.nobody ? "" : " of \(name(leader))") + ": \(reason.text(name))"
    case .becamePreCandidate(let reason):
      "became pre-candidate at term \(term): \(reason.text(name))"
    case .becameCandidate(let reason): "became candidate at term \(term): \(reason.text(name))"
    case .becameLeader: "became leader at term \(term)"
    case .leaderChanged(let leader):
      leader == Message.nobody
        ? "lost leader at term \(term)" : "elected leader \(name(leader)) at term \(term)"
    case .voteGranted(let to, let preVote):
      "granted its \(preVote ? "pre-vote" : "vote") to \(name(to)) at term \(term)"
    case .voteRejected(let candidate, let preVote, let reason):
      "refused its \(preVote ? "pre-vote" : "vote") to \(name(candidate)): \(reason.text(name))"
    case .voteReceived(let from, let granted, let preVote):
      "received \(granted ? "a" : "no") \(preVote ? "pre-vote" : "vote") from \(name(from))"
    case .campaignRefused(.unpromotable): "cannot campaign: not a voter, or installing a snapshot"
    case .campaignRefused(.unappliedConfChange):
      "cannot campaign: a configuration change is not applied yet"
    case .transferStarted(let to): "starts to transfer leadership to \(name(to))"
    case .transferAborted(let to): "gave up transferring leadership to \(name(to))"
    case .snapshotSent(let to, let index):
      "\(name(to)) needs a snapshot: its log ends before \(index)"
    case .snapshotRestored(let index): "restores a snapshot at index \(index)"
    case .confChangeRefused(let reason): "refused a configuration change: \(reason.text)"
    case .configurationChanged(let state):
      "switched to configuration voters=(\(state.voters.map(name).joined(separator: " ")))"
        + (state.learners.isEmpty
          ? "" : " learners=(\(state.learners.map(name).joined(separator: " ")))")
    }
  }
}

extension RaftEvent.FollowerReason {
  fileprivate func text(_ name: (UInt64) -> String) -> String {
    switch self {
    case .started: "just started"
    case .higherTerm(let from, let type): "\(type) of a higher term from \(name(from))"
    case .leaderFound: "a leader of this term made itself known"
    case .electionLost: "too many refused their vote"
    case .quorumLost: "quorum is not active"
    case .removed: "no longer a voting member"
    case .snapshotOutOfPlace: "a snapshot came to a member that was no follower"
    }
  }
}

extension RaftEvent.CampaignReason {
  fileprivate func text(_ name: (UInt64) -> String) -> String {
    switch self {
    case .electionTimeout(let ticks): "no word from a leader for \(ticks) ticks"
    case .requested: "asked to campaign"
    case .preVoteWon: "a majority would vote for it"
    case .transfer(let from): "\(name(from)) hands over leadership"
    }
  }
}

extension RaftEvent.VoteRejection {
  fileprivate func text(_ name: (UInt64) -> String) -> String {
    switch self {
    case .alreadyVoted(let other): "voted for \(name(other)) in this term"
    case .leaderKnown(let leader): "\(name(leader)) leads this term"
    case .logBehind(let candidate, let own):
      "its log ends at \(candidate.term)/\(candidate.index), this one at \(own.term)/\(own.index)"
    case .leaderLease(let leader, let ticks):
      "heard from leader \(name(leader)), lease not expired: \(ticks) ticks remain"
    case .lowerTerm(let term): "its term \(term) is old"
    }
  }
}

extension RaftEvent.ConfChangeRefusal {
  fileprivate var text: String {
    switch self {
    case .alreadyPending(let index, let applied):
      "another is pending at index \(index), applied \(applied)"
    case .alreadyJoint: "must leave the joint configuration first"
    case .notJoint: "not in a joint configuration"
    }
  }
}
