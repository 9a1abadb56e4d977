import Basics

/// The hash etcd members compare to find corruption (`etcdctl endpoint hashkv`).
public struct HashKV: Hashable, Sendable {
  public let hash: UInt32
  public let compactRevision: Int64
  public let revision: Int64
}

extension Store {
  /// CRC-32C over every revision kept up to `revision` (0 for the newest), as etcd computes it from
  /// its backend: revision keys and protobuf values in order. Walks the store: O(keys).
  public func hashKV(revision asked: Int64 = 0) throws(EtcdError) -> HashKV {
    if asked > 0, asked < compactRevision { throw .compacted }
    if asked > revision { throw .futureRevision }
    let at = asked == 0 ? revision : asked
    var crc = CRC32C()
    crc.update(Array("key".utf8))
    // Of what compaction left only what a read at `at` still sees; all of it where that is nothing:
    // etcd takes having nothing to keep for not having been told what to keep.
    let keepsAny = revisions.contains { $0.modRevision <= at && isSeen($0, at: at) }
    for kv in revisions where kv.modRevision <= at {
      let isLeftOver = kv.modRevision <= compactRevision
      if isLeftOver, keepsAny, !isSeen(kv, at: at) { continue }
      // A tombstone at the compacted revision: older members of a cluster have dropped theirs.
      if kv.isTombstone, kv.modRevision == compactRevision { continue }
      crc.update(kv)
    }
    return HashKV(hash: crc.value, compactRevision: compactRevision, revision: at)
  }
}

extension Store {
  /// Whether a read at `revision` answers with this very value.
  private func isSeen(_ kv: KeyValue, at revision: Int64) -> Bool {
    !kv.isTombstone && get(kv.key, at: revision) === kv
  }
}

/// CRC-32 with Castagnoli's polynomial, reflected (RFC 3720, appendix B.4).
public struct CRC32C: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in
      crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1
    }
  }

  public init() {}

  public var value: UInt32 { ~state }

  public mutating func update(_ bytes: [UInt8]) {
    for byte in bytes {
      state = (state >> 8) ^ CRC32C.table[Int((state ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// A revision as it lies in the backend: its 17-byte key, 't' added for a tombstone, and its
  /// protobuf.
  mutating func update(_ kv: KeyValue) {
    update(kv.revisionKey)
    update(kv.protobuf)
  }
}

extension KeyValue {
  /// The bytes of `mvccpb.KeyValue`.
  public var protobuf: [UInt8] {
    var out: [UInt8] = []
    func varint(_ value: UInt64) {
      var rest = value
      while rest >= 0x80 {
        out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
        rest >>= 7
      }
      out.append(UInt8(rest))
    }
    func bytes(_ field: UInt64, _ value: [UInt8]) {
      guard !value.isEmpty else { return }
      varint(field << 3 | 2)
      varint(UInt64(value.count))
      out += value
    }
    func number(_ field: UInt64, _ value: Int64) {
      guard value != 0 else { return }
      varint(field << 3)
      varint(UInt64(bitPattern: value))
    }
    bytes(1, key.bytes)
    // A deletion is stored as nothing but its key.
    guard !isTombstone else { return out }
    number(2, createRevision)
    number(3, modRevision)
    number(4, version)
    bytes(5, value.encoded())
    number(6, lease)
    return out
  }
}
