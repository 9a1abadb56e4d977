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
    for kv in basesBelowHistory(at: at) { crc.update(kv) }
    for event in history {
      let kv = event.kv
      guard kv.modRevision <= at else { break }
      // Those of the compacted revision are among the bases, or are tombstones, which etcd skips.
      if kv.modRevision > compactRevision { crc.update(kv) }
    }
    return HashKV(hash: crc.value, compactRevision: compactRevision, revision: at)
  }

  /// What compaction left of the revisions at or before the compacted one, where it is still what a
  /// read at `at` sees, in the order of revisions.
  private func basesBelowHistory(at: Int64) -> [KeyValue] {
    guard compactRevision > 0 else { return [] }
    var bases: [KeyValue] = []
    for map in [live, graves] {
      map.forEach { _, record in
        if let kv = record.value(at: at), kv.modRevision <= compactRevision { bases.append(kv) }
        return true
      }
    }
    return bases.sorted {
      ($0.modRevision, $0.subRevision) < ($1.modRevision, $1.subRevision)
    }
  }
}

/// CRC-32 with Castagnoli's polynomial, reflected (RFC 3720, appendix B.4).
struct CRC32C {
  private var state: UInt32 = 0xFFFF_FFFF
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in
      crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1
    }
  }

  var value: UInt32 { ~state }

  mutating func update(_ bytes: [UInt8]) {
    for byte in bytes {
      state = (state >> 8) ^ CRC32C.table[Int((state ^ UInt32(byte)) & 0xFF)]
    }
  }

  /// A revision as it lies in the backend: its 17-byte key, 't' added for a tombstone, and its
  /// protobuf.
  mutating func update(_ kv: KeyValue) {
    var key = bigEndian(UInt64(kv.modRevision))
    key.append(UInt8(ascii: "_"))
    key += bigEndian(UInt64(kv.subRevision))
    if kv.isTombstone { key.append(UInt8(ascii: "t")) }
    update(key)
    update(kv.protobuf)
  }

  private func bigEndian(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) }
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
