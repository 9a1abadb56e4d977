import Basics
import ControllerRuntime
import KubeAPI

/// What is written to a node: the NoSchedule taints its conditions call for, the NoExecute taint
/// that is due, labels that follow others.
extension NodeLifecycleController {
  func needsWrite(_ node: Node) -> Bool {
    changes[node.metadata.name] != nil || !labelFixes(node).isEmpty
      || conditionTaints(node) != node.spec.taints.filter(isConditionTaint).map(\.key).sorted()
  }

  /// The keys of the NoSchedule taints that the node's conditions call for, sorted.
  func conditionTaints(_ node: Node) -> [String] {
    var keys: [String] = []
    for condition in node.status.conditions {
      switch (condition.type, condition.status) {
      case ("Ready", "False"): keys.append(Taint.notReady)
      case ("Ready", "Unknown"): keys.append(Taint.unreachable)
      case ("MemoryPressure", "True"): keys.append(Taint.memoryPressure)
      case ("DiskPressure", "True"): keys.append(Taint.diskPressure)
      case ("PIDPressure", "True"): keys.append(Taint.pidPressure)
      case ("NetworkUnavailable", "True"): keys.append(Taint.networkUnavailable)
      default: break
      }
    }
    if node.spec.unschedulable { keys.append(Taint.unschedulable) }
    return keys.sorted()
  }

  func isConditionTaint(_ taint: Taint) -> Bool {
    guard taint.effect == "NoSchedule" else { return false }
    switch taint.key {
    case Taint.notReady, Taint.unreachable, Taint.unschedulable, Taint.memoryPressure,
      Taint.diskPressure, Taint.pidPressure, Taint.networkUnavailable:
      return true
    default: return false
    }
  }

  func wantedTaints(_ node: Node, _ now: Timestamp) -> [Taint] {
    let keys = conditionTaints(node)
    var taints = node.spec.taints.filter { !isConditionTaint($0) || keys.contains($0.key) }
    for key in keys where !taints.contains(where: { $0.key == key && $0.effect == "NoSchedule" }) {
      taints.append(Taint(key: key, effect: "NoSchedule", timeAdded: now))
    }
    switch changes[node.metadata.name] {
    case nil: break
    case .clear?:
      taints.removeAll { $0.effect == "NoExecute" && Self.isOurs($0.key) }
    case .add(let key)?:
      taints.removeAll { $0.effect == "NoExecute" && Self.isOurs($0.key) && $0.key != key }
      if !taints.contains(where: { $0.effect == "NoExecute" && $0.key == key }) {
        taints.append(Taint(key: key, effect: "NoExecute", timeAdded: now))
      }
    }
    return taints
  }

  static func isOurs(_ key: String) -> Bool {
    key == Taint.notReady || key == Taint.unreachable
  }

  /// The beta labels of operating system and architecture follow the stable ones.
  func labelFixes(_ node: Node) -> [(String, String)] {
    let labels = node.metadata.labels
    let pairs = [
      ("kubernetes.io/os", "beta.kubernetes.io/os"),
      ("kubernetes.io/arch", "beta.kubernetes.io/arch"),
    ]
    return pairs.compactMap { stable, beta in
      guard let value = labels[stable], labels[beta] != value else { return nil }
      return (beta, value)
    }
  }

  func tellTaints(_ old: Node, _ new: Node, _ context: inout ControllerContext) {
    let name = old.metadata.name
    for taint in new.spec.taints where !old.spec.taints.contains(where: taint.matches) {
      context.decide(
        old.reference, "\(self.name) taints \(name) with \(taint.key):\(taint.effect)",
        taintBasis(old))
    }
    for taint in old.spec.taints where !new.spec.taints.contains(where: taint.matches) {
      context.decide(
        old.reference, "\(self.name) removes taint \(taint.key):\(taint.effect) from \(name)",
        taintBasis(old))
    }
  }

  private func taintBasis(_ node: Node) -> Basis {
    Basis(
      "processTaintBaseEviction",
      inputs: [
        Basis.Input(
          "status.conditions[Ready].status", node.status.conditions["Ready"]?.status ?? "none",
          of: node.reference),
        Basis.Input(
          "spec.unschedulable", node.spec.unschedulable ? "true" : "false", of: node.reference),
      ])
  }
}
