import Foundation
import KubeAPI

/// What a plain scalar means to `sigs.k8s.io/yaml`, which is YAML 1.1 as go-yaml v2 reads it.
enum YAMLScalar {
  static func resolve(_ text: String) -> JSONValue {
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."):
      return number(text) ?? .string(text)
    default: return words(text) ?? .string(text)
    }
  }

  private static func words(_ text: String) -> JSONValue? {
    switch text {
    case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
    case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF":
      .bool(false)
    case "~", "null", "Null", "NULL": .null
    default: nil
    }
  }

  /// Whether a plain `text` would be read as something else than this string.
  static func isAmbiguous(_ text: String) -> Bool {
    if case .string = resolve(text) {
      return text == "<<" || isTimestamp(text) || isBase60(text) || isNotFinite(text)
    }
    return true
  }

  private static func number(_ text: String) -> JSONValue? {
    // A date is a string to JSON, though it begins as a number does.
    if isTimestamp(text) { return nil }
    let plain = text.replacing("_", with: "")
    if let integer = integer(plain) { return integer }
    guard isFloat(plain), let value = Double(plain), value.isFinite else { return nil }
    return json(value)
  }

  /// Go's `ParseInt(_, 0, 64)`: decimal, 0x, 0o, 0b, and octal with a leading 0.
  private static func integer(_ text: String) -> JSONValue? {
    var digits = text[...]
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits = digits.dropFirst() }
    var radix = 10
    let prefix = digits.prefix(2).lowercased()
    if prefix == "0x" || prefix == "0o" || prefix == "0b" {
      radix = prefix == "0x" ? 16 : prefix == "0o" ? 8 : 2
      digits = digits.dropFirst(2)
    } else if digits.count > 1, digits.first == "0" {
      radix = 8
      digits = digits.dropFirst()
    }
    guard let first = digits.first, first.isHexDigit else { return nil }
    if let value = Int64((isNegative ? "-" : "") + digits, radix: radix) {
      return .integer(value)
    }
    guard !isNegative, let value = UInt64(digits, radix: radix) else { return nil }
    return .number(String(value))
  }

  /// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
  private static func isFloat(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func take(_ matches: (UInt8) -> Bool) -> Int {
      let taken = rest.prefix(while: matches)
      rest = rest.dropFirst(taken.count)
      return taken.count
    }
    func takeOne(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
    _ = takeOne("+-")
    let whole = take(isDigit)
    var fraction = 0
    if takeOne(".") { fraction = take(isDigit) }
    if whole == 0 && fraction == 0 { return false }
    if takeOne("eE") {
      _ = takeOne("+-")
      if take(isDigit) == 0 { return false }
    }
    return rest.isEmpty
  }

  /// As Go's JSON encoder writes a float64: no exponent between 1e-6 and 1e21.
  private static func json(_ value: Double) -> JSONValue {
    if let integer = Int64(exactly: value) { return .integer(integer) }
    let text = "\(value)"
    guard let e = text.firstIndex(of: "e") else {
      return .number(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }
    let size = abs(value)
    if size >= 1e-6, size < 1e21 { return .number(String(format: "%.*f", places(text, e), value)) }
    // Go writes e+21 and e-7.
    let exponent = text[text.index(after: e)...]
    let sign = exponent.hasPrefix("-") || exponent.hasPrefix("+") ? "" : "+"
    var mantissa = text[..<e]
    if mantissa.hasSuffix(".0") { mantissa = mantissa.dropLast(2) }
    return .number(mantissa + "e" + sign + exponent)
  }

  /// Decimal places that `text`, in exponent form, has when written out.
  private static func places(_ text: String, _ e: String.Index) -> Int {
    let mantissa = text[..<e]
    var fraction = 0
    if let point = mantissa.firstIndex(of: ".") {
      let digits = mantissa[mantissa.index(after: point)...]
      fraction = digits == "0" ? 0 : digits.count
    }
    return max(0, fraction - (Int(text[text.index(after: e)...]) ?? 0))
  }

  /// `2026-01-31`, `2026-1-31T10:00:00Z`, `2026-01-31 10:00:00`: four digits and a hyphen, then
  /// nothing but what a date has.
  static func isTimestamp(_ text: String) -> Bool {
    let utf8 = Array(text.utf8)
    guard utf8.count >= 8, utf8[4] == UInt8(ascii: "-"),
      utf8[..<4].allSatisfy({ (48...57).contains($0) })
    else { return false }
    let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, isNumber(parts[1], 1...12) else { return false }
    let day = parts[2].prefix { $0.isNumber }
    guard isNumber(day, 1...31) else { return false }
    let time = parts[2].dropFirst(day.count)
    if time.isEmpty { return true }
    guard let separator = time.first, separator == "T" || separator == "t" || separator == " "
    else { return false }
    let clock = time.dropFirst()
    let fields = clock.prefix { $0.isNumber || $0 == ":" }.split(separator: ":")
    guard fields.count == 3, isNumber(fields[0], 0...23), isNumber(fields[1], 0...59),
      isNumber(fields[2], 0...60)
    else { return false }
    let zone = clock.drop { $0.isNumber || $0 == ":" || $0 == "." }
    return separator == " " ? zone.isEmpty : !zone.isEmpty
  }

  private static func isNumber(_ text: Substring, _ range: ClosedRange<Int>) -> Bool {
    (1...2).contains(text.count) && Int(text).map(range.contains) == true
  }

  /// `12:30:45`, which YAML 1.1 has for base 60; go-yaml writes it quoted, and reads it plain.
  static func isBase60(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.contains(UInt8(ascii: ":")),
      first == 43 || first == 45 || (48...57).contains(first)
    else { return false }
    let parts = text.drop { $0 == "+" || $0 == "-" }
      .split(separator: ":", omittingEmptySubsequences: false)
    return parts.count > 1
      && parts.dropFirst().allSatisfy { part in
        let digits = part.prefix { $0 != "." }
        return isNumber(digits, 0...59)
      } && parts[0].allSatisfy { $0.isNumber || $0 == "_" } && !parts[0].isEmpty
  }

  private static func isNotFinite(_ text: String) -> Bool {
    [".nan", ".inf", "+.inf", "-.inf"].contains(text.lowercased())
  }
}
