/// Why a configuration change cannot be applied. The texts are those of etcd's raft.
public enum ConfChangeError: Error, Hashable, Sendable {
  case alreadyJoint
  case zeroVoters
  case notJoint
  case simpleInJoint
  case tooManyVotersChanged
  case removedAllVoters
}

extension ConfChangeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .alreadyJoint: "config is already joint"
    case .zeroVoters: "can't make a zero-voter config joint"
    case .notJoint: "can't leave a non-joint config"
    case .simpleInJoint: "can't apply simple config change in joint config"
    case .tooManyVotersChanged: "more than one voter changed without entering joint config"
    case .removedAllVoters: "removed all voters"
    }
  }
}

/// Computes the membership a change leads to, or refuses it; what it is called on keeps the old one
/// when it throws.
struct ConfigChanger: Sendable {
  var membership: Membership
  var progress: ProgressMap
  var lastIndex: UInt64
  var newInflights: Inflights

  init(_ tracker: ProgressTracker, lastIndex: UInt64) {
    membership = tracker.membership
    progress = tracker.progress
    newInflights = tracker.newInflights
    self.lastIndex = lastIndex
  }

  mutating func apply(_ change: ConfChange) throws(ConfChangeError) {
    if change.leavesJoint {
      try leaveJoint()
    } else if change.entersJoint {
      try enterJoint(autoLeave: change.leavesByItself, change.changes)
    } else {
      try simple(change.changes)
    }
  }

  /// `(1 2 3)` becomes `(1 2 3)&&(1 2 3)`, and the changes then apply to the left half.
  mutating func enterJoint(
    autoLeave: Bool, _ changes: [ConfChangeSingle]
  ) throws(ConfChangeError) {
    if membership.voters.isJoint { throw .alreadyJoint }
    // Nodes may be added to nothing, which is how a group begins, but not by a joint step.
    if membership.voters.incoming.isEmpty { throw .zeroVoters }
    var changed = self
    changed.membership.voters.outgoing = membership.voters.incoming
    try changed.carryOut(changes)
    changed.membership.autoLeave = autoLeave
    self = changed
    checkInvariants()
  }

  /// The left half alone remains, and the staged learners become learners.
  mutating func leaveJoint() throws(ConfChangeError) {
    guard membership.voters.isJoint else { throw .notJoint }
    for id in membership.learnersNext.ids {
      membership.learners.insert(id)
      progress[id]?.isLearner = true
    }
    membership.learnersNext = MajorityConfig()
    for id in membership.voters.outgoing.ids
    where !membership.voters.incoming.contains(id) && !membership.learners.contains(id) {
      progress[id] = nil
    }
    membership.voters.outgoing = MajorityConfig()
    membership.autoLeave = false
    checkInvariants()
  }

  /// Changes that touch at most one voter need no joint step: old and new majorities overlap.
  mutating func simple(_ changes: [ConfChangeSingle]) throws(ConfChangeError) {
    if membership.voters.isJoint { throw .simpleInJoint }
    var changed = self
    try changed.carryOut(changes)
    let before = membership.voters.incoming
    let after = changed.membership.voters.incoming
    let difference =
      before.ids.count { !after.contains($0) } + after.ids.count { !before.contains($0) }
    if difference > 1 { throw .tooManyVotersChanged }
    self = changed
    checkInvariants()
  }

  /// Builds the membership a snapshot or a restart states, through the same steps.
  mutating func restore(_ state: ConfState) throws(ConfChangeError) {
    let incoming =
      state.votersOutgoing.map { ConfChangeSingle(.removeNode, $0) }
      + state.voters.map { ConfChangeSingle(.addNode, $0) }
      + state.learners.map { ConfChangeSingle(.addLearnerNode, $0) }
      + state.learnersNext.map { ConfChangeSingle(.addLearnerNode, $0) }
    if state.votersOutgoing.isEmpty {
      for change in incoming { try simple([change]) }
    } else {
      for id in state.votersOutgoing { try simple([ConfChangeSingle(.addNode, id)]) }
      try enterJoint(autoLeave: state.autoLeave, incoming)
    }
  }

  private mutating func carryOut(_ changes: [ConfChangeSingle]) throws(ConfChangeError) {
    // etcd sets the id to 0 where it decided, after the entry was committed, not to do it.
    for change in changes where change.nodeID != 0 {
      switch change.type {
      case .addNode: makeVoter(change.nodeID)
      case .addLearnerNode: makeLearner(change.nodeID)
      case .removeNode: remove(change.nodeID)
      case .updateNode: break
      }
    }
    if membership.voters.incoming.isEmpty { throw .removedAllVoters }
  }

  private mutating func makeVoter(_ id: UInt64) {
    membership.voters.incoming.insert(id)
    guard progress.contains(id) else { return addProgress(id, isLearner: false) }
    progress[id]?.isLearner = false
    membership.learners.remove(id)
    membership.learnersNext.remove(id)
  }

  private mutating func makeLearner(_ id: UInt64) {
    guard let known = progress[id] else {
      membership.learners.insert(id)
      return addProgress(id, isLearner: true)
    }
    if known.isLearner { return }
    remove(id)
    progress[id] = known
    // No one is voter and learner at once: while the outgoing half still counts it, it waits.
    if membership.voters.outgoing.contains(id) {
      membership.learnersNext.insert(id)
    } else {
      progress[id]?.isLearner = true
      membership.learners.insert(id)
    }
  }

  private mutating func remove(_ id: UInt64) {
    guard progress.contains(id) else { return }
    membership.voters.incoming.remove(id)
    membership.learners.remove(id)
    membership.learnersNext.remove(id)
    if !membership.voters.outgoing.contains(id) { progress[id] = nil }
  }

  private mutating func addProgress(_ id: UInt64, isLearner: Bool) {
    // Probing begins at the end of the log; the first rejection tells where the newcomer's ends.
    var added = Progress(
      match: 0, next: max(lastIndex, 1), inflights: newInflights, isLearner: isLearner)
    // Or CheckQuorum might depose the leader before the newcomer had a chance to answer.
    added.isRecentlyActive = true
    progress[id] = added
  }

  private func checkInvariants() {
    let voters = membership.voters
    for id in voters.ids + membership.learners.ids {
      precondition(progress.contains(id), "no progress for \(id)")
    }
    for id in membership.learnersNext.ids {
      precondition(voters.outgoing.contains(id), "\(id) is staged, but not an outgoing voter")
      precondition(progress[id]?.isLearner == false, "\(id) is staged, but already a learner")
    }
    for id in membership.learners.ids {
      precondition(!voters.contains(id), "\(id) is voter and learner")
      precondition(progress[id]?.isLearner == true, "\(id) is not marked as learner")
    }
    precondition(
      voters.isJoint || (membership.learnersNext.isEmpty && !membership.autoLeave),
      "leftovers of a joint configuration: \(membership)")
  }
}
