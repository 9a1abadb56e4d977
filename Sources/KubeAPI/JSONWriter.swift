extension JSONValue {
  /// This value as JSON bytes, fields in the order they have.
  /// - Parameter pretty: indented by `indent` spaces as `kubectl -o json` does, else compact.
  public func encoded(pretty: Bool = false, indent: Int = 4) -> [UInt8] {
    var writer = JSONWriter(indent: pretty ? indent : nil)
    writer.write(self)
    return writer.bytes
  }

  /// This value as JSON text.
  public func text(pretty: Bool = false) -> String {
    String(decoding: encoded(pretty: pretty), as: UTF8.self)
  }

  /// This value with the fields of every object in it sorted by key.
  public var sorted: JSONValue {
    switch self {
    case .array(let items): return .array(items.map(\.sorted))
    case .object(var object):
      for index in object.fields.indices {
        object.fields[index].value = object.fields[index].value.sorted
      }
      object.sortFields()
      return .object(object)
    default: return self
    }
  }
}

extension JSONObject {
  /// Puts the fields in the order of their keys' bytes, as Go does.
  mutating func sortFields() {
    for index in fields.indices.dropFirst() where fields[index].key < fields[index - 1].key {
      fields.sort { $0.key < $1.key }
      return
    }
  }
}

/// Writes JSON with the escapes of Go's encoder, less its HTML ones.
struct JSONWriter {
  var bytes: [UInt8] = []
  /// Spaces a level, or nil for compact.
  let indent: Int?
  private var level = 0

  init(indent: Int?) { self.indent = indent }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .integer(let number): put(String(number))
    case .number(let text): put(text)
    case .string(let text): write(string: text)
    case .array(let items):
      bracket("[", "]", count: items.count) { writer, index in writer.write(items[index]) }
    case .object(let object):
      bracket("{", "}", count: object.fields.count) { writer, index in
        writer.write(string: object.fields[index].key)
        writer.put(writer.indent == nil ? ":" : ": ")
        writer.write(object.fields[index].value)
      }
    }
  }

  private mutating func bracket(
    _ open: String, _ close: String, count: Int, _ item: (inout JSONWriter, Int) -> Void
  ) {
    put(open)
    level += 1
    for index in 0..<count {
      if index > 0 { put(",") }
      newLine()
      item(&self, index)
    }
    level -= 1
    if count > 0 { newLine() }
    put(close)
  }

  private mutating func newLine() {
    guard let indent else { return }
    bytes.append(0x0A)
    for _ in 0..<indent * level { bytes.append(0x20) }
  }

  private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(string text: String) {
    bytes.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22: put("\\\"")
      case 0x5C: put("\\\\")
      case 0x08: put("\\b")
      case 0x0C: put("\\f")
      case 0x0A: put("\\n")
      case 0x0D: put("\\r")
      case 0x09: put("\\t")
      case 0..<0x20, 0x7F:
        let hex = String(byte, radix: 16)
        put("\\u00" + (hex.count < 2 ? "0" : "") + hex)
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }
}
