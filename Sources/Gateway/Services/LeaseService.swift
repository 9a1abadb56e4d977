#if Doors
  import Foundation
  import GRPCCore
  import MVCC

  /// `etcdserverpb.Lease`: leases granted, kept alive, looked at and revoked.
  struct LeaseService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.lease, "LeaseGrant", grant)
      router.unary(ServiceName.lease, "LeaseRevoke", revoke)
      router.streaming(ServiceName.lease, "LeaseKeepAlive", keepAlive)
      router.unary(ServiceName.lease, "LeaseTimeToLive", timeToLive)
      router.unary(ServiceName.lease, "LeaseLeases", leases)
    }

    @Sendable private func grant(
      _ request: WireLeaseGrantRequest, _ metadata: Metadata
    ) async throws -> WireLeaseGrantResponse {
      let answer = try await caller.ask(.leaseGrant(id: request.id, ttl: request.ttl), metadata)
      guard case .leaseGrant(let id, let ttl) = answer.response else {
        throw caller.unexpected(answer)
      }
      var response = WireLeaseGrantResponse()
      response.header = WireResponseHeader(answer.header)
      response.id = id
      response.ttl = ttl
      return response
    }

    @Sendable private func revoke(
      _ request: WireLeaseRevokeRequest, _ metadata: Metadata
    ) async throws -> WireLeaseRevokeResponse {
      let answer = try await caller.ask(.leaseRevoke(id: request.id), metadata)
      guard case .leaseRevoke(let revision) = answer.response else {
        throw caller.unexpected(answer)
      }
      var response = WireLeaseRevokeResponse()
      response.header = WireResponseHeader(answer.header, revision: revision)
      return response
    }

    /// One after the other, as etcd answers them; a lease that is not there has 0 s to live.
    @Sendable private func keepAlive(
      _ request: StreamingServerRequest<WireLeaseKeepAliveRequest>,
      _ writer: RPCWriter<WireLeaseKeepAliveResponse>
    ) async throws {
      for try await message in request.messages {
        let answer = try await caller.ask(.leaseKeepAlive(id: message.id), request.metadata)
        guard case .leaseKeepAlive(let id, let ttl) = answer.response else {
          throw caller.unexpected(answer)
        }
        var response = WireLeaseKeepAliveResponse()
        response.header = WireResponseHeader(answer.header)
        response.id = id
        response.ttl = ttl
        try await writer.write(response)
      }
    }

    @Sendable private func timeToLive(
      _ request: WireLeaseTimeToLiveRequest, _ metadata: Metadata
    ) async throws -> WireLeaseTimeToLiveResponse {
      let answer = try await caller.ask(
        .leaseTimeToLive(id: request.id, keys: request.keys), metadata)
      guard case .leaseTimeToLive(let id, let ttl, let granted, let keys) = answer.response else {
        throw caller.unexpected(answer)
      }
      var response = WireLeaseTimeToLiveResponse()
      response.header = WireResponseHeader(answer.header)
      response.id = id
      response.ttl = ttl
      response.grantedTtl = granted
      response.keys = keys.map(\.data)
      return response
    }

    @Sendable private func leases(
      _: WireLeaseLeasesRequest, _ metadata: Metadata
    ) async throws -> WireLeaseLeasesResponse {
      let answer = try await caller.ask(.leases, metadata)
      guard case .leases(let ids) = answer.response else { throw caller.unexpected(answer) }
      var response = WireLeaseLeasesResponse()
      response.header = WireResponseHeader(answer.header)
      response.leases = ids.map { id in
        var status = WireLeaseStatus()
        status.id = id
        return status
      }
      return response
    }
  }
#endif
