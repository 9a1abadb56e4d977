import KubeAPI

extension JSONValue {
  /// This value as YAML, as `kubectl -o yaml` prints it: keys sorted, block style, sequences at
  /// the column of their key, quotes only where needed (go-yaml v2's emitter). Ends in a newline.
  public var yaml: String {
    var writer = YAMLWriter()
    writer.write(sorted, indent: 0, isInline: true)
    return writer.text + "\n"
  }
}

private struct YAMLWriter {
  var text = ""
  private var column = 0
  /// A line longer than this is folded at the next space (`best_width`).
  private static let width = 80

  /// Writes a value after a key or a dash; `indent` is the column of its mapping's keys.
  mutating func write(_ value: JSONValue, indent: Int, isInline: Bool) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .integer(let number): put(String(number))
    case .number(let text): put(text)
    case .string(let text): write(string: text, indent: indent)
    case .array(let items): write(items, indent: indent, isInline: isInline)
    case .object(let object): write(object, indent: indent, isInline: isInline)
    }
  }

  private mutating func write(_ items: [JSONValue], indent: Int, isInline: Bool) {
    if items.isEmpty { return put("[]") }
    for (index, item) in items.enumerated() {
      if index > 0 || !isInline { newLine(indent) }
      put("- ")
      switch item {
      case .object, .array: write(item, indent: indent + 2, isInline: true)
      default: write(item, indent: indent, isInline: true)
      }
    }
  }

  private mutating func write(_ object: JSONObject, indent: Int, isInline: Bool) {
    if object.isEmpty { return put("{}") }
    for (index, field) in object.fields.enumerated() {
      if index > 0 || !isInline { newLine(indent) }
      write(key: field.key)
      switch field.value {
      case .object(let inner) where !inner.isEmpty:
        put(":")
        write(inner, indent: indent + 2, isInline: false)
      case .array(let items) where !items.isEmpty:
        put(":")
        // As kubectl does, a sequence is not indented under its key.
        write(items, indent: indent, isInline: false)
      default:
        put(": ")
        write(field.value, indent: indent, isInline: true)
      }
    }
  }

  private mutating func put(_ piece: String) {
    text += piece
    column += piece.unicodeScalars.count
  }

  private mutating func newLine(_ indent: Int) {
    text += "\n" + String(repeating: " ", count: indent)
    column = indent
  }

  // MARK: Scalars

  private mutating func write(key: String) {
    let shape = Shape(key)
    if key.isEmpty || YAMLScalar.isAmbiguous(key) || shape.isMultiline
      || !shape.allowsSingleQuotes
    {
      put(doubleQuoted(key))
    } else if shape.allowsPlain {
      put(key)
    } else {
      put("'" + key.replacing("'", with: "''") + "'")
    }
  }

  private mutating func write(string: String, indent: Int) {
    let shape = Shape(string)
    if shape.isMultiline, shape.allowsBlock {
      writeLiteral(string, indent: indent)
    } else if string.isEmpty || shape.isMultiline || YAMLScalar.isAmbiguous(string)
      || !shape.allowsSingleQuotes
    {
      fold(doubleQuoted(string), indent: indent, isEscaped: true)
    } else if shape.allowsPlain {
      fold(string, indent: indent, isEscaped: false)
    } else {
      fold("'" + string.replacing("'", with: "''") + "'", indent: indent, isEscaped: false)
    }
  }

  /// Breaks a long scalar at single spaces once the line is past the width.
  private mutating func fold(_ written: String, indent: Int, isEscaped: Bool) {
    let scalars = Array(written.unicodeScalars)
    var wasSpace = false
    for (index, scalar) in scalars.enumerated() {
      let isSpace = scalar == " "
      let isInside = index > 1 && index < scalars.count - 2
      let next = index + 1 < scalars.count ? scalars[index + 1] : scalar
      if isSpace, !wasSpace, isInside, column > Self.width, next != " " || isEscaped {
        newLine(indent + 2)
        if isEscaped, next == " " { put("\\") }
        wasSpace = true
        continue
      }
      text.unicodeScalars.append(scalar)
      column += 1
      wasSpace = isSpace
    }
  }

  private mutating func writeLiteral(_ string: String, indent: Int) {
    var header = "|"
    if string.first == " " || string.first == "\n" { header += "2" }
    if !string.hasSuffix("\n") {
      header += "-"
    } else if string.hasSuffix("\n\n") || string == "\n" {
      header += "+"
    }
    put(header)
    var lines = string.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines {
      if line.isEmpty {
        text += "\n"
        column = 0
      } else {
        newLine(indent + 2)
        put(String(line))
      }
    }
  }

  private func doubleQuoted(_ string: String) -> String {
    var out = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\0": out += "\\0"
      case "\u{7}": out += "\\a"
      case "\u{8}": out += "\\b"
      case "\t": out += "\\t"
      case "\n": out += "\\n"
      case "\u{B}": out += "\\v"
      case "\u{C}": out += "\\f"
      case "\r": out += "\\r"
      case "\u{1B}": out += "\\e"
      case "\u{85}": out += "\\N"
      case "\u{A0}": out += "\\_"
      case "\u{2028}": out += "\\L"
      case "\u{2029}": out += "\\P"
      default:
        if Shape.isPrintable(scalar) {
          out.unicodeScalars.append(scalar)
        } else {
          let hex = String(scalar.value, radix: 16, uppercase: true)
          let width = scalar.value < 0x100 ? 2 : scalar.value < 0x10000 ? 4 : 8
          let mark = width == 2 ? "\\x" : width == 4 ? "\\u" : "\\U"
          out += mark + String(repeating: "0", count: width - hex.count) + hex
        }
      }
    }
    return out + "\""
  }
}

