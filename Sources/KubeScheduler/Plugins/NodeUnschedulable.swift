import KubeAPI

/// Refuses cordoned nodes, unless the pod tolerates the taint that goes with it.
struct NodeUnschedulable: FilterPlugin {
  static let reason = "node(s) were unschedulable"
  private let toleratesCordon: Bool

  init(_ info: PodInfo) {
    let taint = Taint(key: Taint.unschedulable, effect: "NoSchedule")
    toleratesCordon = info.pod.spec.tolerations.contains { $0.tolerates(taint) }
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    !cache.rows[slot].isUnschedulable || toleratesCordon
      ? .feasible : Verdict(.nodeUnschedulable, isResolvable: false)
  }
}
