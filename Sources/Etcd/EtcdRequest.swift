import Basics
import MVCC

/// What a client asks of a member: the RPCs of etcd's v3 API. Cases with large payloads are boxed,
/// so that a request moves through queues as one word.
public enum EtcdRequest: Sendable {
  indirect case range(RangeRequest)
  indirect case put(PutRequest)
  indirect case deleteRange(DeleteRangeRequest)
  case txn(TxnRequest)
  case compact(revision: Int64)
  /// ID 0 lets the server choose one. TTL in seconds.
  case leaseGrant(id: Int64, ttl: Int64)
  case leaseRevoke(id: Int64)
  case leaseKeepAlive(id: Int64)
  case leaseTimeToLive(id: Int64, keys: Bool)
  case leases
  /// `requireLeader` ends the watch when the member has had no leader for three election time-outs.
  indirect case watchCreate(id: Int64, WatchRequest, requireLeader: Bool)
  case watchCancel(id: Int64)
  /// Asks where the stream is; the answer is a progress notice with watch ID -1, or nothing while
  /// one of its watches lags behind.
  case watchProgress
  case status
  case memberList(linearizable: Bool)
  /// ID 0 lets the server compute one from the peer URLs and the time.
  indirect case memberAdd(ClusterMember)
  case memberRemove(id: UInt64)
  case memberPromote(id: UInt64)
  case memberUpdate(id: UInt64, peerURLs: [String])
  case moveLeader(to: UInt64)
  case hashKV(revision: Int64)
  case defragment
  case alarmList
  case alarmActivate(Alarm)
  /// Member 0 is every member.
  case alarmDeactivate(Alarm)
  /// Every alarm there is, as `etcdctl alarm disarm`.
  case alarmDisarm
  /// The backend as it is now on this member.
  case snapshot
}

/// A member's answer.
public enum EtcdResponse: Sendable {
  case range(RangeResponse)
  case put(PutResponse)
  case deleteRange(DeleteRangeResponse)
  case txn(TxnResponse)
  case compact(revision: Int64)
  case leaseGrant(id: Int64, ttl: Int64)
  case leaseRevoke(revision: Int64)
  case leaseKeepAlive(id: Int64, ttl: Int64)
  /// TTL -1 where there is no such lease.
  indirect case leaseTimeToLive(id: Int64, ttl: Int64, grantedTTL: Int64, keys: [Key])
  case leases([Int64])
  case watchCreated(id: Int64, revision: Int64)
  case watchCanceled(id: Int64)
  indirect case status(StatusResponse)
  case members([ClusterMember])
  case leaderMoved
  case hashKV(HashKV)
  case defragmented
  /// The alarms there are; after a disarming, those that were disarmed.
  case alarms([Alarm])
  indirect case snapshot(AppliedState)
  indirect case failure(EtcdError)
}

/// `etcdctl endpoint status`.
public struct StatusResponse: Sendable {
  public var version = EtcdConfig.version
  public var memberID: UInt64
  public var leader: UInt64
  public var raftTerm: UInt64
  public var raftIndex: UInt64
  public var raftAppliedIndex: UInt64
  public var revision: Int64
  public var dbSize: Int
  public var dbSizeInUse: Int
  public var dbSizeQuota: Int
  public var isLearner: Bool
  public var errors: [String]
}

/// A standing complaint of the whole cluster, until it is disarmed.
public struct Alarm: Hashable, Sendable {
  public enum Kind: Int, Hashable, Sendable {
    case noSpace = 1
    case corrupt = 2

    /// As etcdctl prints it.
    public var name: String { self == .noSpace ? "NOSPACE" : "CORRUPT" }
  }

  public let memberID: UInt64
  public let kind: Kind

  public init(memberID: UInt64, kind: Kind) {
    self.memberID = memberID
    self.kind = kind
  }
}
