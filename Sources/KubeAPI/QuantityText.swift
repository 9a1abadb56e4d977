/// The text form of quantities, as `resource.ParseQuantity` reads it and `Canonicalize` writes it.
extension Quantity {
  public enum ParseError: Error, Sendable, Equatable {
    case format, numeric, suffix

    /// The API's words.
    public var message: String {
      switch self {
      case .format:
        "quantities must match the regular expression "
          + "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
      case .numeric: "unable to parse numeric part of quantity"
      case .suffix: "unable to parse quantity's suffix"
      }
    }
  }

  /// The quantity that `text` spells; nil where it spells none.
  public init?(_ text: String) {
    do { try self.init(parsing: text) } catch { return nil }
  }

  public init(parsing text: String) throws(ParseError) {
    var scan = Scan(text)
    try scan.run()
    guard let (base2, exponent, format) = Self.interpret(scan.suffix) else { throw .suffix }
    var digits = scan.digits
    for _ in 0..<base2 { digits.double() }
    var scale = exponent - scan.fractionDigits
    // Finer than a billionth is rounded up: who asks for a little shall get a little.
    if scale < -9 {
      digits.dropLast(-9 - scale)
      scale = -9
    }
    digits.strip(&scale)
    if format == .binarySI, digits.whole(scale) == nil {
      // resource.Quantity caps binary amounts at the largest 64-bit integer.
      self.init(mantissa: scan.isNegative ? -.max : .max, scale: 0, format: format)
      return
    }
    if digits.int64 == nil {
      // More digits than 64 bits hold: keep the leading ones, rounded up.
      let spare = digits.count - 18
      digits.dropLast(spare)
      scale += spare
    }
    guard let mantissa = digits.int64, scale <= 100 else { throw .numeric }
    let isBelowOne = mantissa != 0 && digits.count + scale <= 0
    self.init(
      mantissa: scan.isNegative ? -mantissa : mantissa, scale: scale,
      format: format == .binarySI && isBelowOne ? .decimalSI : format)
  }

  private static let decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
  private static let binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

  /// The power of two, the power of ten and the family of a suffix.
  private static func interpret(_ suffix: String) -> (Int, Int, Format)? {
    if let at = decimal.firstIndex(of: suffix) { return (0, 3 * at - 9, .decimalSI) }
    if let at = binary.firstIndex(of: suffix) { return (10 * at, 0, .binarySI) }
    guard suffix.count > 1, suffix.first == "e" || suffix.first == "E",
      let exponent = Int(suffix.dropFirst()), (-1000...1000).contains(exponent)
    else { return nil }
    return (0, exponent, .decimalExponent)
  }

  /// The canonical text: no fraction, the largest suffix, no digit lost.
  public var text: String {
    if mantissa == 0 { return "0" }
    if format == .binarySI, let text = binaryText { return text }
    var digits = mantissa
    var exponent = Int(scale)
    while digits % 10 == 0 {
      digits /= 10
      exponent += 1
    }
    var text = String(digits)
    while exponent % 3 != 0 {
      text += "0"
      exponent -= 1
    }
    if format == .decimalExponent { return exponent == 0 ? text : text + "e\(exponent)" }
    // There is no suffix beyond E: write the zeros.
    while exponent > 18 {
      text += "000"
      exponent -= 3
    }
    return text + Self.decimal[(exponent + 9) / 3]
  }

  /// As a multiple of a power of 1024; nil where that would lose digits or be no shorter.
  private var binaryText: String? {
    var parts = scale
    var unit: Int64 = 1
    while parts < 0, parts >= -3 {
      unit *= 10
      parts += 1
    }
    var whole = value
    guard parts >= 0, mantissa % unit == 0, whole <= -1024 || whole >= 1024 else { return nil }
    var power = 0
    while whole % 1024 == 0, power < 6 {
      whole /= 1024
      power += 1
    }
    return String(whole) + Self.binary[power]
  }

  /// Decimal digits, most significant first: quantities may have more than 64 bits hold.
  private struct Digits {
    var bytes: [UInt8] = []
    var count: Int { bytes.count }

    mutating func double() {
      var carry: UInt8 = 0
      for index in bytes.indices.reversed() {
        let doubled = bytes[index] * 2 + carry
        bytes[index] = doubled % 10
        carry = doubled / 10
      }
      if carry > 0 { bytes.insert(carry, at: 0) }
    }

    /// Takes the last `dropped` digits away, rounding up.
    mutating func dropLast(_ dropped: Int) {
      let tail = bytes.suffix(dropped)
      let roundsUp = tail.contains { $0 != 0 }
      bytes.removeLast(tail.count)
      guard roundsUp else { return }
      var at = bytes.count - 1
      while at >= 0 {
        if bytes[at] < 9 {
          bytes[at] += 1
          return
        }
        bytes[at] = 0
        at -= 1
      }
      bytes.insert(1, at: 0)
    }

    /// Takes leading zeros away, and trailing ones into `scale`.
    mutating func strip(_ scale: inout Int) {
      bytes = Array(bytes.drop { $0 == 0 })
      while bytes.last == 0 {
        bytes.removeLast()
        scale += 1
      }
      if bytes.isEmpty { scale = 0 }
    }

    /// The whole amount at `scale`, rounded up; nil where 64 bits do not hold it.
    func whole(_ scale: Int) -> Int64? {
      var digits = self
      if scale < 0 { digits.dropLast(-scale) }
      guard scale <= 20 else { return bytes.isEmpty ? 0 : nil }
      for _ in 0..<max(0, scale) { digits.bytes.append(0) }
      return digits.int64
    }

    var int64: Int64? {
      var value: Int64 = 0
      for digit in bytes {
        let (product, over) = value.multipliedReportingOverflow(by: 10)
        let (sum, overflow) = product.addingReportingOverflow(Int64(digit))
        if over || overflow { return nil }
        value = sum
      }
      return value
    }
  }

  /// Takes a quantity's text apart: sign, digits, fraction, suffix.
  private struct Scan {
    private let bytes: [UInt8]
    private var at = 0
    var isNegative = false
    var digits = Digits()
    var fractionDigits = 0
    var suffix = ""
    /// Longer numbers than any real one are refused, to bound the work.
    private static let maximumLength = 200

    init(_ text: String) { bytes = Array(text.utf8) }

    mutating func run() throws(ParseError) {
      guard !bytes.isEmpty, bytes.count <= Self.maximumLength else { throw .format }
      if bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
        isNegative = bytes[0] == UInt8(ascii: "-")
        at = 1
      }
      takeDigits()
      if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
        at += 1
        let whole = digits.count
        takeDigits()
        fractionDigits = digits.count - whole
      }
      let suffixStart = at
      while at < bytes.count, "eEinumkKMGTP".utf8.contains(bytes[at]) { at += 1 }
      if at < bytes.count, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") {
        at += 1
      }
      while at < bytes.count, (48...57).contains(bytes[at]) { at += 1 }
      guard at == bytes.count else { throw .format }
      suffix = String(decoding: bytes[suffixStart...], as: UTF8.self)
      // As in Go, a number without digits is zero.
    }

    private mutating func takeDigits() {
      while at < bytes.count, (48...57).contains(bytes[at]) {
        digits.bytes.append(bytes[at] - 48)
        at += 1
      }
    }
  }
}
