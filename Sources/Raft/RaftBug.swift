/// A bug put into a member on purpose, to show that a check catches its kind. Nothing but a test puts
/// one there.
public enum RaftBug: Sendable, Hashable, CaseIterable {
  /// A leader commits what a majority has even where it is of an older term (against Raft thesis
  /// §3.6.2): another leader may still overwrite it.
  case commitsOlderTerms
  /// Pre-votes are granted without a look at the leader's lease or the candidate's log.
  case grantsEveryPreVote
  /// A leader answers reads without asking whether it still leads.
  case readsWithoutQuorum
}
