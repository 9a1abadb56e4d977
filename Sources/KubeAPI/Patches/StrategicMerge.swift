/// Strategic merge patches (`apimachinery/pkg/util/strategicpatch`): lists merge by the keys that
/// the schema declares.
public enum StrategicMerge {
  /// `original`, an object of `kind`, with `patch` applied.
  public static func apply(
    _ patch: JSONValue, to original: JSONValue, kind: ResourceKind
  ) throws(PatchProblem) -> JSONValue {
    guard case .object(let original) = original, case .object(let patch) = patch else {
      throw PatchProblem("invalid JSON document")
    }
    return .object(try merge(original, patch, .named(kind.kind)))
  }

  static let directive = "$patch"
  static let retainKeys = "$retainKeys"
  static let deleteFromList = "$deleteFromPrimitiveList/"
  static let elementOrder = "$setElementOrder/"

  /// The declared field `key` of the struct or map `shape`.
  static func field(
    _ key: String, of shape: Schema.Shape
  ) throws(PatchProblem) -> Schema.Field? {
    guard let type = shape.structure else { return nil }
    // The type of an object has no row for the two fields that every kind has.
    if key == "apiVersion" || key == "kind", type.field("metadata") != nil { return nil }
    guard let field = type.field(key) else {
      throw PatchProblem(
        "unable to find api field in struct \(type.name) for the json field \"\(key)\"")
    }
    return field
  }

  /// Merges two objects of one shape; `shape` is nil in what the schema does not look into.
  private static func merge(
    _ original: JSONObject, _ patch: JSONObject, _ shape: Schema.Shape
  ) throws(PatchProblem) -> JSONObject {
    var patch = patch
    if let directive = patch[Self.directive] {
      patch[Self.directive] = nil
      switch directive.stringValue {
      case "replace": return patch
      case "delete": return JSONObject()
      case "merge": break
      default: throw PatchProblem("unknown patch type: \(directive.text()) in map")
      }
    }
    var result = original
    if case .array(let keys) = patch[retainKeys] {
      result.fields.removeAll { !keys.contains(.string($0.key)) }
    }
    for field in patch.fields where !field.key.hasPrefix("$") {
      try merge(field, into: &result, shape)
    }
    for field in patch.fields {
      if field.key.hasPrefix(deleteFromList), case .array(let dropped) = field.value {
        let key = String(field.key.dropFirst(deleteFromList.count))
        guard case .array(let items) = result[key] else { continue }
        result[key] = .array(items.filter { !dropped.contains($0) })
      }
    }
    for field in patch.fields where field.key.hasPrefix(elementOrder) {
      let key = String(field.key.dropFirst(elementOrder.count))
      guard case .array(let order) = field.value, case .array(let items) = result[key],
        let declared = try Self.field(key, of: shape), let mergeKey = declared.mergeKey
      else { continue }
      let before = original[key]?.arrayValue ?? []
      result[key] = .array(ordered(items, by: order, before: before, mergeKey))
    }
    return result
  }

  private static func merge(
    _ change: JSONObject.Field, into result: inout JSONObject, _ shape: Schema.Shape
  ) throws(PatchProblem) {
    let (key, value) = (change.key, change.value)
    if case .null = value {
      result[key] = nil
      return
    }
    let declared = try field(key, of: shape)
    let inner = declared?.shape ?? shape.items ?? .scalar(.any, goName: nil)
    switch (result[key], value) {
    case (.object(let old)?, .object(let new)):
      result[key] = .object(try merge(old, new, inner))
    case (.array(let old)?, .array(let new)):
      if let mergeKey = declared?.mergeKey {
        result[key] = .array(try merge(old, new, inner.items ?? inner, mergeKey))
      } else {
        result[key] = value
      }
    default:
      let kept = withoutDirectives(value)
      if let kept { result[key] = kept }
    }
  }

  /// What is new carries no directives, and none of what they delete.
  private static func withoutDirectives(_ value: JSONValue) -> JSONValue? {
    switch value {
    case .object(let object):
      if object[directive] == .string("delete") { return nil }
      var kept = JSONObject()
      for field in object.fields where !field.key.hasPrefix("$") {
        if case .null = field.value { continue }
        if let inner = withoutDirectives(field.value) { kept[field.key] = inner }
      }
      return .object(kept)
    case .array(let items): return .array(items.compactMap(withoutDirectives))
    default: return value
    }
  }

  // MARK: Lists

  private static func merge(
    _ old: [JSONValue], _ patch: [JSONValue], _ shape: Schema.Shape, _ mergeKey: Schema.MergeKey
  ) throws(PatchProblem) -> [JSONValue] {
    guard case .field(let key) = mergeKey else {
      var merged = old
      for value in patch where !merged.contains(value) { merged.append(value) }
      return ordered(merged, by: patch, before: old, mergeKey)
    }
    var merged = old
    var items: [JSONValue] = []
    var replaces = false
    for item in patch {
      switch item[directive]?.stringValue {
      case nil: items.append(item)
      case "replace": replaces = true
      case "delete":
        guard let value = item[key] else { throw missing(key, item) }
        merged.removeAll { $0[key] == value }
      case "merge": throw PatchProblem("merging lists cannot yet be specified in the patch")
      case let other?: throw PatchProblem("unknown patch type: \(other) in map: \(item.text())")
      }
    }
    if replaces { return items }
    for item in items {
      guard let value = item[key], case .object(let change) = item else {
        throw missing(key, item)
      }
      if let at = merged.firstIndex(where: { $0[key] == value }),
        case .object(let before) = merged[at]
      {
        merged[at] = .object(try merge(before, change, shape))
      } else if let kept = withoutDirectives(item) {
        merged.append(kept)
      }
    }
    return ordered(merged, by: items, before: old, mergeKey)
  }

  private static func missing(_ key: String, _ item: JSONValue) -> PatchProblem {
    PatchProblem("map: \(item.text()) does not contain declared merge key: \(key)")
  }

  /// Items that the patch names in the patch's order, the others in the server's, woven together so
  /// that a server's item stays before the patch's items that it was before
  /// (`normalizeElementOrder`).
  static func ordered(
    _ items: [JSONValue], by order: [JSONValue], before server: [JSONValue],
    _ mergeKey: Schema.MergeKey
  ) -> [JSONValue] {
    func identity(_ item: JSONValue) -> JSONValue {
      if case .field(let key) = mergeKey { return item[key] ?? .null }
      return item
    }
    func rank(_ item: JSONValue, in list: [JSONValue]) -> Int? {
      list.firstIndex { identity($0) == identity(item) }
    }
    let named = items.filter { rank($0, in: order) != nil }
      .sorted { (rank($0, in: order) ?? 0) < (rank($1, in: order) ?? 0) }
    let others = items.filter { rank($0, in: order) == nil }
    var result: [JSONValue] = []
    var (i, j) = (0, 0)
    while i < others.count || j < named.count {
      guard i < others.count else {
        result += named[j...]
        break
      }
      guard j < named.count else {
        result += others[i...]
        break
      }
      if let a = rank(others[i], in: server), let b = rank(named[j], in: server), a < b {
        result.append(others[i])
        i += 1
      } else {
        result.append(named[j])
        j += 1
      }
    }
    return result
  }
}
