/// What a Raft entry or a key-value pair carries: bytes, or a shared immutable object that turns
/// into bytes only at the edges of the world (files, doors).
public enum Blob: Sendable {
  case bytes([UInt8])
  case boxed(any BlobContent)

  public static let empty = Blob.bytes([])

  public init(_ text: String) { self = .bytes(Array(text.utf8)) }

  /// The size in bytes as stored; for a boxed object what its content says, in constant time.
  public var count: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .boxed(let content): content.byteCount
    }
  }

  public var isEmpty: Bool { count == 0 }

  /// The bytes themselves, encoded now where the content is boxed.
  public func encoded() -> [UInt8] {
    switch self {
    case .bytes(let bytes): bytes
    case .boxed(let content): content.encoded()
    }
  }
}

extension Blob: Digestible {
  public func digest(into digest: inout Digest) {
    switch self {
    case .bytes(let bytes): digest.combine(bytes: bytes)
    case .boxed(let content): content.digest(into: &digest)
    }
  }
}

/// An immutable object shared by reference between log entries, revisions and caches.
public protocol BlobContent: AnyObject, Sendable, Digestible {
  /// The size of `encoded()`, or a stated estimate of it, in constant time.
  var byteCount: Int { get }
  /// The bytes as they would lie on a real disk.
  func encoded() -> [UInt8]
}
