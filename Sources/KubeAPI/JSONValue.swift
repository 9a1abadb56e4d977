/// A JSON value as it came: what the engine carries without acting on it.
public indirect enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// A number that is no 64-bit integer, in the text it came in.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

extension JSONValue {
  /// The field `key` of an object; nil for one without it and for every other value.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let object) = self else { return nil }
    return object[key]
  }

  public var stringValue: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var integerValue: Int64? {
    guard case .integer(let number) = self else { return nil }
    return number
  }

  public var boolValue: Bool? {
    guard case .bool(let flag) = self else { return nil }
    return flag
  }

  public var arrayValue: [JSONValue]? {
    guard case .array(let items) = self else { return nil }
    return items
  }

  public var objectValue: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }
}

/// A JSON object with its fields in the order they came.
public struct JSONObject: Sendable, Equatable {
  public var fields: [Field] = []

  public struct Field: Sendable, Equatable {
    public var key: String
    public var value: JSONValue
    public init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  public init() {}
  public init(_ fields: [(String, JSONValue)]) {
    self.fields = fields.map { Field(key: $0.0, value: $0.1) }
  }

  public var isEmpty: Bool { fields.isEmpty }

  public subscript(key: String) -> JSONValue? {
    get { fields.first { $0.key == key }?.value }
    set {
      let at = fields.firstIndex { $0.key == key }
      switch (at, newValue) {
      case (let at?, let value?): fields[at].value = value
      case (let at?, nil): fields.remove(at: at)
      case (nil, let value?): fields.append(Field(key: key, value: value))
      case (nil, nil): break
      }
    }
  }
}

/// The fields of a struct that the engine knows by name only, sorted; one word where there are
/// none.
public struct Carried: Sendable, Equatable {
  final class Box: Sendable {
    let object: JSONObject
    init(_ object: JSONObject) { self.object = object }
  }
  var box: Box?

  public init() {}
  public init(_ object: JSONObject) { self.object = object }

  public var isEmpty: Bool { box == nil }

  public var object: JSONObject {
    get { box?.object ?? JSONObject() }
    set {
      // Sorted, so that equal contents are equal whatever the order they came in.
      var sorted = newValue
      sorted.sortFields()
      box = sorted.isEmpty ? nil : Box(sorted)
    }
  }

  public subscript(key: String) -> JSONValue? {
    get { box?.object[key] }
    set {
      var copy = object
      copy[key] = newValue
      object = copy
    }
  }

  public static func == (a: Carried, b: Carried) -> Bool {
    a.box === b.box || a.object == b.object
  }
}
