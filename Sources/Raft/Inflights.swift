import Basics

/// The append messages under way to one follower, limited in number and in bytes.
///
/// The limit in bytes is soft: the message that crosses it is still let out.
public struct Inflights: Sendable {
  private struct Append: Sendable {
    /// The last index in the message.
    var index: UInt64
    var bytes: UInt64
  }

  private var appends: [Append] = []
  /// Acknowledged ones at the head of `appends`.
  private var head = 0
  public private(set) var bytes: UInt64 = 0
  let maxCount: Int
  /// 0 is no limit.
  let maxBytes: UInt64

  init(maxCount: Int, maxBytes: UInt64) {
    precondition(maxCount > 0, "no message could ever be sent")
    self.maxCount = maxCount
    self.maxBytes = maxBytes
  }

  public var count: Int { appends.count - head }
  public var isFull: Bool { count == maxCount || (maxBytes != 0 && bytes >= maxBytes) }

  mutating func add(index: UInt64, bytes: UInt64) {
    precondition(!isFull, "\(count) appends under way, \(self.bytes) bytes: full")
    appends.append(Append(index: index, bytes: bytes))
    self.bytes += bytes
  }

  /// Frees every message whose last index is at most `index`.
  mutating func free(to index: UInt64) {
    while head < appends.count, appends[head].index <= index {
      bytes -= appends[head].bytes
      head += 1
    }
    if head == appends.count {
      appends.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 32, head * 2 > appends.count {
      appends.removeFirst(head)
      head = 0
    }
  }

  mutating func reset() {
    appends.removeAll(keepingCapacity: true)
    head = 0
    bytes = 0
  }
}

extension Inflights: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(count)
    for append in appends[head...] {
      digest.combine(append.index)
      digest.combine(append.bytes)
    }
  }
}
