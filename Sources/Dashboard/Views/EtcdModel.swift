import Engine
import MVCC

/// Keys as directories that open, or as the newest writes over all of them.
enum KeyArrangement: Sendable, Hashable { case tree, newest }

/// The rows of etcd's view: members, and keys.
struct EtcdModel: ViewModel {
  /// A key, a directory of keys, or a write of one.
  struct KeyRow: Sendable {
    let id: String
    let name: String
    let depth: Int
    /// Keys in a directory; nil for a key.
    var count: Int?
    var isOpen = false
    var createRevision: Int64 = 0
    var modRevision: Int64 = 0
    var version: Int64 = 0
    var size = 0
    var lease: Int64 = 0
    var isDelete = false
  }

  let members: [String]
  private(set) var keys: [KeyRow] = []
  private(set) var revision: Int64 = 0
  private(set) var compactRevision: Int64 = 0
  private(set) var keyCount = 0
  let arrangement: KeyArrangement

  /// Rows of one directory; who wants more of it narrows it.
  private static let directoryLimit = 500
  private static let newestLimit = 500

  init(_ world: World, _ views: ViewState, _ filter: String) {
    members = world.etcdMemberNames
    arrangement = views.keys
    guard let store = world.store else { return }
    revision = store.revision
    compactRevision = max(store.compactRevision, 0)
    keyCount = store.keyCount
    switch views.keys {
    case .tree: addDirectory("", depth: 0, store, views.openKeys, filter.lowercased())
    case .newest: addNewest(store, RowFilter(filter))
    }
  }

  /// The keys under a prefix, those deeper down counted: goes from key to key and skips what a
  /// closed directory holds.
  private mutating func addDirectory(
    _ prefix: String, depth: Int, _ store: Store, _ open: Set<String>, _ filter: String
  ) {
    let end = prefix.isEmpty ? Key.fromKey : Key(prefix).prefixEnd
    var cursor = prefix.isEmpty ? Key(bytes: [0]) : Key(prefix)
    for _ in 0..<Self.directoryLimit {
      let request = RangeRequest(key: cursor, rangeEnd: end, limit: 1, serializable: true)
      guard let kv = try? store.range(request).kvs.first else { return }
      let rest = kv.key.text.dropFirst(prefix.count)
      // A slash in front is part of the first name.
      guard let slash = rest.dropFirst().firstIndex(of: "/") else {
        add(kv, name: String(rest), depth: depth, filter)
        cursor = kv.key.successor
        continue
      }
      let directory = prefix + rest[...slash]
      var count = RangeRequest(prefix: Key(directory), serializable: true)
      count.countOnly = true
      let isOpen = open.contains(directory)
      keys.append(
        KeyRow(
          id: directory, name: String(rest[...slash]), depth: depth,
          count: (try? store.range(count))?.count ?? 0, isOpen: isOpen))
      if isOpen { addDirectory(directory, depth: depth + 1, store, open, filter) }
      cursor = Key(directory).prefixEnd
    }
  }

  private mutating func add(_ kv: KeyValue, name: String, depth: Int, _ filter: String) {
    guard filter.isEmpty || kv.key.text.lowercased().contains(filter) else { return }
    keys.append(
      KeyRow(
        id: kv.key.text, name: name, depth: depth, createRevision: kv.createRevision,
        modRevision: kv.modRevision, version: kv.version, size: kv.storedSize, lease: kv.lease))
  }

  /// The history from its end, down to the compaction.
  private mutating func addNewest(_ store: Store, _ filter: RowFilter) {
    var index = store.history.endIndex
    while index > store.history.startIndex, keys.count < Self.newestLimit {
      index -= 1
      let kv = store.history[index].kv
      let text = kv.key.text
      guard filter.isEmpty || filter.admits(text) else { continue }
      keys.append(
        KeyRow(
          id: "\(text)@\(kv.modRevision)", name: text, depth: 0,
          createRevision: kv.createRevision, modRevision: kv.modRevision, version: kv.version,
          size: kv.storedSize, lease: kv.lease, isDelete: kv.isTombstone))
    }
  }

  // MARK: Rows

  func count(_ pane: Pane) -> Int? {
    switch pane {
    case .keys: keys.count
    case .etcd: members.count
    default: nil
    }
  }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    switch pane {
    case .keys: keys.indices.contains(index) ? .key(keys[index].id) : nil
    case .etcd: members.indices.contains(index) ? .member(members[index]) : nil
    default: nil
    }
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    switch id {
    case .key(let key): keys.firstIndex { $0.id == key }
    case .member(let name): members.firstIndex(of: name)
    default: nil
    }
  }
}
