import Basics
import MVCC
import Raft

/// What happens to a member.
public enum EtcdEvent: Sendable {
  /// The process begins, with what its disk holds.
  case start(DiskContents)
  /// The timer armed last is due.
  case tick
  case peerMessage(PeerMessage)
  /// The connection to a member broke; what was under way may be lost.
  case peerUnreachable(UInt64)
  /// The write of this number is durable.
  case diskDone(writeID: UInt64)
  /// The write of this number failed, the disk being full or broken.
  case diskFailed(writeID: UInt64)
  /// SIGTERM: a leader hands over first; the end is `stopped`.
  case stop
  /// `token` names the client's connection, and with it the stream of its watches.
  case client(token: UInt64, requestID: UInt64, EtcdRequest)
  /// The client's connection is gone, and with it its watches.
  case disconnected(token: UInt64)
}

/// The records of a member's write-ahead log as its disk holds them, oldest first.
public struct DiskContents: Sendable {
  public var records: [WALRecord]
  /// The number of the first of `records`: how many have been released before it.
  public var firstRecord: Int
  /// The number of a record whose checksum does not fit.
  public var corruptRecord: Int?

  public init(
    records: [WALRecord] = [], firstRecord: Int = 0, corruptRecord: Int? = nil
  ) {
    self.records = records
    self.firstRecord = firstRecord
    self.corruptRecord = corruptRecord
  }
}

/// What a member wants done.
public enum EtcdEffect: Sendable {
  case send(to: UInt64, PeerMessage)
  case respond(token: UInt64, requestID: UInt64, EtcdResponse)
  /// Events or a progress notice for a watch; `watch.stream` is the client's token.
  case watch(WatchResponse)
  /// A watch is over; the compact revision is 0 unless its start was compacted.
  case watchCanceled(WatchID, EtcdError, compactRevision: Int64)
  /// Write these records and sync; answer with `diskDone`.
  case write(writeID: UInt64, [WALRecord])
  /// The records before this number are needed no more.
  case releaseWAL(before: Int)
  /// Send `tick` after this span.
  case arm(after: Span)
  /// The process ends with an error, as etcd does where going on would be worse.
  case exit(String)
  /// The process ends as it was asked to.
  case stopped
  case note(EtcdNote)
}

/// Something the trace shows.
public enum EtcdNote: Sendable {
  /// The process is up, with what it found on disk.
  case started(term: UInt64, snapshotIndex: UInt64, commit: UInt64, lastIndex: UInt64)
  case fastForwardedElection(ticks: Int)
  case raft(RaftEvent)
  case snapshotSaved(index: UInt64)
  case snapshotSent(to: UInt64, index: UInt64, bytes: Int)
  case snapshotSendFailed(to: UInt64)
  case snapshotInstalled(index: UInt64, revision: Int64)
  /// etcd warns when an fsync takes more than a second.
  case slowFsync(Span)
  case compacted(revision: Int64)
  case leaseExpired(id: Int64)
  case requestTimedOut(EtcdError)
  /// A linearizable read waits more than half a second for the leader's word, and asks again.
  case readIndexRetried
  case watchesLostLeader(count: Int)
  case alarmRaised(Alarm)
  case memberAdded(ClusterMember)
  case memberPromoted(UInt64)
  case memberRemoved(UInt64)
}
