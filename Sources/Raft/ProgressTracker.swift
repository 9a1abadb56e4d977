import Basics

/// The active membership.
public struct Membership: Hashable, Sendable {
  public var voters = JointConfig()
  public var learners = MajorityConfig()
  /// Outgoing voters that become learners when the joint configuration is left.
  public var learnersNext = MajorityConfig()
  public var autoLeave = false

  public init() {}

  public var confState: ConfState {
    ConfState(
      voters: voters.incoming.ids, learners: learners.ids, votersOutgoing: voters.outgoing.ids,
      learnersNext: learnersNext.ids, autoLeave: autoLeave)
  }
}

extension Membership: CustomStringConvertible {
  public var description: String {
    var text = "voters=\(voters)"
    if !learners.isEmpty { text += " learners=\(learners)" }
    if !learnersNext.isEmpty { text += " learners_next=\(learnersNext)" }
    if autoLeave { text += " autoleave" }
    return text
  }
}

/// Every member's progress, by ascending id. Groups are a handful: a scan beats a table.
struct ProgressMap: Sendable {
  private(set) var ids: [UInt64] = []
  private var values: [Progress] = []

  var count: Int { ids.count }

  func position(of id: UInt64) -> Int? {
    for position in ids.indices where ids[position] == id { return position }
    return nil
  }

  func contains(_ id: UInt64) -> Bool { position(of: id) != nil }

  /// The highest index that more than half of all members have.
  var committed: UInt64 {
    quorumIndex(of: values.count) { values[$0].match }
  }

  subscript(at position: Int) -> Progress {
    _read { yield values[position] }
    _modify { yield &values[position] }
  }

  subscript(id: UInt64) -> Progress? {
    get { position(of: id).map { values[$0] } }
    set {
      switch (position(of: id), newValue) {
      case (let position?, let progress?): values[position] = progress
      case (let position?, nil):
        ids.remove(at: position)
        values.remove(at: position)
      case (nil, let progress?):
        let position = ids.firstIndex { $0 > id } ?? ids.count
        ids.insert(id, at: position)
        values.insert(progress, at: position)
      case (nil, nil): break
      }
    }
  }
}

/// Membership, progress and votes in one place: what quorum decisions are made from.
struct ProgressTracker: Sendable {
  var membership = Membership()
  var progress = ProgressMap()
  private(set) var votes: [(id: UInt64, granted: Bool)] = []
  let maxInflightMessages: Int
  let maxInflightBytes: UInt64

  init(maxInflightMessages: Int, maxInflightBytes: UInt64) {
    self.maxInflightMessages = maxInflightMessages
    self.maxInflightBytes = maxInflightBytes
  }

  var newInflights: Inflights {
    Inflights(maxCount: maxInflightMessages, maxBytes: maxInflightBytes)
  }

  var isSingleton: Bool { membership.voters.incoming.count == 1 && !membership.voters.isJoint }

  /// The highest index that the voters' majority has.
  var committed: UInt64 {
    // Mostly all are voters of one majority.
    if !membership.voters.isJoint, membership.voters.incoming.ids == progress.ids {
      return progress.committed
    }
    return membership.voters.committedIndex { id in
      progress.position(of: id).map { progress[at: $0].match }
    }
  }

  /// Whether a majority was heard from since the last CheckQuorum.
  var isQuorumActive: Bool {
    let result = membership.voters.result { id in
      guard let position = progress.position(of: id), !progress[at: position].isLearner else {
        return nil
      }
      return progress[at: position].isRecentlyActive
    }
    return result == .won
  }

  mutating func resetVotes() { votes.removeAll(keepingCapacity: true) }

  /// Notes a vote; only the first of each voter counts.
  mutating func recordVote(_ id: UInt64, granted: Bool) {
    if !votes.contains(where: { $0.id == id }) { votes.append((id, granted)) }
  }

  var voteResult: VoteResult {
    membership.voters.result { id in votes.first { $0.id == id }?.granted }
  }
}

extension ProgressTracker: Digestible {
  func digest(into digest: inout Digest) {
    membership.confState.digest(into: &digest)
    digest.combine(progress.count)
    for position in 0..<progress.count {
      digest.combine(progress.ids[position])
      progress[at: position].digest(into: &digest)
    }
    digest.combine(votes.count)
    for vote in votes {
      digest.combine(vote.id)
      digest.combine(vote.granted)
    }
    digest.combine(maxInflightMessages)
    digest.combine(maxInflightBytes)
  }
}
