extension PersistentMap: Sequence {
  public typealias Element = (key: Key, value: Value)

  /// Walks entries in ascending order, holding one step per level of the tree.
  public struct Iterator: IteratorProtocol {
    // The inner nodes above `leaf`, each with the child to visit next.
    @usableFromInline var path: [(node: Node, next: Int)] = []
    @usableFromInline var leaf: Node?
    @usableFromInline var index = 0
    @usableFromInline let end: Key?

    @inlinable init(root: Node?, from: Key?, end: Key?) {
      self.end = end
      guard var node = root else { return }
      while !node.isLeaf {
        let i = from.map { node.childIndex($0) } ?? 0
        path.append((node, i + 1))
        node = node.children[i]
      }
      index = from.map { node.lowerBound($0) } ?? 0
      leaf = node
    }

    @inlinable public mutating func next() -> Element? {
      while let current = leaf {
        if index < current.keys.count {
          let key = current.keys[index]
          if let end, !(key < end) {
            leaf = nil
            return nil
          }
          let value = current.values[index]
          index += 1
          return (key, value)
        }
        advanceLeaf()
      }
      return nil
    }

    @inlinable mutating func advanceLeaf() {
      leaf = nil
      while let (node, next) = path.last {
        guard next < node.children.count else {
          path.removeLast()
          continue
        }
        path[path.count - 1].next = next + 1
        var below = node.children[next]
        while !below.isLeaf {
          path.append((below, 1))
          below = below.children[0]
        }
        leaf = below
        index = 0
        return
      }
    }
  }

  @inlinable public func makeIterator() -> Iterator { Iterator(root: root, from: nil, end: nil) }
  @inlinable public var underestimatedCount: Int { count }

  /// The entries of a half-open range of keys, walked as they are asked for.
  public struct Slice: Sequence {
    @usableFromInline let map: PersistentMap
    @usableFromInline let from: Key?
    @usableFromInline let to: Key?

    @inlinable init(map: PersistentMap, from: Key?, to: Key?) {
      self.map = map
      self.from = from
      self.to = to
    }

    @inlinable public func makeIterator() -> Iterator {
      Iterator(root: map.root, from: from, end: to)
    }

    /// How many entries the range has: O(log n), without a walk.
    @inlinable public var count: Int {
      let low = from.map { map.rank(of: $0) } ?? 0
      let high = to.map { map.rank(of: $0) } ?? map.count
      return Swift.max(0, high - low)
    }
  }

  /// The entries with `from` <= key < `to`; nil leaves that side open.
  @inlinable public func range(from: Key? = nil, to: Key? = nil) -> Slice {
    Slice(map: self, from: from, to: to)
  }

  /// Calls `body` for each entry with `from` <= key < `to` in order, until it answers false.
  /// Allocates nothing. False when `body` stopped it.
  @inlinable @discardableResult
  public func forEach(
    from: Key? = nil, to: Key? = nil, _ body: (Key, Value) throws -> Bool
  ) rethrows -> Bool {
    guard let root else { return true }
    return try root.walk(from: from, to: to, body) != .stopped
  }

  /// The keys in ascending order.
  @inlinable public var keys: Keys { Keys(base: self) }

  public struct Keys: Sequence {
    @usableFromInline let base: PersistentMap
    @inlinable init(base: PersistentMap) { self.base = base }
    @inlinable public var count: Int { base.count }

    public struct Iterator: IteratorProtocol {
      @usableFromInline var base: PersistentMap.Iterator
      @inlinable init(base: PersistentMap.Iterator) { self.base = base }
      @inlinable public mutating func next() -> Key? { base.next()?.key }
    }
    @inlinable public func makeIterator() -> Iterator { Iterator(base: base.makeIterator()) }
  }

  /// The values in the order of their keys.
  @inlinable public var values: Values { Values(base: self) }

  public struct Values: Sequence {
    @usableFromInline let base: PersistentMap
    @inlinable init(base: PersistentMap) { self.base = base }
    @inlinable public var count: Int { base.count }

    public struct Iterator: IteratorProtocol {
      @usableFromInline var base: PersistentMap.Iterator
      @inlinable init(base: PersistentMap.Iterator) { self.base = base }
      @inlinable public mutating func next() -> Value? { base.next()?.value }
    }
    @inlinable public func makeIterator() -> Iterator { Iterator(base: base.makeIterator()) }
  }
}

extension PersistentMap {
  /// The entry with the smallest key.
  @inlinable public var first: Element? {
    guard var node = root else { return nil }
    while !node.isLeaf { node = node.children[0] }
    return (node.keys[0], node.values[0])
  }

  /// The entry with the greatest key.
  @inlinable public var last: Element? {
    guard var node = root else { return nil }
    while !node.isLeaf { node = node.children[node.children.count - 1] }
    return (node.keys[node.keys.count - 1], node.values[node.keys.count - 1])
  }

  /// The first entry at or after `key`.
  @inlinable public func first(from key: Key) -> Element? {
    var found: Element?
    forEach(from: key) {
      found = ($0, $1)
      return false
    }
    return found
  }

  /// The last entry whose key is below `key`.
  @inlinable public func last(before key: Key) -> Element? {
    guard var node = root else { return nil }
    var fallback: Node?
    while !node.isLeaf {
      let i = node.childIndex(key)
      if i > 0 { fallback = node.children[i - 1] }
      node = node.children[i]
    }
    let i = node.lowerBound(key)
    if i > 0 { return (node.keys[i - 1], node.values[i - 1]) }
    guard var left = fallback else { return nil }
    while !left.isLeaf { left = left.children[left.children.count - 1] }
    return (left.keys[left.keys.count - 1], left.values[left.keys.count - 1])
  }

  /// How many keys are below `key`: O(log n).
  @inlinable public func rank(of key: Key) -> Int {
    guard var node = root else { return 0 }
    var rank = 0
    while !node.isLeaf {
      let i = node.childIndex(key)
      for j in 0..<i { rank += node.children[j].total }
      node = node.children[i]
    }
    return rank + node.lowerBound(key)
  }
}

extension PersistentMap {
  /// The entry with `position` keys before it: O(log n).
  @inlinable public func entry(at position: Int) -> Element {
    precondition(position >= 0 && position < count, "a position outside the map")
    guard var node = root else { preconditionFailure("an entry of an empty map") }
    var left = position
    while !node.isLeaf {
      var i = 0
      while left >= node.children[i].total {
        left -= node.children[i].total
        i += 1
      }
      node = node.children[i]
    }
    return (node.keys[left], node.values[left])
  }
}

extension MapNode {
  @usableFromInline enum Walk { case on, past, stopped }

  @inlinable
  func walk(from: Key?, to: Key?, _ body: (Key, Value) throws -> Bool) rethrows -> Walk {
    if isLeaf {
      var i = from.map { lowerBound($0) } ?? 0
      while i < keys.count {
        if let to, !(keys[i] < to) { return .past }
        if try !body(keys[i], values[i]) { return .stopped }
        i += 1
      }
      return .on
    }
    var i = from.map { childIndex($0) } ?? 0
    // Only the first child visited can hold keys below `from`.
    var bound = from
    while i < children.count {
      let end = try children[i].walk(from: bound, to: to, body)
      if end != .on { return end }
      bound = nil
      i += 1
    }
    return .on
  }
}
