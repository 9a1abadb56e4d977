import Basics
import Engine
import KubeAPI
import PersistentCollections

/// The pods that a list shows, in the order in which it shows them: brought up to date pod by pod,
/// read out row by row.
struct PodOrder: Sendable {
  /// What a pod is sorted by: its group, its column's value, its place in etcd.
  struct Rank: Comparable, Sendable {
    let group: String
    let number: Int64
    let text: String
    let key: ObjectKey

    static func < (a: Rank, b: Rank) -> Bool {
      if a.group != b.group { return a.group < b.group }
      if a.number != b.number { return a.number < b.number }
      if a.text != b.text { return a.text < b.text }
      return a.key < b.key
    }
  }

  private(set) var ranks = PersistentMap<Rank, UID>()
  private(set) var tally = PodTally()
  private(set) var groups = PersistentMap<String, PodTally>()
  let arrangement: PodArrangement
  private let filter: RowFilter

  init(_ pods: PodTable, _ arrangement: PodArrangement, _ filter: RowFilter) {
    self.arrangement = arrangement
    self.filter = filter
    var found: [(rank: Rank, uid: UID)] = []
    for pod in pods where admits(pod) {
      found.append((rank(of: pod), pod.uid))
      count(pod, sign: 1)
    }
    found.sort { $0.rank < $1.rank }
    for (rank, uid) in found { ranks.updateValue(uid, forKey: rank) }
  }

  mutating func take(_ changes: [PodTable.Change]) {
    for change in changes {
      if let old = change.old, admits(old) {
        ranks.removeValue(forKey: rank(of: old))
        count(old, sign: -1)
      }
      if let new = change.new, admits(new) {
        ranks.updateValue(new.uid, forKey: rank(of: new))
        count(new, sign: 1)
      }
    }
  }

  private mutating func count(_ pod: Observation.Pod, sign: Int) {
    tally.take(pod, sign: sign)
    guard arrangement.group != .none else { return }
    let group = group(of: pod)
    groups[group, default: PodTally()].take(pod, sign: sign)
    if groups[group]?.total == 0 { groups.removeValue(forKey: group) }
  }

  private func admits(_ pod: Observation.Pod) -> Bool {
    filter.isEmpty || filter.admits(pod.key.text, pod.summary.status, pod.node, pod.ip, pod.owner)
  }

  func rank(of pod: Observation.Pod) -> Rank {
    var (number, text): (Int64, String) = (0, "")
    switch arrangement.sort {
    case .status: text = pod.summary.status
    case .node: text = pod.node
    case .restarts: number = Int64(pod.summary.restarts)
    case .age: number = -pod.createdMicroseconds
    case .owner: text = pod.owner
    default: break
    }
    return Rank(group: group(of: pod), number: number, text: text, key: pod.key)
  }

  func group(of pod: Observation.Pod) -> String {
    let name =
      switch arrangement.group {
      case .node: pod.node
      case .namespace: pod.key.namespace
      case .owner: pod.owner
      case .none: ""
      }
    guard arrangement.group != .none, name.isEmpty else { return name }
    return arrangement.group == .node ? "no node yet" : "no owner"
  }
}
