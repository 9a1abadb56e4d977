/// SHA-1 (FIPS 180-4), of which etcd makes the IDs of members and clusters. Not for anything that
/// an adversary could gain by.
public enum SHA1 {
  /// The 20 bytes of the hash.
  public static func hash(_ message: [UInt8]) -> [UInt8] {
    var bytes = message
    bytes.append(0x80)
    while bytes.count % 64 != 56 { bytes.append(0) }
    withUnsafeBytes(of: UInt64(message.count * 8).bigEndian) { bytes.append(contentsOf: $0) }
    var state: [UInt32] = [
      0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
    ]
    for start in stride(from: 0, to: bytes.count, by: 64) {
      compress(bytes[start..<(start + 64)], &state)
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
    }
  }

  /// The first eight bytes as a number: an ID of etcd's.
  public static func identity(_ message: [UInt8]) -> UInt64 {
    hash(message)[..<8].reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x << n | x >> (32 - n) }

  private static func compress(_ block: ArraySlice<UInt8>, _ state: inout [UInt32]) {
    var w = (0..<16).map { i in
      block[(block.startIndex + i * 4)..<(block.startIndex + i * 4 + 4)]
        .reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for i in 16..<80 { w.append(rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1)) }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for i in 0..<80 {
      let (f, k): (UInt32, UInt32) =
        switch i {
        case ..<20: ((b & c) | (~b & d), 0x5a82_7999)
        case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
        case ..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
        default: (b ^ c ^ d, 0xca62_c1d6)
        }
      let next = rotate(a, 5) &+ f &+ e &+ k &+ w[i]
      e = d
      d = c
      c = rotate(b, 30)
      b = a
      a = next
    }
    for (i, word) in [a, b, c, d, e].enumerated() { state[i] = state[i] &+ word }
  }
}
