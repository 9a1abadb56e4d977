import Basics

/// One member of a Raft group: a value that turns inputs into a `Ready`.
///
/// It does no I/O and knows no time but `tick()`. Inputs are `tick`, `step` (a message from
/// another member), `propose`, `readIndex` and the like; after any input the owner asks:
///
///     while node.hasReady {
///       let ready = node.ready()
///       // write ready.snapshot, ready.entries, ready.hardState; sync if ready.mustSync
///       try node.storage.write(ready)
///       // send ready.messages, apply ready.committedEntries (applyConfChange for those that are)
///       node.advance()
///     }
///
/// That is the synchronous mode: nothing goes on while the disk works. With
/// `asyncStorageWrites` the writing is itself a message, and the member goes on at once:
///
///     while node.hasReady {
///       for message in node.ready().messages {
///         switch message.to {
///         case Message.appendThread: appendQueue.append(message)  // disk, in order
///         case Message.applyThread: applyQueue.append(message)    // state machine, in order
///         default: network.send(message)                          // without waiting for the disk
///         }
///       }
///     }
///     // when the disk says that the first of appendQueue is durable:
///     for message in try node.persisted(appendQueue.removeFirst()) { network.send(message) }
///     // when the entries of the first of applyQueue are applied:
///     try node.applied(applyQueue.removeFirst())
///
/// `persisted` updates `storage` and answers what may be sent only now (votes, acknowledgements);
/// a `storageAppend` that carries no responses needs no sync. Neither call may be made out of
/// order, and a member that crashes loses what is still queued: it starts again from what its disk
/// holds. After either call, as after any input, `hasReady` may be true again.
///
/// In both modes: a snapshot may overtake committed entries handed out before it, so skip entries
/// at or below the index installed. Send a `snap` message with the state as it is, and tell with
/// `reportSnapshot` how that ended. A member that learns of its removal should be stopped. Of a
/// message passed on for another member `from` is that one, not the sender.
///
/// Copying a node is a snapshot of it. Equal inputs lead to equal outputs: the only chance in it,
/// the election timeout, comes from `RaftConfig.prng`.
public struct RaftNode: Sendable {
  public let config: RaftConfig
  public var id: UInt64 { config.id }

  // Persistent state (thesis figure 3.1), beside the log.
  public internal(set) var term: UInt64 = 0
  public internal(set) var vote: UInt64 = Message.nobody
  var log: RaftLog

  // The role, and what counts its time.
  public internal(set) var role = RaftRole.follower
  /// Who leads in this term, as far as known; 0 is nobody.
  public internal(set) var leader: UInt64 = Message.nobody
  public internal(set) var isLearner = false
  /// Ticks since word from a leader, since the campaign began, or since the last CheckQuorum.
  public internal(set) var electionElapsed = 0
  /// A leader's ticks since its last heartbeats.
  public internal(set) var heartbeatElapsed = 0
  /// In `electionTicks ..< 2 * electionTicks`, drawn anew with each change of role.
  public internal(set) var randomizedElectionTimeout = 0
  var prng: PRNG

  // A leader's state.
  var tracker: ProgressTracker
  /// Whom leadership is being handed to; 0 is nobody.
  public internal(set) var leadTransferee: UInt64 = Message.nobody
  /// No configuration change may be proposed until this index is applied.
  var pendingConfIndex: UInt64 = 0
  /// Payload bytes of entries appended in this term and not yet applied.
  var uncommittedSize: UInt64 = 0
  var readOnly: ReadOnlyQueue
  /// Reads that came before the leader had committed anything in its term.
  var pendingReads: [Message] = []

  // What the next Ready hands out.
  var messages: [Message] = []
  /// Messages that promise something: they wait until everything unstable now is on disk.
  var messagesAfterAppend: [Message] = []
  var readStates: [ReadState] = []
  var previousSoftState: SoftState
  var previousHardState: HardState
  // What `advance()` then takes in, in the synchronous mode.
  var stepsOnAdvance: [Message] = []
  var stableOnAdvance: StableNotice?
  var appliedOnAdvance: AppliedNotice?
  var events: [RaftEvent] = []

