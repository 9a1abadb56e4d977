/// A resource quantity (`resource.Quantity`): `100m`, `64Mi`, `2`.
///
/// Equality is of amount and format, as two objects' fields are compared; order is of amount alone.
public struct Quantity: Sendable, Hashable {
  /// The suffix family it is written back in.
  public enum Format: UInt8, Sendable, Hashable {
    case decimalSI, binarySI, decimalExponent
  }

  /// The amount is `mantissa` times ten to the power of `scale`. Canonical: `scale` is -3 where
  /// that holds the amount exactly, else the nearest to it that does, so that equal amounts have
  /// equal parts.
  private(set) var mantissa: Int64
  private(set) var scale: Int8
  public var format: Format

  public init(milliValue: Int64, format: Format = .decimalSI) {
    mantissa = milliValue
    scale = -3
    self.format = format
  }

  public init(_ value: Int64, format: Format = .decimalSI) {
    self.init(mantissa: value, scale: 0, format: format)
  }

  /// The amount `mantissa` × 10^`scale`, brought to canonical parts.
  init(mantissa: Int64, scale: Int, format: Format) {
    var mantissa = mantissa
    var scale = mantissa == 0 ? -3 : scale
    while scale > -3 {
      let (product, overflow) = mantissa.multipliedReportingOverflow(by: 10)
      if overflow { break }
      mantissa = product
      scale -= 1
    }
    while scale < -3, mantissa % 10 == 0 {
      mantissa /= 10
      scale += 1
    }
    self.mantissa = mantissa
    self.scale = Int8(clamping: scale)
    self.format = format
  }

  /// Thousandths of the unit: rounded away from zero, and saturating.
  public var milliValue: Int64 {
    get { scale == -3 ? mantissa : scaled(to: -3) }
    set { self = Quantity(milliValue: newValue, format: format) }
  }

  /// Whole units: rounded away from zero, and saturating (`Quantity.Value`).
  public var value: Int64 {
    guard scale == -3 else { return scaled(to: 0) }
    // The common case by hand: this is read for every resource of every pod.
    let whole = mantissa / 1000
    return mantissa % 1000 == 0 ? whole : mantissa > 0 ? whole + 1 : whole - 1
  }

  public var isZero: Bool { mantissa == 0 }

  var isFinerThanMilli: Bool { scale < -3 }

  private func scaled(to target: Int8) -> Int64 {
    var result = mantissa
    var at = scale
    while at > target {
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      if overflow { return mantissa < 0 ? .min : .max }
      result = product
      at -= 1
    }
    var isExact = true
    while at < target {
      if result % 10 != 0 { isExact = false }
      result /= 10
      at += 1
    }
    return isExact ? result : mantissa > 0 ? result + 1 : result - 1
  }
}

extension Quantity: Comparable {
  public static func < (a: Quantity, b: Quantity) -> Bool {
    if a.scale == b.scale { return a.mantissa < b.mantissa }
    let (x, y) = (a.milliValue, b.milliValue)
    // Saturated or rounded alike: canonical parts of a larger scale are the larger amount.
    if x == y { return a.mantissa < 0 ? a.scale > b.scale : a.scale < b.scale }
    return x < y
  }

  /// The sum, in the format of the left side unless that is zero (`Quantity.Add`).
  public static func + (a: Quantity, b: Quantity) -> Quantity { a.adding(b, sign: 1) }
  /// The difference, in the format of the left side unless that is zero (`Quantity.Sub`).
  public static func - (a: Quantity, b: Quantity) -> Quantity { a.adding(b, sign: -1) }
  public static func += (a: inout Quantity, b: Quantity) { a = a + b }
  public static func -= (a: inout Quantity, b: Quantity) { a = a - b }

  private func adding(_ other: Quantity, sign: Int64) -> Quantity {
    let format = isZero ? other.format : self.format
    // Where the finer scale cannot hold the larger amount, the fine one's digits are too small to
    // matter.
    let aligned = min(scale, other.scale)
    let overflows = scaled(to: aligned) == .max || other.scaled(to: aligned) == .max
    let fine = overflows ? max(scale, other.scale) : aligned
    let (a, b) = (scaled(to: fine), other.scaled(to: fine).multipliedReportingOverflow(by: sign))
    let addend = b.overflow ? .max : b.partialValue
    let (sum, overflow) = a.addingReportingOverflow(addend)
    let saturated = overflow ? (addend < 0 ? .min : .max) : sum
    return Quantity(mantissa: saturated, scale: Int(fine), format: format)
  }
}
