import Basics
import MVCC
import Raft

// The watch stream of a client: its connection's token names the stream.

extension EtcdServer {
  mutating func watch(
    _ request: EtcdRequest, _ requester: Requester, _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(EtcdError) {
    guard case .client(let token, _) = requester else { return }
    switch request {
    case .watchCreate(let id, let watch, let requireLeader):
      if requireLeader {
        if leader == Message.nobody { throw .noLeader }
        leaderStreams.insert(token)
      }
      let name = WatchID(stream: token, id: id)
      guard !hub.contains(name) else { throw .duplicateWatchID }
      guard !KeyRange(key: watch.key, rangeEnd: watch.rangeEnd).isEmpty else {
        throw .emptyWatchRange
      }
      var wanted = watch
      // No key at all is every key (server/etcdserver/api/v3rpc/watch.go).
      if wanted.key.isEmpty { wanted.key = .fromKey }
      hub.add(name, wanted, store: state.store, now: now)
      answer(requester, .watchCreated(id: id, revision: state.store.revision), &effects)
    case .watchCancel(let id):
      hub.remove(WatchID(stream: token, id: id))
      answer(requester, .watchCanceled(id: id), &effects)
    case .watchProgress:
      if let progress = hub.progress(stream: token, state.store) {
        effects.append(.watch(progress))
      }
    default: break
    }
  }

  func tell(_ answers: [WatchResponse], _ effects: inout [EtcdEffect]) {
    for answer in answers {
      if answer.isCompacted {
        effects.append(
          .watchCanceled(answer.watch, .compacted, compactRevision: answer.compactRevision))
      } else {
        effects.append(.watch(answer))
      }
    }
  }

  /// Ends the watches that want a leader once there was none at three checks, an election time-out
  /// apart (server/etcdserver/api/v3rpc/interceptor.go, monitorLeader).
  mutating func checkLeaderStreams(_ effects: inout [EtcdEffect]) {
    guard leader == Message.nobody else {
      leaderlessChecks = 0
      return
    }
    leaderlessChecks += 1
    guard leaderlessChecks >= 3, !leaderStreams.isEmpty else { return }
    var count = 0
    for stream in leaderStreams.sorted {
      for watch in hub.watches(of: stream) {
        effects.append(.watchCanceled(watch, .noLeader, compactRevision: 0))
        count += 1
      }
      hub.removeStream(stream)
    }
    leaderStreams.removeAll()
    effects.append(.note(.watchesLostLeader(count: count)))
  }
}
