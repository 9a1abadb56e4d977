import Basics
import MVCC
import Raft

/// What members say to one another: Raft's messages, and the few things etcd sends beside them.
/// Immutable and boxed, so that it moves through the network's queues as one word.
public final class PeerMessage: Sendable {
  public enum Content: Sendable {
    case raft(Message)
    /// Is anybody there? Keeps the streams between members known to work.
    case ping
    case pong
    /// Lease renewals and questions do not go through Raft: a follower passes them to the leader.
    case leaseRenew(sequence: UInt64, lease: Int64)
    case leaseTimeToLive(sequence: UInt64, lease: Int64, keys: Bool)
    case leaseAnswer(sequence: UInt64, EtcdResponse)
    /// The member asked is not the leader: ask again.
    case leaseNotLeader(sequence: UInt64)
    /// A promotion is decided by the leader, who alone knows whether the learner is in sync.
    /// The hash of everything up to a revision, for comparison.
    case hash(sequence: UInt64, revision: Int64)
    case hashAnswer(sequence: UInt64, HashKV?)
    case promote(sequence: UInt64, member: UInt64)
  }

  public let from: UInt64
  public let content: Content

  public init(from: UInt64, _ content: Content) {
    self.from = from
    self.content = content
  }

  /// Bytes on the wire, to the accuracy a bandwidth model needs.
  public var byteCount: Int {
    if case .raft(let message) = content { return Int(message.byteCount) }
    return 64
  }
}
