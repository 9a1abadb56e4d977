import Basics

/// One revision of one key, immutable: shared by the index, the history, watch events and answers.
///
/// The revision that deletes a key is one too, with nothing but the key and the revision.
public final class KeyValue: Sendable {
  public let key: Key
  /// The revision at which the key came into being, this time.
  public let createRevision: Int64
  /// The main revision of the transaction that wrote this.
  public let modRevision: Int64
  /// How many writes the key has had since it came into being; 0 for a deletion.
  public let version: Int64
  public let value: Blob
  /// The lease the key is attached to, 0 for none.
  public let lease: Int64
  /// The place of this write within its transaction.
  public let subRevision: Int32
  /// Asked for by each member that writes this, and again by compaction; an object estimates its
  /// own size.
  private let valueSize: UInt32

  public init(
    key: Key, createRevision: Int64, modRevision: Int64, version: Int64, value: Blob,
    lease: Int64 = 0, subRevision: Int32 = 0
  ) {
    self.key = key
    self.createRevision = createRevision
    self.modRevision = modRevision
    self.version = version
    self.value = value
    self.lease = lease
    self.subRevision = subRevision
    valueSize = UInt32(truncatingIfNeeded: value.count)
  }

  /// The revision that deletes `key`.
  init(tombstone key: Key, modRevision: Int64, subRevision: Int32) {
    self.key = key
    createRevision = 0
    self.modRevision = modRevision
    version = 0
    value = .empty
    lease = 0
    self.subRevision = subRevision
    valueSize = 0
  }

  public var isTombstone: Bool { version == 0 }

  /// About what this revision takes in the backend: a 17-byte revision key, the protobuf, and the
  /// page's element header.
  public var storedSize: Int { key.count + Int(valueSize) + 17 + 24 + 16 }

  /// The same without its value, for an answer with keys only.
  var withoutValue: KeyValue {
    KeyValue(
      key: key, createRevision: createRevision, modRevision: modRevision, version: version,
      value: .empty, lease: lease, subRevision: subRevision)
  }
}

extension KeyValue: CustomStringConvertible {
  public var description: String {
    "\(key) mod=\(modRevision) create=\(createRevision) version=\(version)"
  }
}

extension KeyValue: Digestible {
  public func digest(into digest: inout Digest) {
    key.digest(into: &digest)
    digest.combine(Int(createRevision))
    digest.combine(Int(modRevision))
    digest.combine(Int(version))
    digest.combine(Int(lease))
    digest.combine(Int(subRevision))
    value.digest(into: &digest)
  }
}

/// A change a watcher is told of.
public struct Event: Sendable {
  public enum Kind: Hashable, Sendable { case put, delete }

  /// What was written; for a deletion only the key and the revision mean something.
  public let kv: KeyValue
  /// What the key held before, where the watcher asked for it and it still exists.
  public let previous: KeyValue?

  public init(kv: KeyValue, previous: KeyValue?) {
    self.kv = kv
    self.previous = previous
  }

  public var kind: Kind { kv.isTombstone ? .delete : .put }
  /// A put of a key that did not exist.
  public var isCreate: Bool { !kv.isTombstone && kv.createRevision == kv.modRevision }
}
