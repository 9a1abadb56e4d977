/// A hash table that can be asked but not walked: it is no `Sequence`, so that hash order, which
/// differs between processes, cannot reach a decision or an output.
@frozen
public struct LookupTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline var storage: [Key: Value] = [:]

  @inlinable public init() {}

  @inlinable public var count: Int { storage.count }
  @inlinable public var isEmpty: Bool { storage.isEmpty }

  @inlinable public subscript(key: Key) -> Value? {
    get { storage[key] }
    _modify { yield &storage[key] }
  }

  @inlinable
  public subscript(
    key: Key, default fallback: @autoclosure () -> Value
  ) -> Value {
    get { storage[key, default: fallback()] }
    _modify { yield &storage[key, default: fallback()] }
  }

  @inlinable public func contains(_ key: Key) -> Bool { storage[key] != nil }

  /// Changes the value of `key` in place; false, and `body` not called, where there is none. Unlike
  /// `table[key]?.field = …` it allocates nothing.
  @inlinable @discardableResult
  public mutating func modify(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    guard let index = storage.index(forKey: key) else { return false }
    body(&storage.values[index])
    return true
  }

  @inlinable @discardableResult
  public mutating func removeValue(forKey key: Key) -> Value? { storage.removeValue(forKey: key) }

  @inlinable public mutating func removeAll() { storage.removeAll() }
}

extension LookupTable where Key: Comparable {
  /// The keys in ascending order: the one way to walk the table. Costs a sort.
  public var sortedKeys: [Key] { storage.keys.sorted() }
}

/// A set that can be asked but not walked, for the same reason.
@frozen
public struct LookupSet<Element: Hashable & Sendable>: Sendable {
  @usableFromInline var storage: Set<Element> = []

  @inlinable public init() {}

  @inlinable public var count: Int { storage.count }
  @inlinable public var isEmpty: Bool { storage.isEmpty }
  @inlinable public func contains(_ element: Element) -> Bool { storage.contains(element) }
  @inlinable @discardableResult
  public mutating func insert(_ element: Element) -> Bool { storage.insert(element).inserted }
  @inlinable @discardableResult
  public mutating func remove(_ element: Element) -> Bool { storage.remove(element) != nil }
  @inlinable public mutating func removeAll() { storage.removeAll() }
}

extension LookupSet where Element: Comparable {
  /// The elements in ascending order. Costs a sort.
  public var sorted: [Element] { storage.sorted() }
}
