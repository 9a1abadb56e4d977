/// The rules for names, labels and keys (`apimachinery/pkg/util/validation`): each returns what is
/// wrong with a text, in the API's words, and nothing for a good one, which costs no allocation.
enum NameRules {
  private static let labelRegex = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
  private static let keyRegex = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

  /// RFC 1123 label: names of containers, namespaces, ports of services.
  static func dns1123Label(_ text: String) -> [String] {
    let isLabel = Scan.isLabel(text.utf8[...])
    if isLabel && text.utf8.count <= 63 { return [] }
    var problems: [String] = []
    if text.utf8.count > 63 { problems.append(longerThan(63, "characters")) }
    if !isLabel {
      problems.append(
        Scan.isSubdomain(text.utf8[...])
          ? "must not contain dots"
          : regex(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or "
              + "'-', and must start and end with an alphanumeric character",
            labelRegex, "my-name", "123-abc"))
    }
    return problems
  }

  /// RFC 1123 subdomain: names of most objects.
  static func dns1123Subdomain(_ text: String) -> [String] {
    let isSubdomain = Scan.isSubdomain(text.utf8[...])
    if isSubdomain && text.utf8.count <= 253 { return [] }
    var problems: [String] = []
    if text.utf8.count > 253 { problems.append(longerThan(253, "characters")) }
    if !isSubdomain {
      problems.append(
        regex(
          "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            + "'-' or '.', and must start and end with an alphanumeric character",
          labelRegex + "(\\." + labelRegex + ")*", "example.com"))
    }
    return problems
  }

