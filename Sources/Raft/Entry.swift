import Basics

/// What an entry's data means.
public enum EntryType: UInt8, Sendable, Hashable {
  /// The application's own data, or nothing.
  case normal
  /// A protobuf-encoded `ConfChange`.
  case confChange
  /// A protobuf-encoded `ConfChangeV2`; without data, the order to leave a joint configuration.
  case confChangeV2
}

/// Names one entry of a log: no two entries of one log share it, and two logs that share one agree
/// on everything before it (Raft thesis §3.5, Log Matching).
@frozen
public struct EntryID: Hashable, Sendable {
  public var term: UInt64
  public var index: UInt64

  @inlinable public init(term: UInt64, index: UInt64) {
    self.term = term
    self.index = index
  }
}

/// One entry of the replicated log.
public struct Entry: Sendable {
  // The small fields come last, so that a record of the log takes no more room than its entry.
  public private(set) var data: Blob
  public var term: UInt64
  public var index: UInt64
  public private(set) var type: EntryType
  /// Which optional fields a protobuf encoding would carry: size limits are in encoded bytes.
  private var encodedFields: EncodedFields

  private enum EncodedFields: UInt8, Sendable {
    case neither, type, data, both
  }

  /// An entry with data; a proposal has neither term nor index until a leader gives it them.
  public init(term: UInt64 = 0, index: UInt64 = 0, type: EntryType = .normal, data: Blob) {
    self.term = term
    self.index = index
    self.type = type
    self.data = data
    encodedFields = type == .normal ? .data : .both
  }

  private init(type: EntryType, encodedFields: EncodedFields) {
    term = 0
    index = 0
    self.type = type
    self.encodedFields = encodedFields
    data = .empty
  }

  /// What a new leader appends first, so that it can commit something in its own term.
  public static let empty = Entry(type: .normal, encodedFields: .neither)
  /// What takes the place of a configuration change that the leader refused.
  static let refusedConfChange = Entry(type: .normal, encodedFields: .type)
  /// The order to leave a joint configuration: without data, so that no size limit refuses it.
  static let leaveJoint = Entry(type: .confChangeV2, encodedFields: .type)

  public var id: EntryID { EntryID(term: term, index: index) }

  /// Bytes of the payload alone: what the limit on uncommitted entries counts.
  public var payloadSize: UInt64 { UInt64(data.count) }

  /// Bytes of the entry as protobuf would encode it: what the limits per message and per Ready
  /// count. Each field has a tag of one byte.
  public var encodedSize: UInt64 {
    var size = 2 + Varint.size(term) + Varint.size(index)
    if encodedFields == .type || encodedFields == .both { size += 2 }
    if encodedFields == .data || encodedFields == .both {
      let count = UInt64(data.count)
      size += 1 + Varint.size(count) + count
    }
    return size
  }
}

extension Entry: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(term)
    digest.combine(index)
    digest.combine(UInt64(type.rawValue) << 8 | UInt64(encodedFields.rawValue))
    data.digest(into: &digest)
  }
}

extension [Entry] {
  var encodedSize: UInt64 {
    var size: UInt64 = 0
    for entry in self { size += entry.encodedSize }
    return size
  }

  var payloadSize: UInt64 {
    var size: UInt64 = 0
    for entry in self { size += entry.payloadSize }
    return size
  }
}

extension Collection where Element == Entry {
  /// How many of the first entries fit into `limit` encoded bytes; the first always does, or an
  /// entry larger than the limit would never be sent.
  func prefixCount(fitting limit: UInt64) -> Int {
    if limit == .max { return count }
    var size: UInt64 = 0
    var taken = 0
    for entry in self {
      size += entry.encodedSize
      if size > limit, taken > 0 { return taken }
      taken += 1
    }
    return taken
  }
}
