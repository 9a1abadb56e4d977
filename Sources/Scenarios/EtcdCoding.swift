import Engine
import Etcd
import KubeAPI
import MVCC

/// What etcd's clients and restores put into a world, as JSON in a recording: a list of a word and
/// what belongs to it. Keys and values are base64, for they may be any bytes.
enum EtcdCoding {
  struct Problem: Error {
    let message: String
  }

  // MARK: Inputs

  /// Nil for an input that is none of etcd's.
  static func encode(_ input: Input) -> JSONValue? {
    switch input {
    case .etcdOpen(let member): .array([.string("open"), .string(member)])
    case .etcdClose(let client): .array([.string("close"), number(client)])
    case .etcdRequest(let client, let request):
      .array([.string("request"), number(client), encode(request)])
    case .etcdJoin(let host): .array([.string("join"), .string(host)])
    case .etcdRestore(let restore):
      .array([
        .string("restore"), .string(restore.host),
        .array(
          restore.cluster.map { .array([.string($0.name)] + $0.peerURLs.map { .string($0) }) }),
        .string(restore.token), number(restore.bump), .bool(restore.skipHashCheck),
        .string(Base64.encode(restore.snapshot)),
      ])
    default: nil
    }
  }

  static func decode(_ json: JSONValue) throws(Problem) -> Input {
    guard case .array(let parts) = json, case .string(let word)? = parts.first else {
      throw Problem(message: "expected [open, HOST], [request, CLIENT, …] or the like")
    }
    switch word {
    case "open": return .etcdOpen(member: try text(parts, 1))
    case "close": return .etcdClose(client: try identity(parts, 1))
    case "join": return .etcdJoin(host: try text(parts, 1))
    case "request":
      return .etcdRequest(
        client: try identity(parts, 1), try request(try part(parts, 2)))
    case "restore":
      guard case .array(let members) = try part(parts, 2),
        case .bool(let skips) = try part(parts, 5),
        let bytes = Base64.decode(try text(parts, 6))
      else { throw Problem(message: "a restore needs members, a flag and a file in base64") }
      var cluster: [(name: String, peerURLs: [String])] = []
      for member in members {
        guard case .array(let words) = member else { throw Problem(message: "expected a member") }
        var urls: [String] = []
        for index in words.indices.dropFirst() { urls.append(try text(words, index)) }
        cluster.append((try text(words, 0), urls))
      }
      return .etcdRestore(
        EtcdRestore(
          host: try text(parts, 1), cluster: cluster, token: try text(parts, 3), snapshot: bytes,
          bump: try identity(parts, 4), skipHashCheck: skips))
    default: throw Problem(message: "\"\(word)\" is nothing an etcd client does")
    }
  }

  // MARK: Requests

