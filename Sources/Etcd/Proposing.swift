import Basics
import MVCC
import Raft

/// Who is to be answered.
enum Requester: Sendable {
  case client(token: UInt64, requestID: UInt64)
  case peer(UInt64, UInt64)
  case nobody
}

struct ProposalWaiter: Sendable {
  let requester: Requester
  let since: Tick
}

enum Proposal: Sendable {
  case normal(Blob)
  case change(ConfChange)
}

// Every change goes through the log; the answer comes when the entry is applied here.

extension EtcdServer {
  /// Applied entries may lag this far behind committed ones before proposals are refused
  /// (server/etcdserver/v3_server.go).
  private static let maximumGap: UInt64 = 5000

  mutating func receive(
    _ request: EtcdRequest, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) {
    do throws(EtcdError) {
      try dispatch(request, requester, now, &effects)
    } catch {
      answer(requester, .failure(error), &effects)
    }
  }

  private mutating func dispatch(
    _ request: EtcdRequest, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    if isStopping { throw .stopped }
    if holds(request, requester, now) { return }
    if node.isLearner, !request.isServedByLearner { throw .notSupportedForLearner }
    switch request {
    case .range(let range):
      try range.validate()
      try read(request, isSerializable: range.serializable, requester, now, &effects)
    case .put(let put):
      try put.validate()
      try propose(.put(put), requester, now, &effects)
    case .deleteRange(let delete):
      try delete.validate()
      try propose(.deleteRange(delete), requester, now, &effects)
    case .txn(let txn):
      try txn.validate(maximumOperations: config.maximumTxnOps)
      if txn.isReadOnly {
        try read(request, isSerializable: txn.isSerializable, requester, now, &effects)
      } else {
        try propose(.txn(txn), requester, now, &effects)
      }
    case .compact(let revision):
      try propose(.compact(revision: revision), requester, now, &effects)
    case .leaseGrant(let id, let ttl):
      let chosen = id == 0 ? Int64(nextID() & 0x7FFF_FFFF_FFFF_FFFF) : id
      try propose(.leaseGrant(id: chosen, ttl: ttl), requester, now, &effects)
    case .leaseRevoke(let id):
      try propose(.leaseRevoke(id: id), requester, now, &effects)
    case .leaseKeepAlive, .leaseTimeToLive: leaseRequest(request, requester, now, &effects)
    case .leases: answer(requester, .leases(Array(state.store.leases.keys)), &effects)
    case .watchCreate, .watchCancel, .watchProgress:
      try watch(request, requester, now, &effects)
    case .status: answer(requester, .status(status), &effects)
    case .memberList(let linearizable):
      try read(request, isSerializable: !linearizable, requester, now, &effects)
    case .memberAdd, .memberRemove, .memberPromote, .memberUpdate:
      try changeMembers(request, requester, now, &effects)
    case .moveLeader(let target): try moveLeader(to: target, requester, now, &effects)
    case .hashKV(let revision):
      answer(requester, .hashKV(try state.store.hashKV(revision: revision)), &effects)
    case .defragment: defragment(requester, now)
    case .alarmList: answer(requester, .alarms(state.alarms), &effects)
    case .alarmActivate(let alarm):
      try propose(.alarm(alarm, isRaised: true), requester, now, &effects)
    case .alarmDeactivate(let alarm):
      try propose(.alarm(alarm, isRaised: false), requester, now, &effects)
    case .alarmDisarm: try disarmAll(requester, now, &effects)
    case .snapshot: answer(requester, .snapshot(state), &effects)
    }
  }

  func answer(
    _ requester: Requester, _ response: EtcdResponse, _ effects: inout [EtcdEffect]
  ) {
    switch requester {
    case .client(let token, let requestID):
      effects.append(.respond(token: token, requestID: requestID, response))
    case .peer(let peer, let sequence):
      let message = PeerMessage(
        from: config.id, .leaseAnswer(sequence: sequence, response))
      effects.append(.send(to: peer, message))
    case .nobody: break
    }
  }

  // MARK: Proposing

  mutating func propose(
    _ operation: InternalRequest.Operation, _ requester: Requester, _ now: Tick,
    _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    guard node.committed <= state.index + EtcdServer.maximumGap else { throw .tooManyRequests }
    let request = InternalRequest(id: nextID(), operation)
    guard request.byteCount <= config.maximumRequestBytes else { throw .requestTooLarge }
    if operation.takesSpace, state.store.size + request.byteCount > config.quotaBackendBytes {
      raiseNoSpace()
      throw .noSpace
    }
    try propose(request.id, .normal(.boxed(request)), requester, now)
  }

