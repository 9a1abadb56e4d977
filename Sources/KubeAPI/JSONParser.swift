/// Where and why a text is no JSON.
public struct JSONSyntaxError: Error, Sendable, Equatable {
  /// What is wrong, in the words of Go's `encoding/json` where it has some.
  public var message: String
  /// Line and column from 1; the column counts characters (Unicode scalars), not bytes.
  public var line: Int
  public var column: Int
  /// The byte at which it went wrong, from 0.
  public var offset: Int
}

/// Reads RFC 8259 JSON. Duplicate keys are kept, so that strict decoding can name them.
public struct JSONParser {
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0
  /// Deeper nesting is refused, so that no document can exhaust the stack.
  private static let maximumDepth = 500

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The one value that `bytes` hold.
  public static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value()
    parser.skipSpace()
    guard parser.at == bytes.count else {
      throw parser.problem(
        "invalid character \(parser.shown) after top-level value")
    }
    return value
  }

  public static func parse(_ text: String) throws(JSONSyntaxError) -> JSONValue {
    try parse(Array(text.utf8))
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    guard at < bytes.count else { throw problem("unexpected end of JSON input") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try nested { (p) throws(JSONSyntaxError) in try p.object() }
    case UInt8(ascii: "["): return try nested { (p) throws(JSONSyntaxError) in try p.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw problem("invalid character \(shown) looking for beginning of value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    depth += 1
    guard depth <= Self.maximumDepth else { throw problem("exceeded max depth") }
    at += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(JSONSyntaxError) -> JSONValue {
    var object = JSONObject()
    skipSpace()
    if take(UInt8(ascii: "}")) { return .object(object) }
    while true {
      skipSpace()
      guard at < bytes.count else { throw problem("unexpected end of JSON input") }
      guard bytes[at] == UInt8(ascii: "\"") else {
        throw problem("invalid character \(shown) looking for beginning of object key string")
      }
      let key = try string()
      skipSpace()
      guard take(UInt8(ascii: ":")) else {
        throw at < bytes.count
          ? problem("invalid character \(shown) after object key")
          : problem("unexpected end of JSON input")
      }
      object.fields.append(JSONObject.Field(key: key, value: try value()))
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "}")) { return .object(object) }
      throw at < bytes.count
        ? problem("invalid character \(shown) after object key:value pair")
        : problem("unexpected end of JSON input")
    }
  }

  private mutating func array() throws(JSONSyntaxError) -> JSONValue {
    var items: [JSONValue] = []
    skipSpace()
    if take(UInt8(ascii: "]")) { return .array(items) }
    while true {
      items.append(try value())
      skipSpace()
      if take(UInt8(ascii: ",")) { continue }
      if take(UInt8(ascii: "]")) { return .array(items) }
      throw at < bytes.count
        ? problem("invalid character \(shown) after array element")
        : problem("unexpected end of JSON input")
    }
  }

  private mutating func string() throws(JSONSyntaxError) -> String {
    at += 1
    var out: [UInt8] = []
    while true {
      guard at < bytes.count else { throw problem("unexpected end of JSON input") }
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        // As Go does, bytes that are no UTF-8 become U+FFFD.
        return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"):
        at += 1
        try escape(into: &out)
      case 0..<0x20:
        throw problem("invalid character \(shown) in string literal")
      default:
        out.append(byte)
        at += 1
      }
    }
  }

  private mutating func escape(into out: inout [UInt8]) throws(JSONSyntaxError) {
    guard at < bytes.count else { throw problem("unexpected end of JSON input") }
    let plain: UInt8
    switch bytes[at] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain = bytes[at]
    case UInt8(ascii: "b"): plain = 8
    case UInt8(ascii: "f"): plain = 12
    case UInt8(ascii: "n"): plain = 10
    case UInt8(ascii: "r"): plain = 13
    case UInt8(ascii: "t"): plain = 9
    case UInt8(ascii: "u"):
      at += 1
      out.append(contentsOf: String(Character(try codePoint())).utf8)
      return
    default: throw problem("invalid character \(shown) in string escape code")
    }
    out.append(plain)
    at += 1
  }

  /// What follows `\u`, a surrogate pair taken as one; half a pair becomes U+FFFD, as in Go.
  private mutating func codePoint() throws(JSONSyntaxError) -> Unicode.Scalar {
    let first = try fourHexDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"),
      bytes[at + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    let mark = at
    at += 2
    let second = try fourHexDigits()
    guard (0xDC00...0xDFFF).contains(second) else {
      at = mark
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func fourHexDigits() throws(JSONSyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard at < bytes.count else { throw problem("unexpected end of JSON input") }
      guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else {
        throw problem("invalid character \(shown) in \\u hexadecimal character escape")
      }
      value = value << 4 | UInt32(digit)
      at += 1
    }
    return value
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = at
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits("in numeric literal") }
    var isWhole = true
    if take(UInt8(ascii: ".")) {
      isWhole = false
      try digits("after decimal point in numeric literal")
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isWhole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits("in exponent of numeric literal")
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    return .number(text)
  }

  private mutating func digits(_ place: String) throws(JSONSyntaxError) {
    let start = at
    while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
    guard at > start else {
      throw at < bytes.count
        ? problem("invalid character \(shown) \(place)")
        : problem("unexpected end of JSON input")
    }
  }

  private mutating func word(
    _ text: StaticString, _ value: JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    for index in 0..<text.utf8CodeUnitCount {
      guard at < bytes.count else { throw problem("unexpected end of JSON input") }
      guard bytes[at] == text.utf8Start[index] else {
        throw problem("invalid character \(shown) in literal \(text)")
      }
      at += 1
    }
    return value
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }

  /// The byte at hand as Go quotes it in its errors.
  private var shown: String {
    guard at < bytes.count else { return "end of input" }
    switch bytes[at] {
    case UInt8(ascii: "'"): return "'\\''"
    case 0x0A: return "'\\n'"
    case 0x0D: return "'\\r'"
    case 0x09: return "'\\t'"
    case 0x20...0x7E: return "'\(Character(Unicode.Scalar(bytes[at])))'"
    default:
      let hex = String(bytes[at], radix: 16)
      return "'\\x" + (hex.count < 2 ? "0" : "") + hex + "'"
    }
  }

  private func problem(_ message: String) -> JSONSyntaxError {
    let place = SourceText.place(of: at, in: bytes)
    return JSONSyntaxError(
      message: message, line: place.line, column: place.column, offset: at)
  }
}

/// Places in a text.
public enum SourceText {
  /// Line and column, both from 1, of the byte at `offset`; columns count Unicode scalars.
  public static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        // Continuation bytes of UTF-8 belong to the character before.
        column += 1
      }
    }
    return (line, column)
  }
}
