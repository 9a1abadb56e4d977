import Basics

/// Who belongs to the group: the membership as it is stored with a snapshot and answered by
/// `applyConfChange`. Ids are in ascending order.
public struct ConfState: Hashable, Sendable {
  /// The voters of the only, or in a joint configuration of the incoming, majority.
  public var voters: [UInt64]
  public var learners: [UInt64]
  /// The voters of the outgoing majority; empty unless the configuration is joint.
  public var votersOutgoing: [UInt64]
  /// Outgoing voters that become learners when the joint configuration is left.
  public var learnersNext: [UInt64]
  /// Whether the leader leaves the joint configuration by itself.
  public var autoLeave: Bool

  public init(
    voters: [UInt64] = [], learners: [UInt64] = [], votersOutgoing: [UInt64] = [],
    learnersNext: [UInt64] = [], autoLeave: Bool = false
  ) {
    self.voters = voters.sorted()
    self.learners = learners.sorted()
    self.votersOutgoing = votersOutgoing.sorted()
    self.learnersNext = learnersNext.sorted()
    self.autoLeave = autoLeave
  }

  /// The same with ids in ascending order, each once.
  var normalized: ConfState {
    ConfState(
      voters: MajorityConfig(voters).ids, learners: MajorityConfig(learners).ids,
      votersOutgoing: MajorityConfig(votersOutgoing).ids,
      learnersNext: MajorityConfig(learnersNext).ids, autoLeave: autoLeave)
  }

  public var isEmpty: Bool {
    voters.isEmpty && learners.isEmpty && votersOutgoing.isEmpty && learnersNext.isEmpty
  }

  /// Whether `id` takes part; one of `learnersNext` is always in `votersOutgoing` too.
  public func contains(_ id: UInt64) -> Bool {
    voters.contains(id) || learners.contains(id) || votersOutgoing.contains(id)
  }
}

extension ConfState: Digestible {
  public func digest(into digest: inout Digest) {
    for ids in [voters, learners, votersOutgoing, learnersNext] {
      digest.combine(ids.count)
      for id in ids { digest.combine(id) }
    }
    digest.combine(autoLeave)
  }
}

/// The applied state at one index, which stands in for the log up to there.
///
/// The value is one reference to an immutable box: messages, queues and storage share it.
public struct Snapshot: Sendable {
  private final class Box: Sendable {
    let index: UInt64
    let term: UInt64
    let confState: ConfState
    let data: Blob

    init(index: UInt64, term: UInt64, confState: ConfState, data: Blob) {
      self.index = index
      self.term = term
      self.confState = confState
      self.data = data
    }
  }

  private let box: Box

  public init(index: UInt64, term: UInt64, confState: ConfState, data: Blob = .empty) {
    box = Box(index: index, term: term, confState: confState, data: data)
  }

  /// The snapshot of a group that has not begun: index 0, nobody in it.
  public static let empty = Snapshot(index: 0, term: 0, confState: ConfState())

  public var index: UInt64 { box.index }
  public var term: UInt64 { box.term }
  public var confState: ConfState { box.confState }
  public var data: Blob { box.data }
  public var id: EntryID { EntryID(term: term, index: index) }
  public var isEmpty: Bool { index == 0 }
}

extension Snapshot: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(index)
    digest.combine(term)
    confState.digest(into: &digest)
    data.digest(into: &digest)
  }
}
