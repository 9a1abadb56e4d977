extension JSONValue {
  /// This value with an RFC 7386 merge patch applied: null removes, objects merge, all else
  /// replaces.
  public func mergePatched(with patch: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var result = objectValue ?? JSONObject()
    for field in changes.fields {
      if case .null = field.value {
        result[field.key] = nil
      } else {
        result[field.key] = (result[field.key] ?? .null).mergePatched(with: field.value)
      }
    }
    return .object(result)
  }

  /// The merge patch that turns this value into `target`; an empty object where they are equal.
  ///
  /// A merge patch cannot set a field to null: what is null in `target` is taken as absent.
  public func mergePatch(to target: JSONValue) -> JSONValue {
    guard case .object(let old) = self, case .object(let new) = target else { return target }
    var patch = JSONObject()
    for field in old.fields where new[field.key] == nil {
      patch[field.key] = .null
    }
    for field in new.fields {
      guard let before = old[field.key] else {
        patch[field.key] = field.value
        continue
      }
      if before == field.value { continue }
      patch[field.key] = before.mergePatch(to: field.value)
    }
    return .object(patch)
  }
}