  static func encode(_ request: EtcdRequest) -> JSONValue {
    func list(_ word: String, _ parts: [JSONValue] = []) -> JSONValue {
      .array([.string(word)] + parts)
    }
    switch request {
    case .range(let range): return list("range", [encode(range)])
    case .put(let put): return list("put", [encode(put)])
    case .deleteRange(let delete): return list("delete", [encode(delete)])
    case .txn(let txn): return list("txn", [encode(txn)])
    case .compact(let revision): return list("compact", [.integer(revision)])
    case .leaseGrant(let id, let ttl): return list("grant", [.integer(id), .integer(ttl)])
    case .leaseRevoke(let id): return list("revoke", [.integer(id)])
    case .leaseKeepAlive(let id): return list("keep-alive", [.integer(id)])
    case .leaseTimeToLive(let id, let keys):
      return list("time-to-live", [.integer(id), .bool(keys)])
    case .leases: return list("leases")
    case .watchCreate(let id, let watch, let requireLeader):
      return list(
        "watch",
        [
          .integer(id), bytes(watch.key), bytes(watch.rangeEnd), .integer(watch.startRevision),
          .bool(watch.previousKV), .bool(watch.progressNotify),
          .array(watch.filters.map { .bool($0 == .noPut) }), .bool(requireLeader),
        ])
    case .watchCancel(let id): return list("cancel", [.integer(id)])
    case .watchProgress: return list("progress")
    case .status: return list("status")
    case .memberList(let linearizable): return list("members", [.bool(linearizable)])
    case .memberAdd(let member):
      return list(
        "add",
        [number(member.id), .bool(member.isLearner)] + member.peerURLs.map { .string($0) })
    case .memberRemove(let id): return list("remove", [number(id)])
    case .memberPromote(let id): return list("promote", [number(id)])
    case .memberUpdate(let id, let urls):
      return list("update", [number(id)] + urls.map { .string($0) })
    case .moveLeader(let to): return list("move-leader", [number(to)])
    case .hashKV(let revision): return list("hash", [.integer(revision)])
    case .defragment: return list("defragment")
    case .alarmList: return list("alarms")
    case .alarmActivate(let alarm):
      return list("activate", [number(alarm.memberID), .integer(Int64(alarm.kind.rawValue))])
    case .alarmDeactivate(let alarm):
      return list("deactivate", [number(alarm.memberID), .integer(Int64(alarm.kind.rawValue))])
    case .alarmDisarm: return list("disarm")
    case .snapshot: return list("snapshot")
    }
  }

  static func request(_ json: JSONValue) throws(Problem) -> EtcdRequest {
    guard case .array(let parts) = json, case .string(let word)? = parts.first else {
      throw Problem(message: "expected a request such as [put, …]")
    }
    func urls(from first: Int) throws(Problem) -> [String] {
      var urls: [String] = []
      for index in parts.indices.dropFirst(first) { urls.append(try text(parts, index)) }
      return urls
    }
    func alarm() throws(Problem) -> Alarm {
      guard let kind = Alarm.Kind(rawValue: Int(try integer(parts, 2))) else {
        throw Problem(message: "no such alarm")
      }
      return Alarm(memberID: try identity(parts, 1), kind: kind)
    }
    switch word {
    case "range": return .range(try range(try part(parts, 1)))
    case "put": return .put(try put(try part(parts, 1)))
    case "delete": return .deleteRange(try delete(try part(parts, 1)))
    case "txn": return .txn(try txn(try part(parts, 1)))
    case "compact": return .compact(revision: try integer(parts, 1))
    case "grant": return .leaseGrant(id: try integer(parts, 1), ttl: try integer(parts, 2))
    case "revoke": return .leaseRevoke(id: try integer(parts, 1))
    case "keep-alive": return .leaseKeepAlive(id: try integer(parts, 1))
    case "time-to-live":
      return .leaseTimeToLive(id: try integer(parts, 1), keys: try flag(parts, 2))
    case "leases": return .leases
    case "watch":
      guard case .array(let filters) = try part(parts, 7) else {
        throw Problem(message: "a watch needs a list of filters")
      }
      return .watchCreate(
        id: try integer(parts, 1),
        WatchRequest(
          key: try key(parts, 2), rangeEnd: try key(parts, 3), startRevision: try integer(parts, 4),
          previousKV: try flag(parts, 5), progressNotify: try flag(parts, 6),
          filters: filters.map { $0 == .bool(true) ? .noPut : .noDelete }),
        requireLeader: try flag(parts, 8))
    case "cancel": return .watchCancel(id: try integer(parts, 1))
    case "progress": return .watchProgress
    case "status": return .status
    case "members": return .memberList(linearizable: try flag(parts, 1))
    case "add":
      return .memberAdd(
        ClusterMember(
          id: try identity(parts, 1), peerURLs: try urls(from: 3), isLearner: try flag(parts, 2)))
    case "remove": return .memberRemove(id: try identity(parts, 1))
    case "promote": return .memberPromote(id: try identity(parts, 1))
    case "update": return .memberUpdate(id: try identity(parts, 1), peerURLs: try urls(from: 2))
    case "move-leader": return .moveLeader(to: try identity(parts, 1))
    case "hash": return .hashKV(revision: try integer(parts, 1))
    case "defragment": return .defragment
    case "alarms": return .alarmList
    case "activate": return .alarmActivate(try alarm())
    case "deactivate": return .alarmDeactivate(try alarm())
    case "disarm": return .alarmDisarm
    case "snapshot": return .snapshot
    default: throw Problem(message: "\"\(word)\" is no request of etcd's")
    }
  }

