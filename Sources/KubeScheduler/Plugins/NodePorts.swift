/// Refuses nodes where a port of the host that the pod wants is taken.
struct NodePorts: FilterPlugin {
  static let reason = "node(s) didn't have free ports for the requested pod ports"
  private let wanted: [HostPort]

  /// Nil (Skip) where the pod wants none.
  init?(_ info: PodInfo) {
    if info.hostPorts.isEmpty { return nil }
    wanted = info.hostPorts
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    let taken = cache.details[slot].ports
    if taken.isEmpty { return .feasible }
    for port in wanted {
      for other in taken where port.conflicts(with: other) {
        return Verdict(.nodePorts, isResolvable: true)
      }
    }
    return .feasible
  }
}
