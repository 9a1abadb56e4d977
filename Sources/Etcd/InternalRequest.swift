import Basics
import MVCC

/// What a Raft entry of etcd carries, in etcd's words an InternalRaftRequest: one operation, and the
/// number by which the member that took it finds who waits for the answer.
public final class InternalRequest: BlobContent {
  public enum Operation: Sendable {
    indirect case put(PutRequest)
    indirect case deleteRange(DeleteRangeRequest)
    case txn(TxnRequest)
    case compact(revision: Int64)
    case leaseGrant(id: Int64, ttl: Int64)
    case leaseRevoke(id: Int64)
    /// A member has started and tells its name and where clients reach it.
    indirect case memberAttributes(ClusterMember)
    case alarm(Alarm, isRaised: Bool)
  }

  /// The operation as it lies in the log: the most frequent one has a shape of its own.
  enum Content: Sendable {
    case guardedPut(GuardedPut)
    case other(Operation)
  }

  public let id: UInt64
  let content: Content
  public let byteCount: Int

  public init(id: UInt64, _ operation: Operation) {
    self.id = id
    if case .txn(let txn) = operation, let put = GuardedPut(txn) {
      content = .guardedPut(put)
    } else {
      content = .other(operation)
    }
    byteCount = 16 + operation.byteCount
  }

  public var operation: Operation {
    switch content {
    case .guardedPut(let put): .txn(put.txn)
    case .other(let operation): operation
    }
  }

  /// The number names the request within the cluster for good, so it stands for the content.
  public func digest(into digest: inout Digest) {
    digest.combine(id)
    digest.combine(byteCount)
  }

  public func encoded() -> [UInt8] {
    var encoder = RequestEncoder()
    encoder.number(id)
    encoder.operation(operation)
    return encoder.bytes
  }
}

extension InternalRequest.Operation {
  /// About the size of its protobuf.
  var byteCount: Int {
    switch self {
    case .put(let put): put.byteCount
    case .deleteRange(let delete): delete.key.count + delete.rangeEnd.count + 8
    case .txn(let txn): txn.byteCount
    case .compact, .leaseGrant, .leaseRevoke, .alarm: 16
    case .memberAttributes(let member): 32 + member.name.utf8.count
    }
  }

  /// Whether the CORRUPT alarm refuses it (server/etcdserver/apply/corrupt.go).
  var touchesStore: Bool {
    switch self {
    case .put, .deleteRange, .txn, .compact, .leaseGrant, .leaseRevoke: true
    case .memberAttributes, .alarm: false
    }
  }

  /// Whether it makes the backend grow, so that NOSPACE refuses it.
  var takesSpace: Bool {
    switch self {
    case .put, .leaseGrant: true
    case .txn(let txn): txn.hasPuts
    default: false
    }
  }
}

extension PutRequest {
  var byteCount: Int { key.count + value.count + 16 }
}

extension TxnRequest {
  var byteCount: Int {
    var size = 8
    for compare in compare { size += compare.key.count + compare.rangeEnd.count + 16 }
    for ops in [success, failure] {
      for op in ops {
        switch op {
        case .range(let range): size += range.key.count + range.rangeEnd.count + 16
        case .put(let put): size += put.byteCount
        case .deleteRange(let delete): size += delete.key.count + delete.rangeEnd.count + 8
        case .txn(let inner): size += inner.byteCount
        }
      }
    }
    return size
  }

  var hasPuts: Bool {
    func isPut(_ op: RequestOp) -> Bool {
      switch op {
      case .put: true
      case .txn(let inner): inner.hasPuts
      default: false
      }
    }
    return success.contains(where: isPut) || failure.contains(where: isPut)
  }
}

/// Writes a request as bytes that are the same everywhere: tagged, with lengths before what varies.
private struct RequestEncoder {
  var bytes: [UInt8] = []

  mutating func tag(_ tag: UInt8) { bytes.append(tag) }
  mutating func number(_ value: UInt64) {
    for shift in stride(from: 56, through: 0, by: -8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
  mutating func number(_ value: Int64) { number(UInt64(bitPattern: value)) }
  mutating func string(_ value: [UInt8]) {
    number(UInt64(value.count))
    bytes += value
  }

  mutating func operation(_ operation: InternalRequest.Operation) {
    switch operation {
    case .put(let put):
      tag(1)
      self.put(put)
    case .deleteRange(let delete):
      tag(2)
      self.delete(delete)
    case .txn(let txn):
      tag(3)
      self.txn(txn)
    case .compact(let revision):
      tag(4)
      number(revision)
    case .leaseGrant(let id, let ttl):
      tag(5)
      number(id)
      number(ttl)
    case .leaseRevoke(let id):
      tag(6)
      number(id)
    case .memberAttributes(let member):
      tag(7)
      number(member.id)
      string(Array(member.name.utf8))
      for url in member.clientURLs { string(Array(url.utf8)) }
    case .alarm(let alarm, let isRaised):
      tag(isRaised ? 8 : 9)
      number(alarm.memberID)
      number(Int64(alarm.kind.rawValue))
    }
  }

  private mutating func put(_ put: PutRequest) {
    string(put.key.bytes)
    string(put.value.encoded())
    number(put.lease)
    tag((put.previousKV ? 1 : 0) | (put.ignoreValue ? 2 : 0) | (put.ignoreLease ? 4 : 0))
  }

  private mutating func delete(_ delete: DeleteRangeRequest) {
    string(delete.key.bytes)
    string(delete.rangeEnd.bytes)
    tag(delete.previousKV ? 1 : 0)
  }

  private mutating func txn(_ txn: TxnRequest) {
    number(UInt64(txn.compare.count))
    for compare in txn.compare {
      string(compare.key.bytes)
      string(compare.rangeEnd.bytes)
      tag(UInt8(compare.result.rawValue))
      target(compare.target)
    }
    for ops in [txn.success, txn.failure] {
      number(UInt64(ops.count))
      for op in ops {
        switch op {
        case .range(let range):
          tag(0)
          string(range.key.bytes)
          string(range.rangeEnd.bytes)
          number(Int64(range.limit))
          number(range.revision)
        case .put(let put):
          tag(1)
          self.put(put)
        case .deleteRange(let delete):
          tag(2)
          self.delete(delete)
        case .txn(let inner):
          tag(3)
          self.txn(inner)
        }
      }
    }
  }

  private mutating func target(_ target: Compare.Target) {
    switch target {
    case .version(let value):
      tag(0)
      number(value)
    case .create(let value):
      tag(1)
      number(value)
    case .mod(let value):
      tag(2)
      number(value)
    case .value(let value):
      tag(3)
      string(value.encoded())
    case .lease(let value):
      tag(4)
      number(value)
    }
  }
}