  // MARK: Keys and transactions

  private static func encode(_ range: RangeRequest) -> JSONValue {
    .array([
      bytes(range.key), bytes(range.rangeEnd), .integer(Int64(range.limit)),
      .integer(range.revision), .integer(Int64(range.sortOrder.rawValue)),
      .integer(Int64(range.sortTarget.rawValue)), .bool(range.serializable), .bool(range.keysOnly),
      .bool(range.countOnly), .integer(range.minModRevision), .integer(range.maxModRevision),
      .integer(range.minCreateRevision), .integer(range.maxCreateRevision),
    ])
  }

  private static func range(_ json: JSONValue) throws(Problem) -> RangeRequest {
    let parts = try self.parts(json)
    var range = RangeRequest(
      key: try key(parts, 0), rangeEnd: try key(parts, 1), revision: try integer(parts, 3),
      limit: Int(try integer(parts, 2)), serializable: try flag(parts, 6))
    range.sortOrder = RangeRequest.SortOrder(rawValue: Int(try integer(parts, 4))) ?? .none
    range.sortTarget = RangeRequest.SortTarget(rawValue: Int(try integer(parts, 5))) ?? .key
    range.keysOnly = try flag(parts, 7)
    range.countOnly = try flag(parts, 8)
    range.minModRevision = try integer(parts, 9)
    range.maxModRevision = try integer(parts, 10)
    range.minCreateRevision = try integer(parts, 11)
    range.maxCreateRevision = try integer(parts, 12)
    return range
  }

  private static func encode(_ put: PutRequest) -> JSONValue {
    .array([
      bytes(put.key), .string(Base64.encode(put.value.encoded())), .integer(put.lease),
      .bool(put.previousKV), .bool(put.ignoreValue), .bool(put.ignoreLease),
    ])
  }

  private static func put(_ json: JSONValue) throws(Problem) -> PutRequest {
    let parts = try self.parts(json)
    var put = PutRequest(
      key: try key(parts, 0), value: .bytes(try key(parts, 1).bytes), lease: try integer(parts, 2),
      previousKV: try flag(parts, 3))
    put.ignoreValue = try flag(parts, 4)
    put.ignoreLease = try flag(parts, 5)
    return put
  }

  private static func encode(_ delete: DeleteRangeRequest) -> JSONValue {
    .array([bytes(delete.key), bytes(delete.rangeEnd), .bool(delete.previousKV)])
  }

  private static func delete(_ json: JSONValue) throws(Problem) -> DeleteRangeRequest {
    let parts = try self.parts(json)
    return DeleteRangeRequest(
      key: try key(parts, 0), rangeEnd: try key(parts, 1), previousKV: try flag(parts, 2))
  }

  private static func encode(_ txn: TxnRequest) -> JSONValue {
    func ops(_ ops: [RequestOp]) -> JSONValue {
      .array(
        ops.map { op in
          switch op {
          case .range(let range): .array([.string("range"), encode(range)])
          case .put(let put): .array([.string("put"), encode(put)])
          case .deleteRange(let delete): .array([.string("delete"), encode(delete)])
          case .txn(let inner): .array([.string("txn"), encode(inner)])
          }
        })
    }
    let compares = txn.compare.map { compare -> JSONValue in
      let (word, value): (String, JSONValue) =
        switch compare.target {
        case .version(let number): ("version", .integer(number))
        case .create(let number): ("create", .integer(number))
        case .mod(let number): ("mod", .integer(number))
        case .lease(let number): ("lease", .integer(number))
        case .value(let blob): ("value", .string(Base64.encode(blob.encoded())))
        }
      return .array([
        bytes(compare.key), bytes(compare.rangeEnd), .integer(Int64(compare.result.rawValue)),
        .string(word), value,
      ])
    }
    return .array([.array(compares), ops(txn.success), ops(txn.failure)])
  }

