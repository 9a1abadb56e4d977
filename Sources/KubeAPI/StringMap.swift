/// A small string-to-string map, sorted by key: labels, annotations, selectors, data.
///
/// Sorted, so that walking it is deterministic; an array, so that copies share it.
public struct StringMap: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  public struct Entry: Sendable, Hashable {
    public var key: String
    public var value: String
  }
  public private(set) var entries: [Entry] = []

  public init() {}
  public init(dictionaryLiteral elements: (String, String)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// The pairs, in any order, of distinct keys.
  init(sorting pairs: [(String, String)]) {
    entries = pairs.map { Entry(key: $0.0, value: $0.1) }
    entries.sort { $0.key < $1.key }
  }

  public var isEmpty: Bool { entries.isEmpty }
  public var count: Int { entries.count }

  public subscript(key: String) -> String? {
    get {
      // Maps are small: a linear scan beats a search that compares strings by order.
      for entry in entries where entry.key == key { return entry.value }
      return nil
    }
    set {
      if let at = entries.firstIndex(where: { $0.key == key }) {
        if let newValue { entries[at].value = newValue } else { entries.remove(at: at) }
      } else if let newValue {
        let at = entries.firstIndex { $0.key > key } ?? entries.count
        entries.insert(Entry(key: key, value: newValue), at: at)
      }
    }
  }

  /// True when every pair of `self` is in `other`: how a map selector matches labels.
  public func isSubset(of other: StringMap) -> Bool {
    entries.allSatisfy { other[$0.key] == $0.value }
  }

  public mutating func merge(_ other: StringMap) {
    for entry in other.entries { self[entry.key] = entry.value }
  }
}
