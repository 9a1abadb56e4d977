import Basics

@testable import Raft

/// A fault in the owner of a node, planted to see that the invariants notice.
enum PlantedBug: CaseIterable {
  /// Votes and acknowledgements leave before what they promise is on disk.
  case answersBeforeWriting
  /// A restart finds the disk without the last vote.
  case forgetsVote
  /// A restart finds the disk without the last entries that were confirmed.
  case losesTail
  /// A read is served as soon as it is asked for, without asking anyone.
  case readsWithoutQuorum
  /// The node's own, see `RaftBug`.
  case commitsOlderTerms

  /// The invariants, one of which names it within 200 seeds.
  var names: [String] {
    switch self {
    case .answersBeforeWriting: ["Leader Completeness", "State Machine Safety"]
    // In Raft's own words.
    case .losesTail: ["Was the raft log corrupted, truncated, or lost?"]
    case .forgetsVote: ["One Vote a Term", "Election Safety"]
    case .readsWithoutQuorum: ["Fresh Reads"]
    case .commitsOlderTerms: ["Leader Completeness", "State Machine Safety"]
    }
  }
}

/// The replicated state as a snapshot carries it: a digest of each entry applied.
final class AppliedState: BlobContent {
  let values: [UInt64]

  init(_ values: [UInt64]) { self.values = values }

  var byteCount: Int { values.count * 8 }
  func encoded() -> [UInt8] {
    values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
  }
  func digest(into digest: inout Digest) { for value in values { digest.combine(value) } }

  static func values(_ data: Blob) -> [UInt64] {
    guard case .boxed(let content) = data, let state = content as? AppliedState else { return [] }
    return state.values
  }
}

/// Five members under a network and disks that do their worst within what Raft allows: messages are
/// lost, doubled, delayed and reordered, links are cut, processes crash and lose what is unwritten.
struct RandomCluster {
  struct Member {
    var node: RaftNode
    var isUp = true
    /// Storage work handed out, oldest first.
    var appends: [Message] = []
    var applies: [Message] = []
    /// The replicated state: everything applied, and the membership at that point.
    var applied: [UInt64] = []
    var appliedIndex: UInt64 = 0
    var confState: ConfState
    var reads: [(context: UInt64, atLeast: UInt64)] = []
  }

  static let size = 5

  var prng: PRNG
  var members: [Member] = []
  var network: [Message] = []
  /// Links cut, as `from * 8 + to`.
  var cut: Set<UInt64> = []
  var checks = ClusterInvariants()
  var isCalm = false
  let plant: PlantedBug?
  private var nextValue: UInt64 = 0
  private var restarts: UInt64 = 0

  init(seed: UInt64, plant: PlantedBug? = nil) throws {
    prng = PRNG(seed: seed)
    self.plant = plant
    let state = ConfState(voters: [1, 2, 3])
    let start = Snapshot(index: 1, term: 1, confState: state)
    let isAsync = prng.chance(Ratio(1, 2))
    let preVote = prng.chance(Ratio(1, 2))
    let checkQuorum = prng.chance(Ratio(1, 2))
    let stepDown = prng.chance(Ratio(1, 2))
    for id in 1...UInt64(Self.size) {
      var config = RaftConfig(id: id, prng: PRNG(seed: seed, stream: id))
      config.asyncStorageWrites = isAsync
      config.preVote = preVote
      config.checkQuorum = checkQuorum
      config.stepDownOnRemoval = stepDown
      if plant == .commitsOlderTerms {
        config.plantedBug = .commitsOlderTerms
        // What is left of an older term is then acknowledged before this term's own entry.
        config.maxSizePerMessage = 0
      }
      config.maxSizePerMessage = [20, 100, .max][prng.index(below: 3)]
      config.maxInflightMessages = 1 + prng.index(below: 5)
      config.maxCommittedSizePerReady = [30, .max][prng.index(below: 2)]
      let isFirst = id <= 3
      config.applied = isFirst ? 1 : 0
      let storage = isFirst ? MemoryStorage(startingFrom: start) : MemoryStorage()
      members.append(
        Member(
          node: try RaftNode(config: config, storage: storage), appliedIndex: isFirst ? 1 : 0,
          confState: isFirst ? state : ConfState()))
    }
  }

