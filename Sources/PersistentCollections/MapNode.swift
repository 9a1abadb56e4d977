/// The most entries of a leaf and the most children of an inner node.
@usableFromInline let mapNodeCapacity = 32
/// Below this a node is merged with, or filled from, a neighbour.
@usableFromInline let mapNodeMinimum = 12

/// A node of a `PersistentMap`'s B+tree.
///
/// A leaf holds `keys` and their `values`. An inner node holds `children`, and in `keys` the bounds
/// between them: every key of `children[i]` is below `keys[i]`, and none of `children[i + 1]` is.
/// A node reachable from two maps is never written: it is copied first (`isKnownUniquelyReferenced`).
@usableFromInline
final class MapNode<Key: Comparable, Value> {
  // Unchecked, as a node is written by the one map that alone reaches it.
  @exclusivity(unchecked) @usableFromInline var keys: ContiguousArray<Key>
  @exclusivity(unchecked) @usableFromInline var values: ContiguousArray<Value>
  @exclusivity(unchecked) @usableFromInline var children: ContiguousArray<MapNode>
  /// Entries in this node and below it.
  @exclusivity(unchecked) @usableFromInline var total: Int

  @inlinable
  init(
    keys: ContiguousArray<Key>, values: ContiguousArray<Value>,
    children: ContiguousArray<MapNode>, total: Int
  ) {
    self.keys = keys
    self.values = values
    self.children = children
    self.total = total
  }

  @inlinable var isLeaf: Bool { children.isEmpty }
  @inlinable var size: Int { isLeaf ? keys.count : children.count }

  @inlinable func copy() -> MapNode {
    MapNode(keys: keys, values: values, children: children, total: total)
  }

  /// The number of this node's own keys that are below `key`.
  @inlinable func lowerBound(_ key: Key) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) >> 1
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The child that would hold `key`: the number of bounds at or below it.
  @inlinable func childIndex(_ key: Key) -> Int {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) >> 1
      if key < keys[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Makes `children[i]` writable, copying it where another map shares it.
  @inlinable func ownChild(_ i: Int) {
    if !isKnownUniquelyReferenced(&children[i]) { children[i] = children[i].copy() }
  }
}

extension MapNode {
  @usableFromInline struct Split {
    @usableFromInline let bound: Key
    @usableFromInline let right: MapNode
    @inlinable init(bound: Key, right: MapNode) {
      self.bound = bound
      self.right = right
    }
  }

  /// Sets `key` in this node, which must be unshared; `split` is the new right neighbour if the
  /// node overflowed.
  @inlinable
  func update(_ key: Key, _ value: Value, split: inout Split?) -> Value? {
    guard !isLeaf else { return updateLeaf(key, value, split: &split) }
    let i = childIndex(key)
    ownChild(i)
    var below: Split?
    let old = children[i].update(key, value, split: &below)
    if old == nil { total += 1 }
    if let below {
      keys.insert(below.bound, at: i)
      children.insert(below.right, at: i + 1)
      if children.count > mapNodeCapacity { split = splitInner(appending: i + 2 == children.count) }
    }
    return old
  }

  @inlinable
  func updateLeaf(_ key: Key, _ value: Value, split: inout Split?) -> Value? {
    let i = lowerBound(key)
    if i < keys.count, !(key < keys[i]) {
      let old = values[i]
      values[i] = value
      return old
    }
    if keys.count < mapNodeCapacity {
      insert(key, value, at: i)
      return nil
    }
    // Split first: an array that took one more than fits would double its room for good.
    //
    // Keys that arrive in ascending order (revisions, generated names) would leave every node half
    // full after even splits; a split caused by an append leaves the left one full.
    let isAppended = i == keys.count
    let right = splitLeaf(at: isAppended ? keys.count : keys.count / 2)
    if !isAppended, i <= keys.count {
      insert(key, value, at: i)
    } else {
      right.insert(key, value, at: i - keys.count)
    }
    split = Split(bound: right.keys[0], right: right)
    return nil
  }

  @inlinable func insert(_ key: Key, _ value: Value, at i: Int) {
    keys.insert(key, at: i)
    values.insert(value, at: i)
    total += 1
  }

  /// Moves the entries from `at` on to a new right neighbour.
  @inlinable func splitLeaf(at: Int) -> MapNode {
    var movedKeys = ContiguousArray<Key>()
    var movedValues = ContiguousArray<Value>()
    movedKeys.reserveCapacity(mapNodeCapacity)
    movedValues.reserveCapacity(mapNodeCapacity)
    movedKeys.append(contentsOf: keys[at...])
    movedValues.append(contentsOf: values[at...])
    let right = MapNode(
      keys: movedKeys, values: movedValues, children: [], total: movedKeys.count)
    keys.removeSubrange(at...)
    values.removeSubrange(at...)
    total = at
    return right
  }

  @inlinable func splitInner(appending: Bool) -> Split {
    let at = appending ? children.count - 2 : children.count / 2
    let bound = keys[at - 1]
    let moved = ContiguousArray(children[at...])
    let right = MapNode(
      keys: ContiguousArray(keys[at...]), values: [], children: moved,
      total: moved.reduce(0) { $0 + $1.total })
    keys.removeSubrange((at - 1)...)
    children.removeSubrange(at...)
    total -= right.total
    return Split(bound: bound, right: right)
  }

  /// Removes `key` from this node, which must be unshared, and evens out what became too small.
  @inlinable
  func remove(_ key: Key) -> Value? {
    if isLeaf {
      let i = lowerBound(key)
      guard i < keys.count, !(key < keys[i]) else { return nil }
      keys.remove(at: i)
      total -= 1
      return values.remove(at: i)
    }
    let i = childIndex(key)
    ownChild(i)
    guard let old = children[i].remove(key) else { return nil }
    total -= 1
    if children[i].size < mapNodeMinimum, children.count > 1 { refill(i) }
    return old
  }

  /// Merges the small child `i` with a neighbour, or shares the two's entries evenly.
  @inlinable func refill(_ i: Int) {
    let left = i > 0 ? i - 1 : i
    ownChild(left)
    let a = children[left]
    let b = children[left + 1]
    if a.isLeaf {
      a.keys.append(contentsOf: b.keys)
      a.values.append(contentsOf: b.values)
    } else {
      a.keys.append(keys[left])
      a.keys.append(contentsOf: b.keys)
      a.children.append(contentsOf: b.children)
    }
    a.total += b.total
    keys.remove(at: left)
    children.remove(at: left + 1)
    guard a.size > mapNodeCapacity else { return }
    if a.isLeaf {
      let right = a.splitLeaf(at: a.keys.count / 2)
      keys.insert(right.keys[0], at: left)
      children.insert(right, at: left + 1)
    } else {
      let split = a.splitInner(appending: false)
      keys.insert(split.bound, at: left)
      children.insert(split.right, at: left + 1)
    }
  }
}
