/// What a member knows of itself and, as leader, of the others.
public struct RaftStatus: Sendable {
  public var id: UInt64
  public var hardState: HardState
  public var softState: SoftState
  public var applied: UInt64
  /// Whom leadership is being handed to; 0 is nobody.
  public var leadTransferee: UInt64
  public var membership: Membership
  /// Of each member by ascending id; empty unless this one leads.
  public var progress: [(id: UInt64, progress: Progress)]
}

extension RaftNode {
  public var status: RaftStatus {
    var progress: [(id: UInt64, progress: Progress)] = []
    if role == .leader {
      for position in 0..<tracker.progress.count {
        progress.append((tracker.progress.ids[position], tracker.progress[at: position]))
      }
    }
    return RaftStatus(
      id: id, hardState: hardState, softState: softState, applied: log.applied,
      leadTransferee: leadTransferee, membership: tracker.membership, progress: progress)
  }

  public var membership: Membership { tracker.membership }

  /// What this leader knows of member `id`'s log.
  public func progress(of id: UInt64) -> Progress? { tracker.progress[id] }
}
