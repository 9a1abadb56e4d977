import Basics
import Engine
import MVCC

/// What the store held at every revision, read off the world as members apply: what past reads and
/// watches are held against. It sees each revision once, as the first member to apply it has it.
struct EtcdLedger: Sendable {
  struct Line: Sendable, Equatable {
    let revision: Int64
    let key: String
    /// Nil where the key was deleted.
    let value: String?
  }

  /// In the order of revisions.
  private(set) var lines: [Line] = []
  private(set) var revision: Int64 = 1

  /// Reads what was applied since the last time.
  mutating func read(_ world: World) {
    guard world.monitor.appliedRevision > revision, let store = world.store else { return }
    var position = store.firstPosition(atOrAfter: revision + 1)
    while position < store.history.endIndex {
      let kv = store.history[position].kv
      let value = kv.isTombstone ? nil : String(decoding: kv.value.encoded(), as: UTF8.self)
      lines.append(Line(revision: kv.modRevision, key: kv.key.text, value: value))
      position += 1
    }
    revision = store.revision
  }

  /// The place of the first line at or after `revision`.
  func position(atOrAfter revision: Int64) -> Int {
    lines.partitioningIndex { $0.revision >= revision }
  }

  /// The keys that existed at `revision`, in order, with their values.
  func state(at revision: Int64) -> [Line] {
    var state: [Line] = []
    for line in lines.prefix(position(atOrAfter: revision + 1)) {
      state.removeAll { $0.key == line.key }
      if line.value != nil { state.append(line) }
    }
    return state.sorted { $0.key < $1.key }
  }
}
