import MVCC

/// What a server refuses with, beside the store's own refusals (api/v3rpc/rpctypes/error.go and
/// server/etcdserver/errors).
extension EtcdError {
  public static let noLeader = EtcdError(.unavailable, "etcdserver: no leader")
  public static let notLeader = EtcdError(.failedPrecondition, "etcdserver: not leader")
  public static let leaderChanged = EtcdError(.unavailable, "etcdserver: leader changed")
  public static let stopped = EtcdError(.unavailable, "etcdserver: server stopped")
  public static let timeout = EtcdError(.unavailable, "etcdserver: request timed out")
  public static let timeoutDueToLeaderFail = EtcdError(
    .unavailable, "etcdserver: request timed out, possibly due to previous leader failure")
  public static let timeoutDueToConnectionLost = EtcdError(
    .unavailable, "etcdserver: request timed out, possibly due to connection lost")
  public static let timeoutLeaderTransfer = EtcdError(
    .unavailable, "etcdserver: request timed out, leader transfer took too long")
  public static let tooManyRequests = EtcdError(
    .resourceExhausted, "etcdserver: too many requests")
  public static let requestTooLarge = EtcdError(
    .invalidArgument, "etcdserver: request is too large")
  public static let corrupt = EtcdError(.dataLoss, "etcdserver: corrupt cluster")
  public static let unhealthy = EtcdError(.unavailable, "etcdserver: unhealthy cluster")
  public static let notSupportedForLearner = EtcdError(
    .failedPrecondition, "etcdserver: rpc not supported for learner")
  public static let badLeaderTransferee = EtcdError(
    .failedPrecondition, "etcdserver: bad leader transferee")
  public static let memberExists = EtcdError(
    .failedPrecondition, "etcdserver: member ID already exist")
  public static let peerURLExists = EtcdError(
    .failedPrecondition, "etcdserver: Peer URLs already exists")
  public static let memberNotEnoughStarted = EtcdError(
    .failedPrecondition,
    "etcdserver: re-configuration failed due to not enough started members")
  public static let memberNotFound = EtcdError(.notFound, "etcdserver: member not found")
  public static let memberNotLearner = EtcdError(
    .failedPrecondition, "etcdserver: can only promote a learner member")
  public static let learnerNotReady = EtcdError(
    .failedPrecondition,
    "etcdserver: can only promote a learner member which is in sync with leader")
  public static let tooManyLearners = EtcdError(
    .failedPrecondition, "etcdserver: too many learner members in cluster")
  public static let emptyWatchRange = EtcdError(.unknown, "mvcc: watcher range is empty")
  public static let duplicateWatchID = EtcdError(
    .unknown, "mvcc: duplicate watch ID provided on the WatchStream")
  /// The leader is handing over and takes nothing in meanwhile.
  public static let proposalDropped = EtcdError(.unknown, "raft proposal dropped")
}
