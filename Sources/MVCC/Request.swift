import Basics

/// What to read: a key, or the keys of a range.
public struct RangeRequest: Sendable {
  public enum SortOrder: Int, Sendable { case none, ascend, descend }
  public enum SortTarget: Int, Sendable { case key, version, create, mod, value }

  public var key: Key
  /// Empty for the key alone; `.fromKey` for no upper end.
  public var rangeEnd: Key
  /// At most this many keys; 0 for no limit.
  public var limit: Int
  /// The revision to read at; 0 for the newest.
  public var revision: Int64
  public var sortOrder = SortOrder.none
  public var sortTarget = SortTarget.key
  /// Read what this member has, without asking the quorum.
  public var serializable: Bool
  public var keysOnly = false
  public var countOnly = false
  public var minModRevision: Int64 = 0
  public var maxModRevision: Int64 = 0
  public var minCreateRevision: Int64 = 0
  public var maxCreateRevision: Int64 = 0

  public init(
    key: Key, rangeEnd: Key = .empty, revision: Int64 = 0, limit: Int = 0,
    serializable: Bool = false
  ) {
    self.key = key
    self.rangeEnd = rangeEnd
    self.revision = revision
    self.limit = limit
    self.serializable = serializable
  }

  public init(prefix: Key, revision: Int64 = 0, limit: Int = 0, serializable: Bool = false) {
    self.init(
      key: prefix, rangeEnd: prefix.prefixEnd, revision: revision, limit: limit,
      serializable: serializable)
  }

  // Keys come in ascending order by themselves.
  var isDefaultOrder: Bool {
    sortOrder == .none && sortTarget == .key || sortTarget == .key && sortOrder == .ascend
  }
  var hasRevisionFilters: Bool {
    minModRevision != 0 || maxModRevision != 0 || minCreateRevision != 0
      || maxCreateRevision != 0
  }
}

/// What to write under one key.
public struct PutRequest: Sendable {
  public var key: Key
  public var value: Blob
  /// The lease to attach the key to, 0 for none.
  public var lease: Int64
  /// Answer with what the key held before.
  public var previousKV: Bool
  /// Keep the key's value: the key must exist.
  public var ignoreValue = false
  /// Keep the key's lease: the key must exist.
  public var ignoreLease = false

  public init(key: Key, value: Blob, lease: Int64 = 0, previousKV: Bool = false) {
    self.key = key
    self.value = value
    self.lease = lease
    self.previousKV = previousKV
  }
}

/// What to delete: a key, or the keys of a range.
public struct DeleteRangeRequest: Sendable {
  public var key: Key
  public var rangeEnd: Key
  public var previousKV: Bool

  public init(key: Key, rangeEnd: Key = .empty, previousKV: Bool = false) {
    self.key = key
    self.rangeEnd = rangeEnd
    self.previousKV = previousKV
  }
}

/// A condition on a key, or on every key of a range, that a transaction tests first.
public struct Compare: Sendable {
  public enum Target: Sendable {
    case version(Int64)
    case create(Int64)
    case mod(Int64)
    case lease(Int64)
    case value(Blob)
  }
  public enum Result: Int, Sendable { case equal, greater, less, notEqual }

  public var key: Key
  public var rangeEnd: Key
  public var target: Target
  public var result: Result

  public init(key: Key, rangeEnd: Key = .empty, _ result: Result, _ target: Target) {
    self.key = key
    self.rangeEnd = rangeEnd
    self.target = target
    self.result = result
  }
}

/// One operation of a transaction.
public indirect enum RequestOp: Sendable {
  case range(RangeRequest)
  case put(PutRequest)
  case deleteRange(DeleteRangeRequest)
  case txn(TxnRequest)
}

/// Compares, then one of two lists of operations, as one revision.
public struct TxnRequest: Sendable {
  public var compare: [Compare]
  public var success: [RequestOp]
  public var failure: [RequestOp]

  public init(compare: [Compare] = [], success: [RequestOp] = [], failure: [RequestOp] = []) {
    self.compare = compare
    self.success = success
    self.failure = failure
  }

  /// Nothing but reads, whichever way it goes.
  public var isReadOnly: Bool {
    func isRead(_ op: RequestOp) -> Bool {
      if case .range = op { return true }
      return false
    }
    return success.allSatisfy(isRead) && failure.allSatisfy(isRead)
  }

  /// Nothing but serializable reads.
  public var isSerializable: Bool {
    func isLocalRead(_ op: RequestOp) -> Bool {
      if case .range(let range) = op { return range.serializable }
      return false
    }
    return success.allSatisfy(isLocalRead) && failure.allSatisfy(isLocalRead)
  }
}
