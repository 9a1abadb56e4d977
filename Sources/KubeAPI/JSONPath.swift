/// Why a text is no path.
public struct JSONPathProblem: Error, Sendable, Equatable {
  public var message: String
}

/// A path into an object, in the part of kubectl's JSONPath that names places:
/// `spec.replicas`, `spec.containers[0].image`, `metadata.labels['a.b/c']`,
/// `status.conditions[?(@.type=='Ready')].status`, `spec.containers[*].name`. A leading `.` or `$`
/// and surrounding braces are allowed.
public struct JSONPath: Sendable, Equatable {
  public enum Step: Sendable, Equatable {
    case key(String)
    /// From the end where negative.
    case index(Int)
    /// Every item.
    case all
    /// Items whose field (a path of keys) compares so with a value.
    case filter([String], isEqual: Bool, JSONValue)
  }

  public let steps: [Step]

  public init(_ text: String) throws(JSONPathProblem) {
    var parser = JSONPathParser(text)
    steps = try parser.run()
  }

  /// The value at this path; nil where there is none. A path with `[*]`, and a filter that more
  /// than one item passes, gives the array of all values.
  public func value(in json: JSONValue) -> JSONValue? {
    var found = [json]
    var isMany = false
    for step in steps {
      var next: [JSONValue] = []
      for value in found { next += Self.take(step, from: value) }
      if case .all = step { isMany = true }
      found = next
    }
    if isMany || found.count > 1 { return .array(found) }
    return found.first
  }

  private static func take(_ step: Step, from value: JSONValue) -> [JSONValue] {
    switch step {
    case .key(let key): return value[key].map { [$0] } ?? []
    case .index(let index):
      guard case .array(let items) = value else { return [] }
      let at = index < 0 ? items.count + index : index
      return items.indices.contains(at) ? [items[at]] : []
    case .all:
      switch value {
      case .array(let items): return items
      case .object(let object): return object.fields.map(\.value)
      default: return []
      }
    case .filter(let path, let isEqual, let wanted):
      guard case .array(let items) = value else { return [] }
      return items.filter { item in
        let have = path.reduce(item as JSONValue?) { $0?[$1] }
        return have.map { ($0 == wanted) == isEqual } ?? false
      }
    }
  }
}

extension APIObject {
  /// The value at `path` of this object as the API shows it; nil where there is none.
  public func value(at path: JSONPath) -> JSONValue? { path.value(in: json()) }

  public func value(at path: String) throws(JSONPathProblem) -> JSONValue? {
    value(at: try JSONPath(path))
  }
}

private struct JSONPathParser {
  private let text: String
  private var rest: Substring

  init(_ text: String) {
    self.text = text
    rest = text[...]
  }

  mutating func run() throws(JSONPathProblem) -> [JSONPath.Step] {
    if rest.hasPrefix("{") {
      guard rest.hasSuffix("}") else { throw problem("unclosed action") }
      rest = rest.dropFirst().dropLast()
    }
    if rest.hasPrefix("$") { rest = rest.dropFirst() }
    var steps: [JSONPath.Step] = []
    while let first = rest.first {
      switch first {
      case ".":
        rest = rest.dropFirst()
        if rest.isEmpty, steps.isEmpty { return [] }
        if rest.first == "[" { continue }
        steps.append(try name())
      case "[": steps.append(try bracket())
      default:
        guard steps.isEmpty else { throw problem("unexpected \"\(first)\"") }
        steps.append(try name())
      }
    }
    return steps
  }

  private mutating func name() throws(JSONPathProblem) -> JSONPath.Step {
    var name = ""
    while let first = rest.first, first != ".", first != "[" {
      rest = rest.dropFirst()
      // kubectl writes dots inside a key as `\.`.
      if first == "\\", let escaped = rest.popFirst() {
        name.append(escaped)
      } else {
        name.append(first)
      }
    }
    guard !name.isEmpty else { throw problem("expected a field's name") }
    return name == "*" ? .all : .key(name)
  }

  private mutating func bracket() throws(JSONPathProblem) -> JSONPath.Step {
    rest = rest.dropFirst()
    if rest.hasPrefix("?(") {
      rest = rest.dropFirst(2)
      return try filter()
    }
    if let quote = rest.first, quote == "'" || quote == "\"" {
      let key = try quoted()
      try expect("]")
      return .key(key)
    }
    guard let end = rest.firstIndex(of: "]") else { throw problem("unterminated array") }
    let inside = rest[..<end]
    rest = rest[rest.index(after: end)...]
    if inside == "*" { return .all }
    guard let index = Int(inside) else { throw problem("invalid array index \(inside)") }
    return .index(index)
  }

  private mutating func filter() throws(JSONPathProblem) -> JSONPath.Step {
    skipSpace()
    try expect("@")
    var path: [String] = []
    while rest.first == "." {
      rest = rest.dropFirst()
      let key = rest.prefix { !".=! )".contains($0) }
      guard !key.isEmpty else { throw problem("expected a field's name after @.") }
      path.append(String(key))
      rest = rest.dropFirst(key.count)
    }
    skipSpace()
    let isEqual = rest.hasPrefix("==")
    guard isEqual || rest.hasPrefix("!=") else { throw problem("expected == or != in a filter") }
    rest = rest.dropFirst(2)
    skipSpace()
    let value = try literal()
    skipSpace()
    try expect(")")
    try expect("]")
    return .filter(path, isEqual: isEqual, value)
  }

  private mutating func literal() throws(JSONPathProblem) -> JSONValue {
    if rest.first == "'" || rest.first == "\"" { return .string(try quoted()) }
    let word = rest.prefix { $0 != ")" && $0 != " " }
    rest = rest.dropFirst(word.count)
    if word == "true" || word == "false" { return .bool(word == "true") }
    guard let number = Int64(word) else { throw problem("unexpected \"\(word)\" in a filter") }
    return .integer(number)
  }

  private mutating func quoted() throws(JSONPathProblem) -> String {
    guard let quote = rest.popFirst(), let end = rest.firstIndex(of: quote) else {
      throw problem("unterminated quoted string")
    }
    let inside = rest[..<end]
    rest = rest[rest.index(after: end)...]
    return String(inside)
  }

  private mutating func expect(_ character: Character) throws(JSONPathProblem) {
    guard rest.first == character else { throw problem("expected \"\(character)\"") }
    rest = rest.dropFirst()
  }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " } }

  private func problem(_ message: String) -> JSONPathProblem {
    let column = text.distance(from: text.startIndex, to: rest.startIndex) + 1
    return JSONPathProblem(message: "\(message) at column \(column) of \"\(text)\"")
  }
}
