import Basics

/// An ordered map as a value: a B+tree whose copies share every node until one of them writes.
///
/// Copying costs nothing; a write costs O(log n), in place where no copy shares the path to the
/// entry, and copies that path where one does. Iteration is in the order of the keys.
public struct PersistentMap<Key: Comparable & Sendable, Value: Sendable>: @unchecked Sendable {
  @usableFromInline typealias Node = MapNode<Key, Value>
  @usableFromInline var root: Node?

  @inlinable public init() {}

  @inlinable public var count: Int { root?.total ?? 0 }
  @inlinable public var isEmpty: Bool { root == nil }

  @inlinable public subscript(key: Key) -> Value? {
    get {
      guard var node = root else { return nil }
      while !node.isLeaf { node = node.children[node.childIndex(key)] }
      let i = node.lowerBound(key)
      guard i < node.keys.count, !(key < node.keys[i]) else { return nil }
      return node.values[i]
    }
    set {
      if let newValue {
        updateValue(newValue, forKey: key)
      } else {
        removeValue(forKey: key)
      }
    }
  }

  /// What `body` makes of the value of `key`, which is not copied; nil where there is none.
  @inlinable public func read<Result>(_ key: Key, _ body: (Value) -> Result) -> Result? {
    guard var node = root else { return nil }
    while !node.isLeaf { node = node.children[node.childIndex(key)] }
    let i = node.lowerBound(key)
    guard i < node.keys.count, !(key < node.keys[i]) else { return nil }
    return body(node.values[i])
  }

  /// The value of `key`, set to `fallback` first where there is none, to be changed in place.
  @inlinable
  public subscript(key: Key, default fallback: @autoclosure () -> Value) -> Value {
    get { self[key] ?? fallback() }
    _modify {
      if !contains(key) { updateValue(fallback(), forKey: key) }
      let leaf = ownLeaf(key)
      yield &leaf.values[leaf.lowerBound(key)]
    }
  }

  /// The key of the map that equals `key`, so that who keeps it shares its storage with the map.
  @inlinable public func storedKey(_ key: Key) -> Key? {
    guard var node = root else { return nil }
    while !node.isLeaf { node = node.children[node.childIndex(key)] }
    let i = node.lowerBound(key)
    guard i < node.keys.count, !(key < node.keys[i]) else { return nil }
    return node.keys[i]
  }

  @inlinable public func contains(_ key: Key) -> Bool {
    guard var node = root else { return false }
    while !node.isLeaf { node = node.children[node.childIndex(key)] }
    let i = node.lowerBound(key)
    return i < node.keys.count && !(key < node.keys[i])
  }

  /// Sets `key` to `value` and gives back what it replaces.
  @inlinable @discardableResult
  public mutating func updateValue(_ value: Value, forKey key: Key) -> Value? {
    guard root != nil else {
      root = Node(keys: [key], values: [value], children: [], total: 1)
      return nil
    }
    ownRoot()
    var split: Node.Split?
    guard let left = root else { return nil }
    let old = left.update(key, value, split: &split)
    if let split {
      root = Node(
        keys: [split.bound], values: [], children: [left, split.right],
        total: left.total + split.right.total)
    }
    return old
  }

  /// Takes `key` away and gives back its value. Copies nothing where the key is absent.
  @inlinable @discardableResult
  public mutating func removeValue(forKey key: Key) -> Value? {
    guard contains(key) else { return nil }
    ownRoot()
    guard let node = root else { return nil }
    let old = node.remove(key)
    if node.total == 0 {
      root = nil
    } else if node.children.count == 1 {
      root = node.children[0]
    }
    return old
  }

  /// Changes the value of `key` in place; false, and `body` not called, where there is none.
  /// One descent: the path is made writable before it is known whether the key is there.
  @inlinable @discardableResult
  public mutating func modify(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    guard root != nil else { return false }
    let leaf = ownLeaf(key)
    let i = leaf.lowerBound(key)
    guard i < leaf.keys.count, !(key < leaf.keys[i]) else { return false }
    body(&leaf.values[i])
    return true
  }

  @inlinable public mutating func removeAll() { root = nil }

  @inlinable mutating func ownRoot() {
    if !isKnownUniquelyReferenced(&root), let shared = root { root = shared.copy() }
  }

  /// The leaf that holds `key`, or would hold it, writable. The map must not be empty.
  @inlinable mutating func ownLeaf(_ key: Key) -> Node {
    ownRoot()
    guard var node = root else { preconditionFailure("no leaf in an empty map") }
    while !node.isLeaf {
      let i = node.childIndex(key)
      node.ownChild(i)
      node = node.children[i]
    }
    return node
  }
}

extension PersistentMap: Equatable where Value: Equatable {
  public static func == (a: PersistentMap, b: PersistentMap) -> Bool {
    if a.root === b.root { return true }
    guard a.count == b.count else { return false }
    return a.elementsEqual(b) { $0.key == $1.key && $0.value == $1.value }
  }
}

extension PersistentMap: Digestible where Key: Digestible, Value: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(count)
    for (key, value) in self {
      key.digest(into: &digest)
      value.digest(into: &digest)
    }
  }
}

extension PersistentMap: ExpressibleByDictionaryLiteral {
  @inlinable public init(dictionaryLiteral elements: (Key, Value)...) {
    for (key, value) in elements { updateValue(value, forKey: key) }
  }
}
