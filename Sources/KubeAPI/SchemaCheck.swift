import Basics

/// Holds a document against the schema, in the order and the words of the API server's decoder
/// (`sigs.k8s.io/json`, strict): the first wrong type, or else every unknown and duplicate field.
struct SchemaCheck {
  private var strict: [DecodingProblem.Detail] = []
  private var wrongType: DecodingProblem.Detail?
  private var path = FieldPath()
  /// The innermost struct and the fields that lead into it from the root; what Go's message names.
  private var structName = ""
  /// As many strict errors as the decoder keeps.
  private static let maximumStrictErrors = 100

  /// Checks `object` against the type `name`; `ignoring` are fields of the root not to look at.
  static func check(
    _ object: JSONObject, as name: String, ignoring: [String] = []
  ) throws(DecodingProblem) {
    var check = SchemaCheck()
    check.fields(of: object, Schema.named(name), ignoring: ignoring)
    if let wrong = check.wrongType { throw DecodingProblem(.type, [wrong]) }
    if !check.strict.isEmpty { throw DecodingProblem(.strict, check.strict) }
  }

  /// What is wrong with one scalar, whatever it stands in.
  static func mistake(
    _ value: JSONValue, _ scalar: Schema.Scalar, _ shape: Schema.Shape
  ) -> String? {
    var check = SchemaCheck()
    check.scalar(value, scalar, shape)
    return check.wrongType?.message
  }

  private mutating func fields(
    of object: JSONObject, _ type: Schema.Struct, ignoring: [String] = []
  ) {
    let outer = structName
    // kubectl sends keys sorted, so that is the order in which the server meets them.
    var last: String?
    for field in object.fields.sorted(by: { $0.key < $1.key }) {
      structName = type.name
      path.elements.append(.key(field.key))
      if field.key == last {
        note("duplicate field \"\(path)\"")
      } else if ignoring.contains(field.key) {
        // The caller has read it.
      } else if let known = type.field(field.key) {
        value(field.value, known.shape)
      } else {
        note("unknown field \"\(path)\"")
      }
      last = field.key
      path.elements.removeLast()
    }
    structName = outer
  }

  private mutating func note(_ message: String) {
    guard strict.count < Self.maximumStrictErrors else { return }
    strict.append(DecodingProblem.Detail(path: path, message: message))
  }

  private mutating func value(_ value: JSONValue, _ shape: Schema.Shape) {
    if case .null = value { return }
    switch shape {
    case .pointer(let inner):
      self.value(value, inner)
    case .named(let name):
      guard case .object(let object) = value else { return refuse(value, shape) }
      fields(of: object, Schema.named(name))
    case .list(let inner):
      guard case .array(let items) = value else { return refuse(value, shape) }
      for (index, item) in items.enumerated() {
        path.elements.append(.index(index))
        self.value(item, inner)
        path.elements.removeLast()
      }
    case .map(let inner, _):
      guard case .object(let object) = value else { return refuse(value, shape) }
      map(object, inner)
    case .scalar(let scalar, _):
      self.scalar(value, scalar, shape)
    }
  }

  private mutating func map(_ object: JSONObject, _ inner: Schema.Shape) {
    var last: String?
    for field in object.fields.sorted(by: { $0.key < $1.key }) {
      path.elements.append(.key(field.key))
      if field.key == last {
        note("duplicate field \"\(path)\"")
      } else {
        inMap += 1
        value(field.value, inner)
        inMap -= 1
      }
      last = field.key
      path.elements.removeLast()
    }
  }

  /// Keys at the end of the path that are a map's: Go's message does not name them.
  private var inMap = 0

  private mutating func scalar(
    _ value: JSONValue, _ scalar: Schema.Scalar, _ shape: Schema.Shape
  ) {
    switch (scalar, value) {
    case (.any, _), (.string, .string), (.bool, .bool), (.int64, .integer): break
    case (.int32, .integer(let number)):
      if Int32(exactly: number) == nil { refuse(value, shape) }
    case (.quantity, _): quantity(value)
    case (.time, _), (.microTime, _): time(value, micro: scalar == .microTime)
    case (.intOrString, .string): break
    case (.intOrString, .integer(let number)) where Int32(exactly: number) != nil: break
    case (.intOrString, _):
      fail("json: cannot unmarshal \(Self.goName(of: value)) into Go value of type int32")
    case (.bytes, .string(let text)):
      if let bad = Base64.firstBadByte(text) {
        fail("illegal base64 data at input byte \(bad)")
      }
    default: refuse(value, shape)
    }
  }

  private mutating func quantity(_ value: JSONValue) {
    let text: String
    switch value {
    case .string(let string): text = string
    case .integer(let number): text = String(number)
    case .number(let number): text = number
    default:
      text = value.text()
    }
    do { _ = try Quantity(parsing: text) } catch { fail(error.message) }
  }

  private mutating func time(_ value: JSONValue, micro: Bool) {
    guard case .string(let text) = value else {
      fail("json: cannot unmarshal \(Self.goName(of: value)) into Go value of type string")
      return
    }
    guard Timestamp(rfc3339: text) == nil else { return }
    let layout = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00"
    fail("parsing time \"\(text)\" as \"\(layout)\": cannot parse \"\(text)\" as \"2006\"")
  }

  private mutating func refuse(_ value: JSONValue, _ shape: Schema.Shape) {
    var place = path
    if inMap > 0 { place.elements.removeLast(inMap) }
    var name = Self.goName(of: value)
    if case .scalar(.string, _) = shape, name.hasPrefix("number") { name = "number" }
    if case .scalar(.bool, _) = shape, name.hasPrefix("number") { name = "number" }
    if case .scalar = shape {} else if name.hasPrefix("number") { name = "number" }
    fail(
      "json: cannot unmarshal \(name) into Go struct field \(structName).\(place.keys) "
        + "of type \(shape.goType)")
  }

  private mutating func fail(_ message: String) {
    // The decoder keeps the first and goes on.
    if wrongType == nil { wrongType = DecodingProblem.Detail(path: path, message: message) }
  }

  private static func goName(of value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "bool"
    case .integer(let number): "number \(number)"
    case .number(let text): "number \(text)"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
