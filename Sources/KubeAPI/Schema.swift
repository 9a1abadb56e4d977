import Basics

/// What the real API knows of its types: field names, JSON shapes, Go types, patch strategies.
/// Decoding checks every document against it, so that what the API would refuse is refused.
enum Schema {
  /// A struct of the API.
  final class Struct: Sendable {
    let name: String
    /// Sorted by name.
    let fields: [Field]
    init(name: String, fields: [Field]) {
      self.name = name
      self.fields = fields
    }
    func field(_ name: String) -> Field? { fields.first { $0.name == name } }
  }

  /// A field of a struct.
  struct Field: Sendable {
    let name: String
    let shape: Shape
    /// Written even when it holds nothing (no `omitempty`, or a struct, on which Go ignores it).
    let isAlwaysWritten: Bool
    /// How a strategic merge patch merges this list; nil replaces it.
    let mergeKey: MergeKey?
    let retainsKeys: Bool
  }

  enum MergeKey: Sendable, Equatable {
    /// A list of structs, by this field.
    case field(String)
    /// A list of plain values, as a set.
    case value
  }

  indirect enum Shape: Sendable {
    /// Present and empty is not absent.
    case pointer(Shape)
    case list(Shape)
    case map(Shape, goName: String?)
    case scalar(Scalar, goName: String?)
    case named(String)
  }

  enum Scalar: String, Sendable {
    case string, int32, int64, bool, quantity, time, microTime, intOrString, bytes, any
  }

  /// The struct of this name; asking for one that is not in the table is a bug.
  static func named(_ name: String) -> Struct {
    guard let found = table[name] else { preconditionFailure("no type \(name) in the schema") }
    return found
  }

  static func contains(_ name: String) -> Bool { table[name] != nil }

  /// Every type, in the order of their names.
  static let allTypes = parse(text)

  private static let table: LookupTable<String, Struct> = {
    var table = LookupTable<String, Struct>()
    for type in allTypes { table[type.name] = type }
    return table
  }()

  /// The types of a table text, in its order.
  static func parse(_ text: String) -> [Struct] {
    var types: [(name: String, words: [Substring])] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.first == " " {
        types[types.count - 1].words += words
      } else if let name = words.first {
        types.append((String(name), Array(words.dropFirst())))
      }
    }
    return types.map { Struct(name: $0.name, fields: $0.words.map(field)) }
  }

  private static func field(_ word: Substring) -> Field {
    guard let colon = word.firstIndex(of: ":") else { preconditionFailure("no shape: \(word)") }
    var rest = word[word.index(after: colon)...]
    let retains = rest.last == "~"
    if retains { rest.removeLast() }
    var mergeKey: MergeKey?
    if let at = rest.firstIndex(of: "@") {
      let key = rest[rest.index(after: at)...]
      mergeKey = key.isEmpty ? .value : .field(String(key))
      rest = rest[..<at]
    }
    let always = rest.last == "!"
    if always { rest.removeLast() }
    return Field(
      name: String(word[..<colon]), shape: shape(rest), isAlwaysWritten: always,
      mergeKey: mergeKey, retainsKeys: retains)
  }

  private static func shape(_ text: Substring) -> Shape {
    if text.first == "*" { return .pointer(shape(text.dropFirst())) }
    if text.first == "[" { return .list(shape(text.dropFirst().dropLast())) }
    let parts = text.split(separator: "=", maxSplits: 1)
    let outer = text.first == "{" && text.last != "}" || text.first != "{"
    let goName = outer && parts.count == 2 ? String(parts[1]) : nil
    if text.first == "{" {
      let body = goName == nil ? text : parts[0]
      return .map(shape(body.dropFirst().dropLast()), goName: goName)
    }
    if let scalar = Scalar(rawValue: String(parts[0])) { return .scalar(scalar, goName: goName) }
    return .named(String(text))
  }
}

extension Schema.Shape {
  /// The Go type as `encoding/json` prints it in an error.
  var goType: String {
    switch self {
    case .pointer(let inner): return inner.goType
    case .list(let inner):
      if case .pointer(let pointee) = inner { return "[]*" + pointee.goType }
      return "[]" + inner.goType
    case .map(let inner, let goName): return goName ?? "map[string]" + inner.goType
    case .named(let name): return "v1." + name
    case .scalar(let scalar, let goName):
      if let goName { return goName }
      switch scalar {
      case .quantity: return "resource.Quantity"
      case .time: return "v1.Time"
      case .microTime: return "v1.MicroTime"
      case .intOrString: return "intstr.IntOrString"
      case .bytes: return "[]uint8"
      case .any: return "interface {}"
      default: return scalar.rawValue
      }
    }
  }

  /// The struct under pointers, where this is one.
  var structure: Schema.Struct? {
    switch self {
    case .pointer(let inner): return inner.structure
    case .named(let name): return Schema.named(name)
    default: return nil
    }
  }

  /// The name of the struct at the end of pointers, lists and maps.
  var leafType: String? {
    switch self {
    case .pointer(let inner), .list(let inner), .map(let inner, _): return inner.leafType
    case .named(let name): return name
    case .scalar: return nil
    }
  }

  /// The shape of a list's or map's items.
  var items: Schema.Shape? {
    switch self {
    case .pointer(let inner): return inner.items
    case .list(let inner), .map(let inner, _): return inner
    default: return nil
    }
  }
}