  // MARK: Time

  mutating func run(rounds: Int) {
    for _ in 0..<rounds {
      misfortune()
      for position in members.indices where members[position].isUp {
        if isCalm || prng.chance(Ratio(9, 10)) { members[position].node.tick() }
        pump(position)
        if isCalm { stopIfRemoved(position) }
      }
      deliver()
      for position in members.indices where members[position].isUp { work(position) }
      for position in members.indices { checks.observe(members[position]) }
    }
    checks.compareLogs(members)
  }

  /// Heals everything, and lets the group settle.
  mutating func calm(rounds: Int) {
    isCalm = true
    cut = []
    for position in members.indices where !members[position].isUp { restart(position) }
    run(rounds: rounds)
  }

  /// What etcd does with a member that learns of its removal. Until then a leader goes on leading
  /// those that remain, but takes no proposals.
  private mutating func stopIfRemoved(_ position: Int) {
    let node = members[position].node
    if node.role == .leader, !node.membership.confState.contains(node.id) {
      members[position].isUp = false
    }
  }

  private mutating func misfortune() {
    let position = prng.index(below: Self.size)
    if plant == .forgetsVote, prng.chance(Ratio(1, 4)) {
      // Two candidates in one term and a crash in between are rare enough.
      crash(position)
      if !members[position].isUp { restart(position) }
      let candidate = prng.index(below: 3)
      if members[candidate].isUp { members[candidate].node.campaign() }
    }
    if plant == .commitsOlderTerms { leadersComeAndGo() }
    if isCalm {
      if prng.chance(Ratio(1, 5)) { propose(position) }
      return
    }
    switch prng.index(below: 60) {
    case 0: crash(position)
    case 1...3: if !members[position].isUp { restart(position) }
    case 4: cut.insert((1 + prng.below(5)) * 8 + 1 + prng.below(5))
    case 5:
      for other in 1...5 as ClosedRange<UInt64> { cut.insert(other * 8 + UInt64(position + 1)) }
    case 6, 7: cut = []
    case 8...25: propose(position)
    case 26...29: read(position)
    case 30, 31: changeMembership(position)
    case 32: leave(position)
    case 33, 34: snapshot(position)
    case 35: members[position].node.transferLeadership(to: 1 + prng.below(5))
    case 36: members[position].node.forgetLeader()
    case 37: members[position].node.reportUnreachable(1 + prng.below(5))
    case 38, 39:
      members[position].node.reportSnapshot(1 + prng.below(5), failed: prng.chance(Ratio(1, 2)))
    case 40: if members[position].isUp { members[position].node.campaign() }
    default: break
    }
  }

  /// Raft thesis, figure 3.7: leaders crash with entries that others don't have, and come back.
  private mutating func leadersComeAndGo() {
    for position in 0..<3 where !members[position].isUp && prng.chance(Ratio(1, 3)) {
      restart(position)
    }
    for position in 0..<3 where members[position].isUp {
      if members[position].node.role == .leader {
        guard prng.chance(Ratio(1, 6)) else { continue }
        propose(position)
        pump(position)
        crash(position)
      } else if prng.chance(Ratio(1, 8)) {
        members[position].node.campaign()
      }
    }
  }

  // MARK: Inputs

  private mutating func propose(_ position: Int) {
    guard members[position].isUp else { return }
    nextValue += 1
    try? members[position].node.propose(Blob("\(nextValue)"))
  }

  private mutating func read(_ position: Int) {
    guard members[position].isUp else { return }
    nextValue += 1
    members[position].reads.append((nextValue, checks.highestCommit))
    if plant == .readsWithoutQuorum {
      let read = members[position].reads.removeLast()
      if members[position].node.role == .leader {
        checks.read(index: members[position].node.committed, atLeast: read.atLeast)
      }
    } else {
      members[position].node.readIndex(Blob("\(nextValue)"))
    }
  }

