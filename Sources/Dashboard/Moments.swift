import Basics
import Engine
import KubeAPI

/// What makes a moment interesting: a condition, a phase, a leader, a membership, a fault has
/// changed. Heartbeats, leases and counters are left out on purpose.
struct Moments: Sendable {
  private var nodes: [String: NodeState]
  private var pods: [UID: PodState]
  private var leaders: [String: String]
  private var processes: [ProcessID: (name: String, isUp: Bool)]
  private var faults: Set<Fault.Target>

  private struct NodeState: Hashable, Sendable {
    let status: String
    /// `unreachable:NoExecute`.
    let taints: [String]

    init(_ node: Observation.Node) {
      status = node.ready == "Unknown" ? "NotReady (Unknown)" : node.status
      taints = node.taints.map {
        "\($0.key):\($0.effect)".replacing("node.kubernetes.io/", with: "")
      }
    }

    /// What has changed, in few words: there is one line for it.
    func change(since old: NodeState?) -> String {
      guard let old else { return status }
      var changes: [String] = []
      if old.status != status { changes.append("\(old.status) -> \(status)") }
      let (gone, new) = (
        old.taints.filter { !taints.contains($0) }, taints.filter { !old.taints.contains($0) }
      )
      if !new.isEmpty { changes.append("tainted " + new.joined(separator: ", ")) }
      if !gone.isEmpty { changes.append("rid of taint " + gone.joined(separator: ", ")) }
      return changes.joined(separator: ", ")
    }
  }

  private struct PodState: Hashable, Sendable {
    let name: String
    let status: String
    let isReady: Bool
    let node: String

    init(_ pod: Observation.Pod) {
      name = pod.key.namespace == "default" ? pod.key.name : pod.key.text
      status = pod.summary.status
      isReady = pod.isReady
      node = pod.node
    }

    /// What has changed, in few words: there is one line for it.
    func change(since old: PodState?) -> String {
      guard let old else { return "\(name) is created" + (node.isEmpty ? "" : " on \(node)") }
      var changes: [String] = []
      if old.status != status { changes.append("\(old.status) -> \(status)") }
      if old.node != node, !node.isEmpty { changes.append("goes to \(node)") }
      if old.isReady != isReady { changes.append(isReady ? "is ready" : "is not ready any more") }
      return name + " " + changes.joined(separator: ", ")
    }
  }

  init(_ observation: Observation) {
    nodes = Dictionary(
      observation.nodes.map { ($0.name, NodeState($0)) }, uniquingKeysWith: { $1 })
    pods = Dictionary(
      observation.pods.map { ($0.uid, PodState($0)) }, uniquingKeysWith: { $1 })
    leaders = [:]
    processes = [:]
    for member in observation.members {
      if member.state == .running, member.role == .leader { leaders["etcd"] = member.name }
      processes[member.process] = ("etcd on \(member.name)", member.state == .running)
    }
    for process in observation.control {
      let name = "\(process.role.name) on \(process.host)"
      processes[process.process] = (name, process.state == .running)
    }
    for lease in observation.leases { leaders[lease.lease] = lease.holderHost }
    faults = Set(observation.faults.map(\.target))
  }

  /// The first difference to an earlier moment, in words; nil where nothing of interest changed.
  func change(since old: Moments) -> String? {
    var found: [String] = []
    for name in nodes.keys.sorted() where old.nodes[name] != nodes[name] {
      if let node = nodes[name] { found.append("\(name): \(node.change(since: old.nodes[name]))") }
    }
    for name in leaders.keys.sorted() where old.leaders[name] != leaders[name] {
      found.append("\(leaders[name] ?? "-") leads as \(name)")
    }
    for name in old.leaders.keys.sorted() where leaders[name] == nil {
      found.append("nobody leads as \(name)")
    }
    for id in processes.keys.sorted() {
      guard let now = processes[id], old.processes[id]?.isUp != now.isUp else { continue }
      found.append(now.name + (now.isUp ? " is up" : " is down"))
    }
    for id in pods.keys.sorted() where old.pods[id] != pods[id] {
      if let pod = pods[id] { found.append(pod.change(since: old.pods[id])) }
    }
    for id in old.pods.keys.sorted() where pods[id] == nil {
      found.append("\(old.pods[id]?.name ?? "a pod") is gone")
    }
    if found.isEmpty, faults != old.faults { found.append("faults changed") }
    guard let first = found.first else { return nil }
    return found.count == 1 ? first : first + " (and \(found.count - 1) more)"
  }
}

extension Observation.LeaseHolder {
  /// The host in a holder's identity, which is `host_uuid`.
  var holderHost: String { String(holder.prefix { $0 != "_" }) }
}
