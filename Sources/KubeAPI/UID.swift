/// A 128-bit object identity, printed as a version 4 UUID.
public struct UID: Hashable, Comparable, Sendable {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// No identity: what an object has before an API server gave it one.
  public static let none = UID(high: 0, low: 0)
  public var isNone: Bool { high == 0 && low == 0 }

  public static func < (a: UID, b: UID) -> Bool {
    a.high == b.high ? a.low < b.low : a.high < b.high
  }

  /// `8-4-4-4-12` hexadecimal digits; empty for `none`.
  public var text: String {
    if isNone { return "" }
    func hex(_ value: UInt64, _ digits: Int) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: digits - text.count) + text
    }
    return hex(high >> 32, 8) + "-" + hex(high >> 16 & 0xFFFF, 4) + "-" + hex(high & 0xFFFF, 4)
      + "-" + hex(low >> 48, 4) + "-" + hex(low & 0xFFFF_FFFF_FFFF, 12)
  }

  public init?(text: String) {
    if text.isEmpty {
      self = .none
      return
    }
    let digits = text.utf8.filter { $0 != 45 }
    let string = String(decoding: digits, as: UTF8.self)
    guard digits.count == 32, let high = UInt64(string.prefix(16), radix: 16),
      let low = UInt64(string.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }
}