  private mutating func changeMembership(_ position: Int) {
    guard members[position].isUp else { return }
    let types: [ConfChangeType] = [.addNode, .addNode, .removeNode, .addLearnerNode]
    let changes = (0...prng.index(below: 3)).map { _ in
      ConfChangeSingle(types[prng.index(below: types.count)], 1 + prng.below(5))
    }
    let transitions: [ConfChangeTransition] = [.auto, .jointImplicit, .jointExplicit]
    let change =
      changes.count == 1 && prng.chance(Ratio(1, 2))
      ? ConfChange.v1(changes[0])
      : .v2(changes, transition: transitions[prng.index(below: 3)])
    try? members[position].node.proposeConfChange(change)
  }

  private mutating func leave(_ position: Int) {
    if members[position].isUp { try? members[position].node.proposeConfChange(.leaveJoint) }
  }

  private mutating func snapshot(_ position: Int) {
    let index = members[position].appliedIndex
    guard members[position].isUp, index > members[position].node.storage.snapshot.index,
      index <= members[position].node.storage.lastIndex
    else { return }
    let data = Blob.boxed(AppliedState(members[position].applied))
    attempt("createSnapshot") { (cluster) throws(RaftError) in
      try cluster.members[position].node.storage.createSnapshot(
        at: index, confState: cluster.members[position].confState, data: data)
      try cluster.members[position].node.storage.compact(to: index)
    }
  }

  // MARK: Crashes

  private mutating func crash(_ position: Int) {
    guard members[position].isUp else { return }
    // A prefix of what was under way may have reached the disk without anyone hearing of it.
    let written = prng.index(below: members[position].appends.count + 1)
    for append in members[position].appends.prefix(written) {
      attempt("write") { (cluster) throws(RaftError) in
        try cluster.members[position].node.storage.write(append)
      }
    }
    members[position].isUp = false
    members[position].appends = []
    members[position].applies = []
    members[position].reads = []
    checks.crashed(members[position].node.id, members[position].node.storage.hardState)
  }

  private mutating func restart(_ position: Int) {
    var storage = members[position].node.storage
    if plant == .forgetsVote {
      var state = storage.hardState
      state.vote = 0
      storage.setHardState(state)
    }
    if plant == .losesTail, storage.lastIndex > storage.hardState.commit + 1 {
      let kept = try? storage.entries(storage.firstIndex..<storage.lastIndex - 1)
      let shorter = kept.flatMap {
        try? MemoryStorage(snapshot: storage.snapshot, hardState: storage.hardState, entries: $0)
      }
      if let shorter { storage = shorter }
    }
    restarts += 1
    var config = members[position].node.config
    config.prng = PRNG(seed: restarts, stream: UInt64(position))
    config.applied = storage.snapshot.index
    do {
      members[position].node = try RaftNode(config: config, storage: storage)
      members[position].isUp = true
      install(storage.snapshot, at: position)
    } catch {
      checks.fail("restart of \(position + 1): \(error)")
    }
  }

  private mutating func install(_ snapshot: Snapshot, at position: Int) {
    members[position].applied = AppliedState.values(snapshot.data)
    members[position].appliedIndex = snapshot.index
    members[position].confState = snapshot.confState
    checks.installed(snapshot, by: members[position].node.id, members[position].applied.count)
  }

  // MARK: Work

  /// Handles every Ready of a member; in the asynchronous mode that only queues the work.
  private mutating func pump(_ position: Int) {
    while members[position].node.hasReady {
      let ready = members[position].node.ready()
      for state in ready.readStates { serve(state, position) }
      let isAsync = members[position].node.config.asyncStorageWrites
      if !isAsync {
        // A crash between the write and the sending is as good as losing what was to be sent.
        attempt("write") { (cluster) throws(RaftError) in
          try cluster.members[position].node.storage.write(ready)
        }
        if let snapshot = ready.snapshot { install(snapshot, at: position) }
        apply(ready.committedEntries, position)
      }
      for message in ready.messages {
        switch message.to {
        case Message.appendThread:
          members[position].appends.append(message)
          if plant == .answersBeforeWriting {
            network += message.responses.filter { !InteractionScript.isLocal($0) }
          }
        case Message.applyThread: members[position].applies.append(message)
        default: send(message)
        }
      }
      if !isAsync { members[position].node.advance() }
    }
  }

