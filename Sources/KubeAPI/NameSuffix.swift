import Basics

/// The characters that make a name unlike all others (`util/rand`).
public enum NameSuffix {
  /// No vowels and none of their look-alikes: no word comes of them.
  public static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

  /// Five characters, as `generateName` has them added.
  public static func draw(_ draws: inout Draws) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(5)
    for _ in 0..<5 { bytes.append(alphabet[draws.index(below: alphabet.count)]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}
