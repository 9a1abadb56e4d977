import Basics
import KubeAPI

/// One field that two states of an object differ in.
public struct FieldChange: Sendable, Equatable {
  /// `status.conditions[Ready].status`; items of a list are named by their type, name or key.
  public let path: String
  /// The values in words; nil where the field is not there.
  public let old: String?
  public let new: String?

  public init(path: String, old: String?, new: String?) {
    self.path = path
    self.old = old
    self.new = new
  }

  /// `status.phase: Pending -> Running`.
  public var text: String { "\(path): \(old ?? "-") -> \(new ?? "-")" }
}

/// The fields of objects side by side.
public enum FieldDiff {
  /// What is written anew with each change and says nothing by itself.
  public static let bookkeeping = ["metadata.resourceVersion", "metadata.managedFields"]

  /// The fields in which two states differ, in the order of their paths.
  public static func between(_ old: APIObject?, _ new: APIObject?) -> [FieldChange] {
    if let old, let new, old === new { return [] }
    return between(old?.json(), new?.json())
  }

  public static func between(_ old: JSONValue?, _ new: JSONValue?) -> [FieldChange] {
    var changes: [FieldChange] = []
    compare("", old, new, into: &changes)
    changes.removeAll { change in bookkeeping.contains { change.path.hasPrefix($0) } }
    return changes.sorted { $0.path < $1.path }
  }

  /// The value at a path of `between`'s form; nil where there is none.
  public static func value(at path: String, of object: APIObject) -> String? {
    var found: String?
    walk("", object.json()) { here, value in
      if here == path { found = text(value) }
    }
    return found
  }

  private static func compare(
    _ path: String, _ old: JSONValue?, _ new: JSONValue?, into changes: inout [FieldChange]
  ) {
    if old == new { return }
    switch (old, new) {
    case (.object(let a)?, .object(let b)?):
      for field in a.fields {
        compare(join(path, field.key), field.value, b[field.key], into: &changes)
      }
      for field in b.fields where a[field.key] == nil {
        compare(join(path, field.key), nil, field.value, into: &changes)
      }
    case (.array(let a)?, .array(let b)?):
      let left = keyed(a)
      let right = keyed(b)
      for (key, item) in left {
        compare(
          "\(path)[\(key)]", item, right.first { $0.0 == key }?.1, into: &changes)
      }
      for (key, item) in right where !left.contains(where: { $0.0 == key }) {
        compare("\(path)[\(key)]", nil, item, into: &changes)
      }
    case (nil, .object(let b)?) where !b.isEmpty:
      for field in b.fields { compare(join(path, field.key), nil, field.value, into: &changes) }
    case (.object(let a)?, nil) where !a.isEmpty:
      for field in a.fields { compare(join(path, field.key), field.value, nil, into: &changes) }
    case (nil, .array(let b)?) where !b.isEmpty:
      for (key, item) in keyed(b) { compare("\(path)[\(key)]", nil, item, into: &changes) }
    case (.array(let a)?, nil) where !a.isEmpty:
      for (key, item) in keyed(a) { compare("\(path)[\(key)]", item, nil, into: &changes) }
    default:
      changes.append(FieldChange(path: path, old: old.map(text), new: new.map(text)))
    }
  }

  /// Visits every leaf with its path.
  static func walk(_ path: String, _ value: JSONValue, _ visit: (String, JSONValue) -> Void) {
    switch value {
    case .object(let object) where !object.isEmpty:
      for field in object.fields { walk(join(path, field.key), field.value, visit) }
    case .array(let items) where !items.isEmpty:
      for (key, item) in keyed(items) { walk("\(path)[\(key)]", item, visit) }
    default: visit(path, value)
    }
  }

  private static func join(_ path: String, _ key: String) -> String {
    path.isEmpty ? key : path + "." + key
  }

  /// The items of a list by what names them: type, name or key, else their place.
  private static func keyed(_ items: [JSONValue]) -> [(String, JSONValue)] {
    var keys: [(String, JSONValue)] = []
    for (index, item) in items.enumerated() {
      var key = String(index)
      for name in ["type", "name", "key", "ip", "nodeName"] {
        if let text = item[name]?.stringValue {
          key = text
          break
        }
      }
      if let address = item["addresses"]?.arrayValue?.first?.stringValue { key = address }
      if let effect = item["effect"]?.stringValue { key += ":" + effect }
      if keys.contains(where: { $0.0 == key }) { key += "#\(index)" }
      keys.append((key, item))
    }
    return keys
  }

  static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .bool(let flag): flag ? "true" : "false"
    case .null: "null"
    case .number(let text): text
    case .array(let items): items.isEmpty ? "[]" : "[\(items.count) items]"
    case .object(let object): object.isEmpty ? "{}" : "{\(object.fields.count) fields}"
    }
  }
}
