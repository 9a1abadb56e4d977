import Basics
import PersistentCollections

/// How many names were drawn from each prefix: the number of a name's draw.
///
/// Prefixes come and go with the objects they are taken from. When too many are known all are
/// forgotten, and every prefix goes on from a number that none has reached: no name comes again.
struct DrawnNames: Sendable, Digestible {
  /// A figure of ours: more than a big cluster has controllers that make pods at one time, and no
  /// more than 100 kB.
  static let limit = 4096

  private var numbers = PersistentMap<UInt64, UInt64>()
  /// Where a prefix begins that is not known.
  private var first: UInt64 = 0
  /// All names ever drawn.
  private(set) var total: UInt64 = 0

  var prefixes: Int { numbers.count }

  /// The next number of a prefix, known by a digest of kind, namespace and prefix.
  mutating func next(_ prefix: UInt64) -> UInt64 {
    let known = numbers[prefix]
    if known == nil, numbers.count >= Self.limit {
      numbers.removeAll()
      first = total
    }
    let number = known ?? first
    numbers.updateValue(number + 1, forKey: prefix)
    total += 1
    assert(number < total, "a number no draw can have reached")
    return number
  }

  func digest(into digest: inout Digest) {
    digest.combine(numbers.count)
    digest.combine(first)
    digest.combine(total)
  }
}
