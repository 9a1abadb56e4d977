/// Collects what is wrong with an object (`field.ErrorList`), in the API's words.
///
/// Paths are closures and values are autoclosures: a good object costs no string.
struct Validator {
  /// Where a check looks, put together only when something is wrong there.
  typealias Path = () -> String

  private(set) var causes: [APIStatus.Cause] = []

  mutating func required(_ path: @autoclosure Path, _ detail: String = "") {
    add("FieldValueRequired", "Required value", path(), detail)
  }

  mutating func forbidden(_ path: @autoclosure Path, _ detail: String) {
    add("FieldValueForbidden", "Forbidden", path(), detail)
  }

  mutating func invalid(
    _ path: @autoclosure Path, _ value: @autoclosure () -> JSONValue, _ detail: String
  ) {
    add("FieldValueInvalid", "Invalid value: \(value().text())", path(), detail)
  }

  mutating func duplicate(
    _ path: @autoclosure Path, _ value: @autoclosure () -> JSONValue, _ detail: String = ""
  ) {
    add("FieldValueDuplicate", "Duplicate value: \(value().text())", path(), detail)
  }

  mutating func notFound(_ path: @autoclosure Path, _ value: String) {
    add("FieldValueNotFound", "Not found: \(value.json.text())", path(), "")
  }

  mutating func tooLong(_ path: @autoclosure Path, bytes: Int) {
    add("FieldValueTooLong", "Too long", path(), "may not be more than \(bytes) bytes")
  }

  mutating func notSupported(
    _ path: @autoclosure Path, _ value: @autoclosure () -> JSONValue, _ supported: [String]
  ) {
    let list = supported.map { $0.json.text() }.joined(separator: ", ")
    add(
      "FieldValueNotSupported", "Unsupported value: \(value().text())", path(),
      "supported values: " + list)
  }

  private mutating func add(_ reason: String, _ body: String, _ path: String, _ detail: String) {
    causes.append(
      APIStatus.Cause(
        reason: reason, message: detail.isEmpty ? body : body + ": " + detail, field: path))
  }

  // MARK: Checks that many fields share

  /// Every message of `problems` against `value`.
  mutating func check(
    _ path: @autoclosure Path, _ value: @autoclosure () -> String, _ problems: [String]
  ) {
    for problem in problems { invalid(path(), value().json, problem) }
  }

  mutating func nonNegative(_ path: @autoclosure Path, _ value: Int64) {
    if value < 0 {
      invalid(path(), value.json, "must be greater than or equal to 0")
    }
  }

  mutating func positive(_ path: @autoclosure Path, _ value: Int64) {
    if value <= 0 { invalid(path(), value.json, "must be greater than zero") }
  }

  mutating func port(_ path: @autoclosure Path, _ port: Int32) {
    if !(1...65_535).contains(port) {
      invalid(path(), port.json, "must be between 1 and 65535, inclusive")
    }
  }

  mutating func portOrName(_ path: @autoclosure Path, _ port: IntOrString) {
    switch port {
    case .integer(let number): self.port(path(), number)
    case .string(let name): check(path(), name, NameRules.portName(name))
    }
  }

  mutating func immutable<Value: FieldValue & Equatable>(
    _ path: @autoclosure Path, _ new: Value, _ old: Value
  ) {
    if new != old { invalid(path(), new.json, "field is immutable") }
  }

  /// Labels, or a map selector: every key and value.
  mutating func labels(_ path: @autoclosure Path, _ labels: StringMap) {
    for entry in labels.entries {
      check(path(), entry.key, NameRules.labelKey(entry.key))
      check(path(), entry.value, NameRules.labelValue(entry.value))
    }
  }

  mutating func selector(_ path: Path, _ selector: LabelSelector) {
    labels(path() + ".matchLabels", selector.matchLabels)
    for (index, requirement) in selector.matchExpressions.enumerated() {
      self.requirement({ "\(path()).matchExpressions[\(index)]" }, requirement)
    }
  }

  /// A requirement of a label selector, or, where `ofNodes`, of a node selector's labels.
  mutating func requirement(
    _ path: Path, _ requirement: SelectorRequirement, ofNodes: Bool = false,
    checksValues: Bool = true
  ) {
    switch requirement.operatorName {
    case "In", "NotIn":
      if requirement.values.isEmpty {
        required(path() + ".values", "must be specified when `operator` is 'In' or 'NotIn'")
      }
    case "Exists", "DoesNotExist":
      if !requirement.values.isEmpty {
        forbidden(
          path() + ".values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    case "Gt" where ofNodes, "Lt" where ofNodes:
      if requirement.values.count != 1 {
        required(
          path() + ".values", "must be specified single value when `operator` is 'Lt' or 'Gt'")
      }
    default:
      invalid(
        path() + ".operator", requirement.operatorName.json, "not a valid selector operator")
    }
    check(path() + ".key", requirement.key, NameRules.labelKey(requirement.key))
    guard checksValues else { return }
    for (index, value) in requirement.values.enumerated() {
      check("\(path()).values[\(index)]", value, NameRules.labelValue(value))
    }
  }
}

extension APIStatus {
  /// The 422 for an object that fails validation (`errors.NewInvalid`):
  /// `Deployment.apps "web" is invalid: [spec.replicas: Invalid value: -1: …, …]`.
  public static func invalid(_ kind: ResourceKind, _ name: String, _ causes: [Cause]) -> APIStatus {
    var texts: [String] = []
    for cause in causes {
      let text = cause.field + ": " + cause.message
      if !texts.contains(text) { texts.append(text) }
    }
    let qualified = kind.group.isEmpty ? kind.kind : kind.kind + "." + kind.group
    var message = "\(qualified) \"\(name)\" is invalid"
    if texts.count == 1 { message += ": " + texts[0] }
    if texts.count > 1 { message += ": [" + texts.joined(separator: ", ") + "]" }
    return APIStatus(
      code: 422, reason: .invalid, message: message, kind: kind.kind, name: name, causes: causes)
  }
}
