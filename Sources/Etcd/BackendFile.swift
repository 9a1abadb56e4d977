import Basics
import Bolt
import MVCC
import Raft

/// etcd's backend as a file: a bbolt database with etcd's buckets, as `etcdctl snapshot save` writes
/// it, with its SHA-256 behind it. What other tools of etcd read, and what `etcdutl` restores from.
///
/// The values of API objects are their JSON here, where a real API server's are protobuf.
public struct BackendFile: Sendable {
  /// What is wrong with a file, in etcdutl's words.
  public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
  }

  public private(set) var revisions: [KeyValue] = []
  /// -1 where nothing was compacted.
  public private(set) var compactRevision: Int64 = -1
  public private(set) var leases: [(id: Int64, ttl: Int64)] = []
  public private(set) var alarms: [Alarm] = []
  /// Length of the database alone.
  public private(set) var databaseBytes = 0

  private static let hashBytes = 32

  // MARK: Writing

  /// The file that `etcdctl snapshot save` makes of a member's state.
  public static func snapshot(of state: AppliedState) -> [UInt8] {
    let database = database(of: state).encoded()
    return database + SHA256.hash(database)
  }

  private static func database(of state: AppliedState) -> BoltDatabase {
    let store = state.store
    var meta: [BoltDatabase.Pair] = [
      pair("confState", confState(state.confState)),
      BoltDatabase.Pair(Array("consistent_index".utf8), bigEndian(state.index)),
      pair("storageVersion", storageVersion),
      BoltDatabase.Pair(Array("term".utf8), bigEndian(state.term)),
    ]
    if store.compactRevision > 0 {
      let revision = bigEndian(UInt64(store.compactRevision)) + [UInt8(ascii: "_")] + bigEndian(0)
      meta.insert(BoltDatabase.Pair(Array("finishedCompactRev".utf8), revision), at: 2)
      meta.insert(BoltDatabase.Pair(Array("scheduledCompactRev".utf8), revision), at: 3)
    }
    let members = state.members.map { pair(hexadecimal($0.id), json(of: $0)) }
    return BoltDatabase([
      BoltDatabase.Bucket("alarm", state.alarms.map { BoltDatabase.Pair($0.protobuf, []) }),
      BoltDatabase.Bucket("auth"), BoltDatabase.Bucket("authRoles"),
      BoltDatabase.Bucket("authUsers"),
      BoltDatabase.Bucket("cluster", [pair("clusterVersion", storageVersion)]),
      BoltDatabase.Bucket(
        "key", store.revisions.map { BoltDatabase.Pair($0.revisionKey, $0.protobuf) }),
      BoltDatabase.Bucket(
        "lease",
        store.leases.map { id, lease in
          BoltDatabase.Pair(
            bigEndian(UInt64(bitPattern: id)), message([(1, id), (2, lease.grantedTTL)]))
        }),
      BoltDatabase.Bucket("members", members),
      BoltDatabase.Bucket(
        "members_removed", state.removed.map { pair(hexadecimal($0), "removed") }),
      BoltDatabase.Bucket("meta", meta),
    ])
  }

  /// The backend's schema version (server/storage/schema).
  private static let storageVersion = "3.6.0"

  private static func pair(_ key: String, _ value: String) -> BoltDatabase.Pair {
    BoltDatabase.Pair(Array(key.utf8), Array(value.utf8))
  }

  private static func confState(_ state: ConfState) -> String {
    func list(_ ids: [UInt64]) -> String { "[" + ids.map(String.init).joined(separator: ",") + "]" }
    let learners = state.learners.isEmpty ? "" : "\"learners\":\(list(state.learners)),"
    return "{\"voters\":\(list(state.voters)),\(learners)\"auto_leave\":false}"
  }

  private static func json(of member: ClusterMember) -> String {
    func list(_ urls: [String]) -> String {
      "[" + urls.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    }
    var fields = ["\"id\":\(member.id)", "\"peerURLs\":\(list(member.peerURLs))"]
    if member.isLearner { fields.append("\"isLearner\":true") }
    if !member.name.isEmpty { fields.append("\"name\":\"\(member.name)\"") }
    if !member.clientURLs.isEmpty { fields.append("\"clientURLs\":\(list(member.clientURLs))") }
    return "{" + fields.joined(separator: ",") + "}"
  }

  private static func hexadecimal(_ id: UInt64) -> String { String(id, radix: 16) }

  private static func bigEndian(_ word: UInt64) -> [UInt8] {
    withUnsafeBytes(of: word.bigEndian) { Array($0) }
  }

  /// A protobuf message of varints.
  fileprivate static func message(_ fields: [(UInt64, Int64)]) -> [UInt8] {
    var out: [UInt8] = []
    func varint(_ value: UInt64) {
      var rest = value
      while rest >= 0x80 {
        out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      out.append(UInt8(rest))
    }
    for (field, value) in fields where value != 0 {
      varint(field << 3)
      varint(UInt64(bitPattern: value))
    }
    return out
  }

  // MARK: Reading

  /// Reads a snapshot for a restore: its hash must be there and fit, unless that is skipped.
  /// - Parameter box: turns a key's bytes into what the store shall hold.
  public init(
    snapshot bytes: [UInt8], skipHashCheck: Bool = false,
    box: (Key, [UInt8]) -> Blob = { .bytes($1) }
  ) throws(Problem) {
    let hasHash = bytes.count % 512 == Self.hashBytes
    guard hasHash || skipHashCheck else {
      throw Problem("snapshot missing hash but --skip-hash-check=false")
    }
    let database = hasHash ? Array(bytes.dropLast(Self.hashBytes)) : bytes
    if hasHash, !skipHashCheck {
      let found = SHA256.hash(database)
      let expected = Array(bytes.suffix(Self.hashBytes))
      guard found == expected else {
        throw Problem("expected sha256 \(Self.list(expected)), got \(Self.list(found))")
      }
    }
    try self.init(database: try Self.open(database), box: box)
    databaseBytes = database.count
  }

  /// Bytes as Go prints a slice of them.
  private static func list(_ bytes: [UInt8]) -> String {
    "[" + bytes.map(String.init).joined(separator: " ") + "]"
  }

  private static func open(_ bytes: [UInt8]) throws(Problem) -> BoltDatabase {
    do throws(BoltProblem) { return try BoltDatabase(decoding: bytes) } catch {
      throw Problem(error.description)
    }
  }

  private init(
    database: BoltDatabase, box: (Key, [UInt8]) -> Blob
  ) throws(Problem) {
    guard let keys = database["key"] else { throw Problem("no bucket \"key\"") }
    revisions.reserveCapacity(keys.pairs.count)
    for pair in keys.pairs {
      guard let kv = KeyValue(revisionKey: pair.key, protobuf: pair.value, box: box) else {
        throw Problem("cannot unmarshal value, key: \(Self.list(pair.key))")
      }
      revisions.append(kv)
    }
    for pair in database["meta"]?.pairs ?? [] where pair.key == Array("finishedCompactRev".utf8) {
      compactRevision = pair.value.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
    }
    for pair in database["lease"]?.pairs ?? [] {
      guard let lease = Protobuf(pair.value) else { throw Problem("cannot unmarshal a lease") }
      leases.append((lease.number(1), lease.number(2)))
    }
    for pair in database["alarm"]?.pairs ?? [] {
      guard let alarm = Protobuf(pair.key), let kind = Alarm.Kind(rawValue: Int(alarm.number(2)))
      else { continue }
      alarms.append(Alarm(memberID: UInt64(bitPattern: alarm.number(1)), kind: kind))
    }
  }

  // MARK: Status

  /// What `etcdutl snapshot status` says of a file.
  public struct Status: Sendable, Equatable {
    public var hash: UInt32
    public var revision: Int64
    public var totalKeys: Int
    /// Bytes of the database.
    public var totalSize: Int
    /// Empty for a backend older than 3.6.
    public var version: String
  }

  /// Looks at every page and every key; the SHA-256 behind the database is the restore's business.
  public static func status(of bytes: [UInt8]) throws(Problem) -> Status {
    let database = try open(bytes)
    var crc = CRC32C()
    var status = Status(hash: 0, revision: 0, totalKeys: 0, totalSize: 0, version: "")
    var seen = LookupSet<[UInt8]>()
    for bucket in database.buckets {
      crc.update(bucket.name)
      let isKey = bucket.name == Array("key".utf8)
      for pair in bucket.pairs {
        crc.update(pair.key)
        crc.update(pair.value)
        if bucket.name == Array("meta".utf8), pair.key == Array("storageVersion".utf8) {
          status.version = String(decoding: pair.value, as: UTF8.self)
        }
        guard isKey else { continue }
        guard let kv = KeyValue(revisionKey: pair.key, protobuf: pair.value) else {
          throw Problem("cannot unmarshal value, key: \(list(pair.key))")
        }
        status.revision = kv.modRevision
        if kv.isTombstone { seen.remove(kv.key.bytes) } else { seen.insert(kv.key.bytes) }
      }
    }
    status.hash = crc.value
    status.totalKeys = seen.count
    status.totalSize = bytes.count / 4096 * 4096
    return status
  }
}

extension Alarm {
  /// An `AlarmMember` as it lies in the alarm bucket.
  fileprivate var protobuf: [UInt8] {
    BackendFile.message([(1, Int64(bitPattern: memberID)), (2, Int64(kind.rawValue))])
  }
}
