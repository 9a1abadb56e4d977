/// Refuses every node but the one that the pod names.
struct NodeName: FilterPlugin {
  static let reason = "node(s) didn't match the requested node name"
  private let slot: Int?

  /// Nil where the pod names none.
  init?(_ info: PodInfo, _ cache: SchedulerCache) {
    if info.nodeName.isEmpty { return nil }
    slot = cache.slot(of: info.nodeName)
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    slot == self.slot ? .feasible : Verdict(.nodeName, isResolvable: false)
  }
}
