import Basics

/// The messages of the protocol, in the numbering and with the names of etcd's raft.
public enum MessageType: UInt8, Sendable, Hashable, CaseIterable {
  case hup, beat, prop, app, appResp, vote, voteResp, snap, heartbeat, heartbeatResp
  case unreachable, snapStatus, checkQuorum, transferLeader, timeoutNow, readIndex, readIndexResp
  case preVote, preVoteResp, storageAppend, storageAppendResp, storageApply, storageApplyResp
  case forgetLeader

  /// Whether it never crosses the network.
  public var isLocal: Bool {
    switch self {
    case .hup, .beat, .unreachable, .snapStatus, .checkQuorum, .storageAppend, .storageAppendResp,
      .storageApply, .storageApplyResp:
      true
    default: false
    }
  }

  /// Whether it answers another message, so that only a known member may send it.
  public var isResponse: Bool {
    switch self {
    case .appResp, .voteResp, .heartbeatResp, .unreachable, .readIndexResp, .preVoteResp,
      .storageAppendResp, .storageApplyResp:
      true
    default: false
    }
  }
}

/// What a few messages carry beside their fields.
public enum MessageContext: Hashable, Sendable {
  case none
  /// On a heartbeat and its answer: confirms every read up to this position of the leader's queue.
  case readPosition(UInt64)
  /// On a vote request: the leader itself asked for this election, so its lease is no objection.
  case campaignTransfer
}

/// One message, between members or to and from a member's own storage.
///
/// Fields a type does not use are zero; `term` 0 marks a message that belongs to no term.
public struct Message: Sendable {
  public var type: MessageType
  public var reject: Bool
  public var context: MessageContext
  public var to: UInt64
  public var from: UInt64
  public var term: UInt64
  public var logTerm: UInt64
  public var index: UInt64
  public var commit: UInt64
  public var vote: UInt64
  /// On a rejected append: the last index at which the logs may still agree.
  public var rejectHint: UInt64
  public var entries: [Entry]
  public var snapshot: Snapshot?
  /// On `storageAppend` and `storageApply`: what to deliver once the work is done.
  public var responses: [Message]

  public init(
    _ type: MessageType, to: UInt64 = 0, from: UInt64 = 0, term: UInt64 = 0, logTerm: UInt64 = 0,
    index: UInt64 = 0, entries: [Entry] = [], commit: UInt64 = 0, vote: UInt64 = 0,
    snapshot: Snapshot? = nil, reject: Bool = false, rejectHint: UInt64 = 0,
    context: MessageContext = .none, responses: [Message] = []
  ) {
    self.type = type
    self.reject = reject
    self.context = context
    self.to = to
    self.from = from
    self.term = term
    self.logTerm = logTerm
    self.index = index
    self.commit = commit
    self.vote = vote
    self.rejectHint = rejectHint
    self.entries = entries
    self.snapshot = snapshot
    self.responses = responses
  }

  /// No member: an unknown leader, an uncast vote.
  public static let nobody: UInt64 = 0
  /// Addressee of `storageAppend`: whoever writes this member's log and hard state.
  public static let appendThread: UInt64 = .max
  /// Addressee of `storageApply`: whoever applies this member's committed entries.
  public static let applyThread: UInt64 = .max - 1

  public static func isStorageThread(_ id: UInt64) -> Bool { id >= applyThread }

  /// The hard state a `storageAppend` asks to write; nil when it did not change.
  public var hardState: HardState? {
    let state = HardState(term: term, vote: vote, commit: commit)
    return type == .storageAppend && !state.isEmpty ? state : nil
  }

  /// Bytes on a wire, to the accuracy a bandwidth model needs: 24 for the fixed fields, plus
  /// entries as protobuf encodes them, plus the snapshot's data.
  public var byteCount: UInt64 {
    24 + entries.encodedSize + (snapshot.map { UInt64($0.data.count) + 32 } ?? 0)
  }
}

extension Message: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(UInt64(type.rawValue) << 1 | (reject ? 1 : 0))
    switch context {
    case .none: digest.combine(0 as UInt64)
    case .readPosition(let position):
      digest.combine(1 as UInt64)
      digest.combine(position)
    case .campaignTransfer: digest.combine(2 as UInt64)
    }
    for word in [to, from, term, logTerm, index, commit, vote, rejectHint] { digest.combine(word) }
    digest.combine(entries.count)
    for entry in entries { entry.digest(into: &digest) }
    snapshot?.digest(into: &digest)
    digest.combine(responses.count)
    for response in responses { response.digest(into: &digest) }
  }
}