  /// A member that goes on from what `storage` holds; fresh storage makes one that knows nobody.
  public init(config: RaftConfig, storage: MemoryStorage) throws(RaftError) {
    try config.validate()
    self.config = config
    prng = config.prng
    log = RaftLog(
      storage: storage,
      maxApplyingSize: config.maxCommittedSizePerReady ?? config.maxSizePerMessage)
    tracker = ProgressTracker(
      maxInflightMessages: config.maxInflightMessages, maxInflightBytes: config.maxInflightBytes)
    readOnly = ReadOnlyQueue(option: config.readOnlyOption)
    previousSoftState = SoftState(leader: Message.nobody, role: .follower)
    previousHardState = HardState()

    try restoreMembership(config.confState ?? storage.snapshot.confState)
    let saved = storage.hardState
    if !saved.isEmpty {
      try log.restoreCommit(saved.commit)
      term = saved.term
      vote = saved.vote
    }
    if config.applied > 0 { try log.applied(to: config.applied, size: 0) }
    becomeFollower(term: term, leader: Message.nobody, reason: .started)
    previousSoftState = softState
    previousHardState = hardState
  }

  /// The stable storage. The owner writes to it what is durable, compacts it, and makes snapshots.
  public var storage: MemoryStorage {
    _read { yield log.storage }
    _modify { yield &log.storage }
  }

  public var softState: SoftState { SoftState(leader: leader, role: role) }
  public var hardState: HardState { HardState(term: term, vote: vote, commit: log.committed) }
  public var committed: UInt64 { log.committed }
  public var applied: UInt64 { log.applied }
  public var lastIndex: UInt64 { log.lastIndex }
  public var firstIndex: UInt64 { log.firstIndex }

  /// The term of the entry at `index`; nil where it is compacted away or not yet there.
  public func term(at index: UInt64) -> UInt64? { log.term(at: index) }
  /// The entry at `index`; nil where this log does not hold it.
  public func entry(at index: UInt64) -> Entry? {
    guard index >= log.firstIndex, index <= log.lastIndex else { return nil }
    return log.entries(from: index, fitting: 1)?.first
  }

  // MARK: Inputs

  /// Passes one tick of the owner's clock.
  public mutating func tick() {
    if role == .leader { tickHeartbeat() } else { tickElection() }
  }

  /// Takes a message from another member.
  public mutating func step(_ message: Message) throws(RaftError) {
    let fromStorage = Message.isStorageThread(message.from)
    if message.type.isLocal, !fromStorage { throw .cannotStepLocalMessage }
    if message.type.isResponse, !fromStorage, !tracker.progress.contains(message.from) {
      throw .peerNotFound
    }
    if !isWellFormed(message) { throw .malformedMessage }
    try receive(message)
  }

  /// Asks for `data` to be appended to the log; a follower passes it to the leader. Not thrown is
  /// not yet committed: the entry may still be lost with the leader.
  public mutating func propose(_ data: Blob) throws(RaftError) {
    try receive(Message(.prop, from: id, entries: [Entry(data: data)]))
  }

  /// Proposes several entries at once: all are appended, or none.
  public mutating func propose(_ data: [Blob]) throws(RaftError) {
    try receive(Message(.prop, from: id, entries: data.map { Entry(data: $0) }))
  }

  /// Proposes a change of membership. One that does not fit the current membership turns into an
  /// empty entry on the leader (an event tells why).
  public mutating func proposeConfChange(_ change: ConfChange) throws(RaftError) {
    try receive(Message(.prop, entries: [change.entry]))
  }

  /// Asks for a linearizable read: a `ReadState` with the same context comes in a later Ready, or
  /// never, if leadership changes; the owner must ask again after a while.
  public mutating func readIndex(_ context: Blob) {
    receiveOwn(Message(.readIndex, entries: [Entry(data: context)]))
  }

  /// Starts an election now.
  public mutating func campaign() { startCampaign(.requested) }

  /// Hands leadership to `id`; on a follower, asks the leader to.
  public mutating func transferLeadership(to id: UInt64) {
    receiveOwn(Message(.transferLeader, from: id))
  }

  /// Forgets who leads, so that this follower may vote for another at once.
  public mutating func forgetLeader() { receiveOwn(Message(.forgetLeader)) }

  /// Tells that the last message to `id` could not be delivered.
  public mutating func reportUnreachable(_ id: UInt64) {
    receiveOwn(Message(.unreachable, from: id))
  }

  /// Tells how the transmission of a snapshot to `id` ended; without it, the leader sends that
  /// member nothing more until it acknowledges something.
  public mutating func reportSnapshot(_ id: UInt64, failed: Bool) {
    receiveOwn(Message(.snapStatus, from: id, reject: failed))
  }

