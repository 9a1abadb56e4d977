import Basics
import KubeAPI
import MVCC
import PersistentCollections

/// The newest state of one kind and the recent changes to it, fed by a watch on etcd
/// (storage/cacher/watch_cache.go).
struct WatchCache: Sendable {
  /// One change as it lies in the history.
  struct Change: Sendable {
    let revision: Int64
    let at: Tick
    /// The object before the change, at its own revision; nil for a creation.
    let previous: APIObject?
    /// The object after the change; for a deletion what it was, at the deletion's revision.
    let object: APIObject
    let isDeletion: Bool
  }

  /// A pod under the node it is bound to.
  private struct Binding: Comparable, Sendable {
    let node: String
    let key: Key

    static func < (a: Binding, b: Binding) -> Bool {
      a.node == b.node ? a.key < b.key : a.node < b.node
    }
  }

  let kind: ResourceKind
  private(set) var objects = PersistentMap<Key, APIObject>()
  /// The index of pods by `spec.nodeName` (registry/core/pod/strategy.go, `NodeNameIndexFunc`): each
  /// kubelet lists its own of all.
  private var bindings = PersistentMap<Binding, Bool>()
  /// Everything up to this revision is in.
  private(set) var revision: Int64 = 0
  /// True once the first list from etcd is in.
  private(set) var isReady = false
  private(set) var history = PersistentLog<Change>()
  private var capacity = WatchCache.lowerCapacity
  // The revision of the list that the history follows; changes up to it are not in the history.
  private var historyStart: Int64 = 0

  /// The number of the etcd request that lists or watches for this cache; 0 for none.
  var feed: UInt64 = 0
  /// True while etcd has said that the watch is there and not that it ended.
  var isWatching = false
  /// Consistent reads that wait until the cache has reached their revision.
  var waiting: [(revision: Int64, call: UInt64)] = []

  /// storage/cacher/watch_cache.go: the ring's bounds and how long changes are kept.
  static let lowerCapacity = 100
  static let upperCapacity = 102_400
  static let freshness = Span.seconds(75)

  init(_ kind: ResourceKind) { self.kind = kind }

  /// Whether the kind is held in memory from the start. Events are not: there are many, hardly
  /// anybody reads them, and reads go to etcd (storage/cachersize, 0 for events). Their cache is
  /// filled when somebody watches them.
  static func isKept(_ kind: ResourceKind) -> Bool { kind != .event }

  /// Where an object lies in etcd. Known objects' keys are the cache's own, as the log of each member
  /// keeps thousands.
  func storageKey(_ key: ObjectKey) -> Key {
    let made = StorageKey.object(kind, key)
    return objects.storedKey(made) ?? made
  }

  func get(_ key: ObjectKey) -> APIObject? { objects[StorageKey.object(kind, key)] }

  /// Replaces everything by what a list at `revision` found.
  mutating func replace(_ kvs: [KeyValue], revision: Int64) {
    objects = PersistentMap()
    bindings = PersistentMap()
    for kv in kvs {
      guard let object = kv.object else { continue }
      objects.updateValue(object, forKey: kv.key)
      index(kv.key, nil, object)
    }
    history = PersistentLog()
    historyStart = revision
    self.revision = revision
    isReady = true
  }

  /// Empties the cache: what it missed can't be had again.
  mutating func reset() {
    objects = PersistentMap()
    bindings = PersistentMap()
    history = PersistentLog()
    isReady = false
  }

  /// Keeps the index up with a change of one object.
  private mutating func index(_ key: Key, _ old: APIObject?, _ new: APIObject?) {
    guard kind == .pod else { return }
    if case .pod(let old)? = old?.body, case .pod(let new)? = new?.body,
      old.$spec.isIdentical(to: new.$spec)
    {
      return
    }
    let (before, after) = (old?.pod?.spec.nodeName ?? "", new?.pod?.spec.nodeName ?? "")
    guard before != after else { return }
    if !before.isEmpty { bindings.removeValue(forKey: Binding(node: before, key: key)) }
    if !after.isEmpty { bindings.updateValue(true, forKey: Binding(node: after, key: key)) }
  }

  /// Takes in one change; nil where it is already known.
  mutating func apply(
    _ event: MVCC.Event, at: Tick, sharing recent: inout RecentObjects
  ) -> Change? {
    let kv = event.kv
    guard kv.modRevision >= revision else { return nil }
    var change: Change
    if kv.isTombstone {
      guard let previous = objects.removeValue(forKey: kv.key) else { return nil }
      index(kv.key, previous, nil)
      change = Change(
        revision: kv.modRevision, at: at, previous: previous,
        object: previous.at(resourceVersion: kv.modRevision), isDeletion: true)
    } else {
      guard let object = recent.object(of: kv) else { return nil }
      let previous = objects.updateValue(object, forKey: kv.key)
      index(kv.key, previous, object)
      if let previous, previous.resourceVersion >= kv.modRevision { return nil }
      change = Change(
        revision: kv.modRevision, at: at, previous: previous, object: object, isDeletion: false)
    }
    revision = kv.modRevision
    append(change)
    return change
  }

  /// The watch has seen everything up to `revision`.
  mutating func progress(_ revision: Int64) { self.revision = max(self.revision, revision) }

  private mutating func append(_ change: Change) {
    if history.count >= capacity {
      resize(at: change.at)
      if history.count >= capacity {
        let first = history.endIndex - capacity + 1
        historyStart = max(historyStart, history[first - 1].revision)
        history.dropPrefix(before: first)
      }
    }
    history.append(change)
  }

  /// A full ring doubles while its oldest change is fresh, and halves when its last quarter alone
  /// spans the time changes are kept for.
  private mutating func resize(at now: Tick) {
    guard let oldest = history.first else { return }
    if now - oldest.at < WatchCache.freshness {
      capacity = min(capacity * 2, WatchCache.upperCapacity)
    } else if now - history[history.endIndex - capacity / 4].at > WatchCache.freshness {
      capacity = max(capacity / 2, WatchCache.lowerCapacity)
    }
  }

  /// The place in the history of the first change after `revision`; throws 410 where changes after
  /// it are gone.
  func position(after revision: Int64) throws(APIStatus) -> Int {
    guard revision >= historyStart else {
      throw APIStatus(
        code: 410, reason: .expired,
        message: "too old resource version: \(revision) (\(historyStart))")
    }
    return history.partitioningIndex { $0.revision > revision }
  }

  /// The objects of a selection in the order of their keys.
  func select(_ selection: Selection) -> [APIObject] {
    if let name = selection.name, !kind.isNamespaced || !selection.namespace.isEmpty {
      let found = get(ObjectKey(namespace: selection.namespace, name: name))
      return found.map { selection.matches($0) ? [$0] : [] } ?? []
    }
    var found: [APIObject] = []
    if kind == .pod, let node = selection.nodeName, !node.isEmpty {
      for (place, _) in bindings.range(from: Binding(node: node, key: Key(""))) {
        guard place.node == node else { break }
        if let object = objects[place.key], selection.matches(object) { found.append(object) }
      }
      return found
    }
    let prefix = StorageKey.prefix(kind, namespace: selection.namespace)
    if selection.isWhole && selection.namespace.isEmpty { found.reserveCapacity(objects.count) }
    objects.forEach(from: prefix, to: prefix.prefixEnd) { _, object in
      if selection.isWhole || selection.matches(object) { found.append(object) }
      return true
    }
    return found
  }
}
