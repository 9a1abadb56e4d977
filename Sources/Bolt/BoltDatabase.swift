/// A bbolt database as a value: buckets by name, each with its pairs in the order of their keys.
///
/// bbolt is the file format of etcd's backend, and so of its snapshots: pages of a B+tree, two meta
/// pages of which the newer valid one counts, and a list of free pages. Written here are one level
/// of buckets, which is all etcd has, and no free pages.
public struct BoltDatabase: Sendable, Equatable {
  public struct Pair: Sendable, Equatable {
    public var key: [UInt8]
    public var value: [UInt8]

    public init(_ key: [UInt8], _ value: [UInt8]) {
      self.key = key
      self.value = value
    }
  }

  public struct Bucket: Sendable, Equatable {
    public var name: [UInt8]
    public var pairs: [Pair]

    public init(_ name: [UInt8], _ pairs: [Pair] = []) {
      self.name = name
      self.pairs = pairs
    }

    public init(_ name: String, _ pairs: [Pair] = []) { self.init(Array(name.utf8), pairs) }
  }

  public var buckets: [Bucket]

  public init(_ buckets: [Bucket] = []) { self.buckets = buckets }

  public subscript(name: String) -> Bucket? {
    buckets.first { $0.name == Array(name.utf8) }
  }
}

/// What is wrong with bytes that should be a database, in bbolt's words where it has some.
public struct BoltProblem: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}

/// The layout of the format (go.etcd.io/bbolt, internal/common): all numbers little-endian.
enum BoltFormat {
  static let pageSize = 4096
  static let magic: UInt32 = 0xED0C_DAED
  static let version: UInt32 = 2
  static let pageHeader = 16
  static let elementSize = 16
  static let bucketHeader = 16
  /// Where the checksum stands in a meta page, counted from the end of its header.
  static let checksumOffset = 56

  static let branchFlag: UInt16 = 0x01
  static let leafFlag: UInt16 = 0x02
  static let metaFlag: UInt16 = 0x04
  static let freelistFlag: UInt16 = 0x10
  /// In a leaf element: its value is a bucket.
  static let bucketFlag: UInt32 = 0x01

  /// FNV-1a of 64 bits, the meta page's checksum.
  static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }

  static func isOrdered(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.lexicographicallyPrecedes(b) }
}