/// What a text has in it, and so the styles it can be written in
/// (`yaml_emitter_analyze_scalar`).
private struct Shape {
  var isMultiline = false
  var allowsPlain = true
  var allowsSingleQuotes = true
  var allowsBlock = true

  init(_ text: String) {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, let last = scalars.last else {
      allowsPlain = false
      allowsBlock = false
      return
    }
    if text.hasPrefix("---") || text.hasPrefix("...") { allowsPlain = false }
    if Self.indicators.contains(first) { allowsPlain = false }
    if "-?:".unicodeScalars.contains(first), scalars.count == 1 || Self.isBlank(scalars[1]) {
      allowsPlain = false
    }
    if first == " " || last == " " { allowsPlain = false }
    if last == " " { allowsBlock = false }
    if first == "\n" || last == "\n" { allowsPlain = false }
    for (index, scalar) in scalars.enumerated() { look(scalar, index, scalars) }
  }

  /// Not at the start of a plain scalar.
  private static let indicators = Set("#,[]{}&*!|>'\"%@`".unicodeScalars)

  private mutating func look(
    _ scalar: Unicode.Scalar, _ index: Int, _ scalars: [Unicode.Scalar]
  ) {
    let before = index > 0 ? scalars[index - 1] : "\n"
    let isFollowedByBlank = index + 1 == scalars.count || Self.isBlank(scalars[index + 1])
    if scalar == ":", index > 0, isFollowedByBlank { allowsPlain = false }
    if scalar == "#", index > 0, Self.isBlank(before) { allowsPlain = false }
    if !Self.isPrintable(scalar), scalar != "\n" { needsEscapes() }
    if scalar == "\n" {
      isMultiline = true
      allowsPlain = false
      // A space before a line break would be lost.
      if before == " " { needsEscapes() }
    }
    if scalar == " ", index > 0, before == "\n" {
      allowsPlain = false
      allowsSingleQuotes = false
    }
  }

  private mutating func needsEscapes() {
    allowsPlain = false
    allowsSingleQuotes = false
    allowsBlock = false
  }

  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
  }

  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA1...0xD7FF, 0xE000...0xFFFD: scalar.value != 0xFEFF
    case 0x10000...0x10FFFF: true
    default: false
    }
  }
}
