import Basics
import Raft

/// One record of a member's disk. A write of several may be torn between two, never inside one.
public enum WALRecord: Sendable {
  /// The first record: whose log it is.
  case metadata(memberID: UInt64, clusterID: UInt64)
  case entry(Entry)
  case hardState(HardState)
  /// The applied state at one index. One that was `installed` came from the leader and replaces the
  /// log before it; a member's own leaves its log as it is.
  ///
  /// Indirect, as there are few of them and the others need half the room.
  indirect case snapshot(Snapshot, installed: Bool)

  /// About what it takes on disk.
  public var byteCount: Int {
    switch self {
    case .metadata: 24
    case .entry(let entry): 16 + Int(entry.encodedSize)
    case .hardState: 24
    case .snapshot(let snapshot, _): 64 + snapshot.data.count
    }
  }
}

/// What a member's disk amounts to, read back after a start.
struct RecoveredLog: Sendable {
  var snapshot = Snapshot.empty
  var hardState = HardState()
  /// Consecutive, from just after the snapshot.
  var entries: [Entry] = []
  var isFresh = true

  init() {}

  /// Reads records in the order they were written; later ones replace earlier ones.
  ///
  /// A snapshot counts only where the hard state written with it survived too: of a torn write the
  /// log before it still stands, as `ValidSnapshotEntries` of etcd's WAL has it.
  init(_ records: [WALRecord]) {
    isFresh = records.isEmpty
    for case .hardState(let state) in records { hardState = state }
    for record in records {
      switch record {
      case .metadata, .hardState: break
      case .entry(let entry): add(entry)
      case .snapshot(let snapshot, let installed):
        guard snapshot.index <= hardState.commit, snapshot.index > self.snapshot.index else {
          continue
        }
        self.snapshot = snapshot
        entries = installed ? [] : entries.filter { $0.index > snapshot.index }
      }
    }
    // A torn write may have left a hard state that speaks of entries which are not there.
    let last = entries.last?.index ?? snapshot.index
    hardState.commit = min(hardState.commit, last)
  }

  private mutating func add(_ entry: Entry) {
    guard entry.index > snapshot.index else { return }
    if let first = entries.first, entry.index >= first.index {
      let keep = Int(entry.index - first.index)
      if keep < entries.count { entries.removeLast(entries.count - keep) }
    } else {
      entries = []
    }
    entries.append(entry)
  }
}

/// Knows which records of the log are needed no more once a snapshot is durable.
struct WALMarks: Sendable {
  /// Before record `position` no entry beyond `lastIndex` was written.
  private struct Mark: Sendable {
    let position: Int
    let lastIndex: UInt64
  }

  private var marks: [Mark] = []
  private(set) var nextRecord = 0
  private var lastIndex: UInt64 = 0
  /// Records between two marks; etcd cuts a segment every 64 MB.
  private static let interval = 1024

  init(nextRecord: Int, lastIndex: UInt64) {
    self.nextRecord = nextRecord
    self.lastIndex = lastIndex
    marks.append(Mark(position: nextRecord, lastIndex: lastIndex))
  }

  mutating func wrote(_ records: [WALRecord]) {
    for case .entry(let entry) in records { lastIndex = max(lastIndex, entry.index) }
    nextRecord += records.count
    if nextRecord - (marks.last?.position ?? 0) >= WALMarks.interval {
      marks.append(Mark(position: nextRecord, lastIndex: lastIndex))
    }
  }

  /// The first record needed once a snapshot at `index` is durable in record `record`; nil where
  /// nothing can go.
  mutating func release(snapshot index: UInt64, record: Int) -> Int? {
    guard let i = marks.lastIndex(where: { $0.lastIndex <= index && $0.position <= record })
    else { return nil }
    let position = marks[i].position
    marks.removeFirst(i)
    return position > 0 ? position : nil
  }
}
