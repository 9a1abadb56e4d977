/// Standard base64 with padding (RFC 4648 §4), as secrets and binary data hold it.
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let urlAlphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  public static func encode(_ bytes: some Collection<UInt8>) -> String { encode(Array(bytes)) }

  // Of an array: through the protocol each byte read is an allocation.
  public static func encode(_ bytes: [UInt8]) -> String {
    encode(bytes, alphabet, isPadded: true)
  }

  /// For URLs and tokens (§5): two other signs, and no padding.
  public static func encodeURL(_ bytes: [UInt8]) -> String {
    encode(bytes, urlAlphabet, isPadded: false)
  }

  private static func encode(
    _ bytes: [UInt8], _ alphabet: [UInt8], isPadded: Bool
  ) -> String {
    String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { out in
      var count = 0
      var at = 0
      while at < bytes.count {
        let held = min(3, bytes.count - at)
        var group = UInt32(bytes[at]) << 16
        if held > 1 { group |= UInt32(bytes[at + 1]) << 8 }
        if held > 2 { group |= UInt32(bytes[at + 2]) }
        for index in 0..<(isPadded ? 4 : held + 1) {
          out[count] =
            index <= held ? alphabet[Int(group >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "=")
          count += 1
        }
        at += 3
      }
      return count
    }
  }

  /// The bytes, or nil where `text` is no base64. Line breaks are skipped, as Go does.
  public static func decode(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    return scan(text, into: &out) == nil ? out : nil
  }

  /// The same of what `encodeURL` made.
  public static func decodeURL(_ text: String) -> [UInt8]? {
    var standard: [UInt8] = []
    standard.reserveCapacity(text.utf8.count + 3)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
      default: standard.append(byte)
      }
    }
    while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
    return decode(String(decoding: standard, as: UTF8.self))
  }

  /// The offset that Go's `illegal base64 data at input byte` names; nil where all is well.
  static func firstBadByte(_ text: String) -> Int? {
    var out: [UInt8] = []
    return scan(text, into: &out)
  }

  private static func scan(_ text: String, into out: inout [UInt8]) -> Int? {
    var group: UInt32 = 0
    var held = 0
    var padding = 0
    var offset = 0
    for byte in text.utf8 {
      defer { offset += 1 }
      if byte == 0x0A || byte == 0x0D { continue }
      if byte == UInt8(ascii: "=") {
        guard held >= 2, held + padding < 4 else { return offset }
        padding += 1
        continue
      }
      guard padding == 0, let digit = digit(byte) else { return offset }
      group = group << 6 | UInt32(digit)
      held += 1
      if held == 4 {
        out.append(UInt8(group >> 16 & 255))
        out.append(UInt8(group >> 8 & 255))
        out.append(UInt8(group & 255))
        group = 0
        held = 0
      }
    }
    guard held > 0 else { return nil }
    guard held + padding == 4 else { return offset }
    if held == 2 { out.append(UInt8(group >> 4 & 255)) }
    if held == 3 {
      out.append(UInt8(group >> 10 & 255))
      out.append(UInt8(group >> 2 & 255))
    }
    return nil
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
