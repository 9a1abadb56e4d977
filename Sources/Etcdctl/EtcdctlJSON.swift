import Basics
import Engine
import Etcd
import KubeAPI
import MVCC

// Answers as Go's encoding/json shows etcd's protobuf structs: fields in their order, empty ones
// left out, bytes in base64.

extension EtcdctlPrinter {
  func json(_ response: RangeResponse, _ header: EtcdHeader) -> JSONValue {
    object([
      ("header", json(header)), ("kvs", list(response.kvs.map(json))),
      ("more", response.more ? .bool(true) : nil),
      ("count", number(Int64(response.count))),
    ])
  }

  func json(_ response: PutResponse, _ header: EtcdHeader) -> JSONValue {
    object([("header", json(header)), ("prev_kv", response.previousKV.map(json))])
  }

  func json(_ response: DeleteRangeResponse, _ header: EtcdHeader) -> JSONValue {
    object([
      ("header", json(header)), ("deleted", number(Int64(response.deleted))),
      ("prev_kvs", list(response.previousKVs.map(json))),
    ])
  }

  func json(_ response: TxnResponse, _ header: EtcdHeader) -> JSONValue {
    let responses = response.responses.map { op -> JSONValue in
      let inner = EtcdHeader(
        clusterID: 0, memberID: 0, revision: response.revision, raftTerm: 0)
      let (name, value): (String, JSONValue) =
        switch op {
        case .range(let range): ("response_range", json(range, inner))
        case .put(let put): ("response_put", json(put, inner))
        case .deleteRange(let delete): ("response_delete_range", json(delete, inner))
        case .txn(let txn): ("response_txn", json(txn, inner))
        }
      return object([("Response", object([(name, value)]))])
    }
    return object([
      ("header", json(header)), ("succeeded", response.succeeded ? .bool(true) : nil),
      ("responses", list(responses)),
    ])
  }

  func json(_ response: WatchResponse, _ header: EtcdHeader) -> JSONValue {
    let events = response.events.map { event in
      object([
        ("type", event.kind == .delete ? .integer(1) : nil), ("kv", json(event.kv)),
        ("prev_kv", event.previous.map(json)),
      ])
    }
    return object([
      ("Header", json(header)), ("Events", .array(events)),
      ("CompactRevision", .integer(response.compactRevision)),
      ("Canceled", .bool(false)), ("Created", .bool(false)),
    ])
  }

  func json(_ kv: KeyValue) -> JSONValue {
    object([
      ("key", base64(kv.key.bytes)), ("create_revision", number(kv.createRevision)),
      ("mod_revision", number(kv.modRevision)), ("version", number(kv.version)),
      ("value", kv.value.isEmpty ? nil : base64(kv.value.encoded())),
      ("lease", number(kv.lease)),
    ])
  }

  func json(_ header: EtcdHeader, hasRevision: Bool = true) -> JSONValue {
    object([
      ("cluster_id", identity(header.clusterID)), ("member_id", identity(header.memberID)),
      ("revision", hasRevision ? number(header.revision) : nil),
      ("raft_term", identity(header.raftTerm)),
    ])
  }

  func json(_ member: ClusterMember) -> JSONValue {
    object([
      ("ID", isHex ? .string(String(member.id, radix: 16)) : identity(member.id)),
      ("name", member.name.isEmpty ? nil : .string(member.name)),
      ("peerURLs", list(member.peerURLs.map { .string($0) })),
      ("clientURLs", list(member.clientURLs.map { .string($0) })),
      ("isLearner", member.isLearner ? .bool(true) : nil),
    ])
  }

  func json(_ status: StatusResponse, _ header: EtcdHeader) -> JSONValue {
    object([
      ("header", json(header)), ("version", .string(status.version)),
      ("dbSize", number(Int64(status.dbSize))), ("leader", identity(status.leader)),
      ("raftIndex", identity(status.raftIndex)), ("raftTerm", identity(status.raftTerm)),
      ("raftAppliedIndex", identity(status.raftAppliedIndex)),
      ("errors", list(status.errors.map { .string($0) })),
      ("dbSizeInUse", number(Int64(status.dbSizeInUse))),
      ("isLearner", status.isLearner ? .bool(true) : nil),
      ("storageVersion", .string(Self.storageVersion)),
      ("dbSizeQuota", number(Int64(status.dbSizeQuota))), ("downgradeInfo", object([])),
    ])
  }

  /// The schema version of the backend of etcd 3.6.
  static let storageVersion = "3.6.0"

  // MARK: Values

  func object(_ fields: [(String, JSONValue?)]) -> JSONValue {
    .object(JSONObject(fields.compactMap { name, value in value.map { (name, $0) } }))
  }

  func list(_ items: [JSONValue]) -> JSONValue? { items.isEmpty ? nil : .array(items) }
  func number(_ value: Int64) -> JSONValue? { value == 0 ? nil : .integer(value) }
  func identity(_ value: UInt64) -> JSONValue? { value == 0 ? nil : .number(String(value)) }
  func base64(_ bytes: [UInt8]) -> JSONValue { .string(Base64.encode(bytes)) }
}
