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
      old.revision <= store.revision,
      old.revision >= max(store.compactRevision, 1)
    else {
      old = observe()
      return
    }
    let first = store.firstPosition(atOrAfter: old.revision + 1)
    guard store.history.endIndex - first <= Self.mostChanges else {
      old = observe()
      return
    }

    var pods = LookupTable<String, KeyValue>()
    var nodes = LookupSet<String>()
    for position in first..<store.history.endIndex {
      let kv = store.history[position].kv
      let path = kv.key.text
      if path.hasPrefix(Self.podPrefix) {
        pods[path] = kv
      } else if path.hasPrefix(Self.nodePrefix) {
        nodes.insert(String(path.dropFirst(Self.nodePrefix.count)))
      } else if path.hasPrefix(Self.heartbeatPrefix) {
        nodes.insert(String(path.dropFirst(Self.heartbeatPrefix.count)))
      }
    }
    let passed = now - old.now
    var load = old.load
    let faultsBefore = old.faults
    var (list, rows) = old.takeRows()
    for index in list.indices { list[index].age = list[index].age + passed }
    merge(pods, into: &list, &load, touching: &nodes)
    update(&rows, load, named: nodes, passed, faultsBefore)
    old = observation(pods: list, nodes: rows, load: load)
  }

  /// More than this is read from the start.
  private static let mostChanges = 50_000
  private static let podPrefix = ResourceKind.pod.registryPrefix
  private static let nodePrefix = ResourceKind.node.registryPrefix
  private static let heartbeatPrefix = ResourceKind.lease.registryPrefix + "kube-node-lease/"

  private func merge(
    _ changes: LookupTable<String, KeyValue>, into list: inout [Observation.Pod],
    _ load: inout Observation.Load, touching nodes: inout LookupSet<String>
  ) {
    guard !changes.isEmpty else { return }
    let wall = wallClock
    var added: [Observation.Pod] = []
    var gone: [Int] = []
    for path in changes.sortedKeys {
      guard let kv = changes[path] else { continue }
      let rest = path.dropFirst(Self.podPrefix.count)
      let at = Self.position(of: rest, in: list)
      let isThere = at < list.count && Self.path(list[at]) == rest
      let pod =
        kv.isTombstone
        ? nil : StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision).pod
      if isThere {
        load.take(list[at], sign: -1)
        nodes.insert(list[at].node)
      }
      guard let pod else {
        if isThere { gone.append(at) }
        continue
      }
      let seen = observe(pod, wall)
      load.take(seen, sign: 1)
      nodes.insert(seen.node)
      if isThere { list[at] = seen } else { added.append(seen) }
    }
    for at in gone.sorted(by: >) { list.remove(at: at) }
    guard !added.isEmpty else { return }
    // From the end, so that each pod moves once.
    var (read, write) = (list.count - 1, list.count + added.count - 1)
    list += added
    for pod in added.reversed() {
      let path = Self.path(pod)
      while read >= 0, Self.path(list[read]) > path {
        list[write] = list[read]
        read -= 1
        write -= 1
      }
      list[write] = pod
      write -= 1
    }
  }

  private static func path(_ pod: Observation.Pod) -> String {
    pod.key.namespace + "/" + pod.key.name
  }

  /// Where a pod is, or would be, in the order of etcd's keys.
  private static func position(
    of path: some StringProtocol, in list: [Observation.Pod]
  ) -> Int {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if Self.path(list[middle]) < path { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func update(
    _ rows: inout [Observation.Node], _ load: Observation.Load, named: LookupSet<String>,
    _ passed: Span, _ faultsBefore: [Fault]
  ) {
    let hasOtherFaults = faultsBefore != activeFaults
    for index in rows.indices {
      let host = hosts[rows[index].host]
      if hasOtherFaults || rows[index].isPowered != host.isPowered
        || named.contains(rows[index].name)
      {
        let object = object(.node, ObjectKey(name: host.name))?.node
        rows[index] = observe(host, object, load[host.name])
      } else {
        rows[index].heartbeatAge = rows[index].heartbeatAge.map { $0 + passed }
        rows[index].age = rows[index].age.map { $0 + passed }
      }
    }
  }
}
