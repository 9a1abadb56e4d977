extension BoltDatabase {
  /// Reads a file written by bbolt or by `encoded()`. Every page is looked at with suspicion: a
  /// damaged file is refused, never trapped on.
  public init(decoding bytes: [UInt8]) throws(BoltProblem) {
    let reader = try BoltReader(bytes)
    var buckets: [Bucket] = []
    for entry in try reader.entries(of: reader.root) {
      guard entry.isBucket else { throw BoltProblem("a key stands where only buckets should") }
      let pairs = try reader.bucket(entry.value).map { (inner) throws(BoltProblem) in
        guard !inner.isBucket else { throw BoltProblem("a bucket within a bucket") }
        return Pair(inner.key, inner.value)
      }
      buckets.append(Bucket(entry.key, pairs))
    }
    self.init(buckets)
  }
}

private struct BoltReader {
  struct Entry {
    let key: [UInt8]
    let value: [UInt8]
    let isBucket: Bool
  }

  private let bytes: [UInt8]
  private var pageSize = BoltFormat.pageSize
  private(set) var root: UInt64 = 0
  private static let maximumDepth = 64

  init(_ bytes: [UInt8]) throws(BoltProblem) {
    self.bytes = bytes
    guard bytes.count >= 2 * 512 else { throw BoltProblem("file size too small") }
    var newest: UInt64?
    var sizes = [BoltFormat.pageSize, 8192, 16384, 32768, 65536, 2048, 1024, 512]
    if let size = word(at: BoltFormat.pageHeader + 8, as: UInt32.self), size >= 512, size <= 65536 {
      sizes.insert(Int(size), at: 0)
    }
    var starts = [0]
    for size in sizes where !starts.contains(size) { starts.append(size) }
    for start in starts {
      guard let meta = Self.meta(bytes, at: start) else { continue }
      if let newest, meta.transaction <= newest { continue }
      newest = meta.transaction
      pageSize = meta.pageSize
      root = meta.root
    }
    guard newest != nil else { throw BoltProblem("invalid database") }
  }

  private static func meta(
    _ bytes: [UInt8], at start: Int
  ) -> (pageSize: Int, root: UInt64, transaction: UInt64)? {
    let body = start + BoltFormat.pageHeader
    guard body + BoltFormat.checksumOffset + 8 <= bytes.count else { return nil }
    func word<T: FixedWidthInteger>(_ offset: Int, _: T.Type) -> T {
      bytes.withUnsafeBytes {
        T(littleEndian: $0.loadUnaligned(fromByteOffset: body + offset, as: T.self))
      }
    }
    guard word(0, UInt32.self) == BoltFormat.magic, word(4, UInt32.self) == BoltFormat.version,
      BoltFormat.checksum(bytes[body..<(body + BoltFormat.checksumOffset)])
        == word(BoltFormat.checksumOffset, UInt64.self)
    else { return nil }
    let pageSize = Int(word(8, UInt32.self))
    guard pageSize >= 512, pageSize <= 65536 else { return nil }
    return (pageSize, word(16, UInt64.self), word(48, UInt64.self))
  }

  private func word<T: FixedWidthInteger>(at offset: Int, as: T.Type) -> T? {
    guard offset >= 0, offset + T.bitWidth / 8 <= bytes.count else { return nil }
    return bytes.withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }

  /// All entries below a page, in order.
  func entries(of page: UInt64) throws(BoltProblem) -> [Entry] {
    var found: [Entry] = []
    try collect(page, depth: 0, into: &found)
    for (a, b) in zip(found, found.dropFirst()) where !BoltFormat.isOrdered(a.key, b.key) {
      throw BoltProblem("keys out of order")
    }
    return found
  }

  /// The entries of a bucket, from its value in the root.
  func bucket(_ value: [UInt8]) throws(BoltProblem) -> [Entry] {
    guard value.count >= BoltFormat.bucketHeader else { throw BoltProblem("a bucket cut short") }
    let root = value[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if root != 0 { return try entries(of: root) }
    // A small bucket lies within its value.
    var found: [Entry] = []
    let page = Array(value[BoltFormat.bucketHeader...])
    try Self.leaf(page, at: 0, limit: page.count, into: &found)
    return found
  }

  private func collect(
    _ page: UInt64, depth: Int, into found: inout [Entry]
  ) throws(BoltProblem) {
    guard depth < Self.maximumDepth, page >= 2, page < UInt64(bytes.count / pageSize) else {
      throw BoltProblem("page \(page): out of bounds")
    }
    let start = Int(page) * pageSize
    guard let id = word(at: start, as: UInt64.self), id == page,
      let flags = word(at: start + 8, as: UInt16.self),
      let count = word(at: start + 10, as: UInt16.self),
      let overflow = word(at: start + 12, as: UInt32.self)
    else { throw BoltProblem("page \(page): invalid header") }
    let limit = start + (Int(overflow) + 1) * pageSize
    guard limit <= bytes.count else { throw BoltProblem("page \(page): out of bounds") }
    if flags & BoltFormat.leafFlag != 0 {
      return try Self.leaf(bytes, at: start, limit: limit, into: &found)
    }
    guard flags & BoltFormat.branchFlag != 0 else {
      throw BoltProblem("page \(page): invalid type: unknown<\(String(flags, radix: 16))>")
    }
    for i in 0..<Int(count) {
      let element = start + BoltFormat.pageHeader + i * BoltFormat.elementSize
      guard element + BoltFormat.elementSize <= limit,
        let child = word(at: element + 8, as: UInt64.self)
      else { throw BoltProblem("page \(page): out of bounds") }
      try collect(child, depth: depth + 1, into: &found)
    }
  }

  private static func leaf(
    _ bytes: [UInt8], at start: Int, limit: Int, into found: inout [Entry]
  ) throws(BoltProblem) {
    func word<T: FixedWidthInteger>(_ offset: Int, _: T.Type) -> T? {
      guard offset + T.bitWidth / 8 <= limit else { return nil }
      return bytes.withUnsafeBytes {
        T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
      }
    }
    guard let flags = word(start + 8, UInt16.self), flags & BoltFormat.leafFlag != 0,
      let count = word(start + 10, UInt16.self)
    else { throw BoltProblem("invalid leaf page") }
    for i in 0..<Int(count) {
      let element = start + BoltFormat.pageHeader + i * BoltFormat.elementSize
      guard let flags = word(element, UInt32.self), let position = word(element + 4, UInt32.self),
        let keySize = word(element + 8, UInt32.self),
        let valueSize = word(element + 12, UInt32.self)
      else { throw BoltProblem("a leaf page cut short") }
      let key = element + Int(position)
      let value = key + Int(keySize)
      guard value + Int(valueSize) <= limit else { throw BoltProblem("a leaf page cut short") }
      found.append(
        Entry(
          key: Array(bytes[key..<value]), value: Array(bytes[value..<(value + Int(valueSize))]),
          isBucket: flags & BoltFormat.bucketFlag != 0))
    }
  }
}