  /// Hands a proposal to Raft; one made while nobody leads waits for a leader.
  mutating func propose(
    _ id: UInt64, _ proposal: Proposal, _ requester: Requester, _ now: Tick
  ) throws(EtcdError) {
    do throws(RaftError) {
      try hand(proposal)
    } catch {
      guard case .proposalDropped(.noLeader) = error else { throw .proposalDropped }
      held.append((id, proposal))
    }
    proposals[id] = ProposalWaiter(requester: requester, since: now)
  }

  private mutating func hand(_ proposal: Proposal) throws(RaftError) {
    switch proposal {
    case .normal(let data): try node.propose(data)
    case .change(let change): try node.proposeConfChange(change)
    }
  }

  /// There is a leader again.
  mutating func proposeHeld(_ effects: inout [EtcdEffect]) {
    guard !held.isEmpty else { return }
    let queue = held
    held = []
    for (id, proposal) in queue {
      guard proposals.contains(id) || publishID == id else { continue }
      do throws(RaftError) {
        try hand(proposal)
      } catch {
        if case .proposalDropped(.noLeader) = error {
          held.append((id, proposal))
        } else if let waiter = proposals.removeValue(forKey: id) {
          answer(waiter.requester, .failure(.proposalDropped), &effects)
        }
      }
    }
  }

  /// One proposal a kind of alarm; the last one is answered.
  private mutating func disarmAll(
    _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    let kinds = [Alarm.Kind.noSpace, .corrupt].filter { state.has($0) }
    guard let last = kinds.last else { return answer(requester, .alarms([]), &effects) }
    for kind in kinds {
      try propose(
        .alarm(Alarm(memberID: 0, kind: kind), isRaised: false),
        kind == last ? requester : .nobody, now, &effects)
    }
  }

  /// Proposes the cluster-wide alarm; nobody waits for it.
  private mutating func raiseNoSpace() {
    guard !state.has(.noSpace) else { return }
    let alarm = Alarm(memberID: config.id, kind: .noSpace)
    let request = InternalRequest(id: nextID(), .alarm(alarm, isRaised: true))
    try? node.propose(.boxed(request))
  }

  /// Tells the cluster this member's name and address, until the cluster knows.
  mutating func publish(_ now: Tick) {
    guard publishID == nil, leader != Message.nobody, let known = state.member(config.id),
      known.name != config.name || known.clientURLs != config.clientURLs
    else { return }
    var member = known
    member.name = config.name
    member.clientURLs = config.clientURLs
    let request = InternalRequest(id: nextID(), .memberAttributes(member))
    do throws(EtcdError) {
      try propose(request.id, .normal(.boxed(request)), .nobody, now)
      publishID = request.id
    } catch {
      // Tried again at the next tick.
    }
  }

  // MARK: Time-outs

  mutating func expireRequests(_ now: Tick, _ effects: inout [EtcdEffect]) {
    while let (id, waiter) = proposals.first, now - waiter.since >= config.requestTimeout {
      proposals.removeValue(forKey: id)
      held.removeAll { $0.id == id }
      if publishID == id { publishID = nil }
      guard case .nobody = waiter.requester else {
        let error = timeoutReason(since: waiter.since)
        effects.append(.note(.requestTimedOut(error)))
        answer(waiter.requester, .failure(error), &effects)
        continue
      }
    }
  }

  /// What a proposal's time-out is put down to (server/etcdserver/server.go, parseProposeCtxErr).
  private func timeoutReason(since start: Tick) -> EtcdError {
    if let electedAt, start > electedAt - config.electionTimeout * 2, start < electedAt {
      return .timeoutDueToLeaderFail
    }
    if leader == config.id {
      let voters = state.members.filter { !$0.isLearner }
      let connected = voters.count {
        $0.id == config.id || peers.isConnected($0.id, since: start)
      }
      if connected < voters.count / 2 + 1 { return .timeoutDueToConnectionLost }
    } else if leader != Message.nobody, !peers.isConnected(leader, since: start) {
      return .timeoutDueToConnectionLost
    }
    return .timeout
  }
}

extension EtcdRequest {
  /// A learner answers only what it can by itself.
  fileprivate var isServedByLearner: Bool {
    switch self {
    case .range(let range): range.serializable
    case .status, .defragment, .hashKV, .watchCancel, .alarmList, .snapshot: true
    case .memberList(let linearizable): !linearizable
    default: false
    }
  }
}
