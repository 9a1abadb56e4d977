/// A fraction between 0 and 1 with the precision and the rounding of an IEEE 754 double, in integer
/// arithmetic.
///
/// kube-scheduler computes some scores in `float64` and cuts them to whole numbers: 0.57 × 100 is
/// 56.99… there and scores 56. Scores must agree with it to the point, and no floating point may
/// take part in a decision here: this rounds where a double rounds.
struct RoundedFraction: Equatable, Sendable {
  /// The value is `significand` × 2^`exponent`; the significand has 53 bits, or is 0.
  private var significand: UInt64
  private var exponent: Int

  static let zero = RoundedFraction(significand: 0, exponent: 0)
  static let one = RoundedFraction(significand: 1 << 52, exponent: -52)

  private init(significand: UInt64, exponent: Int) {
    self.significand = significand
    self.exponent = exponent
  }

  /// `numerator` / `denominator`, at most 1.
  init(_ numerator: Int64, over denominator: Int64) {
    precondition(numerator >= 0 && denominator > 0, "\(numerator)/\(denominator) is no share")
    if numerator == 0 {
      self = .zero
    } else if numerator >= denominator {
      self = .one
    } else {
      let (n, d) = (UInt64(numerator), UInt64(denominator))
      // Shifted so that the quotient has 62 or 63 bits.
      let shift = 62 + n.leadingZeroBitCount - d.leadingZeroBitCount
      let high = shift >= 64 ? n &<< UInt64(shift - 64) : n &>> UInt64(64 - shift)
      let low = shift >= 64 ? 0 : n &<< UInt64(shift)
      let (quotient, remainder) = d.dividingFullWidth((high, low))
      self.init(rounding: quotient, isExact: remainder == 0, exponent: -shift)
    }
  }

  /// `value` × 2^`exponent` rounded to 53 bits, ties to even; `isExact` false means that the value
  /// is a little more.
  private init(rounding value: UInt64, isExact: Bool = true, exponent: Int) {
    guard value != 0 else {
      self = .zero
      return
    }
    let width = 64 - value.leadingZeroBitCount
    if width <= 53 {
      self.init(significand: value &<< UInt64(53 - width), exponent: exponent + width - 53)
      return
    }
    let dropped = width - 53
    var kept = value &>> UInt64(dropped)
    let half: UInt64 = 1 &<< UInt64(dropped - 1)
    let rest = value & (half &<< 1 &- 1)
    if rest > half || rest == half && (!isExact || kept & 1 == 1) { kept += 1 }
    if kept == 1 << 53 {
      self.init(significand: 1 << 52, exponent: exponent + dropped + 1)
    } else {
      self.init(significand: kept, exponent: exponent + dropped)
    }
  }

  /// The same of a wide value: what its low bits hold beyond a trace does not matter.
  private init(rounding value: UInt128, exponent: Int) {
    guard value > UInt128(UInt64.max) else {
      self.init(rounding: UInt64(value), exponent: exponent)
      return
    }
    let dropped = 64 - value.leadingZeroBitCount
    let high = UInt64(truncatingIfNeeded: value &>> UInt128(dropped))
    let isExact = value.trailingZeroBitCount >= dropped
    self.init(rounding: high, isExact: isExact, exponent: exponent + dropped)
  }

  /// |a − b|.
  func distance(to other: RoundedFraction) -> RoundedFraction {
    if significand == 0 { return other }
    if other.significand == 0 { return self }
    let (large, small) = isLess(than: other) ? (other, self) : (self, other)
    let gap = large.exponent - small.exponent
    // So far apart, the smaller one is less than half of the larger one's last bit.
    if gap > 56 { return large }
    if gap <= 10 {
      return RoundedFraction(
        rounding: large.significand &<< UInt64(gap) - small.significand, exponent: small.exponent)
    }
    let difference = UInt128(large.significand) &<< UInt128(gap) - UInt128(small.significand)
    return RoundedFraction(rounding: difference, exponent: small.exponent)
  }

  private func isLess(than other: RoundedFraction) -> Bool {
    exponent == other.exponent
      ? significand < other.significand : exponent < other.exponent
  }

  /// Half of it, exactly.
  var halved: RoundedFraction {
    significand == 0 ? .zero : RoundedFraction(significand: significand, exponent: exponent - 1)
  }

  /// `self` × `factor` as doubles, cut to a whole number.
  func times(_ factor: Int64) -> Int64 {
    precondition(factor >= 0 && factor < 1 << 53, "\(factor) is no whole double")
    let (high, low) = significand.multipliedFullWidth(by: UInt64(factor))
    let product =
      high == 0
      ? RoundedFraction(rounding: low, exponent: exponent)
      : RoundedFraction(
        rounding: UInt128(high) &<< 64 | UInt128(low), exponent: exponent)
    let shift = -product.exponent
    if product.significand == 0 || shift >= 64 { return 0 }
    return shift >= 0
      ? Int64(product.significand >> UInt64(shift)) : Int64(product.significand << UInt64(-shift))
  }
}

/// A natural logarithm in units of 2⁻⁴⁰, for the weights of PodTopologySpread. Those are
/// irrational: rounding a sum of them never meets a tie.
func naturalLogarithm(_ n: Int) -> Int64 {
  precondition(n > 0, "the logarithm of \(n)")
  let width = Int.bitWidth - n.leadingZeroBitCount
  // n = m × 2^(width − 1) with 1 ≤ m < 2; ln m = 2 artanh((m − 1)/(m + 1)).
  let one = Int64(1) << 56
  let power = Int64(1) << Int64(width - 1)
  let z = Int64((Int128(one) * Int128(Int64(n) - power)) / Int128(Int64(n) + power))
  let square = Int64((Int128(z) * Int128(z)) >> 56)
  var term = z
  var sum: Int64 = 0
  for odd in stride(from: Int64(1), through: 41, by: 2) {
    sum += term / odd
    term = Int64((Int128(term) * Int128(square)) >> 56)
  }
  // ln 2 × 2⁵⁶.
  let lnTwo: Int128 = 49_946_518_145_322_874
  return Int64((Int128(2 * sum) + Int128(width - 1) * lnTwo) >> 16)
}
