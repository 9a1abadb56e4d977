/// A table that can be asked but not walked: it is no `Sequence`, so that hash order, which differs
/// between processes, cannot reach a decision or an output.
///
/// Up to eight entries lie side by side and are compared one by one; more are hashed. Most tables of
/// a cluster's thousand components hold one entry or two, and each copy of a world that is written
/// to copies them: of an hour's keyframes at 1,000 nodes hash tables were 9 % (live bytes by call
/// stack, `orrery bench timeline`).
@frozen
public struct LookupTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  @usableFromInline typealias Few = ContiguousArray<(key: Key, value: Value)>

  @usableFromInline enum Storage: Sendable {
    case few(Few)
    case many([Key: Value])
  }

  @usableFromInline var storage = Storage.few([])

  @inlinable public init() {}

  /// The most entries that lie side by side.
  @inlinable static var fewLimit: Int { 8 }
  /// With so few left a hash table is given up again.
  @inlinable static var manyLimit: Int { 4 }

  @inlinable public var count: Int {
    switch storage {
    case .few(let entries): entries.count
    case .many(let table): table.count
    }
  }
  @inlinable public var isEmpty: Bool { count == 0 }

  @inlinable public subscript(key: Key) -> Value? {
    get {
      switch storage {
      case .few(let entries):
        for entry in entries where entry.key == key { return entry.value }
        return nil
      case .many(let table): return table[key]
      }
    }
    _modify {
      switch take() {
      case .few(var entries):
        // Taken out while it is changed, so that nothing else refers to it.
        var value: Value?
        if let place = entries.firstIndex(where: { $0.key == key }) {
          entries.swapAt(place, entries.count - 1)
          value = entries.removeLast().value
        }
        defer {
          if !entries.isEmpty { storage = .few(entries) }
          if let value {
            entries = []
            insert(key, value)
          }
        }
        yield &value
      case .many(var table):
        defer { storage = .many(table) }
        yield &table[key]
      }
    }
    set {
      if let newValue {
        if !modify(key, { $0 = newValue }) { insert(key, newValue) }
      } else {
        removeValue(forKey: key)
      }
    }
  }

  @inlinable
  public subscript(
    key: Key, default fallback: @autoclosure () -> Value
  ) -> Value {
    get { self[key] ?? fallback() }
    _modify {
      switch take() {
      case .few(var entries):
        if let place = entries.firstIndex(where: { $0.key == key }) {
          defer { storage = .few(entries) }
          yield &entries[place].value
        } else {
          var value = fallback()
          defer {
            storage = .few(entries)
            insert(key, value)
          }
          yield &value
        }
      case .many(var table):
        defer { storage = .many(table) }
        yield &table[key, default: fallback()]
      }
    }
  }

  @inlinable public func contains(_ key: Key) -> Bool {
    switch storage {
    case .few(let entries): entries.contains { $0.key == key }
    case .many(let table): table[key] != nil
    }
  }

  /// Changes the value of `key` in place; false, and `body` not called, where there is none. Unlike
  /// `table[key]?.field = …` it allocates nothing.
  @inlinable @discardableResult
  public mutating func modify(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    // Looked for first: where there is none a copy stays shared.
    switch storage {
    case .few(let entries):
      guard let place = entries.firstIndex(where: { $0.key == key }) else { return false }
      guard case .few(var entries) = take() else { return false }
      body(&entries[place].value)
      storage = .few(entries)
    case .many(let table):
      guard let index = table.index(forKey: key) else { return false }
      guard case .many(var table) = take() else { return false }
      body(&table.values[index])
      storage = .many(table)
    }
    return true
  }

  @inlinable @discardableResult
  public mutating func removeValue(forKey key: Key) -> Value? {
    guard contains(key) else { return nil }
    switch take() {
    case .few(var entries):
      guard let place = entries.firstIndex(where: { $0.key == key }) else { return nil }
      entries.swapAt(place, entries.count - 1)
      let entry = entries.removeLast()
      if !entries.isEmpty { storage = .few(entries) }
      return entry.value
    case .many(var table):
      let value = table.removeValue(forKey: key)
      storage =
        table.count > Self.manyLimit
        ? .many(table) : .few(Few(table.lazy.map { (key: $0.key, value: $0.value) }))
      return value
    }
  }

  @inlinable public mutating func removeAll() { storage = .few([]) }

  /// Takes the storage out, so that what is written to it is not shared with `self`.
  @inlinable mutating func take() -> Storage {
    var taken = Storage.few([])
    swap(&taken, &storage)
    return taken
  }

  /// Adds an entry whose key is not in the table.
  @inlinable mutating func insert(_ key: Key, _ value: Value) {
    switch take() {
    case .few(var entries):
      if entries.count < Self.fewLimit {
        entries.append((key: key, value: value))
        storage = .few(entries)
      } else {
        var table: [Key: Value] = [key: value]
        table.reserveCapacity(2 * Self.fewLimit)
        for entry in entries { table[entry.key] = entry.value }
        storage = .many(table)
      }
    case .many(var table):
      table[key] = value
      storage = .many(table)
    }
  }
}

extension LookupTable where Key: Comparable {
  /// The keys in ascending order: the one way to walk the table. Costs a sort.
  public var sortedKeys: [Key] {
    switch storage {
    case .few(let entries): entries.map(\.key).sorted()
    case .many(let table): table.keys.sorted()
    }
  }
}

/// A set that can be asked but not walked, for the same reason.
@frozen
public struct LookupSet<Element: Hashable & Sendable>: Sendable {
  @usableFromInline var table = LookupTable<Element, Void>()

  @inlinable public init() {}

  @inlinable public var count: Int { table.count }
  @inlinable public var isEmpty: Bool { table.isEmpty }
  @inlinable public func contains(_ element: Element) -> Bool { table.contains(element) }
  @inlinable @discardableResult
  public mutating func insert(_ element: Element) -> Bool {
    guard !table.contains(element) else { return false }
    table.insert(element, ())
    return true
  }
  @inlinable @discardableResult
  public mutating func remove(_ element: Element) -> Bool {
    table.removeValue(forKey: element) != nil
  }
  @inlinable public mutating func removeAll() { table.removeAll() }
}

extension LookupSet where Element: Comparable {
  /// The elements in ascending order. Costs a sort.
  public var sorted: [Element] { table.sortedKeys }
}
