#if Doors
  import Basics
  import Engine
  import Etcd
  import Foundation
  import MVCC

  // The store's answers, as they go over the wire.

  extension WireResponseHeader {
    /// - Parameter revision: the answer's own; nil where it has none, and the member's present one
    ///   is told.
    init(_ header: EtcdHeader?, revision: Int64? = nil) {
      self.init()
      clusterID = header?.clusterID ?? 0
      memberID = header?.memberID ?? 0
      self.revision = revision ?? header?.revision ?? 0
      raftTerm = header?.raftTerm ?? 0
    }

    /// Inside of a transaction only the revision is told.
    init(revision: Int64) {
      self.init()
      self.revision = revision
    }
  }

  extension WireKeyValue {
    init(_ kv: KeyValue) {
      self.init()
      key = kv.key.data
      createRevision = kv.createRevision
      modRevision = kv.modRevision
      version = kv.version
      if !kv.value.isEmpty { value = Data(kv.value.encoded()) }
      lease = kv.lease
    }
  }

  extension WireRangeResponse {
    init(_ response: RangeResponse, header: WireResponseHeader) {
      self.init()
      self.header = header
      kvs = response.kvs.map(WireKeyValue.init)
      more = response.more
      count = Int64(response.count)
    }
  }

  extension WirePutResponse {
    init(_ response: PutResponse, header: WireResponseHeader) {
      self.init()
      self.header = header
      if let previous = response.previousKV { prevKv = WireKeyValue(previous) }
    }
  }

  extension WireDeleteRangeResponse {
    init(_ response: DeleteRangeResponse, header: WireResponseHeader) {
      self.init()
      self.header = header
      deleted = Int64(response.deleted)
      prevKvs = response.previousKVs.map(WireKeyValue.init)
    }
  }

  extension WireTxnResponse {
    init(_ response: TxnResponse, header: WireResponseHeader) {
      self.init()
      self.header = header
      succeeded = response.succeeded
      responses = response.responses.map(WireResponseOp.init)
    }
  }

  extension WireResponseOp {
    init(_ op: ResponseOp) {
      self.init()
      switch op {
      case .range(let range):
        response = .responseRange(
          WireRangeResponse(range, header: WireResponseHeader(revision: range.revision)))
      case .put(let put):
        response = .responsePut(
          WirePutResponse(put, header: WireResponseHeader(revision: put.revision)))
      case .deleteRange(let delete):
        response = .responseDeleteRange(
          WireDeleteRangeResponse(delete, header: WireResponseHeader(revision: delete.revision)))
      case .txn(let txn):
        // etcd leaves the header of an inner transaction empty.
        response = .responseTxn(WireTxnResponse(txn, header: WireResponseHeader()))
      }
    }
  }

  extension WireEvent {
    init(_ event: Event) {
      self.init()
      switch event.kind {
      case .put:
        type = .put
        kv = WireKeyValue(event.kv)
      case .delete:
        type = .delete
        kv.key = event.kv.key.data
        kv.modRevision = event.kv.modRevision
      }
      if let previous = event.previous { prevKv = WireKeyValue(previous) }
    }
  }

  extension WireWatchResponse {
    init(_ news: WatchNews) {
      self.init()
      switch news {
      case .created(let id, let told):
        header = WireResponseHeader(told)
        watchID = id
        created = true
      case .refused(let error, let told):
        header = WireResponseHeader(told)
        watchID = -1
        created = true
        canceled = true
        cancelReason = error.message
      case .canceled(let id, let error, let compactRevision, let told):
        // Of a compacted watch etcd tells neither the present revision nor a reason.
        header = WireResponseHeader(told, revision: compactRevision == 0 ? nil : 0)
        watchID = id
        canceled = true
        self.compactRevision = compactRevision
        if let error, compactRevision == 0 { cancelReason = error.message }
      case .events(let response, let told):
        header = WireResponseHeader(told, revision: response.revision)
        watchID = response.watch.id
        events = response.events.map(WireEvent.init)
      }
    }
  }

  extension WireMember {
    /// - Parameter doors: where clients from outside reach each member, by its name; a member
    ///   without a door keeps the address it has in the world.
    init(_ member: ClusterMember, doors: [String: String]) {
      self.init()
      id = member.id
      name = member.name
      peerUrls = member.peerURLs
      clientUrls = member.clientURLs
      if !member.clientURLs.isEmpty, let door = doors[member.name] { clientUrls = [door] }
      isLearner = member.isLearner
    }
  }
#endif