  /// RFC 1035 label: names of services were these before 1.34, and IANA names still are.
  static func dns1035Label(_ text: String) -> [String] {
    let isLabel =
      Scan.isLabel(text.utf8[...]) && text.utf8.first.map { (97...122).contains($0) } == true
    if isLabel && text.utf8.count <= 63 { return [] }
    var problems: [String] = []
    if text.utf8.count > 63 { problems.append(longerThan(63, "characters")) }
    if !isLabel {
      problems.append(
        regex(
          "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start "
            + "with an alphabetic character, and end with an alphanumeric character",
          "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
    }
    return problems
  }

  /// The key of a label, taint, annotation or finalizer: a name with an optional DNS prefix.
  static func labelKey(_ text: String) -> [String] {
    let utf8 = text.utf8
    let slash = utf8.firstIndex(of: UInt8(ascii: "/"))
    let name = slash.map { utf8[utf8.index(after: $0)...] } ?? utf8[...]
    if name.contains(UInt8(ascii: "/")) {
      return [
        "a valid label key " + keyProblem
          + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
      ]
    }
    let isName = Scan.isKey(name)
    var problems: [String] = []
    if let slash {
      let prefix = utf8[..<slash]
      if prefix.isEmpty {
        problems.append("prefix part must be non-empty")
      } else if prefix.count > 253 || !Scan.isSubdomain(prefix) {
        problems += dns1123Subdomain(String(Substring(prefix))).map { "prefix part " + $0 }
      }
    }
    if name.isEmpty {
      problems.append("name part must be non-empty")
    } else if name.count > 63 {
      problems.append("name part " + longerThan(63, "bytes"))
    }
    if !isName { problems.append("name part " + keyProblem) }
    return problems
  }

  private static var keyProblem: String {
    regex(
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        + "alphanumeric character", keyRegex, "MyName", "my.name", "123-abc")
  }

  /// The value of a label or taint.
  static func labelValue(_ text: String) -> [String] {
    let isValue = text.isEmpty || Scan.isKey(text.utf8[...])
    if isValue && text.utf8.count <= 63 { return [] }
    var problems: [String] = []
    if text.utf8.count > 63 { problems.append(longerThan(63, "bytes")) }
    if !isValue {
      problems.append(
        regex(
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' "
            + "or '.', and must start and end with an alphanumeric character",
          "(" + keyRegex + ")?", "MyValue", "my_value", "12345"))
    }
    return problems
  }

  /// The name of an environment variable.
  static func variable(_ text: String) -> [String] {
    let isName =
      !text.isEmpty && !(48...57).contains(text.utf8.first ?? 48)
      && text.utf8.allSatisfy { Scan.isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    var problems: [String] = []
    if !isName {
      problems.append(
        regex(
          "a valid environment variable name must consist of alphabetic characters, digits, '_', "
            + "'-', or '.', and must not start with a digit",
          "[-._a-zA-Z][-._a-zA-Z0-9]*", "my.env-name", "MY_ENV.NAME", "MyEnvName1"))
    }
    return problems + aboveFolder(text)
  }

  /// A key of a config map's or secret's data.
  static func configMapKey(_ text: String) -> [String] {
    let isKey =
      !text.isEmpty
      && text.utf8.allSatisfy { Scan.isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
    if isKey && text.utf8.count <= 253 && !text.utf8.starts(with: "..".utf8) && text != "." {
      return []
    }
    var problems: [String] = []
    if text.utf8.count > 253 { problems.append(longerThan(253, "characters")) }
    if !isKey {
      problems.append(
        regex(
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
          "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"))
    }
    return problems + aboveFolder(text)
  }

  /// What must not be the name of a file (`hasChDirPrefix`).
  private static func aboveFolder(_ text: String) -> [String] {
    var problems: [String] = []
    if text == "." || text == ".." {
      problems.append("must not be '\(text)'")
    } else if text.utf8.starts(with: "..".utf8) {
      problems.append("must not start with '..'")
    }
    return problems
  }

  /// The name of a container's port (RFC 6335 service name).
  static func portName(_ text: String) -> [String] {
    let utf8 = text.utf8
    var problems: [String] = []
    if utf8.count > 15 { problems.append(longerThan(15, "characters")) }
    let isLetter = { (byte: UInt8) in (97...122).contains(byte) }
    if utf8.isEmpty || !utf8.allSatisfy({ isLetter($0) || (48...57).contains($0) || $0 == 45 }) {
      problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    }
    if !utf8.contains(where: isLetter) {
      problems.append("must contain at least one letter (a-z)")
    }
    if zip(utf8, utf8.dropFirst()).contains(where: { $0 == 45 && $1 == 45 }) {
      problems.append("must not contain consecutive hyphens")
    }
    if utf8.first == 45 || utf8.last == 45 {
      problems.append("must not begin or end with a hyphen")
    }
    return problems
  }

  /// The name of an environment variable, under the relaxed rule of 1.34 and later.
  static func environmentVariable(_ text: String) -> [String] {
    if text.isEmpty { return ["environment variable name must be non-empty"] }
    if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }) {
      return []
    }
    return [
      "a valid environment variable name must consist only of printable ASCII characters other "
        + "than '='"
    ]
  }

  private static func longerThan(_ limit: Int, _ unit: String) -> String {
    "must be no more than \(limit) \(unit)"
  }

  private static func regex(_ message: String, _ regex: String, _ examples: String...) -> String {
    let shown = examples.map { "'\($0)', " }.joined(separator: " or ")
    return message + " (e.g. " + shown + "regex used for validation is '" + regex + "')"
  }
}

/// Byte scanners for the regular expressions above.
private enum Scan {
  static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122: true
    default: false
    }
  }

  private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 97...122: true
    default: false
    }
  }

  /// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
  static func isLabel(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
      && text.allSatisfy { isLowerAlphanumeric($0) || $0 == 45 }
  }

  /// Labels with dots between them.
  static func isSubdomain(_ text: Substring.UTF8View) -> Bool {
    var before: UInt8 = 46
    for byte in text {
      switch byte {
      case 46:
        // A label may not be empty nor end in a hyphen.
        if before == 46 || before == 45 { return false }
      case 45:
        if before == 46 { return false }
      default:
        if !isLowerAlphanumeric(byte) { return false }
      }
      before = byte
    }
    return before != 46 && before != 45
  }

  /// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
  static func isKey(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, let last = text.last else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && text.allSatisfy { isAlphanumeric($0) || $0 == 45 || $0 == 46 || $0 == 95 }
  }
}

/// What labels and taints may be spelled like: what is wrong with a text in the API's words, and
/// nothing where nothing is.
public enum LabelText {
  public static func problems(ofKey text: String) -> [String] { NameRules.labelKey(text) }
  public static func problems(ofValue text: String) -> [String] { NameRules.labelValue(text) }
  /// Of a key of a config map's or secret's data.
  public static func problems(ofDataKey text: String) -> [String] { NameRules.configMapKey(text) }
  /// Of the name of an environment variable.
  public static func problems(ofVariable text: String) -> [String] { NameRules.variable(text) }
}
