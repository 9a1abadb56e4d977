import Basics

/// A value that a field of the API can hold: how it is read, written, left out and digested.
///
/// Reading is total: `SchemaCheck` has refused what does not fit before.
protocol FieldValue: Sendable {
  /// The value of an absent field.
  static var zero: Self { get }
  init(json: JSONValue)
  var json: JSONValue { get }
  /// True where `omitempty` leaves the field out.
  var isOmitted: Bool { get }
  func digest(into digest: inout Digest)
}

extension String: FieldValue {
  static var zero: String { "" }
  init(json: JSONValue) {
    if case .string(let text) = json { self = text } else { self = "" }
  }
  var json: JSONValue { .string(self) }
  var isOmitted: Bool { isEmpty }
  func digest(into digest: inout Digest) { digest.combine(self) }
}

extension Bool: FieldValue {
  static var zero: Bool { false }
  init(json: JSONValue) { self = json == .bool(true) }
  var json: JSONValue { .bool(self) }
  var isOmitted: Bool { !self }
  func digest(into digest: inout Digest) { digest.combine(self) }
}

extension Int32: FieldValue {
  static var zero: Int32 { 0 }
  init(json: JSONValue) {
    if case .integer(let number) = json { self.init(clamping: number) } else { self = 0 }
  }
  var json: JSONValue { .integer(Int64(self)) }
  var isOmitted: Bool { self == 0 }
  func digest(into digest: inout Digest) { digest.combine(Int(self)) }
}

extension Int64: FieldValue {
  static var zero: Int64 { 0 }
  init(json: JSONValue) {
    if case .integer(let number) = json { self = number } else { self = 0 }
  }
  var json: JSONValue { .integer(self) }
  var isOmitted: Bool { self == 0 }
  func digest(into digest: inout Digest) { digest.combine(UInt64(bitPattern: self)) }
}

extension UID: FieldValue {
  static var zero: UID { .none }
  init(json: JSONValue) {
    if case .string(let text) = json { self = UID(anyText: text) } else { self = .none }
  }
  var json: JSONValue { .string(text) }
  var isOmitted: Bool { isNone }
  func digest(into digest: inout Digest) {
    digest.combine(high)
    digest.combine(low)
  }

  /// The identity that `text` spells, or, where it is no UUID (the API takes any string), one made
  /// from its bytes.
  init(anyText text: String) {
    if let uid = UID(text: text) {
      self = uid
      return
    }
    var digest = Digest()
    digest.combine(text)
    let high = digest.value
    digest.combine(text.utf8.count)
    self.init(high: high, low: digest.value)
  }
}

extension IntOrString: FieldValue {
  static var zero: IntOrString { .integer(0) }
  init(json: JSONValue) {
    switch json {
    case .string(let text): self = .string(text)
    case .integer(let number): self = .integer(Int32(clamping: number))
    default: self = .integer(0)
    }
  }
  var json: JSONValue {
    switch self {
    case .integer(let number): .integer(Int64(number))
    case .string(let text): .string(text)
    }
  }
  var isOmitted: Bool { self == .integer(0) }
  func digest(into digest: inout Digest) {
    switch self {
    case .integer(let number): digest.combine(Int(number))
    case .string(let text): digest.combine(text)
    }
  }
}

/// `metav1.Time`: to the second. Fields of `metav1.MicroTime` are declared as such.
extension Timestamp: FieldValue {
  static var zero: Timestamp { Timestamp(microseconds: 0) }
  init(json: JSONValue) {
    if case .string(let text) = json, let time = Timestamp(rfc3339: text) {
      self = time
    } else {
      self = .zero
    }
  }
  var json: JSONValue { .string(rfc3339) }
  var isOmitted: Bool { false }
  func digest(into digest: inout Digest) { digest.combine(UInt64(bitPattern: microseconds)) }
}

extension Quantity: FieldValue {
  static var zero: Quantity { Quantity(0) }
  init(json: JSONValue) {
    switch json {
    case .string(let text), .number(let text): self = Quantity(text) ?? .zero
    case .integer(let number): self.init(number)
    default: self = .zero
    }
  }
  var json: JSONValue { .string(text) }
  var isOmitted: Bool { false }
  func digest(into digest: inout Digest) {
    digest.combine(UInt64(bitPattern: mantissa))
    digest.combine(Int(scale) << 8 | Int(format.rawValue))
  }
}

extension StringMap: FieldValue {
  static var zero: StringMap { StringMap() }
  init(json: JSONValue) {
    guard case .object(let object) = json else {
      self.init()
      return
    }
    self.init(sorting: object.fields.map { ($0.key, String(json: $0.value)) })
  }
  var json: JSONValue { .object(JSONObject(entries.map { ($0.key, .string($0.value)) })) }
  var isOmitted: Bool { isEmpty }
  func digest(into digest: inout Digest) {
    digest.combine(count)
    for entry in entries {
      digest.combine(entry.key)
      digest.combine(entry.value)
    }
  }
}

extension ResourceList: FieldValue {
  static var zero: ResourceList { ResourceList() }
  init(json: JSONValue) {
    self.init()
    guard case .object(let object) = json else { return }
    for field in object.fields { self[field.key] = Quantity(json: field.value) }
  }
  var json: JSONValue { .object(JSONObject(entries.map { ($0.name, $0.quantity.json) })) }
  var isOmitted: Bool { isEmpty }
  func digest(into digest: inout Digest) {
    digest.combine(entries.count)
    for entry in entries {
      digest.combine(entry.name)
      entry.quantity.digest(into: &digest)
    }
  }
}

extension Array: FieldValue where Element: FieldValue {
  static var zero: [Element] { [] }
  init(json: JSONValue) {
    guard case .array(let items) = json else {
      self = []
      return
    }
    self = items.map(Element.init(json:))
  }
  /// An empty list is Go's nil one.
  var json: JSONValue { isEmpty ? .null : .array(map(\.json)) }
  var isOmitted: Bool { isEmpty }
  func digest(into digest: inout Digest) {
    digest.combine(count)
    for item in self { item.digest(into: &digest) }
  }
}

extension Optional: FieldValue where Wrapped: FieldValue {
  static var zero: Wrapped? { nil }
  init(json: JSONValue) {
    if case .null = json { self = nil } else { self = Wrapped(json: json) }
  }
  var json: JSONValue { self?.json ?? .null }
  var isOmitted: Bool { self == nil }
  func digest(into digest: inout Digest) {
    digest.combine(self != nil)
    self?.digest(into: &digest)
  }
}

extension JSONValue {
  /// Folds this value in; objects in the order of their fields.
  func digest(into digest: inout Digest) {
    switch self {
    case .null: digest.combine(0)
    case .bool(let flag): digest.combine(flag ? 2 : 1)
    case .integer(let number): digest.combine(UInt64(bitPattern: number))
    case .number(let text), .string(let text): digest.combine(text)
    case .array(let items):
      digest.combine(items.count)
      for item in items { item.digest(into: &digest) }
    case .object(let object): object.digest(into: &digest)
    }
  }
}

extension JSONObject {
  func digest(into digest: inout Digest) {
    digest.combine(fields.count)
    for field in fields {
      digest.combine(field.key)
      field.value.digest(into: &digest)
    }
  }
}
