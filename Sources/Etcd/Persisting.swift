import Basics
import MVCC
import Raft

/// A snapshot on its way to a follower.
struct OutgoingSnapshot: Sendable {
  let to: UInt64
  let sentAt: Tick
  let bytes: Int

  /// How long to wait for a sign of its arrival: a slow link carries 10 MB a second.
  var patience: Span { .seconds(10) + .microseconds(bytes / 10) }
}

// One write at a time is under way; what Raft wants written meanwhile goes together into the next,
// with one sync for all, as etcd's loop collects while it waits for the disk.

extension EtcdServer {
  /// Takes what Raft wants written.
  mutating func append(_ message: Message, _ effects: inout [EtcdEffect]) throws(RaftError) {
    let hard = message.hardState
    let needsSync =
      !message.entries.isEmpty || message.snapshot != nil
      || hard.map { $0.term != lastHardState.term || $0.vote != lastHardState.vote } ?? false
    if let hard { lastHardState = hard }
    if needsSync {
      waiting.append(message)
      return
    }
    if let hard { lazyHardState = hard }
    // It needs no sync of its own, but its turn comes after what was asked for before it.
    if !waiting.isEmpty {
      waiting.append(message)
    } else if isWriting {
      writing.append(message)
    } else {
      try acknowledge(message, &effects)
    }
  }

  private mutating func acknowledge(
    _ message: Message, _ effects: inout [EtcdEffect]
  ) throws(RaftError) {
    let id = config.id
    try node.persisted(message) { response in
      effects.append(.send(to: response.to, PeerMessage(from: id, .raft(response))))
    }
  }

  mutating func startWrite(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard !isWriting, !waiting.isEmpty || !ownRecords.isEmpty else { return }
    var records = ownRecords
    var room = records.count + 1
    for message in waiting { room += message.entries.count + 1 }
    records.reserveCapacity(room)
    var hard = lazyHardState
    snapshotInWrite = nil
    for (i, record) in records.enumerated() {
      if case .snapshot(let snapshot, _) = record {
        snapshotInWrite = (snapshot.index, marks.nextRecord + i)
        hard = lastHardState
      }
    }
    for message in waiting {
      if let snapshot = message.snapshot { records.append(.snapshot(snapshot, installed: true)) }
      for entry in message.entries { records.append(.entry(entry)) }
      if let state = message.hardState { hard = state }
    }
    if var hard {
      if config.plantedBug == .votesNotWritten { hard.vote = Message.nobody }
      records.append(.hardState(hard))
    }
    // The room of the write before goes to what comes next.
    swap(&writing, &waiting)
    ownRecords = []
    lazyHardState = nil
    marks.wrote(records)
    isWriting = true
    writeID += 1
    writeStarted = now
    effects.append(.write(writeID: writeID, records))
  }

  /// The write is durable: what waited for it may be said now.
  mutating func persisted(
    _ id: UInt64, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(RaftError) {
    guard isWriting, id == writeID else { return }
    let took = now - writeStarted
    if took > .seconds(1) { effects.append(.note(.slowFsync(took))) }
    var done: [Message] = []
    swap(&done, &writing)
    isWriting = false
    if let (index, record) = snapshotInWrite {
      snapshotInWrite = nil
      effects.append(.note(.snapshotSaved(index: index)))
      if let first = marks.release(snapshot: index, record: record) {
        effects.append(.releaseWAL(before: first))
      }
    }
    for message in done {
      if let snapshot = message.snapshot { install(snapshot, &effects) }
      try acknowledge(message, &effects)
    }
    done.removeAll(keepingCapacity: done.capacity <= 16)
    swap(&done, &writing)
  }

  // MARK: Snapshots

  /// The leader's snapshot is on disk and takes the place of everything applied so far.
  private mutating func install(_ snapshot: Snapshot, _ effects: inout [EtcdEffect]) {
    guard case .boxed(let content) = snapshot.data, let box = content as? StateBox,
      snapshot.index > state.index
    else { return }
    state = box.state
    diskSnapshotIndex = snapshot.index
    memorySnapshotIndex = snapshot.index
    hub.restore(state.store)
    for member in state.members where member.id != config.id { peers.add(member.id) }
    for id in state.removed { peers.remove(id) }
    effects.append(
      .note(.snapshotInstalled(index: snapshot.index, revision: state.store.revision)))
  }

  /// Every hundred entries Raft's log in memory is cut to what followers may still need; every ten
  /// thousand the state is written to disk (server/etcdserver/server.go).
  mutating func snapshotIfNeeded() {
    let due = state.index - diskSnapshotIndex > config.snapshotCount
    guard due || state.index > memorySnapshotIndex + 100 else { return }
    memorySnapshotIndex = state.index
    _ = try? node.storage.createSnapshot(at: state.index, confState: state.confState, data: .empty)
    // While a snapshot is under way, the follower will want what comes after it.
    if outgoingSnapshots.isEmpty, state.index > config.snapshotCatchUpEntries {
      try? node.storage.compact(to: state.index - config.snapshotCatchUpEntries)
    }
    guard due else { return }
    saveState()
  }

  /// Writes a snapshot of the applied state with the next records.
  mutating func saveState() {
    diskSnapshotIndex = state.index
    ownRecords.append(
      .snapshot(
        Snapshot(
          index: state.index, term: state.term, confState: state.confState,
          data: .boxed(StateBox(state))),
        installed: false))
  }

  /// Tells Raft of snapshots that led to nothing, so that it tries again.
  mutating func watchSnapshots(_ now: Tick, _ effects: inout [EtcdEffect]) {
    guard !outgoingSnapshots.isEmpty else { return }
    var kept: [OutgoingSnapshot] = []
    for snapshot in outgoingSnapshots {
      guard node.progress(of: snapshot.to)?.state == .snapshot else { continue }
      if now - snapshot.sentAt < snapshot.patience {
        kept.append(snapshot)
      } else {
        node.reportSnapshot(snapshot.to, failed: true)
        effects.append(.note(.snapshotSendFailed(to: snapshot.to)))
      }
    }
    outgoingSnapshots = kept
  }
}
