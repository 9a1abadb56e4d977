import Basics
import MVCC
import PersistentCollections
import Raft

/// Everything the log decides, as of one index: the same on every member that has applied so far.
public struct AppliedState: Sendable {
  public internal(set) var index: UInt64 = 0
  public internal(set) var term: UInt64 = 0
  public internal(set) var store = Store()
  public internal(set) var confState = ConfState()
  /// By ascending ID.
  public internal(set) var members: [ClusterMember] = []
  /// Members that were removed: their IDs never come back.
  public internal(set) var removed: [UInt64] = []
  public internal(set) var alarms: [Alarm] = []

  public func member(_ id: UInt64) -> ClusterMember? { members.first { $0.id == id } }

  /// How many members have a vote.
  public var voterCount: Int { members.count { !$0.isLearner } }

  mutating func set(_ member: ClusterMember) {
    if let i = members.firstIndex(where: { $0.id == member.id }) {
      members[i] = member
    } else {
      let i = members.firstIndex { $0.id > member.id } ?? members.endIndex
      members.insert(member, at: i)
    }
  }

  func has(_ kind: Alarm.Kind) -> Bool { alarms.contains { $0.kind == kind } }
}

extension AppliedState: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(index)
    digest.combine(term)
    store.digest(into: &digest)
    confState.digest(into: &digest)
    for member in members { member.digest(into: &digest) }
    for id in removed { digest.combine(id) }
    for alarm in alarms {
      digest.combine(alarm.memberID)
      digest.combine(alarm.kind.rawValue)
    }
  }
}

/// The applied state as a snapshot carries it: by reference inside the world.
final class StateBox: BlobContent {
  let state: AppliedState

  init(_ state: AppliedState) { self.state = state }

  var byteCount: Int { state.store.size }

  func digest(into digest: inout Digest) {
    // The index of a committed state says what it holds.
    digest.combine(state.index)
    digest.combine(state.term)
  }

  /// The revisions in order, as protobuf; what etcdutl would find in the database's key bucket.
  func encoded() -> [UInt8] {
    state.store.history.flatMap(\.kv.protobuf)
  }
}

/// A member as a change of membership carries it through the log.
extension ClusterMember {
  private static let separator: UInt8 = 0x1F

  var encoded: Blob {
    var bytes: [UInt8] = [isLearner ? 1 : 0]
    for url in peerURLs { bytes += [Self.separator] + Array(url.utf8) }
    return .bytes(bytes)
  }

  init(id: UInt64, encoded: Blob?) {
    let bytes = encoded?.encoded() ?? []
    let urls = bytes.dropFirst().split(separator: Self.separator)
    self.init(
      id: id, peerURLs: urls.map { String(decoding: $0, as: UTF8.self) },
      isLearner: bytes.first == 1)
  }
}
