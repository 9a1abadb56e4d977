import MVCC
import Raft

/// Single figures of a member, read in place: for whoever looks after every step.
extension EtcdMember {
  /// 0 while the process is not running.
  public var committedIndex: UInt64 { running?.wrappedValue.node.committed ?? 0 }
  public var firstIndex: UInt64 { running?.wrappedValue.node.firstIndex ?? 0 }
  public var lastIndex: UInt64 { running?.wrappedValue.node.lastIndex ?? 0 }
  public var appliedIndex: UInt64 { running?.wrappedValue.state.index ?? 0 }
  public var term: UInt64 { running?.wrappedValue.node.term ?? 0 }
  /// Whom the member takes for the leader; 0 is nobody.
  public var leader: UInt64 { running?.wrappedValue.node.leader ?? 0 }
  public var role: RaftRole? { running?.wrappedValue.node.role }
  /// Whom the member voted for in its term; 0 is nobody.
  public var vote: UInt64 { running?.wrappedValue.node.vote ?? 0 }
  /// The store's revision; 0 while the process is not running.
  public var revision: Int64 { running?.wrappedValue.state.store.revision ?? 0 }

  /// The term of the entry at `index`; nil where the member does not hold it.
  public func entryTerm(at index: UInt64) -> UInt64? {
    running?.withPointer { $0.pointee.node.term(at: index) }
  }
}
