import Basics

// The protobuf encoding of configuration changes, as etcd's raftpb writes them: they lie in the log
// as bytes, and count in those bytes against the size limits.

extension ConfChange {
  /// The entry that proposes this change.
  public var entry: Entry { Entry(type: entryType, data: .bytes(encoded())) }

  public func encoded() -> [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .v1(let id, let change, let context):
      if id != 0 { Self.append(field: 1, id, to: &bytes) }
      Self.append(field: 2, UInt64(change.type.rawValue), to: &bytes)
      Self.append(field: 3, change.nodeID, to: &bytes)
      if let context { Self.append(field: 4, context.encoded(), to: &bytes) }
    case .v2(let changes, let transition, let context):
      Self.append(field: 1, UInt64(transition.rawValue), to: &bytes)
      for change in changes {
        var single: [UInt8] = []
        Self.append(field: 1, UInt64(change.type.rawValue), to: &single)
        Self.append(field: 2, change.nodeID, to: &single)
        Self.append(field: 2, single, to: &bytes)
      }
      if let context { Self.append(field: 3, context.encoded(), to: &bytes) }
    }
    return bytes
  }

  /// Reads the change an entry carries; nil for a normal entry.
  public init?(_ entry: Entry) throws(RaftError) {
    switch entry.type {
    case .normal: return nil
    case .confChange: try self.init(v1: entry.data.encoded())
    case .confChangeV2: try self.init(v2: entry.data.encoded())
    }
  }

  private init(v1 bytes: [UInt8]) throws(RaftError) {
    var id: UInt64 = 0
    var change = ConfChangeSingle(.addNode, 0)
    var context: Blob?
    var reader = FieldReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: id = field.value
      case 2: change.type = try Self.type(field.value)
      case 3: change.nodeID = field.value
      case 4: context = .bytes(Array(bytes[field.range]))
      default: break
      }
    }
    self = .v1(id: id, change, context: context)
  }

  private init(v2 bytes: [UInt8]) throws(RaftError) {
    var transition = ConfChangeTransition.auto
    var changes: [ConfChangeSingle] = []
    var context: Blob?
    var reader = FieldReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1:
        guard field.value < 3,
          let value = ConfChangeTransition(rawValue: UInt8(field.value))
        else { throw .malformedConfChange }
        transition = value
      case 2: changes.append(try Self.single(Array(bytes[field.range])))
      case 3: context = .bytes(Array(bytes[field.range]))
      default: break
      }
    }
    self = .v2(changes, transition: transition, context: context)
  }

  private static func single(_ bytes: [UInt8]) throws(RaftError) -> ConfChangeSingle {
    var change = ConfChangeSingle(.addNode, 0)
    var reader = FieldReader(bytes)
    while let field = try reader.next() {
      switch field.number {
      case 1: change.type = try type(field.value)
      case 2: change.nodeID = field.value
      default: break
      }
    }
    return change
  }

  private static func type(_ value: UInt64) throws(RaftError) -> ConfChangeType {
    guard value < 4, let type = ConfChangeType(rawValue: UInt8(value)) else {
      throw .malformedConfChange
    }
    return type
  }

  private static func append(field: UInt64, _ value: UInt64, to bytes: inout [UInt8]) {
    Varint.append(field << 3, to: &bytes)
    Varint.append(value, to: &bytes)
  }

  private static func append(field: UInt64, _ content: [UInt8], to bytes: inout [UInt8]) {
    Varint.append(field << 3 | 2, to: &bytes)
    Varint.append(UInt64(content.count), to: &bytes)
    bytes += content
  }
}

/// Walks the fields of one protobuf message; only the two wire types that occur here are known.
private struct FieldReader {
  struct Field {
    var number: UInt64
    var value: UInt64 = 0
    var range: Range<Int> = 0..<0
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func next() throws(RaftError) -> Field? {
    guard position < bytes.count else { return nil }
    guard let key = Varint.read(bytes, at: &position, end: bytes.count),
      let value = Varint.read(bytes, at: &position, end: bytes.count)
    else { throw .malformedConfChange }
    switch key & 7 {
    case 0: return Field(number: key >> 3, value: value)
    case 2:
      guard value <= UInt64(bytes.count - position) else { throw .malformedConfChange }
      let start = position
      position += Int(value)
      return Field(number: key >> 3, range: start..<position)
    default: throw .malformedConfChange
    }
  }
}
