import Basics

/// A run of consecutive entries in chunks, so that a copy of the world shares them and the first
/// write after a copy touches one chunk.
///
///     offset 3   chunks [[· · · 4 5 6 …][260 261 …]]   first index 4 = the dropped prefix + 1
///
/// Dropping a prefix only moves `dropped`; chunks that lie wholly before it are released.
struct EntryLog: Sendable {
  static let chunkSize = 128

  private var chunks: [[Entry]] = []
  /// Entries at the head of the first chunk that were dropped.
  private var dropped = 0
  /// The index of the first entry kept, or of the next to come.
  private(set) var firstIndex: UInt64
  private(set) var count = 0

  init(firstIndex: UInt64) { self.firstIndex = firstIndex }

  /// The index the next entry gets.
  var endIndex: UInt64 { firstIndex + UInt64(count) }

  subscript(index: UInt64) -> Entry {
    let position = self.position(index)
    return chunks[position / Self.chunkSize][position % Self.chunkSize]
  }

  func term(at index: UInt64) -> UInt64 {
    let position = self.position(index)
    return chunks[position / Self.chunkSize][position % Self.chunkSize].term
  }

  mutating func append(_ entry: Entry) {
    precondition(entry.index == endIndex, "entry \(entry.index) where \(endIndex) is next")
    if let last = chunks.indices.last, chunks[last].count < Self.chunkSize {
      chunks[last].append(entry)
    } else {
      var chunk: [Entry] = []
      chunk.reserveCapacity(Self.chunkSize)
      chunk.append(entry)
      chunks.append(chunk)
    }
    count += 1
  }

  /// Forgets the entries from `index` on.
  mutating func truncate(from index: UInt64) {
    precondition(index >= firstIndex && index <= endIndex, "truncate \(index) outside the log")
    let keep = dropped + Int(index - firstIndex)
    let chunkCount = (keep + Self.chunkSize - 1) / Self.chunkSize
    chunks.removeLast(chunks.count - chunkCount)
    if let last = chunks.indices.last {
      chunks[last].removeLast(chunks[last].count - (keep - last * Self.chunkSize))
    }
    count = Int(index - firstIndex)
    if count == 0 {
      chunks = []
      dropped = 0
    }
  }

  /// Forgets the entries before `index`.
  mutating func dropPrefix(to index: UInt64) {
    precondition(index >= firstIndex && index <= endIndex, "drop to \(index) outside the log")
    let gone = Int(index - firstIndex)
    dropped += gone
    count -= gone
    firstIndex = index
    if count == 0 {
      chunks = []
      dropped = 0
    } else if dropped >= Self.chunkSize {
      chunks.removeFirst(dropped / Self.chunkSize)
      dropped %= Self.chunkSize
    }
  }

  /// The entries of `range` as far as they fit into `limit` encoded bytes, at least one.
  func slice(_ range: Range<UInt64>, fitting limit: UInt64) -> [Entry] {
    precondition(range.lowerBound >= firstIndex && range.upperBound <= endIndex, "slice \(range)")
    var result: [Entry] = []
    if range.isEmpty { return result }
    result.reserveCapacity(limit == .max ? range.count : min(range.count, Self.chunkSize))
    var size: UInt64 = 0
    for index in range {
      let entry = self[index]
      if limit != .max {
        size += entry.encodedSize
        if size > limit, !result.isEmpty { break }
      }
      result.append(entry)
    }
    return result
  }

  private func position(_ index: UInt64) -> Int {
    precondition(index >= firstIndex && index < endIndex, "no entry \(index) in the log")
    return dropped + Int(index - firstIndex)
  }
}

extension EntryLog: Digestible {
  func digest(into digest: inout Digest) {
    digest.combine(firstIndex)
    digest.combine(count)
    for index in firstIndex..<endIndex { self[index].digest(into: &digest) }
  }
}
