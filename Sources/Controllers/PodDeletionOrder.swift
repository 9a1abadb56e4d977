import Basics
import KubeAPI

/// Which of a replica set's pods go first when there are too many (`ActivePodsWithRanks`).
struct PodDeletionOrder {
  private struct Candidate {
    var pod: Pod
    var colocatedReady: Int
    var phase: Int
    var isReady: Bool
    var cost: Int32
    var restarts: (regular: Int32, sidecar: Int32)
  }

  let now: Timestamp

  /// The `count` pods to delete. `related` are the pods of all replica sets with the same owner:
  /// where many of them are ready on one node, pods on that node go first.
  func choose(_ count: Int, of pods: [Pod], related: [Pod]) -> [Pod] {
    // Without a choice there is nothing to rank.
    guard count < pods.count else { return pods }
    var readyOnNode = LookupTable<String, Int>()
    for pod in related where pod.isActive && pod.isReady {
      readyOnNode[pod.spec.nodeName, default: 0] += 1
    }
    let candidates = pods.map { pod in
      Candidate(
        pod: pod, colocatedReady: readyOnNode[pod.spec.nodeName] ?? 0,
        phase: Self.ordinal(pod.status.phase), isReady: pod.isReady,
        cost: pod.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"]
          .flatMap { Int32($0) } ?? 0,
        restarts: Self.restarts(pod))
    }
    return candidates.sorted(by: goesFirst).prefix(count).map(\.pod)
  }

  private func goesFirst(_ a: Candidate, _ b: Candidate) -> Bool {
    let aIsUnassigned = a.pod.spec.nodeName.isEmpty
    if aIsUnassigned != b.pod.spec.nodeName.isEmpty { return aIsUnassigned }
    if a.phase != b.phase { return a.phase < b.phase }
    if a.isReady != b.isReady { return !a.isReady }
    if a.cost != b.cost { return a.cost < b.cost }
    if a.colocatedReady != b.colocatedReady { return a.colocatedReady > b.colocatedReady }
    if a.isReady, let since = a.pod.readySince, let other = b.pod.readySince, since != other {
      return isYounger(since, other) ?? (a.pod.metadata.uid < b.pod.metadata.uid)
    }
    if a.restarts.regular != b.restarts.regular { return a.restarts.regular > b.restarts.regular }
    if a.restarts.sidecar != b.restarts.sidecar { return a.restarts.sidecar > b.restarts.sidecar }
    if let born = a.pod.metadata.creationTimestamp, let other = b.pod.metadata.creationTimestamp,
      born != other
    {
      return isYounger(born, other) ?? (a.pod.metadata.uid < b.pod.metadata.uid)
    }
    return a.pod.metadata.uid < b.pod.metadata.uid
  }

  /// Ages compare by their logarithm (LogarithmicScaleDown), nil where that is the same, so that
  /// pods of about the same age are chosen by identity, which is random.
  private func isYounger(_ a: Timestamp, _ b: Timestamp) -> Bool? {
    let rank = Self.logarithm(now - a) - Self.logarithm(now - b)
    return rank == 0 ? nil : rank < 0
  }

  /// The whole base-2 logarithm of the age in nanoseconds; -1 for no age at all.
  private static func logarithm(_ age: Span) -> Int {
    guard age.microseconds > 0 else { return -1 }
    return 63 - (age.microseconds &* 1000).leadingZeroBitCount
  }

  private static func ordinal(_ phase: String) -> Int {
    switch phase {
    case "", "Pending": 0
    case "Unknown": 1
    default: 2
    }
  }

  private static func restarts(_ pod: Pod) -> (regular: Int32, sidecar: Int32) {
    let regular = pod.status.containerStatuses.map(\.restartCount).max() ?? 0
    let sidecars = pod.spec.initContainers.filter { $0.restartPolicy == "Always" }.map(\.name)
    let sidecar = pod.status.initContainerStatuses.filter { sidecars.contains($0.name) }
      .map(\.restartCount).max()
    return (regular, sidecar ?? 0)
  }
}
