import Basics
import KubeAPI
import PersistentCollections

/// One open watch.
struct Watcher: Sendable {
  let client: APIServer.Client
  let selection: Selection
  /// Only later changes are sent.
  let from: Int64
  let wantsBookmarks: Bool
  /// When the server ends it.
  let deadline: Tick
}

/// The open watches of one kind, found by what they can match: a change to a pod concerns the
/// watches of its node, not those of a thousand others (as cacher's indexed watchers).
struct Watchers: Sendable {
  private(set) var slots = PagedVector<Watcher?>()
  private var free: [Int] = []
  /// Watches that no index narrows.
  private var wide: [Int] = []
  private var byNamespace = PersistentMap<String, [Int]>()
  private var byName = PersistentMap<ObjectKey, [Int]>()
  private var byNode = PersistentMap<String, [Int]>()

  var count: Int { slots.count - free.count }

  mutating func add(_ watcher: Watcher, kind: ResourceKind) -> Int {
    let slot: Int
    if let reused = free.popLast() {
      slot = reused
      slots[slot] = watcher
    } else {
      slot = slots.count
      slots.append(watcher)
    }
    file(watcher, kind) { $0.append(slot) }
    return slot
  }

  mutating func remove(_ slot: Int, kind: ResourceKind) {
    guard let watcher = slots[slot] else { return }
    slots[slot] = nil
    free.append(slot)
    file(watcher, kind) { $0.removeAll { $0 == slot } }
  }

  private mutating func file(
    _ watcher: Watcher, _ kind: ResourceKind, _ change: (inout [Int]) -> Void
  ) {
    let selection = watcher.selection
    if let node = selection.nodeName {
      change(&byNode[node, default: []])
      if byNode[node]?.isEmpty ?? false { byNode.removeValue(forKey: node) }
    } else if let name = selection.name, !kind.isNamespaced || !selection.namespace.isEmpty {
      let key = ObjectKey(namespace: selection.namespace, name: name)
      change(&byName[key, default: []])
      if byName[key]?.isEmpty ?? false { byName.removeValue(forKey: key) }
    } else if !selection.namespace.isEmpty {
      change(&byNamespace[selection.namespace, default: []])
      if byNamespace[selection.namespace]?.isEmpty ?? false {
        byNamespace.removeValue(forKey: selection.namespace)
      }
    } else {
      change(&wide)
    }
  }

  /// Sends `change` to every watch that it concerns. Watches that get the same share one array.
  ///
  /// It changes nothing; mutating, so that the tables are read where they lie and not in a copy.
  mutating func publish(_ change: WatchCache.Change, into effects: inout APIServer.Effects) {
    var batch = Batch(change)
    for slot in wide { send(&batch, slot, &effects) }
    let key = change.object.key
    if !byNamespace.isEmpty, let slots = byNamespace[key.namespace] {
      for slot in slots { send(&batch, slot, &effects) }
    }
    if !byName.isEmpty, let slots = byName[key] {
      for slot in slots { send(&batch, slot, &effects) }
    }
    guard !byNode.isEmpty, let pod = change.object.pod else { return }
    if let slots = byNode[pod.spec.nodeName] { for slot in slots { send(&batch, slot, &effects) } }
    if let before = change.previous?.pod, before.spec.nodeName != pod.spec.nodeName,
      let slots = byNode[before.spec.nodeName]
    {
      for slot in slots { send(&batch, slot, &effects) }
    }
  }

  private func send(_ batch: inout Batch, _ slot: Int, _ effects: inout APIServer.Effects) {
    guard let watcher = slots[slot], batch.change.revision > watcher.from,
      let kind = batch.change.seen(through: watcher.selection)
    else { return }
    effects.watchEvents(watcher.client, batch.events(kind))
  }

  /// The arrays made of one change so far, by kind of event.
  private struct Batch {
    let change: WatchCache.Change
    private var made: [WatchEvent]?
    private var madeKind = WatchEvent.Kind.bookmark

    init(_ change: WatchCache.Change) { self.change = change }

    mutating func events(_ kind: WatchEvent.Kind) -> [WatchEvent] {
      if kind == madeKind, let made { return made }
      let events = [change.event(kind)]
      made = events
      madeKind = kind
      return events
    }
  }
}

extension WatchCache.Change {
  /// What a watch of this selection sees: an object that starts to match is added, one that ceases
  /// to is deleted; nil where it sees nothing.
  func seen(through selection: Selection) -> WatchEvent.Kind? {
    let isWhole = selection.isWhole && selection.namespace.isEmpty
    let before = previous.map { isWhole || selection.matches($0) } ?? false
    let after = !isDeletion && (isWhole || selection.matches(object))
    switch (before, after) {
    case (false, true): return .added
    case (true, true): return .modified
    case (true, false): return .deleted
    case (false, false): return nil
    }
  }

  /// The event; an object that left the selection is shown as it was, at the change's revision.
  func event(_ kind: WatchEvent.Kind) -> WatchEvent {
    if kind == .deleted, !isDeletion, let previous {
      return WatchEvent(.deleted, previous.at(resourceVersion: revision))
    }
    return WatchEvent(kind, object)
  }
}
