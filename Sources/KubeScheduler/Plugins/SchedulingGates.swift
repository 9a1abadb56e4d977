import KubeAPI

/// Keeps a pod out of the active queue while it has scheduling gates (PreEnqueue).
enum SchedulingGates {
  /// Nil where there is no gate.
  static func reason(_ spec: PodSpec) -> String? {
    spec.schedulingGates.isEmpty
      ? nil : "waiting for scheduling gates: [" + spec.schedulingGates.joined(separator: " ") + "]"
  }
}
