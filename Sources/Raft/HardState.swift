import Basics

/// What a member must have on disk before it answers anyone (Raft thesis §3.8).
@frozen
public struct HardState: Hashable, Sendable {
  public var term: UInt64
  /// Whom this member voted for in `term`; 0 is nobody.
  public var vote: UInt64
  public var commit: UInt64

  @inlinable public init(term: UInt64 = 0, vote: UInt64 = 0, commit: UInt64 = 0) {
    self.term = term
    self.vote = vote
    self.commit = commit
  }

  @inlinable public var isEmpty: Bool { term == 0 && vote == 0 && commit == 0 }
}

extension HardState: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(term)
    digest.combine(vote)
    digest.combine(commit)
  }
}

/// The roles a member can be in.
public enum RaftRole: UInt8, Sendable, Hashable {
  case follower, candidate, leader, preCandidate
}

/// What needs no disk: who leads, and in which role this member is.
@frozen
public struct SoftState: Hashable, Sendable {
  /// 0 is nobody.
  public var leader: UInt64
  public var role: RaftRole

  @inlinable public init(leader: UInt64, role: RaftRole) {
    self.leader = leader
    self.role = role
  }
}

/// The answer to `readIndex`: once `index` is applied, a read sees everything that was committed
/// when it was asked for (Raft thesis §6.4).
public struct ReadState: Sendable {
  public var index: UInt64
  /// What the request carried, to tell requests apart.
  public var context: Blob
}

extension ReadState: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(index)
    context.digest(into: &digest)
  }
}
