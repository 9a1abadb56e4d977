import Basics

@testable import Raft

/// What must hold of a group whatever happens to it (Raft thesis figure 3.2), checked against what
/// was seen of all members so far.
struct ClusterInvariants {
  private(set) var violations: [String] = []
  /// The highest index any member was seen to have committed.
  private(set) var highestCommit: UInt64 = 0

  private var leaders: [UInt64: UInt64] = [:]
  private var votes: [EntryID: UInt64] = [:]
  /// Every committed entry as the first member applied it.
  private var committed: [UInt64: (id: EntryID, digest: UInt64)] = [:]
  private var lastTerm: [UInt64: UInt64] = [:]
  private var lastCommit: [UInt64: UInt64] = [:]
  private var wasLeader: Set<EntryID> = []

  mutating func fail(_ text: String) {
    if violations.count < 10 { violations.append(text) }
  }

  // MARK: Observations

  mutating func observe(_ member: RandomCluster.Member) {
    guard member.isUp else { return }
    let node = member.node
    if node.term < lastTerm[node.id, default: 0] { fail("\(node.id): term went back") }
    lastTerm[node.id] = node.term
    if node.committed < lastCommit[node.id, default: 0] { fail("\(node.id): commit went back") }
    lastCommit[node.id] = node.committed
    highestCommit = max(highestCommit, node.committed)
    if node.applied > node.committed { fail("\(node.id): applied beyond commit") }
    guard node.role == .leader else { return }

    // Election Safety: at most one leader a term.
    if let other = leaders[node.term], other != node.id {
      fail("Election Safety: term \(node.term): \(other) and \(node.id) lead")
    }
    leaders[node.term] = node.id

    // Leader Completeness: a leader has every entry committed before its term.
    guard wasLeader.insert(EntryID(term: node.term, index: node.id)).inserted else { return }
    for (index, entry) in committed where index >= node.firstIndex && entry.id.term < node.term {
      if node.term(at: index) != entry.id.term {
        fail("Leader Completeness: leader \(node.id) of term \(node.term) lacks committed \(index)")
      }
    }
  }

  /// Only what is on disk survives; nobody was told of a term that is not.
  mutating func crashed(_ id: UInt64, _ state: HardState) {
    lastTerm[id] = state.term
    lastCommit[id] = state.commit
  }

  /// State Machine Safety: all members apply the same entries in the same order, without gaps.
  mutating func applied(_ entry: Entry, by id: UInt64, after previous: UInt64) {
    if entry.index != previous + 1 { fail("\(id) applies \(entry.index) after \(previous)") }
    var digest = Digest()
    entry.digest(into: &digest)
    if let known = committed[entry.index] {
      if known.id != entry.id || known.digest != digest.value {
        fail("State Machine Safety: \(id) applies \(entry), others \(known.id)")
      }
    } else {
      committed[entry.index] = (entry.id, digest.value)
    }
    highestCommit = max(highestCommit, entry.index)
  }

  mutating func installed(_ snapshot: Snapshot, by id: UInt64, _ count: Int) {
    if snapshot.isEmpty { return }
    // The group begins at index 1 with nothing applied.
    if UInt64(count) != snapshot.index - 1 {
      fail("\(id) installs a snapshot at \(snapshot.index) that holds \(count) entries")
    }
    if let known = committed[snapshot.index], known.id.term != snapshot.term {
      fail("\(id) installs a snapshot of \(snapshot.id), committed is \(known.id)")
    }
  }

  /// One vote a term and voter, also across crashes.
  mutating func sent(_ message: Message) {
    guard message.type == .voteResp, !message.reject else { return }
    let ballot = EntryID(term: message.term, index: message.from)
    if let other = votes[ballot], other != message.to {
      fail(
        "One Vote a Term: \(message.from) votes for \(other) and \(message.to) in term \(message.term)"
      )
    }
    votes[ballot] = message.to
  }

  /// Linearizability of reads: nothing committed before the question is missing in the answer.
  mutating func read(index: UInt64, atLeast: UInt64) {
    if index < atLeast {
      fail("Fresh Reads: a read at \(index) misses what was committed at \(atLeast)")
    }
  }

  /// Log Matching: logs that share an entry share everything before it.
  mutating func compareLogs(_ members: [RandomCluster.Member]) {
    var seen: [EntryID: (previous: UInt64, digest: UInt64)] = [:]
    for member in members where member.isUp {
      let node = member.node
      guard let entries = node.log.entries(from: node.firstIndex, fitting: .max) else {
        fail("\(node.id): no log")
        continue
      }
      for entry in entries {
        let previous = node.term(at: entry.index - 1) ?? 0
        var digest = Digest()
        entry.digest(into: &digest)
        if let known = seen[entry.id], known.digest != digest.value || known.previous != previous {
          fail("Log Matching: \(node.id): another \(entry)")
        }
        seen[entry.id] = (previous, digest.value)
        if entry.index <= node.committed, let known = committed[entry.index], known.id != entry.id {
          fail(
            "State Machine Safety: \(node.id): committed \(entry.id), applied elsewhere \(known.id)"
          )
        }
      }
    }
  }
}
