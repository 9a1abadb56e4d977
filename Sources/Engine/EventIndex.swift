import Basics
import KubeAPI
import MVCC
import PersistentCollections

/// The Event objects of a world by what they are about: read once, then kept up with what is
/// written, so that a look at one object does not cost a walk over all Events.
public struct EventIndex: Sendable {
  /// An Event under the object it is about.
  private struct Place: Comparable, Sendable {
    let kind: String
    let name: String
    let namespace: String
    /// Its key in etcd.
    let path: String

    static func < (a: Place, b: Place) -> Bool {
      (a.kind, a.name, a.namespace, a.path) < (b.kind, b.name, b.namespace, b.path)
    }
  }

  private var events = PersistentMap<Place, KubeAPI.Event>()
  /// Where each is, by its key in etcd: the object it is about may be another after a write.
  private var places = PersistentMap<String, Place>()
  private var revision: Int64 = 0
  private var now = Tick.zero
  private var restores = 0
  /// Where the first reading goes on; nil once all is read.
  private var rest: Key? = Key(Self.prefix)

  private static let prefix = ResourceKind.event.registryPrefix

  /// What a look reads at most: 20,000 Events took 200 ms of CPU (`orrery bench
  /// views-200x60-5000-nodes`).
  public static let piece = 4_000

  /// Nothing is read yet.
  public init() {}

  /// How many Events were read.
  public var count: Int { events.count }

  /// Whether all was read, at this moment of a world with this past.
  public func isOf(_ world: World) -> Bool {
    rest == nil && now == world.now && restores == world.etcdRestores
      && revision == (world.store?.revision ?? 0)
  }

  /// Reads what was written since the last time, and of what it has not read yet the next `limit`
  /// Events: of a big cluster's hundreds of thousands no more than a look at it may cost.
  ///
  /// - Parameter world: the one read before, or one that has come from it, or any earlier one. Of a
  ///   world with another past `forget` must tell.
  public mutating func update(from world: World, atMost limit: Int = Self.piece) {
    defer {
      now = world.now
      restores = world.etcdRestores
    }
    guard let store = world.store else {
      forget()
      rest = nil
      return
    }
    if restores == world.etcdRestores, now <= world.now,
      let changed = World.changes(in: store, after: revision)
    {
      for position in changed { take(store.history[position].kv) }
    } else {
      forget()
    }
    revision = store.revision
    guard let from = rest else { return }
    // What is written while this goes on comes by the history, what was there before by the keys.
    let all = RangeRequest(
      key: from, rangeEnd: Key(Self.prefix).prefixEnd, limit: limit, serializable: true)
    guard let found = try? store.range(all) else { return }
    for kv in found.kvs { take(kv) }
    rest = found.more ? found.kvs.last.map { Key($0.key.text + "\0") } : nil
  }

  /// What was read is of another past.
  public mutating func forget() { self = EventIndex() }

  private mutating func take(_ kv: KeyValue) {
    let path = kv.key.text
    guard path.hasPrefix(Self.prefix) else { return }
    if let old = places.removeValue(forKey: path) { events.removeValue(forKey: old) }
    guard !kv.isTombstone,
      let event = StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision).event
    else { return }
    let about = event.involvedObject
    let place = Place(
      kind: about.kind, name: about.name, namespace: about.namespace, path: path)
    places.updateValue(place, forKey: path)
    events.updateValue(event, forKey: place)
  }

  /// The Events about an object, in the order of their keys; of an object without a namespace, in
  /// whatever namespace they say it is.
  public func about(_ kind: ResourceKind, _ key: ObjectKey) -> [KubeAPI.Event] {
    let first = Place(kind: kind.kind, name: key.name, namespace: key.namespace, path: "")
    var found: [KubeAPI.Event] = []
    for (place, event) in events.range(from: first) {
      guard place.kind == first.kind, place.name == first.name,
        key.namespace.isEmpty || place.namespace == first.namespace
      else { break }
      found.append(event)
    }
    return found
  }
}

extension World {
  /// What `EventIndex.about` gives of the Events that components record: those are called after the
  /// object they are about (client-go, `record.makeEvent`).
  public func events(about kind: ResourceKind, _ key: ObjectKey) -> [KubeAPI.Event] {
    let namespace = key.namespace.isEmpty ? "default" : key.namespace
    let named = RangeRequest(
      prefix: Key(ResourceKind.event.registryPrefix + namespace + "/" + key.name + "."),
      serializable: true)
    return ((try? store?.range(named))?.kvs ?? []).compactMap { kv in
      StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision).event
    }.filter { $0.isAbout(kind, key) }
  }

  /// All Events about an object, by a walk over all there are.
  func allEvents(about kind: ResourceKind, _ key: ObjectKey) -> [KubeAPI.Event] {
    objects(.event).compactMap(\.event).filter { $0.isAbout(kind, key) }
  }
}

extension KubeAPI.Event {
  /// Of an object without a namespace, in whatever namespace the Event says that it is.
  fileprivate func isAbout(_ kind: ResourceKind, _ key: ObjectKey) -> Bool {
    involvedObject.kind == kind.kind && involvedObject.name == key.name
      && (key.namespace.isEmpty || involvedObject.namespace == key.namespace)
  }
}
