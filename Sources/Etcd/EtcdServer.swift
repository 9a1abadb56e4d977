import Basics
import MVCC
import PersistentCollections
import Raft

/// The running process of a member. Its parts are in files of their own: proposals, reads, applying,
/// persisting, leases, membership.
struct EtcdServer: Sendable {
  let config: EtcdConfig
  var node: RaftNode
  var state: AppliedState
  var hub = WatchHub()
  var leaseClock = LeaseClock()

  // The disk, see Persisting.swift.
  /// Appends whose write is under way, and those that wait for the next.
  var writing: [Message] = []
  var waiting: [Message] = []
  /// Records of the server's own that go with the next write.
  var ownRecords: [WALRecord] = []
  var isWriting = false
  var writeID: UInt64 = 0
  var writeStarted = Tick.zero
  /// A commit index that needs no sync of its own: it goes with the next write.
  var lazyHardState: HardState?
  var lastHardState: HardState
  var marks: WALMarks
  /// The index of the snapshot in the write under way, and the number of its record.
  var snapshotInWrite: (index: UInt64, record: Int)?
  var diskSnapshotIndex: UInt64
  var memorySnapshotIndex: UInt64
  var outgoingSnapshots: [OutgoingSnapshot] = []

  // Requests, see Proposing.swift and Reading.swift.
  private let firstID: UInt64
  private var idCount: UInt64 = 0
  /// Who waits for which proposal to be applied; the oldest first.
  var proposals = PersistentMap<UInt64, ProposalWaiter>()
  /// Proposals made while nobody led.
  var held: [(id: UInt64, proposal: Proposal)] = []
  var readQueue: [ReadWaiter] = []
  var readRound: ReadRound?
  /// Requests passed to the leader outside of Raft.
  var forwarded = PersistentMap<UInt64, Forwarded>()
  var transfer: LeaderTransfer?

  var peers: PeerTable
  /// Who leads as Raft said last; 0 is nobody.
  var leader: UInt64 = 0
  /// When this member last became leader.
  var electedAt: Tick?
  var ticks: UInt64 = 0
  var hasAdvancedElection: Bool
  /// Streams that want to know when there is no leader.
  var leaderStreams = LookupSet<UInt64>()
  var leaderlessChecks = 0
  var publishID: UInt64?
  /// The backend's rebuilding under way.
  var defragmentation: Defragmentation?
  /// The comparison of hashes under way.
  var corruptCheck: CorruptCheck?
  /// Asked to stop: new requests are refused, and leadership is handed over first.
  var isStopping = false
  /// The process is over.
  var hasEnded = false

  init(config: EtcdConfig, disk: DiskContents, now: Tick) throws(RaftError) {
    self.config = config
    var recovered = RecoveredLog(disk.records)
    if recovered.isFresh, !config.joinsExisting { recovered.found(config.initialCluster) }

    if case .boxed(let content) = recovered.snapshot.data, let box = content as? StateBox {
      state = box.state
    } else {
      state = AppliedState()
    }
    let storage = try MemoryStorage(
      snapshot: Snapshot(
        index: recovered.snapshot.index, term: recovered.snapshot.term,
        confState: recovered.snapshot.confState),
      hardState: recovered.hardState, entries: recovered.entries)
    var raft = RaftConfig(
      id: config.id, electionTicks: config.electionTicks, heartbeatTicks: config.heartbeatTicks,
      prng: PRNG(seed: config.seed, stream: config.id ^ (now.microseconds << 16)))
    raft.applied = state.index
    raft.asyncStorageWrites = true
    // 1 MiB a message, 512 under way (server/etcdserver/raft.go).
    raft.maxSizePerMessage = 1 << 20
    raft.maxInflightMessages = 512
    raft.checkQuorum = true
    raft.preVote = config.preVote
    if case .raft(let bug)? = config.plantedBug { raft.plantedBug = bug }
    node = try RaftNode(config: raft, storage: storage)

    lastHardState = recovered.hardState
    diskSnapshotIndex = recovered.snapshot.index
    memorySnapshotIndex = recovered.snapshot.index
    marks = WALMarks(
      nextRecord: disk.firstRecord + disk.records.count, lastIndex: storage.lastIndex)
    if recovered.isFresh {
      ownRecords = [.metadata(memberID: config.id, clusterID: config.clusterID)]
      ownRecords += recovered.entries.map { .entry($0) }
      if !recovered.hardState.isEmpty { ownRecords.append(.hardState(recovered.hardState)) }
    }
    // As etcd's idutil: the member, the time of its start in milliseconds, a counter.
    let milliseconds = (now.microseconds / 1000) & 0xFF_FFFF_FFFF
    firstID = (config.id & 0xFFFF) << 48 | milliseconds << 8
    peers = PeerTable(config.initialCluster.map(\.id).filter { $0 != config.id })
    for member in state.members where member.id != config.id { peers.add(member.id) }
    hasAdvancedElection = !config.initialElectionTickAdvance
  }

  /// A number no other request of the cluster has, growing on this member.
  mutating func nextID() -> UInt64 {
    idCount += 1
    return firstID + idCount
  }

  /// Whether this member made the request's number since it started.
  func isOwn(_ id: UInt64) -> Bool { id > firstID && id <= firstID + idCount }

  var isLeader: Bool { node.role == .leader }

  // MARK: The door

