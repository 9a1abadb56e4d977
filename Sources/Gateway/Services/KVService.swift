#if Doors
  import Etcd
  import GRPCCore
  import MVCC

  /// `etcdserverpb.KV`: keys read and written.
  struct KVService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.kv, "Compact", compact)
    }

    /// What clients ask all the time.
    var quickCalls: [String: QuickCall] {
      [
        path("Range"): QuickCall(caller) { (request: WireRangeRequest) throws(EtcdError) in
          .range(try RangeRequest(request))
        } _: { answer -> WireRangeResponse? in
          guard case .range(let response) = answer.response else { return nil }
          return WireRangeResponse(response, header: header(answer, response.revision))
        },
        path("Put"): QuickCall(caller) { (request: WirePutRequest) in
          .put(PutRequest(request))
        } _: { answer -> WirePutResponse? in
          guard case .put(let response) = answer.response else { return nil }
          return WirePutResponse(response, header: header(answer, response.revision))
        },
        path("DeleteRange"): QuickCall(caller) { (request: WireDeleteRangeRequest) in
          .deleteRange(DeleteRangeRequest(request))
        } _: { answer -> WireDeleteRangeResponse? in
          guard case .deleteRange(let response) = answer.response else { return nil }
          return WireDeleteRangeResponse(response, header: header(answer, response.revision))
        },
        path("Txn"): QuickCall(caller) { (request: WireTxnRequest) throws(EtcdError) in
          .txn(try TxnRequest(request))
        } _: { answer -> WireTxnResponse? in
          guard case .txn(let response) = answer.response else { return nil }
          return WireTxnResponse(response, header: header(answer, response.revision))
        },
      ]
    }

    private func path(_ method: String) -> String { "/\(ServiceName.kv)/\(method)" }

    @Sendable private func header(_ answer: Answer, _ revision: Int64) -> WireResponseHeader {
      WireResponseHeader(answer.header, revision: revision)
    }

    // Asked for physically, etcd waits until the keys are gone; here they always are.
    @Sendable private func compact(
      _ request: WireCompactionRequest, _ metadata: Metadata
    ) async throws -> WireCompactionResponse {
      let answer = try await caller.ask(.compact(revision: request.revision), metadata)
      guard case .compact(let revision) = answer.response else { throw caller.unexpected(answer) }
      var response = WireCompactionResponse()
      response.header = WireResponseHeader(answer.header, revision: revision)
      return response
    }
  }
#endif
