import KubeAPI

/// `get --sort-by=PATH`: objects in the order of what they have there (`get/sorter.go`).
struct SortingByPath {
  private let path: JSONPath
  /// As kubectl repeats it: `{.spec.nodeName}`.
  private let shown: String

  /// - Parameter text: `spec.nodeName` or `.spec.nodeName`, in braces or not.
  init(_ text: String) throws(KubectlProblem) {
    (shown, path) = try RelaxedPath.parse(text, about: "error: sorting error: ")
  }

  /// The objects in order: those without such a field first.
  func sorted(_ objects: [APIObject]) throws(KubectlProblem) -> [APIObject] {
    guard !objects.isEmpty else { return [] }
    var without: [APIObject] = []
    var with: [(value: JSONValue, object: APIObject)] = []
    for object in objects {
      if let value = RelaxedPath.values(path, in: object.json()).first {
        with.append((value, object))
      } else {
        without.append(object)
      }
    }
    guard !with.isEmpty else {
      throw KubectlProblem(
        message: "error: couldn't find any field with path \"\(shown)\" in the list of objects")
    }
    if with.count > 1, let type = with.lazy.compactMap({ Self.unsortable($0.value) }).first {
      throw KubectlProblem(
        message: "Field \(shown) in [][][]reflect.Value is an unsortable type: interface, err: "
          + "unsortable type: \(type)")
    }
    let order = with.enumerated().sorted { a, b in
      if Self.isLess(a.element.value, b.element.value) { return true }
      return !Self.isLess(b.element.value, a.element.value) && a.offset < b.offset
    }
    // Each without stands before those found earlier: kubectl holds a missing field for less than
    // any other.
    return without.reversed() + order.map(\.element.object)
  }

  /// The Go type of what has no order.
  private static func unsortable(_ value: JSONValue) -> String? {
    switch value {
    case .bool: "bool"
    case .array: "[]interface {}"
    case .object: "map[string]interface {}"
    case .null, .integer, .number, .string: nil
    }
  }

  private static func isLess(_ a: JSONValue, _ b: JSONValue) -> Bool {
    switch (a, b) {
    case (.integer(let a), .integer(let b)): return a < b
    case (.string(let a), .string(let b)):
      // Amounts are compared as amounts: 900Mi before 1Gi.
      if let a = Quantity(a), let b = Quantity(b) { return a < b }
      return a < b
    case (.null, .null): return false
    case (.null, _): return true
    case (_, .null): return false
    default: return number(a) < number(b)
    }
  }

  private static func number(_ value: JSONValue) -> Double {
    switch value {
    case .integer(let number): Double(number)
    case .number(let text): Double(text) ?? 0
    default: 0
    }
  }
}

/// Paths as `--sort-by` and custom columns take them: with or without dot and braces.
enum RelaxedPath {
  /// The path, and its text with both: `{.spec.nodeName}`. `about` begins what is said of a bad one.
  static func parse(
    _ text: String, about: String
  ) throws(KubectlProblem) -> (shown: String, path: JSONPath) {
    let shown = try expression(text, about)
    do throws(JSONPathProblem) { return (shown, try JSONPath(shown)) } catch {
      throw KubectlProblem(message: about + error.message)
    }
  }

  private static func expression(
    _ text: String, _ about: String
  ) throws(KubectlProblem) -> String {
    var inner = text[...]
    if inner.hasPrefix("{") {
      guard inner.hasSuffix("}"), inner.count > 1 else {
        throw KubectlProblem(message: about + "unclosed action")
      }
      inner = inner.dropFirst().dropLast()
    }
    if inner.hasPrefix(".") { inner = inner.dropFirst() }
    guard !inner.isEmpty, !inner.contains("{"), !inner.contains("}") else {
      throw KubectlProblem(
        message: about + "unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
          + "'{name1.name2}' or '{.name1.name2}'")
    }
    return "{." + inner + "}"
  }

  /// All values at a path.
  static func values(_ path: JSONPath, in json: JSONValue) -> [JSONValue] {
    guard let value = path.value(in: json) else { return [] }
    let isMany = path.steps.contains { step in
      switch step {
      case .all, .filter: true
      case .key, .index: false
      }
    }
    if isMany, case .array(let items) = value { return items }
    return [value]
  }
}
