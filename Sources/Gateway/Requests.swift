#if Doors
  import Basics
  import Foundation
  import MVCC

  // What came over the wire, in the store's own terms. Throws what a member refuses at its door
  // before the request is looked at any further (api/v3rpc/key.go).

  extension Key {
    init(_ data: Data) { self.init(bytes: [UInt8](data)) }
    var data: Data { Data(bytes) }
  }

  extension EtcdError {
    static let invalidSortOption = EtcdError(
      .invalidArgument, "etcdserver: invalid sort option")
    static let notSupported = EtcdError(.unimplemented, "the door does not offer this")
  }

  extension RangeRequest {
    init(_ wire: WireRangeRequest) throws(EtcdError) {
      guard let order = SortOrder(rawValue: wire.sortOrder.rawValue),
        let target = SortTarget(rawValue: wire.sortTarget.rawValue)
      else { throw wire.key.isEmpty ? .emptyKey : .invalidSortOption }
      self.init(
        key: Key(wire.key), rangeEnd: Key(wire.rangeEnd), revision: wire.revision,
        limit: Int(wire.limit), serializable: wire.serializable)
      sortOrder = order
      sortTarget = target
      keysOnly = wire.keysOnly
      countOnly = wire.countOnly
      minModRevision = wire.minModRevision
      maxModRevision = wire.maxModRevision
      minCreateRevision = wire.minCreateRevision
      maxCreateRevision = wire.maxCreateRevision
    }
  }

  extension PutRequest {
    init(_ wire: WirePutRequest) {
      self.init(
        key: Key(wire.key), value: .bytes([UInt8](wire.value)), lease: wire.lease,
        previousKV: wire.prevKv)
      ignoreValue = wire.ignoreValue
      ignoreLease = wire.ignoreLease
    }
  }

  extension DeleteRangeRequest {
    init(_ wire: WireDeleteRangeRequest) {
      self.init(
        key: Key(wire.key), rangeEnd: Key(wire.rangeEnd), previousKV: wire.prevKv)
    }
  }

  extension Compare {
    init(_ wire: WireCompare) throws(EtcdError) {
      guard let result = Result(rawValue: wire.result.rawValue) else { throw .invalidCompare }
      let target: Target
      switch wire.target {
      case .version: target = .version(wire.version)
      case .create: target = .create(wire.createRevision)
      case .mod: target = .mod(wire.modRevision)
      case .value: target = .value(.bytes([UInt8](wire.value)))
      case .lease: target = .lease(wire.lease)
      case .UNRECOGNIZED: throw .invalidCompare
      }
      self.init(key: Key(wire.key), rangeEnd: Key(wire.rangeEnd), result, target)
    }
  }

  extension EtcdError {
    /// A compare by something that etcd does not know: etcd takes it for one that holds, the door
    /// for a mistake.
    static let invalidCompare = EtcdError(.invalidArgument, "etcdserver: invalid compare")
  }

  extension TxnRequest {
    init(_ wire: WireTxnRequest) throws(EtcdError) { try self.init(wire, depth: 0) }

    private init(_ wire: WireTxnRequest, depth: Int) throws(EtcdError) {
      // Deeper than the most operations a transaction may have: refused for their number anyway.
      guard depth <= Self.maximumOperations else { throw .tooManyOps }
      var compare: [Compare] = []
      compare.reserveCapacity(wire.compare.count)
      for one in wire.compare { compare.append(try Compare(one)) }
      self.init(
        compare: compare, success: try Self.ops(wire.success, depth),
        failure: try Self.ops(wire.failure, depth))
    }

    private static func ops(
      _ wire: [WireRequestOp], _ depth: Int
    ) throws(EtcdError) -> [RequestOp] {
      var ops: [RequestOp] = []
      ops.reserveCapacity(wire.count)
      for op in wire {
        switch op.request {
        case .requestRange(let range): ops.append(.range(try RangeRequest(range)))
        case .requestPut(let put): ops.append(.put(PutRequest(put)))
        case .requestDeleteRange(let delete): ops.append(.deleteRange(DeleteRangeRequest(delete)))
        case .requestTxn(let txn): ops.append(.txn(try TxnRequest(txn, depth: depth + 1)))
        // An operation that is none: etcd's word for it.
        case nil: throw .keyNotFound
        }
      }
      return ops
    }
  }

  extension WatchRequest {
    init(_ wire: WireWatchCreateRequest) {
      self.init(
        key: Key(wire.key), rangeEnd: Key(wire.rangeEnd), startRevision: wire.startRevision,
        previousKV: wire.prevKv, progressNotify: wire.progressNotify,
        filters: wire.filters.compactMap { filter in
          switch filter {
          case .noput: .noPut
          case .nodelete: .noDelete
          case .UNRECOGNIZED: nil
          }
        })
    }
  }
#endif
