import KubeAPI

/// Refuses nodes with a NoSchedule or NoExecute taint that the pod does not tolerate, and prefers
/// those with few PreferNoSchedule taints that it does not tolerate.
public struct TaintToleration: FilterPlugin {
  static let reason = "node(s) had untolerated taint(s)"
  /// By set of taints.
  private var isTolerated: [Bool]
  private var intolerable: [Int64]

  init(_ info: PodInfo, _ cache: SchedulerCache) {
    let tolerations = info.pod.spec.tolerations
    isTolerated = cache.taints.sets.map { Self.tolerates(tolerations, $0) }
    intolerable = cache.taints.sets.map { taints in
      var count: Int64 = 0
      for taint in taints where taint.effect == "PreferNoSchedule" {
        if !tolerations.contains(where: { $0.tolerates(taint) }) { count += 1 }
      }
      return count
    }
  }

  /// Whether none of `taints` keeps a pod with these tolerations from being scheduled.
  static func tolerates(_ tolerations: [Toleration], _ taints: [Taint]) -> Bool {
    firstUntolerated(tolerations, taints) == nil
  }

  /// The first of `taints` that does (`FindMatchingUntoleratedTaint`).
  public static func firstUntolerated(_ tolerations: [Toleration], _ taints: [Taint]) -> Taint? {
    taints.first { taint in
      (taint.effect == "NoSchedule" || taint.effect == "NoExecute")
        && !tolerations.contains { $0.tolerates(taint) }
    }
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    isTolerated[Int(cache.rows[slot].taints)]
      ? .feasible : Verdict(.taintToleration, isResolvable: false)
  }

  /// The number of taints that are only put up with.
  func score(_ nodes: [Int32], _ cache: SchedulerCache, into raw: inout [Int64]) {
    for slot in nodes { raw.append(intolerable[Int(cache.rows[Int(slot)].taints)]) }
  }
}
