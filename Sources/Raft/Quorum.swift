import Basics

/// How an election stands.
public enum VoteResult: UInt8, Sendable, Hashable {
  case pending, lost, won
}

/// Voters of whom more than half decide.
public struct MajorityConfig: Hashable, Sendable {
  /// In ascending order, each once.
  public private(set) var ids: [UInt64]

  public init(_ ids: [UInt64] = []) {
    self.ids = []
    for id in ids { insert(id) }
  }

  public var count: Int { ids.count }
  public var isEmpty: Bool { ids.isEmpty }
  public func contains(_ id: UInt64) -> Bool { ids.contains(id) }

  mutating func insert(_ id: UInt64) {
    let position = ids.firstIndex { $0 >= id } ?? ids.count
    if position == ids.count || ids[position] != id { ids.insert(id, at: position) }
  }

  mutating func remove(_ id: UInt64) { ids.removeAll { $0 == id } }

  /// The highest index that a majority has acknowledged; without voters every index is, so that an
  /// empty half of a joint configuration never holds the other back.
  public func committedIndex(acked: (UInt64) -> UInt64?) -> UInt64 {
    quorumIndex(of: ids.count) { acked(ids[$0]) ?? 0 }
  }

  /// How an election stands when `vote` tells each voter's answer, nil while there is none.
  public func result(vote: (UInt64) -> Bool?) -> VoteResult {
    if ids.isEmpty { return .won }
    let quorum = ids.count / 2 + 1
    var granted = 0
    var missing = 0
    for id in ids {
      switch vote(id) {
      case true?: granted += 1
      case nil: missing += 1
      case false?: break
      }
    }
    if granted >= quorum { return .won }
    return granted + missing >= quorum ? .pending : .lost
  }
}

/// One or two majorities, each of which must agree (Raft thesis §4.3).
public struct JointConfig: Hashable, Sendable {
  public var incoming: MajorityConfig
  public var outgoing: MajorityConfig

  public init(incoming: MajorityConfig = .init(), outgoing: MajorityConfig = .init()) {
    self.incoming = incoming
    self.outgoing = outgoing
  }

  public var isJoint: Bool { !outgoing.isEmpty }
  public func contains(_ id: UInt64) -> Bool { incoming.contains(id) || outgoing.contains(id) }

  /// The voters of both, in ascending order, each once.
  public var ids: [UInt64] {
    if !isJoint { return incoming.ids }
    var all = incoming
    for id in outgoing.ids { all.insert(id) }
    return all.ids
  }

  public func committedIndex(acked: (UInt64) -> UInt64?) -> UInt64 {
    min(incoming.committedIndex(acked: acked), outgoing.committedIndex(acked: acked))
  }

  public func result(vote: (UInt64) -> Bool?) -> VoteResult {
    let first = incoming.result(vote: vote)
    let second = outgoing.result(vote: vote)
    if first == second { return first }
    return first == .lost || second == .lost ? .lost : .pending
  }
}

extension MajorityConfig: CustomStringConvertible {
  public var description: String {
    "(" + ids.map { String($0, radix: 16) }.joined(separator: " ") + ")"
  }
}

extension JointConfig: CustomStringConvertible {
  public var description: String {
    isJoint ? "\(incoming)&&\(outgoing)" : incoming.description
  }
}

/// The highest index that more than half of `count` voters have; `.max` where there is none of them.
///
/// Counting for each voter costs n² of a handful, and no allocation.
@inline(__always)
func quorumIndex(of count: Int, match: (Int) -> UInt64) -> UInt64 {
  if count == 0 { return .max }
  let quorum = count / 2 + 1
  var best: UInt64 = 0
  for place in 0..<count {
    let candidate = match(place)
    guard candidate > best else { continue }
    var having = 0
    for other in 0..<count where match(other) >= candidate { having += 1 }
    if having >= quorum { best = candidate }
  }
  return best
}
