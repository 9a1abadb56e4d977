/// Something a member decided, with its reason: what a display shows as "why". Drained with
/// `takeEvents()`; nothing in the protocol depends on it.
public struct RaftEvent: Hashable, Sendable {
  /// The member's term when it happened.
  public var term: UInt64
  public var kind: Kind

  public enum Kind: Hashable, Sendable {
    case becameFollower(leader: UInt64, reason: FollowerReason)
    case becamePreCandidate(CampaignReason)
    case becameCandidate(CampaignReason)
    case becameLeader
    /// A follower learnt, or forgot (0), who leads.
    case leaderChanged(to: UInt64)
    case voteGranted(to: UInt64, preVote: Bool)
    case voteRejected(candidate: UInt64, preVote: Bool, reason: VoteRejection)
    /// An answer to this member's own campaign.
    case voteReceived(from: UInt64, granted: Bool, preVote: Bool)
    case campaignRefused(CampaignRefusal)
    case transferStarted(to: UInt64)
    case transferAborted(to: UInt64)
    case snapshotSent(to: UInt64, index: UInt64)
    case snapshotRestored(index: UInt64)
    case confChangeRefused(ConfChangeRefusal)
    case configurationChanged(ConfState)
  }

  public enum FollowerReason: Hashable, Sendable {
    case started
    /// A message of a higher term arrived.
    case higherTerm(from: UInt64, MessageType)
    /// A leader of this member's own term made itself known to a candidate.
    case leaderFound
    /// Too many refused their vote.
    case electionLost
    /// CheckQuorum: no majority was heard from for an election timeout.
    case quorumLost
    /// Removed from the group, or made a learner.
    case removed
    /// A snapshot reached a member that was not a follower.
    case snapshotOutOfPlace
  }

  public enum CampaignReason: Hashable, Sendable {
    /// Ticks without word from a leader.
    case electionTimeout(ticks: Int)
    /// The owner asked for it.
    case requested
    /// The majority granted the pre-vote.
    case preVoteWon
    /// The leader hands over (Raft thesis §3.10).
    case transfer(from: UInt64)
  }

  public enum CampaignRefusal: Hashable, Sendable {
    /// A learner, removed, or about to install a snapshot.
    case unpromotable
    case unappliedConfChange
  }

  public enum VoteRejection: Hashable, Sendable {
    case alreadyVoted(for: UInt64)
    case leaderKnown(UInt64)
    /// The candidate's log ends before this member's.
    case logBehind(candidate: EntryID, own: EntryID)
    /// Leader stickiness: word from a leader is younger than an election timeout.
    case leaderLease(leader: UInt64, remainingTicks: Int)
    case lowerTerm(UInt64)
  }

  public enum ConfChangeRefusal: Hashable, Sendable {
    case alreadyPending(index: UInt64, applied: UInt64)
    case alreadyJoint
    case notJoint
  }
}
