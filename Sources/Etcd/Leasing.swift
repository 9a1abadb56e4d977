import Basics
import MVCC
import Raft

/// A request that only the leader can answer, passed to it outside of Raft.
struct Forwarded: Sendable {
  let requester: Requester
  let request: EtcdRequest
  let since: Tick
  /// When it was sent last; nil to send it at the next tick.
  var sentAt: Tick?
}

// Leases are granted and revoked through the log. Renewing one is not: the leader alone counts
// time, and a new leader grants every lease its whole TTL again.

extension EtcdServer {
  private static let forwardRetry = Span.milliseconds(500)

  mutating func leaseRequest(
    _ request: EtcdRequest, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) {
    if isLeader, leaseClock.isPrimary {
      return answer(requester, leaseAnswer(request, now), &effects)
    }
    if case .peer(let peer, let sequence) = requester {
      return send(.leaseNotLeader(sequence: sequence), to: peer, &effects)
    }
    forward(request, requester, now, &effects)
  }

  private mutating func leaseAnswer(_ request: EtcdRequest, _ now: Tick) -> EtcdResponse {
    switch request {
    case .leaseKeepAlive(let id):
      guard let lease = state.store.leases[id],
        let remaining = leaseClock.remaining(id, now: now), remaining > .zero
      else {
        // An expired lease is on its way out: etcd waits for that, and then says the same.
        return .leaseKeepAlive(id: id, ttl: 0)
      }
      leaseClock.renew(id, ttl: lease.grantedTTL, now: now)
      return .leaseKeepAlive(id: id, ttl: lease.grantedTTL)
    case .leaseTimeToLive(let id, let keys):
      guard let lease = state.store.leases[id],
        let remaining = leaseClock.remaining(id, now: now)
      else { return .leaseTimeToLive(id: id, ttl: -1, grantedTTL: 0, keys: []) }
      return .leaseTimeToLive(
        id: id, ttl: Int64(remaining.wholeSeconds), grantedTTL: lease.grantedTTL,
        keys: keys ? Array(lease.keys.keys) : [])
    default: preconditionFailure("\(request) is not the lessor's")
    }
  }

  mutating func forward(
    _ request: EtcdRequest, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) {
    let sequence = nextID()
    forwarded[sequence] = Forwarded(requester: requester, request: request, since: now)
    pass(sequence, now, &effects)
  }

  private mutating func pass(_ sequence: UInt64, _ now: Tick, _ effects: inout [EtcdEffect]) {
    guard let item = forwarded[sequence], leader != Message.nobody else { return }
    if leader == config.id {
      guard leaseClock.isPrimary else { return }
      forwarded[sequence] = nil
      return receive(item.request, item.requester, now, &effects)
    }
    forwarded.modify(sequence) { $0.sentAt = now }
    switch item.request {
    case .leaseKeepAlive(let id):
      send(.leaseRenew(sequence: sequence, lease: id), to: leader, &effects)
    case .leaseTimeToLive(let id, let keys):
      send(.leaseTimeToLive(sequence: sequence, lease: id, keys: keys), to: leader, &effects)
    case .memberPromote(let id):
      send(.promote(sequence: sequence, member: id), to: leader, &effects)
    default: preconditionFailure("\(item.request) is not passed on")
    }
  }

  mutating func retryForwarded(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard !forwarded.isEmpty else { return }
    for (sequence, item) in forwarded {
      if now - item.since >= config.requestTimeout {
        forwarded[sequence] = nil
        let error = leader == Message.nobody ? EtcdError.noLeader : .timeout
        answer(item.requester, .failure(error), &effects)
      } else if item.sentAt.map({ now - $0 >= EtcdServer.forwardRetry }) ?? true {
        pass(sequence, now, &effects)
      }
    }
  }

  /// The leader revokes what has run out, through the log like everything else.
  mutating func expireLeases(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard isLeader, leaseClock.isPrimary else { return }
    for id in leaseClock.expired(now: now) {
      effects.append(.note(.leaseExpired(id: id)))
      let request = InternalRequest(id: nextID(), .leaseRevoke(id: id))
      // Where it fails, the lease is reported again in three seconds.
      try? node.propose(.boxed(request))
    }
  }
}
