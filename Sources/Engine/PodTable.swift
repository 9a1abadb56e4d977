import Basics
import KubeAPI
import PersistentCollections

/// All pods of a look at a world, in the order of their keys in etcd: what changes between two looks
/// is put in place, what is asked for is read out, and neither costs more in a big cluster.
///
/// A row by its number, UID or key, and the pods of a node, are found in O(log n); copies share
/// everything.
public struct PodTable: Sendable {
  public typealias Pod = Observation.Pod

  /// A pod before and after a look; nil where it was not there.
  public struct Change: Sendable {
    public let old: Pod?
    public let new: Pod?
  }

  /// Tells tables apart that have not come from one another.
  final class Lineage: Sendable {}

  /// A pod's key in the order in which etcd has them: `a-b/x` comes before `a/x`.
  struct Place: Comparable, Sendable {
    let key: ObjectKey

    static func == (a: Place, b: Place) -> Bool { a.key == b.key }

    static func < (a: Place, b: Place) -> Bool {
      if a.key.namespace == b.key.namespace { return a.key.name < b.key.name }
      return a.key.namespace + "/" < b.key.namespace + "/"
    }
  }

  /// A pod under the machine it is bound to.
  struct Binding: Comparable, Sendable {
    let node: String
    /// Nil comes before all of the node's pods.
    let place: Place?

    static func < (a: Binding, b: Binding) -> Bool {
      if a.node != b.node { return a.node < b.node }
      guard let other = b.place else { return false }
      guard let own = a.place else { return true }
      return own < other
    }
  }

  private var rows = PersistentMap<Place, Pod>()
  private var uids = PersistentMap<UID, Place>()
  private var bindings = PersistentMap<Binding, PodState>()
  /// How many pods are in which state.
  public private(set) var tally = PodTally()
  /// What the last look found changed, in the order of the keys.
  public private(set) var changes: [Change] = []
  private var lineage = Lineage()
  private var version: UInt64 = 0
  /// The wall clock of the look: ages are counted from it.
  var wall: Timestamp

  init(_ pods: [Pod], wall: Timestamp) {
    self.wall = wall
    for pod in pods { put(pod) }
  }

  public var readyCount: Int { tally.ready }

  /// Whether this table holds what `other` held, ages left out.
  public func holdsSame(as other: PodTable) -> Bool {
    lineage === other.lineage && version == other.version
  }

  /// Whether `changes` is all that tells this table from `other`.
  public func follows(_ other: PodTable) -> Bool {
    lineage === other.lineage && version == other.version + 1
  }

  // MARK: Changing

  /// Puts pods in the place of those with the same keys, or takes those away; in the order of keys.
  ///
  /// - Returns: what that changed. Without news it is nothing, and `changes` stays what the last
  ///   news brought.
  mutating func update(_ news: [(key: ObjectKey, pod: Pod?)]) -> [Change] {
    guard !news.isEmpty else { return [] }
    version += 1
    changes = []
    for (key, pod) in news {
      let old = remove(Place(key: key))
      if let pod { put(pod) }
      if old != nil || pod != nil { changes.append(Change(old: old, new: pod)) }
    }
    return changes
  }

  private mutating func put(_ pod: Pod) {
    let place = Place(key: pod.key)
    rows.updateValue(pod, forKey: place)
    uids.updateValue(place, forKey: pod.uid)
    if !pod.node.isEmpty {
      bindings.updateValue(PodState(pod), forKey: Binding(node: pod.node, place: place))
    }
    tally.take(pod, sign: 1)
  }

  private mutating func remove(_ place: Place) -> Pod? {
    guard let old = rows.removeValue(forKey: place) else { return nil }
    uids.removeValue(forKey: old.uid)
    if !old.node.isEmpty { bindings.removeValue(forKey: Binding(node: old.node, place: place)) }
    tally.take(old, sign: -1)
    return old
  }

  // MARK: Asking

  /// The pod as it is at this look.
  private func aged(_ pod: Pod) -> Pod {
    var pod = pod
    pod.age = wall - (pod.created ?? wall)
    return pod
  }

  public subscript(uid: UID) -> Pod? { uids[uid].flatMap { rows[$0] }.map(aged) }

  public subscript(key: ObjectKey) -> Pod? { rows[Place(key: key)].map(aged) }

  /// The row of the pod; nil where there is none with this UID.
  public func index(of uid: UID) -> Int? { uids[uid].map { rows.rank(of: $0) } }

  /// How many pods are bound to a node, those that have ended too.
  public func count(on node: String) -> Int { span(of: node).count }

  /// The first pods that are bound to a node.
  public func pods(on node: String, limit: Int = .max) -> [Pod] {
    span(of: node).prefix(limit).compactMap { at in
      bindings.entry(at: at).key.place.flatMap { rows[$0] }.map(aged)
    }
  }

  /// The states of the first pods that are bound to a node: for thousands of cells.
  public func states(on node: String, limit: Int = .max) -> [PodState] {
    span(of: node).prefix(limit).map { bindings.entry(at: $0).value }
  }

  private func span(of node: String) -> Range<Int> {
    let start = bindings.rank(of: Binding(node: node, place: nil))
    // No machine's name holds a character below the space.
    let end = bindings.rank(of: Binding(node: node + "\u{1}", place: nil))
    return start..<Swift.max(start, end)
  }
}

extension PodTable: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { rows.count }
  public var count: Int { rows.count }
  public subscript(row: Int) -> Pod { aged(rows.entry(at: row).value) }

  public struct Iterator: IteratorProtocol {
    private var rows: PersistentMap<Place, Pod>.Iterator
    private let wall: Timestamp

    init(_ table: PodTable) {
      rows = table.rows.makeIterator()
      wall = table.wall
    }

    public mutating func next() -> Pod? {
      guard var pod = rows.next()?.value else { return nil }
      pod.age = wall - (pod.created ?? wall)
      return pod
    }
  }

  public func makeIterator() -> Iterator { Iterator(self) }
}
