import Basics
import Etcd
import KubeAPI
import MVCC

/// How the caches are fed: a list, then a watch from the list's revision, again from where it was
/// after a broken connection, and anew where etcd has compacted what was missed.
extension APIServer {
  /// How long after a failure a cache asks again.
  static let feedRetry = Span.seconds(1)

  mutating func listFeed(_ kind: ResourceKind, into effects: inout Effects) {
    let request = RangeRequest(prefix: StorageKey.prefix(kind))
    caches[Int(kind.rawValue)].feed = ask(.range(request), for: .list(kind), into: &effects)
  }

  private mutating func watchFeed(_ kind: ResourceKind, into effects: inout Effects) {
    let request = WatchRequest(
      prefix: StorageKey.prefix(kind), startRevision: cache(kind).revision + 1,
      progressNotify: true)
    let create = EtcdRequest.watchCreate(
      id: Int64(nextAsked), request, requireLeader: true)
    caches[Int(kind.rawValue)].feed = ask(create, for: .watch(kind), into: &effects)
  }

  /// Lists or watches, whichever is next, unless that is under way.
  mutating func feed(_ kind: ResourceKind, into effects: inout Effects) {
    guard caches[Int(kind.rawValue)].feed == 0 else { return }
    if cache(kind).isReady {
      watchFeed(kind, into: &effects)
    } else {
      listFeed(kind, into: &effects)
    }
  }

  mutating func listed(
    _ kind: ResourceKind, _ answer: Result<EtcdResponse, EtcdError>, _ time: HostTime,
    into effects: inout Effects
  ) {
    caches[Int(kind.rawValue)].feed = 0
    guard case .success(.range(let found)) = answer else {
      effects.arm(
        TimerID(tag: TimerTag.feed, payload: UInt64(kind.rawValue)), after: Self.feedRetry)
      return
    }
    caches[Int(kind.rawValue)].replace(found.kvs, revision: found.revision)
    watchFeed(kind, into: &effects)
    if areCachesReady { unpark(time, into: &effects) }
  }

  mutating func received(
    _ response: WatchResponse, _ time: HostTime, into effects: inout Effects
  ) {
    guard response.watch.id >= 0 else {
      progressed(to: response.revision, time, into: &effects)
      return
    }
    let id = UInt64(response.watch.id)
    guard case .watch(let kind) = asked[id] else { return }
    if response.isCompacted {
      asked[id] = nil
      feedEnded(kind, .compacted, into: &effects)
      return
    }
    let index = Int(kind.rawValue)
    for event in response.events {
      guard
        let change = caches[index].apply(
          event, at: time.monotonic, sharing: &recent)
      else { continue }
      watchers[index].publish(change, into: &effects)
    }
    // With events, the answer's revision is the store's: a watch that is still catching up has not
    // got that far. Without, it is a promise that everything up to it was told.
    if response.isProgress { caches[index].progress(response.revision) }
    if !isReady, kind == .namespace { becomeReady(into: &effects) }
    releaseWaiting(kind, time, into: &effects)
  }

  /// A notice for the whole stream speaks of the watches that are on it: a kind whose watch ended
  /// and is not back yet has missed what came meanwhile.
  mutating func progressed(to revision: Int64, _ time: HostTime, into effects: inout Effects) {
    for kind in ResourceKind.allCases where cache(kind).isReady && cache(kind).isWatching {
      caches[Int(kind.rawValue)].progress(revision)
      releaseWaiting(kind, time, into: &effects)
    }
  }

  /// A watch on etcd ended. What is compacted can't be caught up with: the cache starts over, and
  /// so do its watches.
  mutating func feedEnded(_ kind: ResourceKind, _ error: EtcdError, into effects: inout Effects) {
    let index = Int(kind.rawValue)
    caches[index].feed = 0
    caches[index].isWatching = false
    guard error == .compacted else {
      effects.arm(
        TimerID(tag: TimerTag.feed, payload: UInt64(kind.rawValue)), after: Self.feedRetry)
      return
    }
    caches[index].reset()
    closeWatches(kind, nil, into: &effects)
    listFeed(kind, into: &effects)
  }

  // MARK: Consistent reads

  /// While reads wait for a cache, etcd is asked every 100 ms where its watches are
  /// (storage/cacher/progress).
  static let progressInterval = Span.milliseconds(100)

  mutating func askProgress(into effects: inout Effects) {
    isProgressArmed = false
    guard caches.contains(where: { !$0.waiting.isEmpty }) else { return }
    sendProgress(into: &effects)
    armProgress(into: &effects)
  }

  /// There is no answer to this but a notice on the watches, and none while one of them lags.
  mutating func sendProgress(into effects: inout Effects) {
    effects.etcd(nextAsked, .watchProgress)
    nextAsked += 1
  }

  mutating func armProgress(into effects: inout Effects) {
    guard !isProgressArmed else { return }
    isProgressArmed = true
    effects.arm(TimerID(tag: TimerTag.progress), after: Self.progressInterval)
  }

  private mutating func releaseWaiting(
    _ kind: ResourceKind, _ time: HostTime, into effects: inout Effects
  ) {
    let index = Int(kind.rawValue)
    guard !caches[index].waiting.isEmpty else { return }
    let revision = caches[index].revision
    let due = caches[index].waiting.filter { $0.revision <= revision }
    guard !due.isEmpty else { return }
    caches[index].waiting.removeAll { $0.revision <= revision }
    for item in due { serveList(item.call, into: &effects) }
  }

  // MARK: The connection

  /// Everything on the old connection is lost. Reads are asked again, as the etcd client does;
  /// whether a write was carried out nobody knows.
  mutating func disconnected(_ time: HostTime, into effects: inout Effects) {
    let lost = asked.sortedKeys.compactMap { id in asked.removeValue(forKey: id).map { (id, $0) } }
    let gone = EtcdError(.unavailable, "error reading from server: EOF")
    for (_, purpose) in lost {
      switch purpose {
      case .watch(let kind):
        caches[Int(kind.rawValue)].feed = 0
        caches[Int(kind.rawValue)].isWatching = false
        effects.arm(
          TimerID(tag: TimerTag.feed, payload: UInt64(kind.rawValue)), after: Self.feedRetry)
      default: answered(purpose, .failure(gone), time, into: &effects)
      }
    }
  }

  /// An answer of etcd goes to what asked for it.
  mutating func answered(
    _ purpose: Asked, _ answer: Result<EtcdResponse, EtcdError>, _ time: HostTime,
    into effects: inout Effects
  ) {
    switch purpose {
    case .call(let id): proceed(id, answer, time, into: &effects)
    case .list(let kind): listed(kind, answer, time, into: &effects)
    case .watch(let kind):
      if case .failure(let error) = answer { feedEnded(kind, error, into: &effects) }
    case .eventLease: leaseGranted(answer, time, into: &effects)
    case .compactor: compacted(answer, into: &effects)
    case .masterLease: masterLeaseAnswered(answer, time, into: &effects)
    }
  }
}
