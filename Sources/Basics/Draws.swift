/// Chance that belongs to who decides and to what about, not to how much was decided before
/// (SplitMix64 over a seed and two keys).
///
/// Where a shared generator hands out one number after another, leaving one event out shifts the
/// luck of everything that follows. Drawn from keys (a link and the moment, a pod and its try),
/// the luck of everything else stays as it was: two runs that differ in one input can be compared.
/// It has no state between decisions, so it costs no memory either.
@frozen
public struct Draws: RandomSource, Sendable {
  @usableFromInline var state: UInt64

  @inlinable
  public init(_ seed: UInt64, _ first: UInt64, _ second: UInt64 = 0) {
    state = Self.mix(Self.mix(seed ^ 0x2545_F491_4F6C_DD1D) ^ first)
    state = Self.mix(state ^ second &* 0xD1B5_4A32_D192_ED03)
  }

  @inlinable
  static func mix(_ word: UInt64) -> UInt64 {
    var z = word &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  @inlinable
  public mutating func next() -> UInt64 {
    let word = Self.mix(state)
    state &+= 0x9E37_79B9_7F4A_7C15
    return word
  }

  /// A number in `0..<bound`. The bias is below one in 2^32 for every bound under 2^32.
  @inlinable
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "below(0) has no answer")
    return next().multipliedFullWidth(by: bound).high
  }
}
