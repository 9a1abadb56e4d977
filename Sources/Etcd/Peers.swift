import Basics
import Raft

/// When the other members were heard from.
struct PeerTable: Sendable {
  private struct Peer: Sendable {
    let id: UInt64
    /// Heard from without a break since; nil while silent.
    var activeSince: Tick?
    var lastHeard = Tick.zero
  }

  private var peers: [Peer] = []
  /// Silence after which a stream counts as broken (rafthttp, ConnReadTimeout).
  static let timeout = Span.seconds(5)

  init(_ ids: [UInt64]) { peers = ids.sorted().map { Peer(id: $0) } }

  var ids: [UInt64] { peers.map(\.id) }
  var activeCount: Int { peers.count { $0.activeSince != nil } }

  mutating func heard(_ id: UInt64, _ now: Tick) {
    guard let i = peers.firstIndex(where: { $0.id == id }) else { return }
    peers[i].lastHeard = now
    if peers[i].activeSince == nil { peers[i].activeSince = now }
  }

  mutating func lost(_ id: UInt64) {
    guard let i = peers.firstIndex(where: { $0.id == id }) else { return }
    peers[i].activeSince = nil
  }

  mutating func expire(_ now: Tick) {
    for i in peers.indices where now - peers[i].lastHeard > PeerTable.timeout {
      peers[i].activeSince = nil
    }
  }

  mutating func add(_ id: UInt64) {
    guard !peers.contains(where: { $0.id == id }) else { return }
    peers.append(Peer(id: id))
    peers.sort { $0.id < $1.id }
  }

  mutating func remove(_ id: UInt64) { peers.removeAll { $0.id == id } }

  func activeSince(_ id: UInt64) -> Tick? { peers.first { $0.id == id }?.activeSince }

  /// Whether `id` has been heard from without a break since before `start`.
  func isConnected(_ id: UInt64, since start: Tick) -> Bool {
    activeSince(id).map { $0 < start } ?? false
  }

  /// Of `ids` the one heard from for the longest time.
  func longestConnected(_ ids: [UInt64]) -> UInt64? {
    peers.filter { ids.contains($0.id) && $0.activeSince != nil }
      .min { ($0.activeSince ?? .zero, $0.id) < ($1.activeSince ?? .zero, $1.id) }?.id
  }
}

extension PeerTable: Digestible {
  func digest(into digest: inout Digest) {
    for peer in peers {
      digest.combine(peer.id)
      digest.combine(peer.lastHeard)
      digest.combine(peer.activeSince ?? .distantFuture)
    }
  }
}

extension EtcdServer {
  /// The streams' own heartbeats, three in the time after which silence is a break.
  private static let pingTicks: UInt64 = 16
  /// How long a member waits for its peers to answer before it gives up on a fast election.
  private static let adjustTicks: UInt64 = 50

  mutating func keepPeers(_ now: Tick, _ effects: inout [EtcdEffect]) {
    peers.expire(now)
    let isStarting = !hasAdvancedElection && ticks <= EtcdServer.adjustTicks
    guard isStarting || ticks % EtcdServer.pingTicks == 0 else { return }
    for peer in peers.ids { send(.ping, to: peer, &effects) }
  }

  mutating func lost(_ peer: UInt64, _ effects: inout [EtcdEffect]) {
    peers.lost(peer)
    node.reportUnreachable(peer)
    guard let i = outgoingSnapshots.firstIndex(where: { $0.to == peer }) else { return }
    outgoingSnapshots.remove(at: i)
    node.reportSnapshot(peer, failed: true)
    effects.append(.note(.snapshotSendFailed(to: peer)))
  }

  /// Once several peers answer after a start, nearly a whole election time-out is skipped: a leader
  /// that lives would have been heard of.
  mutating func advanceElectionIfConnected(_ effects: inout [EtcdEffect]) {
    guard !hasAdvancedElection, ticks <= EtcdServer.adjustTicks, peers.activeCount > 1 else {
      return
    }
    advanceElection(by: config.electionTicks - 2, &effects)
  }

  mutating func advanceElection(by ticks: Int, _ effects: inout [EtcdEffect]) {
    hasAdvancedElection = true
    for _ in 0..<ticks { node.tick() }
    effects.append(.note(.fastForwardedElection(ticks: ticks)))
  }
}
