/// What a range holds.
public struct RangeResponse: Sendable {
  /// The store's revision when it was read.
  public var revision: Int64
  public var kvs: [KeyValue] = []
  /// The limit cut the answer short.
  public var more = false
  /// How many keys the range has, whatever the limit.
  public var count = 0

  public init(revision: Int64, kvs: [KeyValue] = [], more: Bool = false, count: Int = 0) {
    self.revision = revision
    self.kvs = kvs
    self.more = more
    self.count = count
  }
}

public struct PutResponse: Sendable {
  public var revision: Int64
  public var previousKV: KeyValue?

  public init(revision: Int64, previousKV: KeyValue? = nil) {
    self.revision = revision
    self.previousKV = previousKV
  }
}

public struct DeleteRangeResponse: Sendable {
  public var revision: Int64
  public var deleted: Int
  public var previousKVs: [KeyValue]

  public init(revision: Int64, deleted: Int, previousKVs: [KeyValue] = []) {
    self.revision = revision
    self.deleted = deleted
    self.previousKVs = previousKVs
  }
}

public indirect enum ResponseOp: Sendable {
  case range(RangeResponse)
  case put(PutResponse)
  case deleteRange(DeleteRangeResponse)
  case txn(TxnResponse)
}

public struct TxnResponse: Sendable {
  public var revision: Int64
  /// Whether the compares held.
  public var succeeded: Bool
  public var responses: [ResponseOp]

  public init(revision: Int64, succeeded: Bool, responses: [ResponseOp] = []) {
    self.revision = revision
    self.succeeded = succeeded
    self.responses = responses
  }
}
