import Basics

/// What is wrong with a value of the wrong type, in the words of the converter that takes a
/// strategically patched document for an object (`runtime.FromUnstructured`).
enum TypeMismatch {
  /// The first mismatch in a document of `kind`.
  static func first(in object: JSONObject, as kind: ResourceKind) -> String? {
    fields(of: object, Schema.named(kind.kind))
  }

  private static func fields(of object: JSONObject, _ type: Schema.Struct) -> String? {
    for field in type.fields {
      if let value = object[field.name], let found = mismatch(value, field.shape) { return found }
    }
    return nil
  }

  private static func mismatch(_ value: JSONValue, _ shape: Schema.Shape) -> String? {
    if case .null = value { return nil }
    switch shape {
    case .pointer(let inner): return mismatch(value, inner)
    case .named(let name):
      guard case .object(let object) = value else {
        return "cannot restore struct from: \(goKind(value))"
      }
      return fields(of: object, Schema.named(name))
    case .list(let inner):
      guard case .array(let items) = value else {
        return "cannot restore slice from \(goKind(value))"
      }
      return items.lazy.compactMap { mismatch($0, inner) }.first
    case .map(let inner, _):
      guard case .object(let object) = value else {
        return "cannot restore map from \(goKind(value))"
      }
      return object.fields.lazy.compactMap { mismatch($0.value, inner) }.first
    case .scalar(let scalar, _): return mismatch(value, scalar, shape)
    }
  }

  private static func mismatch(
    _ value: JSONValue, _ scalar: Schema.Scalar, _ shape: Schema.Shape
  ) -> String? {
    switch (scalar, value) {
    case (.any, _), (.string, .string), (.bool, .bool), (.int32, .integer), (.int64, .integer):
      return nil
    case (.int32, .number), (.int64, .number), (.string, .integer):
      return "cannot convert \(goKind(value)) to \(shape.goType)"
    case (.string, _), (.bool, _), (.int32, _), (.int64, _):
      return "unrecognized type: \(scalar.rawValue)"
    case (.bytes, .string):
      return SchemaCheck.mistake(value, scalar, shape).map { "error decoding from json: " + $0 }
    case (.bytes, _): return "cannot restore slice from \(goKind(value))"
    default:
      // These have decoders of their own, which both ways go through.
      return SchemaCheck.mistake(value, scalar, shape)
    }
  }

  /// The Go kind of a value that was decoded without a type.
  private static func goKind(_ value: JSONValue) -> String {
    switch value {
    case .null: "invalid"
    case .bool: "bool"
    case .integer: "int64"
    case .number: "float64"
    case .string: "string"
    case .array: "slice"
    case .object: "map"
    }
  }
}

extension APIStatus {
  /// The 422 of a strategic patch after which the document is no object any more; it names neither.
  static func unconvertible(_ patch: JSONValue, _ mismatch: String) -> APIStatus {
    let cause = Cause(
      reason: "FieldValueInvalid",
      message: "Invalid value: \(goPrinted(patch).json.text()): \(mismatch)", field: "patch")
    return APIStatus(
      code: 422, reason: .invalid, message: " \"\" is invalid: patch: \(cause.message)",
      causes: [cause])
  }

  /// A value as Go's `%+v` prints it: `map[spec:map[replicas:x]]`.
  private static func goPrinted(_ value: JSONValue) -> String {
    switch value {
    case .null: return "<nil>"
    case .bool(let flag): return String(flag)
    case .integer(let number): return String(number)
    case .number(let text): return text
    case .string(let text): return text
    case .array(let items): return "[" + items.map(goPrinted).joined(separator: " ") + "]"
    case .object(let object):
      let fields = object.fields.sorted { $0.key < $1.key }
      return "map[" + fields.map { $0.key + ":" + goPrinted($0.value) }.joined(separator: " ") + "]"
    }
  }
}
