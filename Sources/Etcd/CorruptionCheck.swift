import Basics
import MVCC
import Raft

/// A comparison of hashes with the other members.
struct CorruptCheck: Sendable {
  let sequence: UInt64
  let own: HashKV
  let isInitial: Bool
}

// Members that should hold the same compare what they hold; by default nobody does
// (server/etcdserver/corrupt.go).

extension EtcdServer {
  mutating func checkCorruption(_ effects: inout [EtcdEffect]) {
    guard let span = config.corruptCheckTime, isLeader else { return }
    let every = max(1, UInt64(span.microseconds / max(1, config.tick.microseconds)))
    if ticks % every == 0 { askHashes(isInitial: false, &effects) }
  }

  mutating func askHashes(isInitial: Bool, _ effects: inout [EtcdEffect]) {
    guard let own = try? state.store.hashKV() else { return }
    let check = CorruptCheck(sequence: nextID(), own: own, isInitial: isInitial)
    corruptCheck = check
    for peer in peers.ids {
      send(.hash(sequence: check.sequence, revision: own.revision), to: peer, &effects)
    }
  }

  mutating func compare(
    _ sequence: UInt64, _ hash: HashKV?, of peer: UInt64, _ now: Tick,
    _ effects: inout [EtcdEffect]
  ) {
    // Hashes after different compactions can't be compared; a peer that lags has none.
    guard let check = corruptCheck, check.sequence == sequence, let hash,
      hash.compactRevision == check.own.compactRevision, hash.hash != check.own.hash
    else { return }
    if check.isInitial {
      return fail(
        "checkInitialHashKV failed: \(String(config.id, radix: 16)) found data inconsistency with "
          + "peers", &effects)
    }
    let alarm = Alarm(memberID: peer, kind: .corrupt)
    guard !state.alarms.contains(alarm) else { return }
    let request = InternalRequest(id: nextID(), .alarm(alarm, isRaised: true))
    try? node.propose(.boxed(request))
  }

  /// For faults: see `EtcdMember.corruptValue`.
  mutating func corruptValue() -> Key? {
    guard let key = state.store.corruptOne() else { return nil }
    // What is on disk is what was read from it: a snapshot goes with the next write.
    saveState()
    return key
  }
}
