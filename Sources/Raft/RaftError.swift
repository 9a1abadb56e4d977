/// Why the core refused an input. The texts are those of etcd's raft.
public enum RaftError: Error, Hashable, Sendable {
  case proposalDropped(ProposalDropReason)
  /// A message that never crosses the network came from outside.
  case cannotStepLocalMessage
  /// A response came from someone who is not a member.
  case peerNotFound
  /// The log begins after the index asked for.
  case compacted
  /// The snapshot offered is not newer than the one in place.
  case snapshotOutOfDate
  /// The log does not reach to the index asked for.
  case unavailable
  case invalidConfig(String)
  case confChange(ConfChangeError)
  /// An entry's data is no configuration change.
  case malformedConfChange
  /// A membership that no changes lead to: someone is voter and learner, or staged out of turn.
  case malformedConfState
  /// A proposal without entries.
  case emptyProposal
  /// No member could have sent this: a vote of no term, entries that do not follow one another.
  case malformedMessage

  // The rest mean that this member's disk no longer holds what it once confirmed. The owner must
  // stop the member, as etcd's process does.
  case commitOutOfRange(commit: UInt64, lastIndex: UInt64)
  case conflictWithCommitted(index: UInt64, commit: UInt64)
  case hardStateOutOfRange(commit: UInt64, committed: UInt64, lastIndex: UInt64)
  case appliedOutOfRange(applied: UInt64, previous: UInt64, committed: UInt64)
  case missingEntries(last: UInt64, appendAt: UInt64)

  /// Whether the member cannot go on: its log is corrupt or was lost.
  public var isFatal: Bool {
    switch self {
    case .commitOutOfRange, .conflictWithCommitted, .hardStateOutOfRange, .appliedOutOfRange,
      .missingEntries:
      true
    default: false
    }
  }
}

/// Why a proposal was dropped.
public enum ProposalDropReason: Hashable, Sendable {
  case noLeader
  case forwardingDisabled
  /// The leader is being replaced at its own request.
  case transferInProgress(to: UInt64)
  /// The leader has been removed from the group.
  case notAMember
  case uncommittedSizeLimit
}

extension RaftError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .proposalDropped: "raft proposal dropped"
    case .cannotStepLocalMessage: "raft: cannot step raft local message"
    case .peerNotFound: "raft: cannot step as peer not found"
    case .compacted: "requested index is unavailable due to compaction"
    case .snapshotOutOfDate: "requested index is older than the existing snapshot"
    case .unavailable: "requested entry at index is unavailable"
    case .invalidConfig(let text): text
    case .confChange(let error): error.description
    case .malformedConfChange: "malformed configuration change"
    case .malformedConfState: "malformed membership"
    case .emptyProposal: "stepped empty MsgProp"
    case .malformedMessage: "raft: cannot step malformed message"
    case .commitOutOfRange(let commit, let lastIndex):
      "tocommit(\(commit)) is out of range [lastIndex(\(lastIndex))]. "
        + "Was the raft log corrupted, truncated, or lost?"
    case .conflictWithCommitted(let index, let commit):
      "entry \(index) conflict with committed entry [committed(\(commit))]"
    case .hardStateOutOfRange(let commit, let committed, let lastIndex):
      "state.commit \(commit) is out of range [\(committed), \(lastIndex)]"
    case .appliedOutOfRange(let applied, let previous, let committed):
      "applied(\(applied)) is out of range [prevApplied(\(previous)), committed(\(committed))]"
    case .missingEntries(let last, let at):
      "missing log entry [last: \(last), append at: \(at)]"
    }
  }
}
