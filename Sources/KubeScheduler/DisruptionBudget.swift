import KubeAPI

/// What preemption reads of a PodDisruptionBudget.
public struct DisruptionBudget: Sendable, Equatable {
  public var namespace: String
  /// Nil or empty matches no pod.
  public var selector: LabelSelector?
  /// `status.disruptionsAllowed`.
  public var disruptionsAllowed: Int
  /// `status.disruptedPods`: evictions already granted.
  public var disruptedPods: [String]

  public init(
    namespace: String, selector: LabelSelector?, disruptionsAllowed: Int,
    disruptedPods: [String] = []
  ) {
    self.namespace = namespace
    self.selector = selector
    self.disruptionsAllowed = disruptionsAllowed
    self.disruptedPods = disruptedPods
  }

  func covers(_ info: PodInfo) -> Bool {
    guard namespace == info.namespace, let selector, !selector.isEmpty, !info.labels.isEmpty else {
      return false
    }
    return selector.matches(info.labels) && !disruptedPods.contains(info.key.name)
  }
}
