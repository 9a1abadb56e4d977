/// Quantities by resource name (`cpu`, `memory`, `pods`, …), sorted by name.
public struct ResourceList: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  public struct Entry: Sendable, Equatable {
    public var name: String
    public var quantity: Quantity
  }
  public private(set) var entries: [Entry] = []

  public init() {}
  public init(dictionaryLiteral elements: (String, Quantity)...) {
    for (name, quantity) in elements { self[name] = quantity }
  }

  public var isEmpty: Bool { entries.isEmpty }

  public subscript(name: String) -> Quantity? {
    get { entries.first { $0.name == name }?.quantity }
    set {
      if let at = entries.firstIndex(where: { $0.name == name }) {
        if let newValue { entries[at].quantity = newValue } else { entries.remove(at: at) }
      } else if let newValue {
        let at = entries.firstIndex { $0.name > name } ?? entries.count
        entries.insert(Entry(name: name, quantity: newValue), at: at)
      }
    }
  }

  /// Thousandths of a core; 0 when absent.
  public var cpuMilli: Int64 { self["cpu"]?.milliValue ?? 0 }
  /// Bytes; 0 when absent.
  public var memoryBytes: Int64 { self["memory"]?.value ?? 0 }
}
