import Basics
import KubeAPI
import PersistentCollections

/// What changed in a store.
public enum Delta: Sendable {
  case added(APIObject)
  case updated(old: APIObject, new: APIObject)
  /// With the last state known.
  case deleted(APIObject)

  /// The newest state known.
  public var object: APIObject {
    switch self {
    case .added(let object), .deleted(let object): object
    case .updated(_, let new): new
    }
  }
}

/// An informer's cache: the objects of one kind by key, with the indices its owner asked for
/// (client-go's thread-safe store).
public struct Store: Sendable {
  public enum Index: Sendable {
    /// Pods by `spec.nodeName`; unbound pods under the empty name.
    case nodeName
    /// Objects by the UID of their controller.
    case controllerUID
    /// Objects by the UID of each owner.
    case ownerUID
  }

  public private(set) var objects = PersistentMap<ObjectKey, APIObject>()
  private let indices: [Index]
  private var byNode = PersistentMap<String, PersistentMap<ObjectKey, APIObject>>()
  private var byController = PersistentMap<UID, PersistentMap<ObjectKey, APIObject>>()
  private var byOwner = PersistentMap<UID, PersistentMap<ObjectKey, APIObject>>()

  public init(indices: [Index] = []) { self.indices = indices }

  public var count: Int { objects.count }

  public subscript(key: ObjectKey) -> APIObject? { objects[key] }

  /// The object with this key as a `T`.
  public func get<T: Resource>(_ key: ObjectKey, as type: T.Type = T.self) -> T? {
    objects[key].flatMap { T.extract($0.body) }
  }

  /// The objects of one namespace, in the order of their names.
  public func forEach(inNamespace namespace: String, _ body: (APIObject) -> Void) {
    for (key, object) in objects.range(from: ObjectKey(namespace: namespace, name: "")) {
      guard key.namespace == namespace else { break }
      body(object)
    }
  }

  public func onNode(_ name: String) -> PersistentMap<ObjectKey, APIObject> {
    byNode[name] ?? PersistentMap()
  }
  public func controlled(by uid: UID) -> PersistentMap<ObjectKey, APIObject> {
    byController[uid] ?? PersistentMap()
  }
  public func owned(by uid: UID) -> PersistentMap<ObjectKey, APIObject> {
    byOwner[uid] ?? PersistentMap()
  }

  /// Puts or replaces an object; nil where the store already holds this very revision of it.
  public mutating func put(_ object: APIObject) -> Delta? {
    let key = object.key
    let old = objects.updateValue(object, forKey: key)
    if let old, old.resourceVersion == object.resourceVersion { return nil }
    if !indices.isEmpty { reindex(key, old: old, new: object) }
    return old.map { .updated(old: $0, new: object) } ?? .added(object)
  }

  public mutating func remove(_ key: ObjectKey) -> Delta? {
    guard let old = objects.removeValue(forKey: key) else { return nil }
    if !indices.isEmpty { reindex(key, old: old, new: nil) }
    return .deleted(old)
  }

  /// Makes the store hold exactly `list`; returns what that changed, in the order of the keys.
  public mutating func replace(_ list: [APIObject]) -> [Delta] {
    var deltas: [Delta] = []
    var wanted = LookupSet<ObjectKey>()
    for object in list { wanted.insert(object.key) }
    for key in objects.keys where !wanted.contains(key) {
      if let delta = remove(key) { deltas.append(delta) }
    }
    for object in list {
      if let delta = put(object) { deltas.append(delta) }
    }
    return deltas
  }

  private mutating func reindex(_ key: ObjectKey, old: APIObject?, new: APIObject?) {
    for index in indices {
      switch index {
      case .nodeName:
        let before = old?.pod.map(\.spec.nodeName)
        let after = new?.pod.map(\.spec.nodeName)
        if let before, before != after { byNode.remove(key, under: before) }
        if let after, let new { byNode.put(new, key, under: after) }
      case .controllerUID:
        let before = old?.metadata.controller?.uid
        let after = new?.metadata.controller?.uid
        if let before, before != after { byController.remove(key, under: before) }
        if let after, let new { byController.put(new, key, under: after) }
      case .ownerUID:
        let before = old?.metadata.ownerReferences ?? []
        let after = new?.metadata.ownerReferences ?? []
        for owner in before where !after.contains(where: { $0.uid == owner.uid }) {
          byOwner.remove(key, under: owner.uid)
        }
        if let new { for owner in after { byOwner.put(new, key, under: owner.uid) } }
      }
    }
  }
}

extension PersistentMap where Value == PersistentMap<ObjectKey, APIObject> {
  fileprivate mutating func put(_ object: APIObject, _ key: ObjectKey, under outer: Key) {
    if modify(outer, { $0[key] = object }) { return }
    var inner = PersistentMap<ObjectKey, APIObject>()
    inner[key] = object
    self[outer] = inner
  }

  fileprivate mutating func remove(_ key: ObjectKey, under outer: Key) {
    modify(outer) { $0[key] = nil }
    if self[outer]?.isEmpty == true { self[outer] = nil }
  }
}
