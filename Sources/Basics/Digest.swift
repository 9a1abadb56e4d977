/// A running 64-bit digest, the same on every machine and in every process (FNV-1a over words with
/// a SplitMix64 finish). Never `Hasher`, whose seed differs between processes.
@frozen
public struct Digest: Hashable, Sendable {
  @usableFromInline var state: UInt64 = 0xCBF2_9CE4_8422_2325

  @inlinable public init() {}

  @inlinable public mutating func combine(_ word: UInt64) {
    state = (state ^ word) &* 0x0000_0100_0000_01B3
    state ^= state >> 29
  }
  @inlinable public mutating func combine(_ value: Int) {
    combine(UInt64(bitPattern: Int64(value)))
  }
  @inlinable public mutating func combine(_ value: Bool) { combine(value ? 1 : 0 as UInt64) }
  @inlinable public mutating func combine(_ tick: Tick) { combine(tick.microseconds) }
  public mutating func combine(_ text: String) {
    let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { bytes in
      for byte in bytes { combine(UInt64(byte)) }
    }
    if isDone == nil { for byte in text.utf8 { combine(UInt64(byte)) } }
    combine(0xFF as UInt64)
  }
  public mutating func combine(bytes: [UInt8]) {
    for byte in bytes { combine(UInt64(byte)) }
    combine(UInt64(bytes.count))
  }

  /// The digest so far.
  public var value: UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Sixteen hexadecimal digits.
  public var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// What can be folded into a digest of the world.
public protocol Digestible {
  /// Folds everything that decides this value's future into `digest`.
  func digest(into digest: inout Digest)
}
