import Etcd
import MVCC

extension EtcdRequest {
  /// The request in etcdctl's words where it changes something; nil for what only reads.
  var intervention: String? {
    switch self {
    case .put(let put): "put \(put.key.text)"
    case .deleteRange(let delete):
      delete.rangeEnd.isEmpty
        ? "del \(delete.key.text)" : "del \(delete.key.text) \(delete.rangeEnd.text)"
    case .txn(let txn): txn.isReadOnly ? nil : "txn"
    case .compact(let revision): "compaction \(revision)"
    case .leaseGrant(_, let ttl): "lease grant \(ttl)"
    case .leaseRevoke(let id): "lease revoke \(String(id, radix: 16))"
    case .memberAdd(let member):
      "member add \(member.peerURLs.joined(separator: ","))"
        + (member.isLearner ? " --learner" : "")
    case .memberRemove(let id): "member remove \(String(id, radix: 16))"
    case .memberPromote(let id): "member promote \(String(id, radix: 16))"
    case .memberUpdate(let id, let urls):
      "member update \(String(id, radix: 16)) \(urls.joined(separator: ","))"
    case .moveLeader(let to): "move-leader \(String(to, radix: 16))"
    case .defragment: "defrag"
    case .alarmDisarm, .alarmDeactivate: "alarm disarm"
    case .alarmActivate(let alarm): "alarm activate \(alarm.kind)"
    case .range, .leaseKeepAlive, .leaseTimeToLive, .leases, .watchCreate, .watchCancel,
      .watchProgress, .status, .memberList, .hashKV, .alarmList, .snapshot:
      nil
    }
  }

  /// A request for a watch's progress has no answer of its own.
  var isAnswered: Bool {
    if case .watchProgress = self { return false }
    return true
  }

  /// Whether it makes a revision.
  var isWrite: Bool {
    switch self {
    case .put, .deleteRange, .leaseRevoke: true
    case .txn(let txn): !txn.isReadOnly
    default: false
    }
  }

  /// The ranges of keys it may write.
  var writtenRanges: [KeyRange] {
    switch self {
    case .put(let put): [KeyRange(key: put.key, rangeEnd: .empty)]
    case .deleteRange(let delete): [KeyRange(key: delete.key, rangeEnd: delete.rangeEnd)]
    case .txn(let txn): Self.writtenRanges(txn)
    default: []
    }
  }

  private static func writtenRanges(_ txn: TxnRequest) -> [KeyRange] {
    (txn.success + txn.failure).flatMap { op -> [KeyRange] in
      switch op {
      case .range: []
      case .put(let put): [KeyRange(key: put.key, rangeEnd: .empty)]
      case .deleteRange(let delete): [KeyRange(key: delete.key, rangeEnd: delete.rangeEnd)]
      case .txn(let inner): writtenRanges(inner)
      }
    }
  }

  /// The request as the world carries it: a person's JSON under a kind's prefix is the object it
  /// describes, as an API server would read it.
  var boxed: EtcdRequest {
    switch self {
    case .put(var put):
      put.box()
      return .put(put)
    case .txn(let txn): return .txn(Self.boxed(txn))
    default: return self
    }
  }

  private static func boxed(_ txn: TxnRequest) -> TxnRequest {
    func box(_ ops: [RequestOp]) -> [RequestOp] {
      ops.map { op in
        switch op {
        case .put(var put):
          put.box()
          return .put(put)
        case .txn(let inner): return .txn(boxed(inner))
        case .range, .deleteRange: return op
        }
      }
    }
    return TxnRequest(
      compare: txn.compare, success: box(txn.success), failure: box(txn.failure))
  }
}

extension PutRequest {
  fileprivate mutating func box() {
    if case .bytes(let bytes) = value { value = StoredObject.box(key, bytes) }
  }
}

extension EtcdResponse {
  /// The revision a write made; nil where it made none.
  var writtenRevision: Int64? {
    switch self {
    case .put(let put): put.revision
    case .deleteRange(let delete): delete.deleted > 0 ? delete.revision : nil
    case .txn(let txn): txn.wrote ? txn.revision : nil
    case .leaseRevoke(let revision): revision
    default: nil
    }
  }
}

extension TxnResponse {
  fileprivate var wrote: Bool {
    responses.contains {
      switch $0 {
      case .range: false
      case .put: true
      case .deleteRange(let delete): delete.deleted > 0
      case .txn(let inner): inner.wrote
      }
    }
  }
}
