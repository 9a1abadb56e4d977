#if Doors
  import Etcd
  import GRPCCore
  import MVCC

  /// `etcdserverpb.Maintenance`: looking after a member. `Downgrade` is not offered.
  struct MaintenanceService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.maintenance, "Alarm", alarm)
      router.unary(ServiceName.maintenance, "Status", status)
      router.unary(ServiceName.maintenance, "Defragment", defragment)
      router.unary(ServiceName.maintenance, "HashKV", hashKV)
      router.unary(ServiceName.maintenance, "MoveLeader", moveLeader)
    }

    @Sendable private func alarm(
      _ request: WireAlarmRequest, _ metadata: Metadata
    ) async throws -> WireAlarmResponse {
      let question: EtcdRequest
      switch (request.action, Alarm.Kind(rawValue: request.alarm.rawValue)) {
      case (.get, _): question = .alarmList
      case (.activate, let kind?):
        question = .alarmActivate(Alarm(memberID: request.memberID, kind: kind))
      case (.deactivate, let kind?):
        question = .alarmDeactivate(Alarm(memberID: request.memberID, kind: kind))
      case (.activate, nil), (.deactivate, nil), (.UNRECOGNIZED, _):
        // No alarm is neither raised nor disarmed.
        return WireAlarmResponse()
      }
      let answer = try await caller.ask(question, metadata)
      guard case .alarms(let alarms) = answer.response else { throw caller.unexpected(answer) }
      var response = WireAlarmResponse()
      response.header = WireResponseHeader(answer.header)
      let wanted = request.alarm
      response.alarms = alarms.map(WireAlarmMember.init)
        .filter { wanted == .none || $0.alarm == wanted }
      return response
    }

    @Sendable private func status(
      _: WireStatusRequest, _ metadata: Metadata
    ) async throws -> WireStatusResponse {
      let answer = try await caller.ask(.status, metadata)
      guard case .status(let status) = answer.response else { throw caller.unexpected(answer) }
      var response = WireStatusResponse()
      response.header = WireResponseHeader(answer.header, revision: status.revision)
      response.version = status.version
      response.dbSize = Int64(status.dbSize)
      response.leader = status.leader
      response.raftIndex = status.raftIndex
      response.raftTerm = status.raftTerm
      response.raftAppliedIndex = status.raftAppliedIndex
      response.errors = status.errors
      response.dbSizeInUse = Int64(status.dbSizeInUse)
      response.isLearner = status.isLearner
      // The storage's version is the cluster's: major and minor, and no patch.
      response.storageVersion =
        status.version.split(separator: ".").prefix(2).joined(separator: ".") + ".0"
      response.dbSizeQuota = Int64(status.dbSizeQuota)
      response.downgradeInfo = WireDowngradeInfo()
      return response
    }

    /// Its answer has no header.
    @Sendable private func defragment(
      _: WireDefragmentRequest, _ metadata: Metadata
    ) async throws -> WireDefragmentResponse {
      let answer = try await caller.ask(.defragment, metadata)
      guard case .defragmented = answer.response else { throw caller.unexpected(answer) }
      return WireDefragmentResponse()
    }

    @Sendable private func hashKV(
      _ request: WireHashKVRequest, _ metadata: Metadata
    ) async throws -> WireHashKVResponse {
      let answer = try await caller.ask(.hashKV(revision: request.revision), metadata)
      guard case .hashKV(let hash) = answer.response else { throw caller.unexpected(answer) }
      var response = WireHashKVResponse()
      response.header = WireResponseHeader(answer.header)
      response.hash = hash.hash
      response.compactRevision = hash.compactRevision
      response.hashRevision = hash.revision
      return response
    }

    /// Its answer has no header.
    @Sendable private func moveLeader(
      _ request: WireMoveLeaderRequest, _ metadata: Metadata
    ) async throws -> WireMoveLeaderResponse {
      let answer = try await caller.ask(.moveLeader(to: request.targetID), metadata)
      guard case .leaderMoved = answer.response else { throw caller.unexpected(answer) }
      return WireMoveLeaderResponse()
    }
  }

  extension WireAlarmMember {
    init(_ alarm: Alarm) {
      self.init()
      memberID = alarm.memberID
      self.alarm = alarm.kind == .noSpace ? .nospace : .corrupt
    }
  }

  /// `etcdserverpb.Auth`, of which only the question whether it is on has an answer: it is off.
  struct AuthService: RegistrableRPCService {
    let caller: Caller

    func registerMethods<Transport>(with router: inout RPCRouter<Transport>) {
      router.unary(ServiceName.auth, "AuthStatus", status)
    }

    @Sendable private func status(
      _: WireAuthStatusRequest, _ metadata: Metadata
    ) async throws -> WireAuthStatusResponse {
      let answer = try await caller.ask(.memberList(linearizable: false), metadata)
      var response = WireAuthStatusResponse()
      response.header = WireResponseHeader(answer.header)
      // As of a cluster in which nobody has ever turned it on.
      response.authRevision = 1
      return response
    }
  }
#endif
