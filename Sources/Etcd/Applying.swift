import Basics
import MVCC
import Raft

// Committed entries become state, in order and on every member alike.

extension EtcdServer {
  mutating func apply(
    _ message: Message, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(RaftError) {
    for entry in message.entries where entry.index > state.index {
      switch entry.type {
      case .normal: applyNormal(entry, now, &effects)
      case .confChange, .confChangeV2: try applyChange(entry, &effects)
      }
      state.index = entry.index
      state.term = entry.term
    }
    notifyWatches(now, &effects)
    try node.applied(message)
    snapshotIfNeeded()
  }

  private mutating func notifyWatches(_ now: Tick, _ effects: inout [EtcdEffect]) {
    var answers: [WatchResponse] = []
    hub.notify(state.store, now: now, into: &answers)
    tell(answers, &effects)
  }

  private mutating func applyNormal(
    _ entry: Entry, _ now: Tick, _ effects: inout [EtcdEffect]
  ) {
    if entry.data.isEmpty {
      // A new leader's first entry: everything from before its term is applied now.
      firstCommitInTerm(now)
      if isLeader {
        leaseClock.promote(
          leases: state.store.leases, extend: config.electionTimeout, now: now)
      }
      return
    }
    guard case .boxed(let content) = entry.data, let request = content as? InternalRequest else {
      return
    }
    let response = apply(request, now, &effects)
    guard isOwn(request.id) else { return }
    if publishID == request.id { publishID = nil }
    guard let waiter = proposals.removeValue(forKey: request.id) else { return }
    answer(waiter.requester, response, &effects)
  }

  private mutating func apply(
    _ request: InternalRequest, _ now: Tick, _ effects: inout [EtcdEffect]
  ) -> EtcdResponse {
    if !state.alarms.isEmpty, state.has(.noSpace), request.operation.takesSpace {
      return .failure(.noSpace)
    }
    if !state.alarms.isEmpty, state.has(.corrupt), request.operation.touchesStore {
      return .failure(.corrupt)
    }
    do throws(EtcdError) {
      let operation: InternalRequest.Operation
      switch request.content {
      case .guardedPut(let put): return .txn(try state.store.guardedPut(put))
      case .other(let other): operation = other
      }
      switch operation {
      case .put(let put): return .put(try state.store.put(put))
      case .deleteRange(let delete): return .deleteRange(state.store.deleteRange(delete))
      case .txn(let txn): return .txn(try state.store.txn(txn))
      case .compact(let revision):
        // Watches must hear of what is applied before it is forgotten.
        notifyWatches(now, &effects)
        try state.store.compact(
          config.plantedBug == .compactsOneTooFar
            ? min(revision + 1, state.store.revision) : revision)
        effects.append(.note(.compacted(revision: revision)))
        return .compact(revision: state.store.revision)
      case .leaseGrant(let id, let ttl):
        let lease = try state.store.leaseGrant(
          id: id, ttl: ttl, minimumTTL: config.minimumLeaseTTL)
        leaseClock.renew(id, ttl: lease.grantedTTL, now: now)
        return .leaseGrant(id: id, ttl: lease.grantedTTL)
      case .leaseRevoke(let id):
        try state.store.leaseRevoke(id: id)
        leaseClock.remove(id)
        return .leaseRevoke(revision: state.store.revision)
      case .memberAttributes(let member):
        if var known = state.member(member.id) {
          known.name = member.name
          known.clientURLs = member.clientURLs
          state.set(known)
        }
        return .members(state.members)
      case .alarm(let alarm, let isRaised):
        guard isRaised else {
          let disarmed = state.alarms.filter {
            $0.kind == alarm.kind && (alarm.memberID == 0 || $0.memberID == alarm.memberID)
          }
          state.alarms.removeAll { disarmed.contains($0) }
          return .alarms(disarmed)
        }
        if !state.alarms.contains(alarm) {
          state.alarms.append(alarm)
          effects.append(.note(.alarmRaised(alarm)))
        }
        return .alarms([alarm])
      }
    } catch {
      return .failure(error)
    }
  }

  // MARK: Membership

  private mutating func applyChange(
    _ entry: Entry, _ effects: inout [EtcdEffect]
  ) throws(RaftError) {
    guard let change = try ConfChange(entry), case .v1(let id, let single, let context) = change
    else { return }
    let member = ClusterMember(id: single.nodeID, encoded: context)
    let waiter = isOwn(id) ? proposals.removeValue(forKey: id) : nil
    if let refusal = refusal(of: single, member) {
      if let waiter { answer(waiter.requester, .failure(refusal), &effects) }
      return
    }
    state.confState = try node.applyConfChange(change)
    adopt(single, member, &effects)
    if let waiter { answer(waiter.requester, .members(state.members), &effects) }
    if single.type == .removeNode, single.nodeID == config.id {
      fail("the member has been permanently removed from the cluster", &effects)
    }
  }

  /// Why a change of membership is not carried out, on any member
  /// (api/membership/cluster.go, ValidateConfigurationChange).
  private func refusal(of change: ConfChangeSingle, _ member: ClusterMember) -> EtcdError? {
    let known = state.member(change.nodeID)
    if state.removed.contains(change.nodeID) { return .memberNotFound }
    switch change.type {
    case .addNode, .addLearnerNode:
      if let known {
        // Adding a learner as a voter is its promotion.
        return known.isLearner && change.type == .addNode ? nil : .memberExists
      }
      let taken = state.members.contains { $0.peerURLs.contains(where: member.peerURLs.contains) }
      if taken { return .peerURLExists }
      if change.type == .addLearnerNode, state.members.contains(where: \.isLearner) {
        return .tooManyLearners
      }
      return nil
    case .removeNode: return known == nil ? .memberNotFound : nil
    case .updateNode:
      if known == nil { return .memberNotFound }
      let others = state.members.filter { $0.id != change.nodeID }
      return others.contains { $0.peerURLs.contains(where: member.peerURLs.contains) }
        ? .peerURLExists : nil
    }
  }

  private mutating func adopt(
    _ change: ConfChangeSingle, _ member: ClusterMember, _ effects: inout [EtcdEffect]
  ) {
    switch change.type {
    case .addNode, .addLearnerNode:
      if var known = state.member(change.nodeID) {
        known.isLearner = false
        state.set(known)
        effects.append(.note(.memberPromoted(change.nodeID)))
      } else {
        state.set(member)
        if change.nodeID != config.id { peers.add(change.nodeID) }
        // The founders' additions are no news.
        if node.committed > UInt64(state.members.count) {
          effects.append(.note(.memberAdded(member)))
        }
      }
    case .removeNode:
      state.members.removeAll { $0.id == change.nodeID }
      state.removed.append(change.nodeID)
      peers.remove(change.nodeID)
      effects.append(.note(.memberRemoved(change.nodeID)))
    case .updateNode:
      if var known = state.member(change.nodeID) {
        known.peerURLs = member.peerURLs
        state.set(known)
      }
    }
  }
}
