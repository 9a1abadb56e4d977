import Basics
import Testing

@testable import Raft

struct StorageTests {
  private func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1) -> [Entry] {
    range.map { Entry(term: term, index: $0, data: Blob("\(term).\($0)")) }
  }

  private func ids(_ entries: [Entry]) -> [EntryID] { entries.map(\.id) }

  @Test func `Appending replaces the tail`() throws {
    var storage = MemoryStorage(startingFrom: Snapshot(index: 3, term: 1, confState: ConfState()))
    #expect(storage.firstIndex == 4)
    #expect(storage.lastID == EntryID(term: 1, index: 3))
    try storage.append(entries(4...600))
    try storage.append(entries(300...301, term: 2))
    #expect(storage.lastID == EntryID(term: 2, index: 301))
    #expect(storage.term(at: 299) == 1)
    #expect(storage.term(at: 302) == nil)
    // What a snapshot covers already is left out.
    try storage.append(entries(2...5, term: 2))
    #expect(storage.lastIndex == 5)
    #expect(throws: RaftError.missingEntries(last: 5, appendAt: 7)) {
      try storage.append(entries(7...7))
    }
  }

  @Test func `Compacting keeps the term before the log`() throws {
    var storage = MemoryStorage()
    try storage.append(entries(1...500))
    try storage.compact(to: 400)
    #expect(storage.firstIndex == 401)
    #expect(storage.term(at: 400) == 1)
    #expect(storage.term(at: 399) == nil)
    #expect(throws: RaftError.compacted) { try storage.entries(400..<402) }
    #expect(throws: RaftError.unavailable) { try storage.entries(500..<502) }
    #expect(throws: RaftError.compacted) { try storage.compact(to: 400) }
    #expect(throws: RaftError.unavailable) { try storage.compact(to: 501) }
    #expect(ids(try storage.entries(401..<403)).map(\.index) == [401, 402])
    try storage.compact(to: 500)
    #expect(storage.lastID == EntryID(term: 1, index: 500))
    try storage.append(entries(501...501, term: 2))
    #expect(storage.lastID == EntryID(term: 2, index: 501))
  }

  @Test func `Snapshots only go forward`() throws {
    var storage = MemoryStorage()
    try storage.append(entries(1...9))
    let state = ConfState(voters: [2, 1])
    let made = try storage.createSnapshot(at: 5, confState: state, data: Blob("five"))
    #expect(made.id == EntryID(term: 1, index: 5))
    #expect(made.confState.voters == [1, 2])
    #expect(try storage.createSnapshot(at: 6, confState: nil, data: .empty).confState == state)
    #expect(throws: RaftError.snapshotOutOfDate) {
      try storage.createSnapshot(at: 6, confState: nil, data: .empty)
    }
    #expect(throws: RaftError.snapshotOutOfDate) { try storage.applySnapshot(made) }
    try storage.applySnapshot(Snapshot(index: 20, term: 3, confState: state))
    #expect(storage.firstIndex == 21)
    #expect(storage.lastID == EntryID(term: 3, index: 20))
  }

  @Test func `Size limits count encoded bytes and let one entry pass`() throws {
    var storage = MemoryStorage()
    try storage.append((1...4).map { Entry(term: 1, index: $0, data: Blob("aaaa")) })
    #expect(try storage.entries(1..<5, maxSize: 20).count == 2)
    #expect(try storage.entries(1..<5, maxSize: 19).count == 1)
    #expect(try storage.entries(1..<5, maxSize: 0).count == 1)
    #expect(try storage.entries(1..<5).count == 4)
    #expect(Entry(term: 127, index: 128, data: Blob("aaaa")).encodedSize == 11)
    #expect(Entry.empty.encodedSize == 4)
    #expect(Entry.refusedConfChange.encodedSize == 6)
  }

  /// The chunked log does what an array does.
  @Test func `A log of chunks behaves as an array`() {
    var prng = PRNG(seed: 5)
    for _ in 0..<30 {
      var log = EntryLog(firstIndex: 10)
      var model: [Entry] = []
      var first: UInt64 = 10
      var copies: [(EntryLog, [EntryID])] = []
      for _ in 0..<60 {
        switch prng.index(below: 5) {
        case 0...2:
          for _ in 0..<prng.below(150) {
            let entry = Entry(term: prng.below(9), index: first + UInt64(model.count), data: .empty)
            log.append(entry)
            model.append(entry)
          }
        case 3:
          let keep = prng.index(below: model.count + 1)
          log.truncate(from: first + UInt64(keep))
          model.removeLast(model.count - keep)
        default:
          let drop = prng.index(below: model.count + 1)
          log.dropPrefix(to: first + UInt64(drop))
          model.removeFirst(drop)
          first += UInt64(drop)
        }
        #expect(log.firstIndex == first)
        #expect(log.count == model.count)
        let range = log.firstIndex..<log.endIndex
        #expect(ids(log.slice(range, fitting: .max)) == ids(model))
        #expect(model.allSatisfy { log.term(at: $0.index) == $0.term })
        copies.append((log, ids(model)))
      }
      for (copy, ids) in copies {
        #expect(self.ids(copy.slice(copy.firstIndex..<copy.endIndex, fitting: .max)) == ids)
      }
    }
  }
}
