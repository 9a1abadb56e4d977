import KubeAPI

/// Refuses nodes whose kubelet does not declare a feature that the pod needs
/// (`status.declaredFeatures`). Two features of 1.36 decide about scheduling.
struct NodeDeclaredFeatures: FilterPlugin {
  static let reason = "node(s) didn't match Pod's required features"
  private let required: [String]

  /// Nil (Skip) where the pod needs none.
  init?(_ info: PodInfo) {
    required = Self.required(by: info.pod.spec)
    if required.isEmpty { return nil }
  }

  static func required(by spec: PodSpec) -> [String] {
    var features: [String] = []
    if (spec.containers + spec.initContainers).contains(where: restartsAll) {
      features.append("RestartAllContainersOnContainerExits")
    }
    if spec.hostNetwork, spec.carried["hostUsers"] == .bool(false) {
      features.append("UserNamespacesHostNetworkSupport")
    }
    return features
  }

  private static func restartsAll(_ container: Container) -> Bool {
    guard case .array(let rules)? = container.carried["restartPolicyRules"] else { return false }
    return rules.contains { rule in
      guard case .object(let fields) = rule else { return false }
      return fields["action"] == .string("RestartAllContainers")
    }
  }

  static func declared(by node: Node) -> JSONValue? { node.status.carried["declaredFeatures"] }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    guard case .array(let features)? = Self.declared(by: cache.details[slot].node),
      required.allSatisfy({ features.contains(.string($0)) })
    else { return Verdict(.nodeDeclaredFeatures, isResolvable: false) }
    return .feasible
  }
}
