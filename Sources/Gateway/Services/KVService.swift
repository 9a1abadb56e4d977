#if Doors
  import GRPCCore
  import MVCC

  /// `etcdserverpb.KV`: keys read and written.
  struct KVService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.kv, "Range", range)
      router.unary(ServiceName.kv, "Put", put)
      router.unary(ServiceName.kv, "DeleteRange", deleteRange)
      router.unary(ServiceName.kv, "Txn", txn)
      router.unary(ServiceName.kv, "Compact", compact)
    }

    @Sendable private func range(
      _ request: WireRangeRequest, _ metadata: Metadata
    ) async throws -> WireRangeResponse {
      let answer = try await caller.ask(.range(RangeRequest(request)), metadata)
      guard case .range(let response) = answer.response else { throw caller.unexpected(answer) }
      return WireRangeResponse(
        response, header: WireResponseHeader(answer.header, revision: response.revision))
    }

    @Sendable private func put(
      _ request: WirePutRequest, _ metadata: Metadata
    ) async throws -> WirePutResponse {
      let answer = try await caller.ask(.put(PutRequest(request)), metadata)
      guard case .put(let response) = answer.response else { throw caller.unexpected(answer) }
      return WirePutResponse(
        response, header: WireResponseHeader(answer.header, revision: response.revision))
    }

    @Sendable private func deleteRange(
      _ request: WireDeleteRangeRequest, _ metadata: Metadata
    ) async throws -> WireDeleteRangeResponse {
      let answer = try await caller.ask(.deleteRange(DeleteRangeRequest(request)), metadata)
      guard case .deleteRange(let response) = answer.response else {
        throw caller.unexpected(answer)
      }
      return WireDeleteRangeResponse(
        response, header: WireResponseHeader(answer.header, revision: response.revision))
    }

    @Sendable private func txn(
      _ request: WireTxnRequest, _ metadata: Metadata
    ) async throws -> WireTxnResponse {
      let answer = try await caller.ask(.txn(TxnRequest(request)), metadata)
      guard case .txn(let response) = answer.response else { throw caller.unexpected(answer) }
      return WireTxnResponse(
        response, header: WireResponseHeader(answer.header, revision: response.revision))
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