  /// Completes some of the storage work of a member.
  private mutating func work(_ position: Int) {
    while let append = members[position].appends.first, isCalm || prng.chance(Ratio(2, 3)) {
      members[position].appends.removeFirst()
      attempt("persisted") { (cluster) throws(RaftError) in
        for message in try cluster.members[position].node.persisted(append) {
          cluster.send(message)
        }
      }
      if let snapshot = append.snapshot { install(snapshot, at: position) }
      pump(position)
    }
    while let work = members[position].applies.first, isCalm || prng.chance(Ratio(2, 3)) {
      members[position].applies.removeFirst()
      apply(work.entries, position)
      attempt("applied") { (cluster) throws(RaftError) in
        try cluster.members[position].node.applied(work)
      }
      pump(position)
    }
  }

  private mutating func apply(_ entries: [Entry], _ position: Int) {
    // A snapshot installed meanwhile may have overtaken entries queued before it.
    for entry in entries where entry.index > members[position].appliedIndex {
      checks.applied(entry, by: members[position].node.id, after: members[position].appliedIndex)
      members[position].appliedIndex = entry.index
      var digest = Digest()
      entry.digest(into: &digest)
      members[position].applied.append(digest.value)
      do {
        guard let change = try ConfChange(entry) else { continue }
        members[position].confState = try members[position].node.applyConfChange(change)
      } catch {
        // A change that cannot be carried out is refused by every member alike.
        if error.isFatal { checks.fail("apply \(entry): \(error)") }
      }
    }
    offerSnapshot(position)
  }

  /// Followers are sent the state as it is now: an older one might not know them as members yet.
  private mutating func offerSnapshot(_ position: Int) {
    let index = members[position].appliedIndex
    guard let term = members[position].node.term(at: index) else { return }
    members[position].node.storage.outgoingSnapshot = Snapshot(
      index: index, term: term, confState: members[position].confState,
      data: .boxed(AppliedState(members[position].applied)))
  }

  private mutating func serve(_ state: ReadState, _ position: Int) {
    let context = UInt64(String(decoding: state.context.encoded(), as: UTF8.self))
    guard let asked = members[position].reads.firstIndex(where: { $0.context == context }) else {
      return  // asked before a crash
    }
    checks.read(index: state.index, atLeast: members[position].reads[asked].atLeast)
    members[position].reads.remove(at: asked)
  }

  private mutating func attempt(
    _ what: String, _ body: (inout RandomCluster) throws(RaftError) -> Void
  ) {
    do {
      try body(&self)
    } catch {
      checks.fail("\(what): \(error)")
    }
  }

  // MARK: Network

  private mutating func send(_ message: Message) {
    checks.sent(message)
    network.append(message)
  }

  private mutating func deliver() {
    var batch = network
    network = []
    while !batch.isEmpty {
      let message = batch.remove(at: isCalm ? 0 : prng.index(below: batch.count))
      if !isCalm {
        if cut.contains(message.from * 8 + message.to) || prng.chance(Ratio(1, 20)) {
          reportSnapshot(message, failed: true)
          continue
        }
        if prng.chance(Ratio(1, 5)) {
          network.append(message)
          continue
        }
        if prng.chance(Ratio(1, 20)) { network.append(message) }
      }
      let position = Int(message.to) - 1
      reportSnapshot(message, failed: !members[position].isUp)
      guard members[position].isUp else { continue }
      do {
        try members[position].node.step(message)
      } catch  where error.isFatal {
        checks.fail("\(message): \(error)")
      } catch {}
      if prng.chance(Ratio(1, 2)) { pump(position) }
    }
  }

  /// What a transport owes the core: how the transmission of a snapshot ended.
  private mutating func reportSnapshot(_ message: Message, failed: Bool) {
    guard message.type == .snap, members[Int(message.from) - 1].isUp else { return }
    members[Int(message.from) - 1].node.reportSnapshot(message.to, failed: failed)
  }
}
