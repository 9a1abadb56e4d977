import Basics

/// What there is to do after an input: to write, to send, to apply.
public struct Ready: Sendable {
  /// Who leads and in which role this member is, where that changed.
  public var softState: SoftState?
  /// Hard state to write before `messages` are sent, where it changed.
  public var hardState: HardState?
  /// Reads that may be served once their index is applied.
  public var readStates: [ReadState] = []
  /// Entries to write before `messages` are sent. They replace those at their indices.
  public var entries: [Entry] = []
  /// A snapshot to install in place of log and state, before `messages` are sent.
  public var snapshot: Snapshot?
  /// Entries to apply, in order.
  public var committedEntries: [Entry] = []
  /// What to send; with asynchronous writes also what to hand to the storage threads.
  public var messages: [Message] = []
  /// Whether the write of entries and hard state must be durable before messages are sent; that of
  /// a snapshot always must.
  public var mustSync = false
}

extension MemoryStorage {
  /// Does the writing a `Ready` asks for.
  public mutating func write(_ ready: Ready) throws(RaftError) {
    if let state = ready.hardState { setHardState(state) }
    if let snapshot = ready.snapshot, !snapshot.isEmpty { try applySnapshot(snapshot) }
    try append(ready.entries)
  }
}

extension RaftNode {
  /// Whether `ready()` has anything to say.
  public var hasReady: Bool {
    if !messages.isEmpty || !messagesAfterAppend.isEmpty { return true }
    if log.unstable.hasNextEntries || log.hasNextCommitted(allowUnstable: appliesUnstable) {
      return true
    }
    if softState != previousSoftState || hardState != previousHardState { return true }
    return log.unstable.nextSnapshot != nil || !readStates.isEmpty
  }

  /// Hands out what there is to do. In the synchronous mode it must be done and followed by
  /// `advance()` before the next call.
  public mutating func ready() -> Ready {
    precondition(
      stepsOnAdvance.isEmpty && stableOnAdvance == nil && appliedOnAdvance == nil,
      "ready() twice without advance()")
    var ready = Ready()
    ready.entries = log.unstable.nextEntries
    ready.committedEntries = log.nextCommitted(allowUnstable: appliesUnstable)
    ready.snapshot = log.unstable.nextSnapshot
    // Handed over, not shared: what is shared is copied when more is added to it.
    swap(&ready.messages, &messages)
    swap(&ready.readStates, &readStates)
    let soft = softState
    if soft != previousSoftState { ready.softState = soft }
    let hard = hardState
    if hard != previousHardState { ready.hardState = hard }
    ready.mustSync =
      !ready.entries.isEmpty || hard.term != previousHardState.term
      || hard.vote != previousHardState.vote
    if config.asyncStorageWrites {
      addStorageMessages(to: &ready)
    } else {
      deferOwnSteps(&ready)
    }
    accept(ready)
    return ready
  }

  /// Takes back the room of a Ready's messages, once they are dealt with.
  public mutating func reuse(_ buffer: inout [Message]) {
    guard messages.isEmpty, buffer.capacity <= 64 else { return }
    buffer.removeAll(keepingCapacity: true)
    swap(&messages, &buffer)
  }

  /// Tells, in the synchronous mode, that the last Ready is dealt with.
  public mutating func advance() {
    precondition(!config.asyncStorageWrites, "advance() with asynchronous storage writes")
    var steps: [Message] = []
    swap(&steps, &stepsOnAdvance)
    for step in steps { receiveOwn(step) }
    if let notice = stableOnAdvance {
      stableOnAdvance = nil
      takeOwn { (node) throws(RaftError) in try node.receive(notice) }
    }
    if let notice = appliedOnAdvance {
      appliedOnAdvance = nil
      takeOwn { (node) throws(RaftError) in try node.receive(notice) }
    }
    if stepsOnAdvance.isEmpty, steps.capacity <= 64 {
      steps.removeAll(keepingCapacity: true)
      swap(&steps, &stepsOnAdvance)
    }
  }

  /// Tells, in the asynchronous mode, that a `storageAppend` is durable: updates `storage`, and
  /// answers the messages to other members that waited for it.
  public mutating func persisted(_ append: Message) throws(RaftError) -> [Message] {
    var others: [Message] = []
    try persisted(append) { others.append($0) }
    return others
  }

  /// The same, handing each answer to `send`.
  public mutating func persisted(
    _ append: Message, _ send: (Message) -> Void
  ) throws(RaftError) {
    try storage.write(append)
    try deliver(append.responses, send)
  }

