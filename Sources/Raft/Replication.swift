import Basics

// What a leader sends to followers: appends, snapshots, heartbeats.

extension RaftNode {
  mutating func broadcastAppend() {
    for peer in 0..<tracker.progress.count where tracker.progress.ids[peer] != id {
      sendAppend(to: peer)
    }
  }

  mutating func sendAppend(to peer: Int) { _ = maybeSendAppend(to: peer, evenIfEmpty: true) }

  /// Sends the next entries to a follower, or a snapshot where they are gone; false when nothing
  /// was sent. An append without entries still tells the commit index.
  mutating func maybeSendAppend(to peer: Int, evenIfEmpty: Bool) -> Bool {
    if tracker.progress[at: peer].isPaused { return false }
    let next = tracker.progress[at: peer].next
    guard let previousTerm = log.term(at: next - 1) else { return maybeSendSnapshot(to: peer) }

    var entries: [Entry] = []
    // Past a full pipeline only empty appends go, or messages that were all lost would stall it.
    if tracker.progress[at: peer].state != .replicate
      || !tracker.progress[at: peer].inflights.isFull
    {
      guard let found = log.entries(from: next, fitting: config.maxSizePerMessage) else {
        return evenIfEmpty && maybeSendSnapshot(to: peer)
      }
      entries = found
    }
    if entries.isEmpty, !evenIfEmpty { return false }

    tracker.progress[at: peer].sent(entries: entries.count, bytes: entries.payloadSize)
    tracker.progress[at: peer].sent(commit: log.committed)
    send(
      Message(
        .app, to: tracker.progress.ids[peer], logTerm: previousTerm, index: next - 1,
        entries: entries, commit: log.committed))
    return true
  }

  private mutating func maybeSendSnapshot(to peer: Int) -> Bool {
    // A silent follower would only keep the network busy.
    guard tracker.progress[at: peer].isRecentlyActive, let snapshot = log.snapshot else {
      return false
    }
    tracker.progress[at: peer].becomeSnapshot(snapshot.index)
    let target = tracker.progress.ids[peer]
    note(.snapshotSent(to: target, index: snapshot.index))
    send(Message(.snap, to: target, snapshot: snapshot))
    return true
  }

  mutating func broadcastHeartbeat() {
    let context = readOnly.heartbeatContext
    for peer in 0..<tracker.progress.count where tracker.progress.ids[peer] != id {
      // Never beyond what the follower has: it could not tell committed from conflicting.
      let commit = min(tracker.progress[at: peer].match, log.committed)
      tracker.progress[at: peer].sent(commit: commit)
      send(
        Message(.heartbeat, to: tracker.progress.ids[peer], commit: commit, context: context))
    }
  }

  /// Commits what a majority has, if its last entry is of this term (Raft thesis §3.6.2).
  mutating func maybeCommit() -> Bool {
    let index = tracker.committed
    if config.plantedBug == .commitsOlderTerms, let older = log.term(at: index) {
      return log.maybeCommit(EntryID(term: older, index: index))
    }
    return log.maybeCommit(EntryID(term: term, index: index))
  }
}
