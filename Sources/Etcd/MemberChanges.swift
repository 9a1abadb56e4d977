import Basics
import MVCC
import Raft

// Adding, removing and promoting members, and what the server guards against
// (server/etcdserver/server.go, mayAddMember and its like).

extension EtcdServer {
  /// How long members must have been connected before a change that could cost the quorum.
  private static let healthInterval = Span.seconds(5)

  mutating func changeMembers(
    _ request: EtcdRequest, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    switch request {
    case .memberAdd(let asked):
      let member = asked.id == 0 ? named(asked, now) : asked
      try mayAdd(member, now)
      try proposeChange(
        ConfChangeSingle(member.isLearner ? .addLearnerNode : .addNode, member.id), member,
        requester, now)
    case .memberRemove(let id):
      try mayRemove(id, now)
      try proposeChange(ConfChangeSingle(.removeNode, id), nil, requester, now)
    case .memberUpdate(let id, let urls):
      guard let known = state.member(id) else { throw .memberNotFound }
      let changed = ClusterMember(
        id: id, name: known.name, peerURLs: urls, clientURLs: known.clientURLs,
        isLearner: known.isLearner)
      try proposeChange(ConfChangeSingle(.updateNode, id), changed, requester, now)
    case .memberPromote(let id):
      guard isLeader else {
        if case .peer(let peer, let sequence) = requester {
          return send(.leaseNotLeader(sequence: sequence), to: peer, &effects)
        }
        return forward(request, requester, now, &effects)
      }
      try mayPromote(id)
      try proposeChange(ConfChangeSingle(.addNode, id), state.member(id), requester, now)
    default: break
    }
  }

  private mutating func proposeChange(
    _ change: ConfChangeSingle, _ member: ClusterMember?, _ requester: Requester, _ now: Tick
  ) throws(EtcdError) {
    let id = nextID()
    let context = member?.encoded
    try propose(id, .change(.v1(id: id, change, context: context)), requester, now)
  }

  /// The newcomer with the ID that its addresses, the cluster and the time make.
  private func named(_ member: ClusterMember, _ now: Tick) -> ClusterMember {
    let id = ClusterMember.identity(
      peerURLs: member.peerURLs, token: config.clusterToken, seconds: now.microseconds / 1_000_000)
    return ClusterMember(
      id: id, name: member.name, peerURLs: member.peerURLs, clientURLs: member.clientURLs,
      isLearner: member.isLearner)
  }

  private var voters: [ClusterMember] { state.members.filter { !$0.isLearner } }

  private func connected(_ members: [ClusterMember], _ now: Tick) -> Int {
    let since = now - EtcdServer.healthInterval
    return members.count { $0.id == config.id || peers.isConnected($0.id, since: since) }
  }

  /// The newcomer counts as down until it shows up.
  private func mayAdd(_ member: ClusterMember, _ now: Tick) throws(EtcdError) {
    if state.member(member.id) != nil || state.removed.contains(member.id) { throw .memberExists }
    guard config.strictReconfigCheck else { return }
    let voters = self.voters
    if !member.isLearner {
      let started = voters.count { !$0.name.isEmpty }
      let quorum = (voters.count + 1) / 2 + 1
      // A cluster of one may always grow, or it never could.
      if voters.count > 1, started < quorum { throw .memberNotEnoughStarted }
    }
    if state.members.count > 1, connected(voters, now) < (voters.count + 1) / 2 + 1 {
      throw .unhealthy
    }
  }

  private func mayRemove(_ id: UInt64, _ now: Tick) throws(EtcdError) {
    guard let member = state.member(id) else { throw .memberNotFound }
    guard config.strictReconfigCheck, !member.isLearner else { return }
    let voters = self.voters
    let started = voters.count { !$0.name.isEmpty && $0.id != id }
    if started < (voters.count - 1) / 2 + 1 { throw .memberNotEnoughStarted }
    // One that is down is no part of the quorum that works.
    if id != config.id, peers.activeSince(id) == nil { return }
    if connected(voters, now) - 1 < 1 + (voters.count - 1) / 2 { throw .unhealthy }
  }

  /// A learner must have nine tenths of the leader's log.
  private func mayPromote(_ id: UInt64) throws(EtcdError) {
    guard let member = state.member(id) else { throw .memberNotFound }
    guard member.isLearner else { throw .memberNotLearner }
    guard let own = node.progress(of: config.id), let progress = node.progress(of: id) else {
      throw .learnerNotReady
    }
    if progress.match * 10 < own.match * 9 { throw .learnerNotReady }
    guard config.strictReconfigCheck else { return }
    let started = voters.count { !$0.name.isEmpty } + 1
    if started < (voters.count + 1) / 2 + 1 { throw .memberNotEnoughStarted }
  }
}
