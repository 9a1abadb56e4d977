import Basics
import KubeAPI

/// WATCH: opening, bookmarks, ending.
extension APIServer {
  mutating func openWatch(
    _ client: Client, _ request: APIRequest, _ time: HostTime, into effects: inout Effects
  ) {
    let selection: Selection
    do { selection = try Selection(request) } catch {
      effects.respond(client, .status(error))
      return
    }
    let watch = ParkedWatch(
      client: client, request: request, selection: selection, cause: effects.cause)
    guard cache(request.kind).isReady else {
      parkedWatches.append(watch)
      if !WatchCache.isKept(request.kind) { feed(request.kind, into: &effects) }
      return
    }
    open(watch, time, into: &effects)
  }

  /// Sends what a watch has missed and enters it: with no resource version or 0 everything there
  /// is, with N the changes after N.
  mutating func open(_ watch: ParkedWatch, _ time: HostTime, into effects: inout Effects) {
    let kind = watch.request.kind
    let index = Int(kind.rawValue)
    let options = watch.request.options
    let wanted = options.resourceVersion ?? 0
    var missed: [WatchEvent] = []
    if wanted == 0 {
      missed = caches[index].select(watch.selection).map { WatchEvent(.added, $0) }
    } else {
      do { missed = try changes(kind, after: wanted, watch.selection) } catch {
        effects.watchClosed(watch.client, error)
        return
      }
    }
    // Each watch its own, or all that a server serves would end together.
    var draws = Draws(
      seed, UInt64(kind.rawValue) << 48 | watch.client.connection & 0xFFFF_FFFF,
      watch.client.request)
    let life = draws.span(configuration.minRequestTimeout, configuration.minRequestTimeout * 2)
    let watcher = Watcher(
      client: watch.client, selection: watch.selection,
      from: max(wanted, caches[index].revision), wantsBookmarks: options.allowWatchBookmarks,
      deadline: time.monotonic + life)
    let slot = watchers[index].add(watcher, kind: kind)
    watches[watch.client] = WatchPlace(kind: kind, slot: slot)
    if !missed.isEmpty { effects.watchEvents(watch.client, missed) }
  }

  private func changes(
    _ kind: ResourceKind, after revision: Int64, _ selection: Selection
  ) throws(APIStatus) -> [WatchEvent] {
    let cache = cache(kind)
    var events: [WatchEvent] = []
    for position in try cache.position(after: revision)..<cache.history.endIndex {
      let change = cache.history[position]
      if let kind = change.seen(through: selection) { events.append(change.event(kind)) }
    }
    return events
  }

  /// Ends every watch of a kind, as when its cache starts over.
  mutating func closeWatches(
    _ kind: ResourceKind, _ status: APIStatus?, into effects: inout Effects
  ) {
    let index = Int(kind.rawValue)
    for slot in 0..<watchers[index].slots.count {
      guard let watcher = watchers[index].slots[slot] else { continue }
      watchers[index].remove(slot, kind: kind)
      watches[watcher.client] = nil
      effects.watchClosed(watcher.client, status)
    }
  }

  /// Each second a sixtieth of the watches gets its bookmark, or its end.
  mutating func everySecond(_ time: HostTime, into effects: inout Effects) {
    effects.arm(TimerID(tag: TimerTag.second), after: .seconds(1))
    let turn = Int(time.monotonic.microseconds / 1_000_000 % 60)
    for kind in ResourceKind.allCases where cache(kind).isReady {
      let index = Int(kind.rawValue)
      guard watchers[index].count > 0 else { continue }
      var bookmark: [WatchEvent]?
      for slot in stride(from: turn, to: watchers[index].slots.count, by: 60) {
        guard let watcher = watchers[index].slots[slot] else { continue }
        if watcher.deadline <= time.monotonic {
          watchers[index].remove(slot, kind: kind)
          watches[watcher.client] = nil
          effects.watchClosed(watcher.client, nil)
        } else if watcher.wantsBookmarks, caches[index].revision >= watcher.from {
          let events =
            bookmark ?? [WatchEvent(.bookmark, kind.empty(at: caches[index].revision))]
          bookmark = events
          effects.watchEvents(watcher.client, events)
        }
      }
    }
  }
}

extension ResourceKind {
  /// An object with nothing but its kind and a resource version: a bookmark's.
  func empty(at revision: Int64) -> APIObject {
    let body: APIObject.Body =
      switch self {
      case .namespace: Namespace().body
      case .node: Node().body
      case .pod: Pod().body
      case .service: Service().body
      case .endpointSlice: EndpointSlice().body
      case .configMap: ConfigMap().body
      case .secret: Secret().body
      case .serviceAccount: ServiceAccount().body
      case .event: KubeAPI.Event().body
      case .lease: KubeAPI.Lease().body
      case .deployment: Deployment().body
      case .replicaSet: ReplicaSet().body
      }
    return APIObject(body).at(resourceVersion: revision)
  }
}
