/// What client-side `kubectl apply` computes: the patch that brings what is there to what the
/// manifest says, and removes what the manifest said last time and no longer says.
public enum ClientSideApply {
  /// Where kubectl keeps the manifest that it applied last.
  public static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

  /// The manifest with itself in the annotation, as kubectl sends it.
  public static func withLastApplied(_ manifest: JSONValue) -> JSONValue {
    guard case .object(var object) = manifest else { return manifest }
    var metadata = object["metadata"]?.objectValue ?? JSONObject()
    var annotations = metadata["annotations"]?.objectValue ?? JSONObject()
    annotations[annotation] = nil
    metadata["annotations"] = .object(annotations)
    object["metadata"] = .object(metadata)
    // kubectl's encoder ends in a newline, which is why the annotation prints as a block.
    annotations[annotation] = .string(JSONValue.object(object).sorted.text() + "\n")
    metadata["annotations"] = .object(annotations)
    object["metadata"] = .object(metadata)
    return .object(object)
  }

  /// The manifest that was applied last to `object`; nil where it was made in another way.
  public static func lastApplied(_ object: APIObject) -> JSONValue? {
    guard let text = object.metadata.annotations[annotation] else { return nil }
    return try? JSONParser.parse(text)
  }

  /// The three-way strategic merge patch (`CreateThreeWayMergePatch`).
  /// - Parameters:
  ///   - original: the manifest applied last.
  ///   - modified: the manifest now, as `withLastApplied` makes it.
  ///   - current: the object as the server has it.
  /// - Returns: an empty object where nothing changes.
  public static func patch(
    original: JSONValue?, modified: JSONValue, current: JSONValue, kind: ResourceKind
  ) throws(PatchProblem) -> JSONValue {
    let objects = ThreeWay(
      original: original?.objectValue ?? JSONObject(),
      modified: modified.objectValue ?? JSONObject(),
      current: current.objectValue ?? JSONObject())
    return .object(try objects.patch(.named(kind.kind), retainsKeys: false)).sorted
  }
}

/// One object at three times.
private struct ThreeWay {
  var original: JSONObject
  var modified: JSONObject
  var current: JSONObject

  func patch(
    _ shape: Schema.Shape, retainsKeys: Bool
  ) throws(PatchProblem) -> JSONObject {
    var patch = JSONObject()
    for field in modified.fields {
      try change(field, &patch, shape)
    }
    for field in original.fields
    where modified[field.key] == nil && current[field.key] != nil {
      patch[field.key] = .null
    }
    let isNew = modified.fields.contains { current[$0.key] == nil }
    if retainsKeys, !patch.isEmpty || isNew {
      let keys = modified.fields.filter { $0.value != .null }.map(\.key).sorted()
      patch[StrategicMerge.retainKeys] = .array(keys.map { .string($0) })
    }
    return patch
  }

  private func change(
    _ field: JSONObject.Field, _ patch: inout JSONObject, _ shape: Schema.Shape
  ) throws(PatchProblem) {
    let (key, value) = (field.key, field.value)
    guard let now = current[key] else {
      if value != .null { patch[key] = value }
      return
    }
    if now == value { return }
    switch (value, now) {
    case (.object(let new), .object(let old)):
      let declared = try StrategicMerge.field(key, of: shape)
      let inner = ThreeWay(
        original: original[key]?.objectValue ?? JSONObject(), modified: new, current: old)
      let changes = try inner.patch(
        declared?.shape ?? shape.items ?? .scalar(.any, goName: nil),
        retainsKeys: declared?.retainsKeys ?? false)
      if !changes.isEmpty { patch[key] = .object(changes) }
    case (.array(let new), .array(let old)):
      guard let declared = try StrategicMerge.field(key, of: shape),
        let mergeKey = declared.mergeKey
      else {
        patch[key] = value
        return
      }
      let before = original[key]?.arrayValue ?? []
      try list(declared, mergeKey, before, new, old, &patch)
    default: patch[key] = value
    }
  }

  private func list(
    _ field: Schema.Field, _ mergeKey: Schema.MergeKey, _ original: [JSONValue],
    _ modified: [JSONValue], _ current: [JSONValue], _ patch: inout JSONObject
  ) throws(PatchProblem) {
    guard case .field(let key) = mergeKey else {
      let added = modified.filter { !current.contains($0) }
      let gone = original.filter { !modified.contains($0) && current.contains($0) }
      if !added.isEmpty { patch[field.name] = .array(added) }
      if !gone.isEmpty { patch[StrategicMerge.deleteFromList + field.name] = .array(gone) }
      if !added.isEmpty || !gone.isEmpty {
        patch[StrategicMerge.elementOrder + field.name] = .array(modified)
      }
      return
    }
    var changes: [JSONValue] = []
    for item in modified {
      guard let value = item[key], case .object(let new) = item else {
        throw PatchProblem("map: \(item.text()) does not contain declared merge key: \(key)")
      }
      guard case .object(let old)? = current.first(where: { $0[key] == value }) else {
        changes.append(item)
        continue
      }
      let before = original.first { $0[key] == value }?.objectValue ?? JSONObject()
      var change = try ThreeWay(original: before, modified: new, current: old)
        .patch(field.shape.items ?? field.shape, retainsKeys: field.retainsKeys)
      if !change.isEmpty {
        change[key] = value
        changes.append(.object(change))
      }
    }
    for item in original {
      guard let value = item[key], !modified.contains(where: { $0[key] == value }),
        current.contains(where: { $0[key] == value })
      else { continue }
      changes.append(
        .object(JSONObject([(StrategicMerge.directive, .string("delete")), (key, value)])))
    }
    let order = modified.compactMap { $0[key] }
    let inBoth = current.compactMap { $0[key] }.filter(order.contains)
    let isSameOrder = inBoth == order.filter(inBoth.contains)
    if !changes.isEmpty { patch[field.name] = .array(changes) }
    if !changes.isEmpty || !isSameOrder {
      patch[StrategicMerge.elementOrder + field.name] = .array(
        order.map { .object(JSONObject([(key, $0)])) })
    }
  }
}