  private static func txn(_ json: JSONValue) throws(Problem) -> TxnRequest {
    let parts = try self.parts(json)
    var txn = TxnRequest()
    for item in try self.parts(try part(parts, 0)) {
      let fields = try self.parts(item)
      let target: Compare.Target
      switch try text(fields, 3) {
      case "version": target = .version(try integer(fields, 4))
      case "create": target = .create(try integer(fields, 4))
      case "mod": target = .mod(try integer(fields, 4))
      case "lease": target = .lease(try integer(fields, 4))
      default: target = .value(.bytes(try key(fields, 4).bytes))
      }
      guard let result = Compare.Result(rawValue: Int(try integer(fields, 2))) else {
        throw Problem(message: "no such comparison")
      }
      txn.compare.append(
        Compare(key: try key(fields, 0), rangeEnd: try key(fields, 1), result, target))
    }
    txn.success = try operations(try part(parts, 1))
    txn.failure = try operations(try part(parts, 2))
    return txn
  }

  private static func operations(_ json: JSONValue) throws(Problem) -> [RequestOp] {
    var ops: [RequestOp] = []
    for item in try parts(json) {
      switch try request(item) {
      case .range(let range): ops.append(.range(range))
      case .put(let put): ops.append(.put(put))
      case .deleteRange(let delete): ops.append(.deleteRange(delete))
      case .txn(let inner): ops.append(.txn(inner))
      default: throw Problem(message: "no operation of a transaction")
      }
    }
    return ops
  }

  // MARK: Values

  private static func number(_ value: UInt64) -> JSONValue {
    Int64(exactly: value).map { .integer($0) } ?? .string(String(value))
  }

  private static func bytes(_ key: Key) -> JSONValue { .string(Base64.encode(key.bytes)) }

  private static func parts(_ json: JSONValue) throws(Problem) -> [JSONValue] {
    guard case .array(let parts) = json else { throw Problem(message: "expected a list") }
    return parts
  }

  private static func part(_ parts: [JSONValue], _ index: Int) throws(Problem) -> JSONValue {
    guard parts.indices.contains(index) else { throw Problem(message: "a part is missing") }
    return parts[index]
  }

  private static func text(_ parts: [JSONValue], _ index: Int) throws(Problem) -> String {
    guard case .string(let text) = try part(parts, index) else {
      throw Problem(message: "expected a string")
    }
    return text
  }

  private static func integer(_ parts: [JSONValue], _ index: Int) throws(Problem) -> Int64 {
    guard case .integer(let number) = try part(parts, index) else {
      throw Problem(message: "expected a number")
    }
    return number
  }

  /// An ID of a member, which may be larger than a signed number.
  private static func identity(_ parts: [JSONValue], _ index: Int) throws(Problem) -> UInt64 {
    switch try part(parts, index) {
    case .integer(let number): return UInt64(bitPattern: number)
    case .string(let text):
      guard let number = UInt64(text) else { throw Problem(message: "expected an ID") }
      return number
    default: throw Problem(message: "expected an ID")
    }
  }

  private static func flag(_ parts: [JSONValue], _ index: Int) throws(Problem) -> Bool {
    guard case .bool(let value) = try part(parts, index) else {
      throw Problem(message: "expected true or false")
    }
    return value
  }

  private static func key(_ parts: [JSONValue], _ index: Int) throws(Problem) -> Key {
    guard let bytes = Base64.decode(try text(parts, index)) else {
      throw Problem(message: "expected base64")
    }
    return Key(bytes: bytes)
  }
}
