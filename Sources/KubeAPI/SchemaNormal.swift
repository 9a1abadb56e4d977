extension Schema.Shape {
  /// `value`, known to fit this shape, as Go would write it back: no nulls, no empty values of
  /// fields with `omitempty`, fields sorted, numbers and quantities in canonical form.
  func normal(_ value: JSONValue) -> JSONValue {
    switch self {
    case .pointer(let inner):
      if case .null = value { return .null }
      return inner.normal(value)
    case .named(let name):
      guard case .object(let object) = value else {
        return .object(Schema.named(name).normal(JSONObject()))
      }
      return .object(Schema.named(name).normal(object))
    case .list(let inner):
      guard case .array(let items) = value else { return .null }
      return .array(items.map(inner.normal))
    case .map(let inner, _):
      guard case .object(var object) = value else { return .null }
      for index in object.fields.indices {
        object.fields[index].value = inner.normal(object.fields[index].value)
      }
      object.sortFields()
      return .object(object)
    case .scalar(let scalar, _):
      return scalar.normal(value)
    }
  }

  /// True where `omitempty` leaves `value` out.
  func isEmpty(_ value: JSONValue) -> Bool {
    if case .null = value { return true }
    if case .pointer = self { return false }
    switch value {
    case .null, .bool(false), .integer(0), .string(""): return true
    case .array(let items): return items.isEmpty
    case .object(let object): return object.isEmpty
    case .bool, .integer, .number, .string: return false
    }
  }
}

extension Schema.Scalar {
  fileprivate func normal(_ value: JSONValue) -> JSONValue {
    switch (self, value) {
    case (.any, _): value
    case (.quantity, .null): .string("0")
    case (.quantity, .string(let text)), (.quantity, .number(let text)):
      .string(Quantity(text)?.text ?? text)
    case (.quantity, .integer(let number)): .string(Quantity(number).text)
    case (.string, .null): .string("")
    case (.int32, .null), (.int64, .null), (.intOrString, .null): .integer(0)
    case (.bool, .null): .bool(false)
    default: value
    }
  }
}

extension Schema.Struct {
  func normal(_ object: JSONObject) -> JSONObject {
    var out = JSONObject()
    for field in fields {
      let value = field.shape.normal(object[field.name] ?? .null)
      if field.isAlwaysWritten || !field.shape.isEmpty(value) {
        out.fields.append(JSONObject.Field(key: field.name, value: value))
      }
    }
    return out
  }
}
