import Basics
import KubeAPI

/// Whether a cluster has come to rest: everything that was asked for is there, and nothing but
/// heartbeats is being written.
public struct Convergence: Sendable, Equatable {
  /// What is still missing, in words; empty when nothing is.
  public let missing: [String]
  /// How long nothing but leases and events was written.
  public let quietFor: Span

  /// Longer than the slowest write that follows another by itself: the kubelet's 10 s status loop.
  public static let quietSpan = Span.seconds(11)

  public var isConverged: Bool { missing.isEmpty && quietFor >= Self.quietSpan }
}

extension World {
  public func convergence() -> Convergence {
    var missing: [String] = []
    func miss(_ text: @autoclosure () -> String) {
      if missing.count < 20 { missing.append(text()) }
    }

    let machines = hosts.filter { ($0.role == .master || $0.role == .worker) && $0.isPowered }
    var nodes = LookupTable<String, Node>()
    for node in objects(.node).compactMap(\.node) { nodes[node.metadata.name] = node }
    for machine in machines {
      guard let node = nodes[machine.name] else {
        miss("node \(machine.name) has not registered")
        continue
      }
      if !node.status.conditions.isTrue("Ready") { miss("node \(machine.name) is not Ready") }
      if node.spec.taints.contains(where: { $0.key == Taint.cloudUninitialized }) {
        miss("node \(machine.name) waits for the cloud controller manager")
      }
    }
    for lease in ["kube-controller-manager", "kube-scheduler"]
    where object(.lease, ObjectKey(namespace: "kube-system", name: lease)) == nil {
      miss("nobody leads as \(lease)")
    }
    for deployment in objects(.deployment).compactMap(\.deployment) {
      let wanted = deployment.spec.replicas ?? 1
      let status = deployment.status
      let isDone =
        status.observedGeneration >= deployment.metadata.generation
        && status.updatedReplicas == wanted && status.replicas == wanted
        && status.availableReplicas == wanted
      if !isDone {
        miss(
          "deployment \(deployment.key.text) has \(status.availableReplicas) of \(wanted) available"
        )
      }
    }
    for set in objects(.replicaSet).compactMap(\.replicaSet) {
      let wanted = set.spec.replicas ?? 1
      if set.status.replicas != wanted || set.status.readyReplicas != wanted
        || set.status.observedGeneration < set.metadata.generation
      {
        miss("replicaset \(set.key.text) has \(set.status.readyReplicas) of \(wanted) ready")
      }
    }
    for pod in objects(.pod).compactMap(\.pod) {
      switch pod.status.phase {
      case "Succeeded", "Failed": break
      default:
        // A pod on a machine that is off stays Terminating until that returns.
        let isStranded =
          pod.metadata.deletionTimestamp != nil
          && hosts.contains { $0.name == pod.spec.nodeName && !$0.isPowered }
        if !isStranded, !pod.status.conditions.isTrue("Ready") {
          miss("pod \(pod.key.text) is \(PodSummary(pod).status)")
        }
      }
    }
    for namespace in objects(.namespace).compactMap(\.namespace)
    where namespace.status.phase == "Terminating" {
      miss("namespace \(namespace.metadata.name) is Terminating")
    }
    for service in objects(.service).compactMap(\.service)
    where service.spec.type == "LoadBalancer" && service.status.ingress.isEmpty {
      miss("service \(service.key.text) waits for its load balancer")
    }
    return Convergence(missing: missing, quietFor: now - lastWorkAt)
  }

  /// Advances until the cluster has converged; false when `deadline` came first.
  @discardableResult
  public mutating func converge(deadline: Tick) -> Bool {
    while now < deadline {
      // Looking costs a walk over all objects: only where it has been quiet for long enough.
      let quietAt = lastWorkAt + Convergence.quietSpan
      let next = max(now + .milliseconds(100), quietAt)
      advance(to: min(deadline, next))
      if now - lastWorkAt >= Convergence.quietSpan, convergence().isConverged { return true }
      if now - lastWorkAt >= Convergence.quietSpan {
        advance(to: min(deadline, now + .seconds(1)))
      }
    }
    return convergence().isConverged
  }
}
