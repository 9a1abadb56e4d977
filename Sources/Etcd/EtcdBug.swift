import Raft

/// A bug put into a member on purpose, to show that a check catches its kind. Nothing but a test puts
/// one there.
public enum EtcdBug: Sendable, Hashable {
  case raft(RaftBug)
  /// Hard state is written without the vote.
  case votesNotWritten
  /// A compaction takes the revision it should keep with it.
  case compactsOneTooFar
  /// What a watch is told to catch up lacks its last event.
  case watchGap
}
