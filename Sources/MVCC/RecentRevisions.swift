import Basics

/// The revisions that some member of a cluster wrote last, so that the others, who write the very
/// same, can share them: a revision is immutable, and three copies of each are two too many.
///
/// It decides nothing: a store that finds nothing here makes its own.
public struct RecentRevisions: Sendable {
  /// By revision, the first change of each.
  private var ring: [KeyValue?] = []
  /// By the revision that replaced it, what the last change of each put into the past.
  private var links: [PastRevision?] = []
  /// How far a member may lag behind the first and still share.
  private static let capacity = 256

  public init() {}

  private static func slot(_ revision: Int64) -> Int { Int(revision & Int64(capacity - 1)) }

  /// The revision that is `kv` in every field, if somebody has made it.
  mutating func shared(_ kv: KeyValueFields) -> KeyValue {
    if kv.subRevision == 0, !ring.isEmpty, let twin = ring[Self.slot(kv.modRevision)],
      kv.describes(twin)
    {
      return twin
    }
    let made = KeyValue(kv)
    if kv.subRevision == 0 {
      if ring.isEmpty { ring = Array(repeating: nil, count: Self.capacity) }
      ring[Self.slot(kv.modRevision)] = made
    }
    return made
  }

  /// `kv` in the past with `before` behind it, as somebody has made it of these very two.
  mutating func link(
    _ kv: KeyValue, before: PastRevision?, replacedAt revision: Int64
  ) -> PastRevision {
    let slot = Self.slot(revision)
    if !links.isEmpty, let twin = links[slot], twin.kv === kv, twin.before === before {
      return twin
    }
    let made = PastRevision(kv, before: before)
    if links.isEmpty { links = Array(repeating: nil, count: Self.capacity) }
    links[slot] = made
    return made
  }
}

/// What a revision of a key consists of.
struct KeyValueFields {
  var key: Key
  var createRevision: Int64
  var modRevision: Int64
  var version: Int64
  var value: Blob
  var lease: Int64
  var subRevision: Int32

  func describes(_ kv: KeyValue) -> Bool {
    guard kv.modRevision == modRevision, kv.createRevision == createRevision,
      kv.version == version, kv.lease == lease, kv.subRevision == subRevision
    else { return false }
    switch (kv.value, value) {
    case (.boxed(let a), .boxed(let b)): return a === b && kv.key == key
    case (.bytes(let a), .bytes(let b)): return a == b && kv.key == key
    default: return false
    }
  }
}

extension KeyValue {
  convenience init(_ fields: KeyValueFields) {
    self.init(
      key: fields.key, createRevision: fields.createRevision, modRevision: fields.modRevision,
      version: fields.version, value: fields.value, lease: fields.lease,
      subRevision: fields.subRevision)
  }
}
