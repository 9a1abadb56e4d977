#if Doors
  import Etcd
  import GRPCCore
  import MVCC

  /// `etcdserverpb.Cluster`: the members.
  struct ClusterService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.cluster, "MemberAdd", add)
      router.unary(ServiceName.cluster, "MemberRemove", remove)
      router.unary(ServiceName.cluster, "MemberUpdate", update)
      router.unary(ServiceName.cluster, "MemberList", list)
      router.unary(ServiceName.cluster, "MemberPromote", promote)
    }

    private func members(_ answer: Answer) throws -> [ClusterMember] {
      guard case .members(let members) = answer.response else { throw caller.unexpected(answer) }
      return members
    }

    private func wire(_ members: [ClusterMember]) -> [WireMember] {
      let doors = caller.addresses.byMember
      return members.map { WireMember($0, doors: doors) }
    }

    /// The headers of this service tell no revision.
    private func header(_ answer: Answer) -> WireResponseHeader {
      WireResponseHeader(answer.header, revision: 0)
    }

    @Sendable private func add(
      _ request: WireMemberAddRequest, _ metadata: Metadata
    ) async throws -> WireMemberAddResponse {
      guard !request.peerUrls.isEmpty, request.peerUrls.allSatisfy(\.isPeerURL) else {
        throw EtcdError.memberBadURLs
      }
      // ID 0: the member makes one, of the addresses and the time.
      let member = ClusterMember(
        id: 0, peerURLs: request.peerUrls, isLearner: request.isLearner)
      let answer = try await caller.ask(.memberAdd(member), metadata)
      let after = try members(answer)
      var response = WireMemberAddResponse()
      response.header = header(answer)
      // Two members never have an address in common.
      if let added = after.first(where: { $0.peerURLs == request.peerUrls }) {
        response.member = WireMember(added, doors: [:])
      }
      response.members = wire(after)
      return response
    }

    @Sendable private func remove(
      _ request: WireMemberRemoveRequest, _ metadata: Metadata
    ) async throws -> WireMemberRemoveResponse {
      let answer = try await caller.ask(.memberRemove(id: request.id), metadata)
      var response = WireMemberRemoveResponse()
      response.header = header(answer)
      response.members = wire(try members(answer))
      return response
    }

    @Sendable private func update(
      _ request: WireMemberUpdateRequest, _ metadata: Metadata
    ) async throws -> WireMemberUpdateResponse {
      let answer = try await caller.ask(
        .memberUpdate(id: request.id, peerURLs: request.peerUrls), metadata)
      var response = WireMemberUpdateResponse()
      response.header = header(answer)
      response.members = wire(try members(answer))
      return response
    }

    @Sendable private func list(
      _ request: WireMemberListRequest, _ metadata: Metadata
    ) async throws -> WireMemberListResponse {
      let answer = try await caller.ask(
        .memberList(linearizable: request.linearizable), metadata)
      var response = WireMemberListResponse()
      response.header = header(answer)
      response.members = wire(try members(answer))
      return response
    }

    @Sendable private func promote(
      _ request: WireMemberPromoteRequest, _ metadata: Metadata
    ) async throws -> WireMemberPromoteResponse {
      let answer = try await caller.ask(.memberPromote(id: request.id), metadata)
      var response = WireMemberPromoteResponse()
      response.header = header(answer)
      response.members = wire(try members(answer))
      return response
    }
  }

  extension EtcdError {
    static let memberBadURLs = EtcdError(
      .invalidArgument, "etcdserver: given member URLs are invalid")
  }

  extension String {
    /// What etcd takes for an address of a peer: scheme, host and port, and no path.
    fileprivate var isPeerURL: Bool {
      guard let colon = firstRange(of: "://") else { return false }
      let scheme = self[..<colon.lowerBound]
      let rest = self[colon.upperBound...]
      guard scheme == "http" || scheme == "https", !rest.contains("/") else { return false }
      guard let port = rest.lastIndex(of: ":") else { return false }
      return port > rest.startIndex && UInt16(rest[rest.index(after: port)...]) != nil
    }
  }
#endif