  /// Tells, in the asynchronous mode, that the entries of a `storageApply` are applied.
  public mutating func applied(_ apply: Message) throws(RaftError) {
    precondition(apply.type == .storageApply, "\(apply.type) is nothing to apply")
    try deliver(apply.responses) { _ in
      preconditionFailure("applying concerns nobody else")
    }
  }

  private mutating func deliver(
    _ responses: [Message], _ send: (Message) -> Void
  ) throws(RaftError) {
    for response in responses {
      if response.to == id {
        // A member that left the group meanwhile no longer counts its own votes.
        do { try step(response) } catch  where !error.isFatal {}
      } else {
        send(response)
      }
    }
  }

  /// Whether entries may be applied that are committed but not yet on this member's own disk: in
  /// the synchronous mode writing comes first in any case.
  private var appliesUnstable: Bool { !config.asyncStorageWrites }

  // MARK: Building

  private mutating func addStorageMessages(to ready: inout Ready) {
    if !ready.entries.isEmpty || ready.hardState != nil || ready.snapshot != nil
      || !messagesAfterAppend.isEmpty
    {
      let state = ready.hardState ?? HardState()
      var responses: [Message] = []
      swap(&responses, &messagesAfterAppend)
      if let response = stableResponse(ready) { responses.append(response) }
      ready.messages.append(
        Message(
          .storageAppend, to: Message.appendThread, from: id, term: state.term,
          entries: ready.entries, commit: state.commit, vote: state.vote,
          snapshot: ready.snapshot, responses: responses))
    }
    if let response = appliedResponse(ready) {
      ready.messages.append(
        Message(
          .storageApply, to: Message.applyThread, from: id, entries: ready.committedEntries,
          responses: [response]))
    }
  }

  private mutating func deferOwnSteps(_ ready: inout Ready) {
    let others = messagesAfterAppend.count { $0.to != id }
    if others == 0 {
      swap(&stepsOnAdvance, &messagesAfterAppend)
    } else if others == messagesAfterAppend.count, ready.messages.isEmpty {
      // A follower's answer: handed over whole.
      swap(&ready.messages, &messagesAfterAppend)
    } else {
      for message in messagesAfterAppend {
        if message.to == id {
          stepsOnAdvance.append(message)
        } else {
          ready.messages.append(message)
        }
      }
    }
    if log.hasUnstableEntries || ready.snapshot != nil {
      stableOnAdvance = StableNotice(
        term: term, last: log.hasUnstableEntries ? log.lastID : nil, snapshot: ready.snapshot)
    }
    if let last = ready.committedEntries.last {
      appliedOnAdvance = AppliedNotice(
        index: last.index, size: ready.committedEntries.encodedSize,
        payload: ready.committedEntries.payloadSize)
    }
  }

  /// What says that everything unstable now is on disk.
  ///
  /// It names the log's last entry even when this Ready writes none, and this term: the answer is
  /// ignored once the term has changed, because entries of another leader may by then be on their
  /// way over these, and the same entries on their way over those (A, B, A). The write that a new
  /// term causes then brings the answer that counts.
  private func stableResponse(_ ready: Ready) -> Message? {
    guard log.hasUnstableEntries || ready.snapshot != nil else { return nil }
    var response = Message(
      .storageAppendResp, to: id, from: Message.appendThread, term: term,
      snapshot: ready.snapshot)
    if log.hasUnstableEntries {
      let last = log.lastID
      response.index = last.index
      response.logTerm = last.term
    }
    return response
  }

  /// What says that the committed entries are applied; committed entries belong to no term.
  private func appliedResponse(_ ready: Ready) -> Message? {
    if ready.committedEntries.isEmpty { return nil }
    return Message(
      .storageApplyResp, to: id, from: Message.applyThread, entries: ready.committedEntries)
  }

  private mutating func accept(_ ready: Ready) {
    if let soft = ready.softState { previousSoftState = soft }
    if let hard = ready.hardState { previousHardState = hard }
    readStates = []
    messages.removeAll(keepingCapacity: true)
    messagesAfterAppend.removeAll(keepingCapacity: true)
    log.acceptUnstable()
    if let last = ready.committedEntries.last {
      log.acceptApplying(
        last.index, size: ready.committedEntries.encodedSize, allowUnstable: appliesUnstable)
    }
  }
}
