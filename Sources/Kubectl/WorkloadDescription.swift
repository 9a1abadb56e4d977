import Basics
import KubeAPI

/// `describe deployment` and `describe replicaset`.
extension DescriptionText {
  mutating func deployment(_ deployment: Deployment, _ sets: [ReplicaSet]) {
    let (spec, status) = (deployment.spec, deployment.status)
    field("Name", deployment.metadata.name)
    field("Namespace", deployment.metadata.namespace)
    field("CreationTimestamp", deployment.metadata.creationTimestamp.rfc1123Z)
    pairs("Labels", deployment.metadata.labels)
    annotations("Annotations", deployment.metadata.annotations)
    field("Selector", spec.selector?.text ?? "")
    field(
      "Replicas",
      "\(spec.replicas ?? 0) desired | \(status.updatedReplicas) updated | "
        + "\(status.replicas) total | \(status.availableReplicas) available | "
        + "\(status.unavailableReplicas) unavailable")
    field("StrategyType", spec.strategyType)
    field("MinReadySeconds", String(spec.minReadySeconds))
    if spec.maxUnavailable != nil || spec.maxSurge != nil {
      field(
        "RollingUpdateStrategy",
        "\(spec.maxUnavailable?.text ?? "0") max unavailable, \(spec.maxSurge?.text ?? "0") max "
          + "surge")
    }
    template(spec.template)
    conditions(status.conditions)
    guard !sets.isEmpty else { return }
    // Of several with the template of today the oldest is the one in use.
    let current = sets.filter { $0.spec.template.isSame(as: spec.template) }
      .min { Self.age($0) < Self.age($1) }
    field("OldReplicaSets", Self.words(sets.filter { $0.key != current?.key }))
    field("NewReplicaSet", Self.words(current.map { [$0] } ?? []))
  }

  private static func age(_ set: ReplicaSet) -> (Int64, String) {
    (set.metadata.creationTimestamp?.microseconds ?? 0, set.metadata.name)
  }

  private static func words(_ sets: [ReplicaSet]) -> String {
    let words = sets.map {
      "\($0.metadata.name) (\($0.status.replicas)/\($0.spec.replicas ?? 0) replicas created)"
    }
    return words.isEmpty ? "<none>" : words.joined(separator: ", ")
  }

  /// - Parameter pods: those that the set controls.
  mutating func replicaSet(_ set: ReplicaSet, _ pods: [Pod]) {
    field("Name", set.metadata.name)
    field("Namespace", set.metadata.namespace)
    field("Selector", set.spec.selector?.formatted ?? "<none>")
    pairs("Labels", set.metadata.labels)
    annotations("Annotations", set.metadata.annotations)
    if let owner = set.metadata.controller { field("Controlled By", owner.kind + "/" + owner.name) }
    field("Replicas", "\(set.status.replicas) current / \(set.spec.replicas ?? 0) desired")
    func count(_ phase: String) -> Int { pods.count { $0.status.phase == phase } }
    field(
      "Pods Status",
      "\(count("Running")) Running / \(count("Pending")) Waiting / \(count("Succeeded")) Succeeded "
        + "/ \(count("Failed")) Failed")
    template(set.spec.template)
    conditions(set.status.conditions)
  }

  private mutating func conditions(_ conditions: [Condition]) {
    guard !conditions.isEmpty else { return }
    line(0, "Conditions:")
    heading("Type\tStatus\tReason")
    for condition in conditions {
      line(1, "\(condition.type) \t\(condition.status)\t\(condition.reason)")
    }
  }
}
