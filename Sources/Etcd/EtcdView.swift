import Basics
import MVCC
import Raft

/// What a display shows of a member: plain values, read off a running server.
public struct EtcdView: Sendable {
  /// How the leader sees one follower.
  public struct Follower: Sendable {
    public let id: UInt64
    public let state: ProgressState
    public let match: UInt64
    public let next: UInt64
    public let inflight: Int
    public let isPaused: Bool
    public let isLearner: Bool
    public let isRecentlyActive: Bool
  }

  public let id: UInt64
  public let name: String
  public let role: RaftRole
  public let isLearner: Bool
  public let term: UInt64
  /// Whom it voted for in this term; 0 is nobody.
  public let vote: UInt64
  /// 0 is nobody.
  public let leader: UInt64
  public let committed: UInt64
  public let applied: UInt64
  public let firstIndex: UInt64
  public let lastIndex: UInt64
  public let snapshotIndex: UInt64
  public let revision: Int64
  public let compactRevision: Int64
  public let keyCount: Int
  public let dbSize: Int
  public let dbSizeInUse: Int
  public let electionElapsed: Int
  public let randomizedElectionTimeout: Int
  public let heartbeatElapsed: Int
  public let followers: [Follower]
  public let watchCount: Int
  public let unsyncedWatchCount: Int
  public let leaseCount: Int
  public let pendingProposals: Int
  public let pendingReads: Int
  public let isWriting: Bool
  public let alarms: [Alarm]
  public let members: [ClusterMember]
}

extension EtcdMember {
  /// Nil while the process is not running.
  public var view: EtcdView? { running?.wrappedValue.view }

  /// The state the log decided, for comparison between members and for `etcdctl`; nil while the
  /// process is not running.
  public var state: AppliedState? { running?.wrappedValue.state }

  /// The store as this member has it.
  public var store: Store? { running?.wrappedValue.state.store }

  /// The first leases to run out, by the leader's clock; empty on every other member.
  public func leaseExpiries(_ limit: Int) -> [(id: Int64, at: Tick)] {
    running?.wrappedValue.leaseClock.next(limit) ?? []
  }

  /// Whom a leader that is stopped would hand over to: the voter heard from for the longest time.
  public var transferTarget: UInt64? { running?.wrappedValue.transferTarget }
}

extension EtcdServer {
  var status: StatusResponse {
    var errors: [String] = []
    if leader == Message.nobody { errors.append(EtcdError.noLeader.message) }
    for alarm in state.alarms {
      let kind = alarm.kind.name
      errors.append("memberID:\(alarm.memberID) alarm:\(kind) ")
    }
    return StatusResponse(
      memberID: config.id, leader: leader, raftTerm: node.term, raftIndex: node.committed,
      raftAppliedIndex: state.index, revision: state.store.revision, dbSize: state.store.size,
      dbSizeInUse: state.store.sizeInUse, dbSizeQuota: config.quotaBackendBytes,
      isLearner: node.isLearner, errors: errors)
  }

  fileprivate var view: EtcdView {
    let followers = node.status.progress.filter { $0.id != config.id }.map { id, progress in
      EtcdView.Follower(
        id: id, state: progress.state, match: progress.match, next: progress.next,
        inflight: progress.inflights.count, isPaused: progress.isPaused,
        isLearner: progress.isLearner, isRecentlyActive: progress.isRecentlyActive)
    }
    return EtcdView(
      id: config.id, name: config.name, role: node.role, isLearner: node.isLearner,
      term: node.term, vote: node.vote, leader: leader, committed: node.committed,
      applied: state.index, firstIndex: node.firstIndex, lastIndex: node.lastIndex,
      snapshotIndex: diskSnapshotIndex, revision: state.store.revision,
      compactRevision: state.store.compactRevision, keyCount: state.store.keyCount,
      dbSize: state.store.size, dbSizeInUse: state.store.sizeInUse,
      electionElapsed: node.electionElapsed,
      randomizedElectionTimeout: node.randomizedElectionTimeout,
      heartbeatElapsed: node.heartbeatElapsed, followers: followers, watchCount: hub.count,
      unsyncedWatchCount: hub.unsyncedCount, leaseCount: state.store.leases.count,
      pendingProposals: proposals.count,
      pendingReads: readQueue.count + (readRound?.waiters.count ?? 0), isWriting: isWriting,
      alarms: state.alarms, members: state.members)
  }

  func checkInvariants() {
    state.store.checkInvariants()
    precondition(state.index <= node.committed, "applied \(state.index) beyond the commit index")
    precondition(
      !isLeader || leader == config.id, "leads, and takes \(leader) for the leader")
    precondition(isWriting || waiting.isEmpty, "appends wait and no write is under way")
    precondition(isWriting || writing.isEmpty, "appends of a write that is over")
    precondition(diskSnapshotIndex <= state.index, "a snapshot of what is not applied")
    precondition(
      leaseClock.isPrimary ? isLeader : true, "counts leases' time without leading")
  }
}
