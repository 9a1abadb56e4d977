import Basics
import PersistentCollections

// The store as etcd's backend holds it: revisions in order, each under a key of its own. Snapshots
// are made of this, and stores out of snapshots.

extension Store {
  /// Every revision that is kept, tombstones included, in order.
  public var revisions: [KeyValue] {
    var all: [KeyValue] = []
    for map in [live, graves] {
      map.forEach { _, record in
        all += record.older
        all.append(record.newest)
        return true
      }
    }
    return all.sorted { ($0.modRevision, $0.subRevision) < ($1.modRevision, $1.subRevision) }
  }

  /// The store that a backend holds: `revisions` in order, the last compacted one (-1 for none), and
  /// leases by ID and TTL. Keys are attached to those leases that are there.
  public init(
    revisions: [KeyValue], compactRevision: Int64, leases: [(id: Int64, ttl: Int64)]
  ) {
    self.init()
    for lease in leases where lease.id != 0 {
      self.leases[lease.id] = Lease(id: lease.id, grantedTTL: lease.ttl)
    }
    for kv in revisions { take(kv, compactRevision) }
    settle(revision: max(revisions.last?.modRevision ?? 1, 1, compactRevision), compactRevision)
    live.forEach { key, record in
      let lease = record.newest.lease
      if lease != 0 { self.leases.modify(lease) { $0.keys[key] = true } }
      return true
    }
  }

  private mutating func take(_ kv: KeyValue, _ compactRevision: Int64) {
    var record = live.removeValue(forKey: kv.key) ?? graves.removeValue(forKey: kv.key)
    let previous = record.map(\.newest)
    if record != nil { record?.write(kv) } else { record = KeyRecord(newest: kv) }
    if let record {
      if kv.isTombstone {
        graves.updateValue(record, forKey: kv.key)
      } else {
        live.updateValue(record, forKey: kv.key)
      }
    }
    restored(
      kv, previous: previous.flatMap { $0.isTombstone ? nil : $0 },
      inHistory: kv.modRevision >= compactRevision)
  }

  /// Goes on at a revision so much later, as if something had been written there: watchers that
  /// have seen what a snapshot does not know must not take new revisions for old ones
  /// (`etcdutl snapshot restore --bump-revision`).
  public mutating func bump(by amount: Int64) {
    settle(revision: revision + max(0, amount), compactRevision)
  }
}

extension Store {
  /// Makes one value another than was written: the newest change that replaced something is undone,
  /// its revision kept; without one a bit is turned. Answers with the key. For faults.
  public mutating func corruptOne() -> Key? {
    var position = history.endIndex
    while position > history.startIndex {
      position -= 1
      let event = history[position]
      guard let previous = event.previous, let record = live[event.kv.key],
        record.newest === event.kv
      else { continue }
      corrupt(event.kv, to: previous.value)
      return event.kv.key
    }
    guard let kv = live.first?.value.newest else { return nil }
    var bytes = kv.value.encoded()
    if bytes.isEmpty { bytes = [0] } else { bytes[0] ^= 1 }
    corrupt(kv, to: .bytes(bytes))
    return kv.key
  }

  private mutating func corrupt(_ kv: KeyValue, to value: Blob) {
    live.modify(kv.key) { record in
      record.newest = KeyValue(
        key: kv.key, createRevision: kv.createRevision, modRevision: kv.modRevision,
        version: kv.version, value: value, lease: kv.lease, subRevision: kv.subRevision)
    }
  }
}

extension KeyValue {
  /// The key under which the revision lies in the backend: main and sub revision, and a mark for a
  /// tombstone (server/storage/mvcc/revision.go).
  public var revisionKey: [UInt8] {
    var key: [UInt8] = []
    withUnsafeBytes(of: modRevision.bigEndian) { key.append(contentsOf: $0) }
    key.append(UInt8(ascii: "_"))
    withUnsafeBytes(of: Int64(subRevision).bigEndian) { key.append(contentsOf: $0) }
    if isTombstone { key.append(UInt8(ascii: "t")) }
    return key
  }

  /// The revision that lies under `revisionKey` as protobuf; nil where the bytes are none.
  public convenience init?(
    revisionKey: [UInt8], protobuf: [UInt8], box: (Key, [UInt8]) -> Blob = { .bytes($1) }
  ) {
    guard revisionKey.count == 17 || revisionKey.count == 18, revisionKey[8] == UInt8(ascii: "_")
    else { return nil }
    func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
      Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }
    let main = number(revisionKey[..<8])
    guard let sub = Int32(exactly: number(revisionKey[9..<17])), main >= 0,
      let fields = Protobuf(protobuf)
    else { return nil }
    let key = Key(bytes: fields.bytes(1))
    if revisionKey.count == 18 {
      self.init(tombstone: key, modRevision: main, subRevision: sub)
    } else {
      self.init(
        key: key, createRevision: fields.number(2), modRevision: main,
        version: max(1, fields.number(4)), value: box(key, fields.bytes(5)),
        lease: fields.number(6), subRevision: sub)
    }
  }
}

/// The fields of a flat protobuf message: varints and byte strings, the last of each number.
public struct Protobuf {
  private var numbers = LookupTable<UInt64, UInt64>()
  private var strings = LookupTable<UInt64, [UInt8]>()

  /// Nil where the bytes are no such message.
  public init?(_ bytes: [UInt8]) {
    var at = 0
    func varint() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: UInt64(0), to: 64, by: 7) {
        guard at < bytes.count else { return nil }
        let byte = bytes[at]
        at += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
    while at < bytes.count {
      guard let tag = varint() else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = varint() else { return nil }
        numbers[tag >> 3] = value
      case 2:
        guard let length = varint(), length <= UInt64(bytes.count - at) else { return nil }
        strings[tag >> 3] = Array(bytes[at..<(at + Int(length))])
        at += Int(length)
      default: return nil
      }
    }
  }

  public func number(_ field: UInt64) -> Int64 { Int64(bitPattern: numbers[field] ?? 0) }
  public func bytes(_ field: UInt64) -> [UInt8] { strings[field] ?? [] }
}