  mutating func boot(_ now: Tick, _ effects: inout [EtcdEffect]) {
    effects.append(
      .note(
        .started(
          term: node.term, snapshotIndex: diskSnapshotIndex, commit: node.committed,
          lastIndex: node.lastIndex)))
    effects.append(.arm(after: config.tick))
    for peer in peers.ids { send(.ping, to: peer, &effects) }
    if config.initialCorruptCheck, !state.members.isEmpty { askHashes(isInitial: true, &effects) }
    pump(now, &effects)
    // A member alone waits for nobody (server/etcdserver/server.go, adjustTicks).
    if state.members.count == 1, !hasAdvancedElection {
      advanceElection(by: config.electionTicks - 1, &effects)
      pump(now, &effects)
    }
  }

  mutating func step(_ event: EtcdEvent, _ now: Tick, _ effects: inout [EtcdEffect]) {
    do throws(RaftError) {
      switch event {
      case .start: break
      case .tick: tick(now, &effects)
      case .peerMessage(let message): try receive(message, now, &effects)
      case .peerUnreachable(let peer): lost(peer, &effects)
      case .diskDone(let id): try persisted(id, now, &effects)
      case .diskFailed(let id) where id == writeID:
        fail("failed to save Raft hard state and entries", &effects)
      case .diskFailed: break
      case .client(let token, let requestID, let request):
        receive(request, Requester.client(token: token, requestID: requestID), now, &effects)
      case .stop: stop(now, &effects)
      case .disconnected(let token):
        hub.removeStream(token)
        leaderStreams.remove(token)
      }
    } catch {
      if error.isFatal { fail(error.description, &effects) }
    }
    pump(now, &effects)
  }

  mutating func fail(_ reason: String, _ effects: inout [EtcdEffect]) {
    hasEnded = true
    effects.append(.exit(reason))
  }

  private mutating func tick(_ now: Tick, _ effects: inout [EtcdEffect]) {
    effects.append(.arm(after: config.tick))
    ticks += 1
    node.tick()
    keepPeers(now, &effects)
    expireRequests(now, &effects)
    retryReads(now, &effects)
    retryForwarded(now, &effects)
    watchTransfer(now, &effects)
    watchSnapshots(now, &effects)
    publish(now)
    if ticks % UInt64(config.electionTicks) == 0 { checkLeaderStreams(&effects) }
    if ticks % 5 == 0 { expireLeases(now, &effects) }
    checkCorruption(&effects)

    var answers: [WatchResponse] = []
    hub.resync(state.store, now: now, into: &answers)
    if config.plantedBug == .watchGap { answers = answers.map(\.withoutLast) }
    if ticks % 10 == 0 { hub.progress(state.store, now: now, into: &answers) }
    tell(answers, &effects)
  }

  private mutating func receive(
    _ message: PeerMessage, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(RaftError) {
    guard !state.removed.contains(message.from) else { return }
    peers.heard(message.from, now)
    advanceElectionIfConnected(&effects)
    switch message.content {
    case .raft(let raft): try node.step(raft)
    case .ping: send(.pong, to: message.from, &effects)
    case .pong: break
    case .leaseRenew(let sequence, let lease):
      receive(.leaseKeepAlive(id: lease), .peer(message.from, sequence), now, &effects)
    case .leaseTimeToLive(let sequence, let lease, let keys):
      receive(
        .leaseTimeToLive(id: lease, keys: keys), .peer(message.from, sequence), now, &effects)
    case .promote(let sequence, let member):
      receive(.memberPromote(id: member), .peer(message.from, sequence), now, &effects)
    case .hash(let sequence, let revision):
      let found = try? state.store.hashKV(revision: revision)
      send(.hashAnswer(sequence: sequence, found), to: message.from, &effects)
    case .hashAnswer(let sequence, let hash):
      compare(sequence, hash, of: message.from, now, &effects)
    case .leaseAnswer(let sequence, let response):
      guard let request = forwarded.removeValue(forKey: sequence) else { return }
      answer(request.requester, response, &effects)
    case .leaseNotLeader(let sequence): forwarded.modify(sequence) { $0.sentAt = nil }
    }
  }
}

extension RecoveredLog {
  /// The log every founding member begins with: the members' additions, committed in term 1.
  fileprivate mutating func found(_ members: [ClusterMember]) {
    for (i, member) in members.sorted(by: { $0.id < $1.id }).enumerated() {
      let change = ConfChange.v1(
        ConfChangeSingle(member.isLearner ? .addLearnerNode : .addNode, member.id),
        context: member.encoded)
      var entry = change.entry
      entry.term = 1
      entry.index = UInt64(i + 1)
      entries.append(entry)
    }
    hardState = HardState(term: 1, vote: 0, commit: UInt64(entries.count))
  }
}

extension EtcdServer: Digestible {
  func digest(into digest: inout Digest) {
    node.digest(into: &digest)
    state.digest(into: &digest)
    hub.digest(into: &digest)
    leaseClock.digest(into: &digest)
    for word in [firstID, idCount, writeID, leader, ticks, UInt64(proposals.count)] {
      digest.combine(word)
    }
    digest.combine(writing.count)
    digest.combine(waiting.count)
    digest.combine(readQueue.count)
    digest.combine(isWriting)
    digest.combine(marks.nextRecord)
    for id in proposals.keys { digest.combine(id) }
    for id in forwarded.keys { digest.combine(id) }
    peers.digest(into: &digest)
  }
}
