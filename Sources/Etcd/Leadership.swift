import Basics
import MVCC
import Raft

struct LeaderTransfer: Sendable {
  let requester: Requester
  let to: UInt64
  let since: Tick
}

// Handing leadership over, when a client asks for it and when the process is stopped
// (server/etcdserver/server.go, MoveLeader and TryTransferLeadershipOnShutdown).

extension EtcdServer {
  mutating func moveLeader(
    to target: UInt64, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    guard isLeader else { throw .notLeader }
    guard let member = state.member(target), !member.isLearner else { throw .badLeaderTransferee }
    if target == config.id { return answer(requester, .leaderMoved, &effects) }
    node.transferLeadership(to: target)
    transfer = LeaderTransfer(requester: requester, to: target, since: now)
  }

  /// Looked at each tick, as etcd polls.
  mutating func watchTransfer(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard let transfer else { return }
    if leader == transfer.to {
      self.transfer = nil
      answer(transfer.requester, .leaderMoved, &effects)
    } else if now - transfer.since >= config.requestTimeout {
      self.transfer = nil
      answer(transfer.requester, .failure(.timeoutLeaderTransfer), &effects)
    } else {
      return
    }
    if isStopping { end(&effects) }
  }

  /// The voter heard from for the longest time without a break.
  var transferTarget: UInt64? {
    guard isLeader else { return nil }
    let others = state.members.filter { !$0.isLearner && $0.id != config.id }
    return peers.longestConnected(others.map(\.id))
  }

  mutating func stop(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard !isStopping else { return }
    isStopping = true
    guard let target = transferTarget else { return end(&effects) }
    node.transferLeadership(to: target)
    transfer = LeaderTransfer(requester: .nobody, to: target, since: now)
  }

  /// Whoever still waits is told, and the process is over.
  private mutating func end(_ effects: inout [EtcdEffect]) {
    for waiter in proposals.values { answer(waiter.requester, .failure(.stopped), &effects) }
    let reads = readQueue + (readRound?.waiters ?? [])
    for waiter in reads { answer(waiter.requester, .failure(.stopped), &effects) }
    hasEnded = true
    effects.append(.stopped)
  }
}
