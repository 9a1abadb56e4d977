import Basics
import Engine
import KubeAPI
import MVCC
import TerminalCore

/// What Enter shows of a key of etcd's.
extension AppState {
  func keyLines(_ id: String) -> [SheetLine] {
    // A row of the newest writes names the revision too.
    let parts = id.split(separator: "@", maxSplits: 1)
    let path = String(parts.first ?? "")
    let revision = parts.count > 1 ? Int64(parts[1]) : nil
    guard let store = timeline.world.store else { return [SheetLine("no member runs", .error)] }
    let found = revision.map { store.get(Key(path), at: $0) } ?? store.get(Key(path))
    guard let kv = found, !kv.isTombstone else {
      return [
        SheetLine(
          revision.map { "Deleted at revision \($0), or compacted since." } ?? "No such key.", .dim)
      ]
    }
    var lines: [SheetLine] = [
      .field("Created", "at revision \(kv.createRevision)"),
      .field("Written", "at revision \(kv.modRevision)"),
      .field("Version", "\(kv.version): writes since it was created"),
      .field(
        "Lease", kv.lease == 0 ? "none" : String(UInt64(bitPattern: kv.lease), radix: 16)),
      .field("Size", "\(kv.storedSize) bytes with its key"),
    ]
    lines += [SheetLine(""), .heading("Value")]
    if let object = World.object(storedAs: kv.value, revision: kv.modRevision) {
      for line in object.json().yaml.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(SheetLine("  " + line, .dim))
      }
    } else {
      let text = String(decoding: kv.value.encoded().prefix(4000), as: UTF8.self)
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append(SheetLine("  " + line, .dim))
      }
    }
    return lines
  }
}
