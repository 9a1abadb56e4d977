/// The variable-length integers of protobuf's wire format: seven bits a byte, low bits first.
enum Varint {
  /// Encoded bytes of `value`, 1 to 10.
  static func size(_ value: UInt64) -> UInt64 {
    value < 0x80 ? 1 : UInt64((64 - value.leadingZeroBitCount + 6) / 7)
  }

  static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Reads one and moves `position` past it; nil where the bytes end or run on too long.
  static func read(_ bytes: [UInt8], at position: inout Int, end: Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}