  /// Hands over what was decided since the last call, oldest first.
  public mutating func takeEvents() -> [RaftEvent] {
    defer { events = [] }
    return events
  }

  /// Sets the election timeout drawn last, for tests that need a certain order.
  public mutating func setRandomizedElectionTimeout(_ ticks: Int) {
    precondition(ticks > 0, "an election timeout of \(ticks) ticks")
    randomizedElectionTimeout = ticks
  }

  // MARK: Helpers

  /// Takes an input that cannot break anything: a refusal is not of interest.
  mutating func receiveOwn(_ message: Message) {
    takeOwn { node throws(RaftError) in try node.receive(message) }
  }

  /// Takes what comes from this member itself, as its own writing: nothing in it can break the log.
  mutating func takeOwn(_ take: (inout RaftNode) throws(RaftError) -> Void) {
    do {
      try take(&self)
    } catch {
      precondition(!error.isFatal, "an input of its own broke the log: \(error)")
    }
  }

  static let maxEvents = 1024

  /// Notes an event; of an owner that never drains them only the latest are kept.
  mutating func note(_ kind: RaftEvent.Kind) {
    if events.count == Self.maxEvents { events.removeFirst(Self.maxEvents / 2) }
    events.append(RaftEvent(term: term, kind: kind))
  }

  /// Whether some member could have sent `message` to this one.
  private func isWellFormed(_ message: Message) -> Bool {
    switch message.type {
    case .vote, .preVote: return message.term != 0
    case .voteResp, .preVoteResp: return message.term != 0 || message.reject
    case .heartbeat, .heartbeatResp: return message.from != id
    case .appResp: return message.from != id || !message.reject
    case .app:
      var expected = EntryID(term: message.logTerm, index: message.index)
      for entry in message.entries {
        expected.index += 1
        guard entry.index == expected.index, entry.term >= expected.term else { return false }
        expected.term = entry.term
      }
      return true
    default: return true
    }
  }

  /// Queues a message, filling in sender and term.
  ///
  /// Owned: a message is a dozen words and three references, and this is where most of them pass.
  mutating func send(_ draft: consuming Message) {
    var message = draft
    if message.from == Message.nobody { message.from = id }
    switch message.type {
    case .vote, .voteResp, .preVote, .preVoteResp:
      // A campaign speaks of the term it is for, which need not be the sender's. Only a member that
      // never was in any term refuses a pre-vote in none.
      precondition(message.term != 0 || message.reject, "no term on \(message.type)")
    case .prop, .readIndex:
      // Passed on for someone else, in whatever term the leader is in.
      precondition(message.term == 0, "term \(message.term) on \(message.type)")
    default:
      precondition(message.term == 0, "term \(message.term) on \(message.type)")
      message.term = term
    }
    switch message.type {
    case .appResp, .voteResp, .preVoteResp:
      // Room for the word that all is on disk, which follows: see `addStorageMessages`.
      if messagesAfterAppend.isEmpty { messagesAfterAppend.reserveCapacity(2) }
      messagesAfterAppend.append(message)
    default:
      precondition(message.to != id, "\(message.type) to itself")
      messages.append(message)
    }
  }
}

extension RaftNode: Digestible {
  public func digest(into digest: inout Digest) {
    for word in [id, term, vote, leader, leadTransferee, pendingConfIndex, uncommittedSize] {
      digest.combine(word)
    }
    for count in [electionElapsed, heartbeatElapsed, randomizedElectionTimeout] {
      digest.combine(count)
    }
    digest.combine(UInt64(role.rawValue))
    digest.combine(isLearner)
    for word in [prng.state.0, prng.state.1, prng.state.2, prng.state.3] { digest.combine(word) }
    log.digest(into: &digest)
    tracker.digest(into: &digest)
    readOnly.digest(into: &digest)
    for queue in [pendingReads, messages, messagesAfterAppend, stepsOnAdvance] {
      digest.combine(queue.count)
      for message in queue { message.digest(into: &digest) }
    }
    digest.combine(stableOnAdvance != nil)
    digest.combine(appliedOnAdvance != nil)
    stableOnAdvance?.digest(into: &digest)
    appliedOnAdvance?.digest(into: &digest)
    digest.combine(readStates.count)
    for state in readStates { state.digest(into: &digest) }
    digest.combine(previousSoftState.leader)
    digest.combine(UInt64(previousSoftState.role.rawValue))
    previousHardState.digest(into: &digest)
  }
}
