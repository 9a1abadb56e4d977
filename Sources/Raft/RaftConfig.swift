import Basics

/// How a leader answers a linearizable read.
public enum ReadOnlyOption: UInt8, Sendable, Hashable {
  /// A round of heartbeats confirms the leadership first. The default.
  case safe
  /// The leader trusts its lease; wrong where clocks drift without bound. Needs `checkQuorum`.
  case leaseBased
}

/// The parameters of one member. Those not given have the values of etcd's raft examples.
public struct RaftConfig: Sendable {
  /// This member's id; never 0, nor one of the storage threads'.
  public var id: UInt64
  /// Ticks without word from a leader after which a member may campaign. Each member waits this
  /// many plus a random number below it.
  public var electionTicks: Int
  /// Ticks between a leader's heartbeats; fewer than `electionTicks`.
  public var heartbeatTicks: Int
  /// Where the randomized election timeouts come from.
  public var prng: PRNG
  /// The last index the application has applied; set it when restarting, else applied entries are
  /// handed out again.
  public var applied: UInt64 = 0
  /// The membership at `applied`, where that is newer than the one in the stored snapshot.
  public var confState: ConfState?
  /// Whether `Ready` hands the writing over as messages; see `RaftNode`.
  public var asyncStorageWrites = false
  /// Encoded bytes of the entries of one append message; 0 is one entry a message.
  public var maxSizePerMessage: UInt64 = .max
  /// Encoded bytes of committed entries handed out and not yet applied; nil is
  /// `maxSizePerMessage`.
  public var maxCommittedSizePerReady: UInt64?
  /// Payload bytes of a leader's uncommitted entries, beyond which proposals are dropped; 0 is no
  /// limit.
  public var maxUncommittedEntriesSize: UInt64 = 0
  /// Append messages under way to one follower.
  public var maxInflightMessages = 256
  /// Payload bytes under way to one follower; 0 is no limit.
  public var maxInflightBytes: UInt64 = 0
  /// Whether a leader that hears from no majority for an election timeout steps down, and members
  /// that hear from a leader refuse to vote.
  public var checkQuorum = false
  /// Whether a member asks who would vote for it before it raises its term (Raft thesis §9.6).
  public var preVote = false
  public var readOnlyOption = ReadOnlyOption.safe
  /// Whether a leader that was removed from a group of which one voter remains answers reads alone,
  /// as etcd's raft does. It may then miss what that voter has committed as the new leader.
  public var removedLeaderAnswersReads = false
  /// Whether followers drop proposals instead of passing them to the leader.
  public var disableProposalForwarding = false
  /// Whether a leader appends a configuration change even where it does not fit the current one.
  public var disableConfChangeValidation = false
  /// Whether a leader that is removed or demoted steps down.
  public var stepDownOnRemoval = false
  /// For tests of what looks for bugs.
  public var plantedBug: RaftBug?

  public init(id: UInt64, electionTicks: Int = 10, heartbeatTicks: Int = 1, prng: PRNG) {
    self.id = id
    self.electionTicks = electionTicks
    self.heartbeatTicks = heartbeatTicks
    self.prng = prng
  }

  /// Throws `invalidConfig` naming the first contradiction.
  func validate() throws(RaftError) {
    if id == Message.nobody { throw .invalidConfig("cannot use none as id") }
    if Message.isStorageThread(id) { throw .invalidConfig("cannot use local target as id") }
    if heartbeatTicks <= 0 { throw .invalidConfig("heartbeat tick must be greater than 0") }
    if electionTicks <= heartbeatTicks {
      throw .invalidConfig("election tick must be greater than heartbeat tick")
    }
    if maxInflightMessages <= 0 {
      throw .invalidConfig("max inflight messages must be greater than 0")
    }
    if maxInflightBytes != 0, maxInflightBytes < maxSizePerMessage {
      throw .invalidConfig("max inflight bytes must be >= max message size")
    }
    if readOnlyOption == .leaseBased, !checkQuorum {
      throw .invalidConfig(
        "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased")
    }
  }
}
