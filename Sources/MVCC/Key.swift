import Basics

/// A key of the store: any bytes, ordered bytewise as etcd orders them.
@frozen
public struct Key: Sendable {
  public let bytes: [UInt8]

  @inlinable public init(bytes: [UInt8]) { self.bytes = bytes }
  @inlinable public init(_ text: String) { bytes = Array(text.utf8) }

  /// The empty key: no key is given, or a range without an end.
  public static let empty = Key(bytes: [])
  /// As a range's end: every key from the start on (`--from-key` of etcdctl).
  public static let fromKey = Key(bytes: [0])

  @inlinable public var count: Int { bytes.count }
  @inlinable public var isEmpty: Bool { bytes.isEmpty }
  /// The bytes as UTF-8, for people; what is no UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The first key after every key that starts with this one: a prefix's range end.
  public var prefixEnd: Key {
    guard let last = bytes.lastIndex(where: { $0 < 0xFF }) else { return .fromKey }
    var end = Array(bytes[...last])
    end[last] += 1
    return Key(bytes: end)
  }

  /// The key right after this one.
  public var successor: Key { Key(bytes: bytes + [0]) }

  public func hasPrefix(_ prefix: Key) -> Bool {
    count >= prefix.count && bytes.starts(with: prefix.bytes)
  }
}

extension Key: Comparable, Hashable {
  // Eight bytes at a time: keys of one store share long prefixes ("/registry/pods/default/…").
  @inlinable public static func < (a: Key, b: Key) -> Bool {
    a.bytes.withUnsafeBytes { left in
      b.bytes.withUnsafeBytes { right in
        let shared = min(left.count, right.count)
        var i = 0
        while i + 8 <= shared {
          let x = left.loadUnaligned(fromByteOffset: i, as: UInt64.self)
          let y = right.loadUnaligned(fromByteOffset: i, as: UInt64.self)
          if x != y { return UInt64(bigEndian: x) < UInt64(bigEndian: y) }
          i += 8
        }
        while i < shared {
          if left[i] != right[i] { return left[i] < right[i] }
          i += 1
        }
        return left.count < right.count
      }
    }
  }
}

extension Key: ExpressibleByStringLiteral, CustomStringConvertible {
  public init(stringLiteral text: String) { self.init(text) }
  public var description: String { text }
}

extension Key: Digestible {
  public func digest(into digest: inout Digest) { digest.combine(bytes: bytes) }
}

/// What a request's key and range end mean together: one key, or the keys from `low` below `high`.
@frozen
public struct KeyRange: Hashable, Sendable {
  public let low: Key
  /// The first key not in the range; nil when the range has no upper end.
  public let high: Key?
  public let isSingle: Bool

  /// As etcd reads a request: no end is the key alone, an end of one zero byte is no upper end.
  public init(key: Key, rangeEnd: Key) {
    low = key
    isSingle = rangeEnd.isEmpty
    if rangeEnd.isEmpty {
      high = key.successor
    } else {
      high = rangeEnd == .fromKey ? nil : rangeEnd
    }
  }

  public init(prefix: Key) { self.init(key: prefix, rangeEnd: prefix.prefixEnd) }

  /// Nothing lies in it: its end is at or before its start.
  public var isEmpty: Bool { high.map { !(low < $0) } ?? false }

  public func contains(_ key: Key) -> Bool {
    if isSingle { return key == low }
    if key < low { return false }
    return high.map { key < $0 } ?? true
  }

  public func overlaps(_ other: KeyRange) -> Bool {
    let startsBeforeOtherEnds = other.high.map { low < $0 } ?? true
    let otherStartsBeforeEnd = high.map { other.low < $0 } ?? true
    return startsBeforeOtherEnds && otherStartsBeforeEnd && !isEmpty && !other.isEmpty
  }
}
