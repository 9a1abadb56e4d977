/// Why a patch cannot be applied.
public struct PatchProblem: Error, Sendable, Equatable {
  public var message: String
  public init(_ message: String) { self.message = message }
}

extension JSONValue {
  /// This value with an RFC 6902 patch applied, all of it or, where an operation fails, nothing.
  public func jsonPatched(with patch: JSONValue) throws(PatchProblem) -> JSONValue {
    guard case .array(let operations) = patch else {
      throw PatchProblem(
        "json: cannot unmarshal \(patch.goKind) into Go value of type []handlers.jsonPatchOp")
    }
    var result = self
    for operation in operations { try JSONPatchOperation(operation).apply(to: &result) }
    return result
  }
}

/// One operation of a JSON patch.
private struct JSONPatchOperation {
  private let name: String
  private let path: [String]
  private let from: [String]
  private let value: JSONValue?
  private let pathText: String

  init(_ json: JSONValue) throws(PatchProblem) {
    name = json["op"]?.stringValue ?? ""
    guard let pathText = json["path"]?.stringValue else {
      throw PatchProblem("\(name) operation does not apply: missing path")
    }
    self.pathText = pathText
    path = try Self.pointer(pathText)
    from = try Self.pointer(json["from"]?.stringValue ?? "")
    value = json["value"]
  }

  /// RFC 6901: `~1` is a slash, `~0` a tilde.
  private static func pointer(_ text: String) throws(PatchProblem) -> [String] {
    if text.isEmpty { return [] }
    guard text.hasPrefix("/") else {
      throw PatchProblem("a JSON pointer begins with a slash, found \"\(text)\"")
    }
    return String(text.dropFirst()).split(separator: "/", omittingEmptySubsequences: false)
      .map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
  }

  func apply(to document: inout JSONValue) throws(PatchProblem) {
    switch name {
    case "add": try add(value ?? .null, &document)
    case "remove": _ = try document.remove(at: path[...]).orFail(failure("remove"))
    case "replace":
      guard document.value(at: path) != nil else { throw failure("replace") }
      if !path.isEmpty { _ = try document.remove(at: path[...]).orFail(failure("replace")) }
      try add(value ?? .null, &document)
    case "move":
      let moved = try document.remove(at: from[...]).orFail(failure("move"))
      try add(moved, &document)
    case "copy":
      guard let copied = document.value(at: from) else { throw failure("copy") }
      try add(copied, &document)
    case "test":
      guard document.value(at: path) ?? .null == value ?? .null else {
        throw PatchProblem("testing path \(pathText) failed: test failed")
      }
    default: throw PatchProblem("Unexpected kind: \(name)")
    }
  }

  private func add(_ value: JSONValue, _ document: inout JSONValue) throws(PatchProblem) {
    guard document.add(value, at: path[...]) else { throw failure("add") }
  }

  private func failure(_ operation: String) -> PatchProblem {
    PatchProblem(
      "\(operation) operation does not apply: doc is missing path: \"\(pathText)\": missing value")
  }
}

extension Optional {
  fileprivate func orFail(_ problem: PatchProblem) throws(PatchProblem) -> Wrapped {
    guard let self else { throw problem }
    return self
  }
}

extension JSONValue {
  fileprivate func value(at path: [String]) -> JSONValue? {
    path.reduce(self) { (value: JSONValue?, key) in
      switch value {
      case .object(let object): object[key]
      case .array(let items): Int(key).flatMap { items.indices.contains($0) ? items[$0] : nil }
      default: nil
      }
    }
  }

  /// False where the parent is missing or the index is out of range.
  fileprivate mutating func add(_ value: JSONValue, at path: ArraySlice<String>) -> Bool {
    guard let key = path.first else {
      self = value
      return true
    }
    let rest = path.dropFirst()
    switch self {
    case .object(var object):
      if rest.isEmpty {
        object[key] = value
      } else {
        guard var inner = object[key], inner.add(value, at: rest) else { return false }
        object[key] = inner
      }
      self = .object(object)
      return true
    case .array(var items):
      let index = key == "-" ? items.count : Int(key) ?? -1
      if rest.isEmpty {
        guard (0...items.count).contains(index) else { return false }
        items.insert(value, at: index)
      } else {
        guard items.indices.contains(index), items[index].add(value, at: rest) else { return false }
      }
      self = .array(items)
      return true
    default: return false
    }
  }

  /// What was removed; nil where there was nothing.
  fileprivate mutating func remove(at path: ArraySlice<String>) -> JSONValue? {
    guard let key = path.first else { return nil }
    let rest = path.dropFirst()
    switch self {
    case .object(var object):
      guard var inner = object[key] else { return nil }
      var removed: JSONValue? = inner
      if rest.isEmpty {
        object[key] = nil
      } else {
        removed = inner.remove(at: rest)
        object[key] = inner
      }
      self = .object(object)
      return removed
    case .array(var items):
      guard let index = Int(key), items.indices.contains(index) else { return nil }
      let removed = rest.isEmpty ? items.remove(at: index) : items[index].remove(at: rest)
      self = .array(items)
      return removed
    default: return nil
    }
  }
}
