/// A seeded generator (xoshiro256**, Blackman and Vigna 2018), seeded through SplitMix64.
///
/// Each component owns one, forked from the world's seed by a fixed number, so that a draw added in
/// one component does not shift another's.
@frozen
public struct PRNG: RandomSource, Sendable {
  public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

  public init(seed: UInt64) {
    var mix = seed
    func next() -> UInt64 {
      mix &+= 0x9E37_79B9_7F4A_7C15
      var z = mix
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    state = (next(), next(), next(), next())
  }

  /// The generator for stream `stream` of `seed`: independent of every other stream's draws.
  public init(seed: UInt64, stream: UInt64) {
    self.init(seed: seed ^ (stream &* 0xD1B5_4A32_D192_ED03) ^ 0x5851_F42D_4C95_7F2D)
  }

  public mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state.1 &* 5, 7) &* 9
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// A number in `0..<bound`, without bias (Lemire's multiply with rejection).
  public mutating func below(_ bound: UInt64) -> UInt64 {
    precondition(bound > 0, "below(0) has no answer")
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return product.high
  }
}

/// A fraction of whole numbers: what probabilities and factors are, so that no libm decides.
@frozen
public struct Ratio: Hashable, Sendable {
  public let numerator: UInt64
  public let denominator: UInt64

  public init(_ numerator: UInt64, _ denominator: UInt64) {
    precondition(denominator > 0, "a ratio over zero")
    self.numerator = numerator
    self.denominator = denominator
  }
}
