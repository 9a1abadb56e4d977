import Basics
import KubeAPI
import MVCC

/// A look at a world from an earlier look at it: only what was written since is read again, so that
/// looking at a big cluster many times a second costs what changes in it and not what it holds.
extension World {
  /// Makes `old` what `observe()` would give.
  ///
  /// - Parameter old: a look at this world, or at one that it has come from; a look at a world with
  ///   another past gives wrong answers. What can't be brought up to date is read from the start.
  public func update(_ old: inout Observation) {
    guard let store, old.seed == spec.seed, old.etcdRestores == etcdRestores, old.now <= now,
      let changed = Self.changes(in: store, after: old.revision)
    else {
      old = observe()
      return
    }

    var pods = LookupTable<String, KeyValue>()
    var nodes = LookupSet<String>()
    var heartbeats = LookupTable<String, KeyValue>()
    for position in changed {
      let kv = store.history[position].kv
      let path = kv.key.text
      if path.hasPrefix(Self.podPrefix) {
        pods[path] = kv
      } else if path.hasPrefix(Self.nodePrefix) {
        nodes.insert(String(path.dropFirst(Self.nodePrefix.count)))
      } else if path.hasPrefix(Self.heartbeatPrefix) {
        heartbeats[String(path.dropFirst(Self.heartbeatPrefix.count))] = kv
      }
    }
    let passed = now - old.now
    let faultsBefore = old.faults
    var (table, rows, load) = old.takeRows()
    table.wall = wallClock
    merge(pods, into: &table, &load, touching: &nodes)
    update(&rows, load, nodes, heartbeats, passed, faultsBefore)
    old = observation(pods: table, nodes: rows, load: load)
  }

  /// The places in the history of all that was written after a revision; nil where they are gone,
  /// or so many that what there is now is read sooner.
  static func changes(in store: MVCC.Store, after revision: Int64) -> Range<Int>? {
    guard revision <= store.revision, revision >= max(store.compactRevision, 1) else { return nil }
    let first = store.firstPosition(atOrAfter: revision + 1)
    return store.history.endIndex - first <= mostChanges ? first..<store.history.endIndex : nil
  }

  private static let mostChanges = 50_000
  private static let podPrefix = ResourceKind.pod.registryPrefix
  private static let nodePrefix = ResourceKind.node.registryPrefix
  private static let heartbeatPrefix = ResourceKind.lease.registryPrefix + "kube-node-lease/"

  private func merge(
    _ changes: LookupTable<String, KeyValue>, into table: inout PodTable,
    _ load: inout Observation.Load, touching nodes: inout LookupSet<String>
  ) {
    guard !changes.isEmpty else { return }
    var news: [(key: ObjectKey, pod: Observation.Pod?)] = []
    for path in changes.sortedKeys {
      guard let kv = changes[path],
        let slash = path.dropFirst(Self.podPrefix.count).firstIndex(of: "/")
      else { continue }
      let key = ObjectKey(
        namespace: String(path[..<slash].dropFirst(Self.podPrefix.count)),
        name: String(path[path.index(after: slash)...]))
      let pod =
        kv.isTombstone
        ? nil : StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision).pod
      news.append((key, pod.map { observe($0) }))
    }
    for change in table.update(news) {
      for (pod, sign) in [(change.old, -1), (change.new, 1)] {
        guard let pod else { continue }
        load.take(pod, sign: sign)
        nodes.insert(pod.node)
      }
    }
  }

  /// Reads the rows again whose node, pods or machine changed; of one whose Lease alone was renewed
  /// only the heartbeat's age, for of 5,000 nodes 500 are so each second.
  private func update(
    _ rows: inout [Observation.Node], _ load: Observation.Load, _ changed: LookupSet<String>,
    _ heartbeats: LookupTable<String, KeyValue>, _ passed: Span, _ faultsBefore: [Fault]
  ) {
    var changed = changed
    let hasOtherFaults = faultsBefore != activeFaults
    for index in rows.indices {
      // Thousands of machines are not copied to be looked at.
      if hasOtherFaults || rows[index].isPowered != hosts[rows[index].host].isPowered {
        changed.insert(rows[index].name)
      }
      rows[index].heartbeatAge = rows[index].heartbeatAge.map { $0 + passed }
      rows[index].age = rows[index].age.map { $0 + passed }
    }
    for name in heartbeats.sortedKeys {
      guard let row = row(of: name, in: rows) else { continue }
      let lease = heartbeats[name].flatMap { StoredObject.object(in: $0.value)?.lease }
      rows[row].heartbeatAge = lease?.spec.renewTime.map { wallClock - $0 }
    }
    for name in changed.sorted {
      guard let row = row(of: name, in: rows) else { continue }
      let object = object(.node, ObjectKey(name: name))?.node
      rows[row] = observe(hosts[rows[row].host], object, load[name])
    }
  }

  /// The rows are in the order of the hosts.
  private func row(of name: String, in rows: [Observation.Node]) -> Int? {
    guard let host = hostNumbers[name] else { return nil }
    let row = rows.partitioningIndex { $0.host >= host }
    return row < rows.count && rows[row].host == host ? row : nil
  }
}
