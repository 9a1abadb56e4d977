#if Doors
  import Basics
  import Foundation
  import SwiftProtobuf

  @testable import Gateway

  /// A request of etcd's API, as the differential test makes it up and sends it.
  enum Operation: Sendable {
    case range(WireRangeRequest)
    case put(WirePutRequest)
    case deleteRange(WireDeleteRangeRequest)
    case txn(WireTxnRequest)
    case compact(WireCompactionRequest)
    case grant(WireLeaseGrantRequest)
    case revoke(WireLeaseRevokeRequest)
    case timeToLive(WireLeaseTimeToLiveRequest)
    case leases
    case hashKV(WireHashKVRequest)

    var message: any Message {
      switch self {
      case .range(let request): request
      case .put(let request): request
      case .deleteRange(let request): request
      case .txn(let request): request
      case .compact(let request): request
      case .grant(let request): request
      case .revoke(let request): request
      case .timeToLive(let request): request
      case .leases: WireLeaseLeasesRequest()
      case .hashKV(let request): request
      }
    }
  }

  /// Makes operations up: valid ones mostly, over few keys, so that they meet.
  struct OperationSource: Sendable {
    private var prng: PRNG
    /// The store's revision and compacted revision as the answers so far tell them.
    var revision: Int64 = 1
    var compactRevision: Int64 = 0
    /// Leases granted and not revoked, as far as this source knows.
    private var leases: [Int64] = []

    /// Not more than twelve: up to there Go's sort keeps the order of equals, and what it does with
    /// more of them is nobody's promise.
    private static let keys = [
      "a", "a/b", "a/c", "b", "b0", "b1", "c", "dir/x", "dir/y", "dir/z", "é", "zz",
    ]

    init(seed: UInt64) { prng = PRNG(seed: seed) }

    private mutating func chance(_ percent: Int) -> Bool { Int(prng.below(100)) < percent }

    private mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
      range.lowerBound + Int64(prng.below(UInt64(range.upperBound - range.lowerBound + 1)))
    }

    private mutating func pick<T>(_ list: [T]) -> T { list[Int(prng.below(UInt64(list.count)))] }

    private mutating func key() -> Data { chance(1) ? Data() : Data(pick(Self.keys).utf8) }

    private mutating func rangeEnd(after key: Data) -> Data {
      switch prng.below(10) {
      case 0...3: return Data()
      case 4...5: return Data([0])
      case 6...7:
        guard let last = key.last, last < 0xFF else { return Data([0]) }
        return key.dropLast() + [last + 1]
      // Now and then before its start: an empty range.
      default: return Data(pick(Self.keys).utf8)
      }
    }

    private mutating func value() -> Data {
      Data((0..<prng.below(24)).map { _ in UInt8(truncatingIfNeeded: prng.below(256)) })
    }

    private mutating func pastRevision() -> Int64 {
      switch prng.below(10) {
      case 0: return revision + number(1...3)
      case 1: return max(0, compactRevision - number(0...2))
      case 2: return -1
      default: return number(max(1, compactRevision)...max(1, revision, compactRevision))
      }
    }

    private mutating func leaseID() -> Int64 {
      leases.isEmpty || chance(5) ? number(1...500) : pick(leases)
    }

    mutating func next() -> Operation {
      switch prng.below(100) {
      case 0...29: return .put(put())
      case 30...54: return .range(range())
      case 55...66: return .deleteRange(deleteRange())
      case 67...84: return .txn(txn(depth: 0))
      case 85...86:
        var request = WireCompactionRequest()
        request.revision =
          chance(70)
          ? number(max(1, compactRevision)...max(1, revision)) : pastRevision()
        request.physical = true
        return .compact(request)
      case 87...90:
        var request = WireLeaseGrantRequest()
        request.id = chance(90) ? number(1...500) : leaseID()
        request.ttl = chance(3) ? 9_000_000_001 : number(100_000...200_000)
        if request.ttl < 1_000_000 { leases.append(request.id) }
        return .grant(request)
      case 91...92:
        var request = WireLeaseRevokeRequest()
        request.id = leaseID()
        leases.removeAll { $0 == request.id }
        return .revoke(request)
      case 93...96:
        var request = WireLeaseTimeToLiveRequest()
        request.id = leaseID()
        request.keys = chance(60)
        return .timeToLive(request)
      case 97: return .leases
      default:
        var request = WireHashKVRequest()
        request.revision = chance(50) ? 0 : pastRevision()
        return .hashKV(request)
      }
    }

    private mutating func put() -> WirePutRequest {
      var request = WirePutRequest()
      request.key = key()
      request.value = value()
      request.lease = chance(15) ? leaseID() : 0
      request.prevKv = chance(30)
      if chance(8) {
        request.ignoreValue = true
        if chance(80) { request.value = Data() }
      }
      if chance(8) {
        request.ignoreLease = true
        if chance(80) { request.lease = 0 }
      }
      return request
    }

    private mutating func range() -> WireRangeRequest {
      var request = WireRangeRequest()
      request.key = key()
      request.rangeEnd = rangeEnd(after: request.key)
      request.limit = chance(35) ? number(1...5) : 0
      request.revision = chance(30) ? pastRevision() : 0
      request.sortOrder = pick([.none, .none, .ascend, .descend])
      request.sortTarget = pick([.key, .key, .version, .create, .mod, .value])
      request.serializable = chance(30)
      request.keysOnly = chance(15)
      request.countOnly = chance(10)
      if chance(8) { request.minModRevision = number(1...max(1, revision)) }
      if chance(8) { request.maxModRevision = number(1...max(1, revision)) }
      if chance(8) { request.minCreateRevision = number(1...max(1, revision)) }
      if chance(8) { request.maxCreateRevision = number(1...max(1, revision)) }
      return request
    }

    private mutating func deleteRange() -> WireDeleteRangeRequest {
      var request = WireDeleteRangeRequest()
      request.key = key()
      request.rangeEnd = chance(60) ? Data() : rangeEnd(after: request.key)
      request.prevKv = chance(40)
      return request
    }

    private mutating func txn(depth: Int) -> WireTxnRequest {
      var request = WireTxnRequest()
      request.compare = (0..<prng.below(3)).map { _ in compare() }
      request.success = ops(depth)
      request.failure = ops(depth)
      // More than the 128 operations a transaction may have.
      if depth == 0, chance(1) {
        request.success = Array(repeating: op(depth), count: 129)
      }
      return request
    }

    private mutating func ops(_ depth: Int) -> [WireRequestOp] {
      (0..<prng.below(4)).map { _ in op(depth) }
    }

    private mutating func op(_ depth: Int) -> WireRequestOp {
      var op = WireRequestOp()
      switch prng.below(20) {
      case 0...5: op.requestRange = range()
      case 6...12: op.requestPut = put()
      case 13...16: op.requestDeleteRange = deleteRange()
      case 17...18 where depth < 3: op.requestTxn = txn(depth: depth + 1)
      // None at all is refused; seldom, so that most transactions go through.
      default: if !chance(10) { op.requestRange = range() }
      }
      return op
    }

    private mutating func compare() -> WireCompare {
      var compare = WireCompare()
      compare.key = key()
      if chance(20) { compare.rangeEnd = rangeEnd(after: compare.key) }
      compare.result = pick([.equal, .equal, .greater, .less, .notEqual])
      switch prng.below(5) {
      case 0:
        compare.target = .version
        compare.version = number(0...3)
      case 1:
        compare.target = .create
        compare.createRevision = number(0...max(1, revision))
      case 2:
        compare.target = .mod
        compare.modRevision = number(0...max(1, revision))
      case 3:
        compare.target = .value
        compare.value = value()
      default:
        compare.target = .lease
        compare.lease = chance(50) ? 0 : leaseID()
      }
      return compare
    }

    /// A watch that starts in the past, now, or a little ahead.
    mutating func watch() -> WireWatchCreateRequest {
      var request = WireWatchCreateRequest()
      request.key = Data(pick(Self.keys).utf8)
      request.rangeEnd = rangeEnd(after: request.key)
      request.startRevision = chance(80) ? max(0, pastRevision()) : 0
      request.prevKv = chance(50)
      if chance(15) { request.filters.append(.noput) }
      if chance(15) { request.filters.append(.nodelete) }
      return request
    }
  }
#endif
