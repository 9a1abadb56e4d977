import Basics
import KubeAPI

/// The pods that wait for a node which preemption made room on (`backend/queue/nominator.go`).
struct Nominator: Sendable {
  private var byNode = LookupTable<String, [PodInfo]>()
  private var nodes = LookupTable<UID, String>()

  var isEmpty: Bool { nodes.isEmpty }
  func node(of uid: UID) -> String? { nodes[uid] }
  func pods(on node: String) -> [PodInfo] { byNode[node] ?? [] }

  /// Sets or replaces the nomination of a pod.
  mutating func add(_ info: PodInfo, node: String) {
    remove(info.uid)
    nodes[info.uid] = node
    byNode[node, default: []].append(info)
  }

  mutating func remove(_ uid: UID) {
    guard let node = nodes.removeValue(forKey: uid) else { return }
    byNode[node]?.removeAll { $0.uid == uid }
    if byNode[node]?.isEmpty == true { byNode.removeValue(forKey: node) }
  }
}
