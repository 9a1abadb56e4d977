import Basics
import ControllerRuntime
import KubeAPI

/// Why a pod is not let in.
struct Rejection: Sendable {
  var reason: String
  var message: String
}

// Admission by the kubelet (`lifecycle/predicate.go`): the scheduler may have decided on old news.
extension KubeletWork {
  /// Counts the pod against the node, or says why it can't be.
  mutating func admit(_ worker: inout PodWorker) -> Rejection? {
    if let object = node.object, !matchesNode(worker.pod.spec, object) {
      return Rejection(
        reason: "NodeAffinity",
        message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector")
    }
    let room = config.allocatable
    let wanted = worker.requests
    let checks: [(String, Int64, Int64, Int64)] = [
      ("pods", 1, usedPods, room["pods"]?.value ?? 0),
      ("cpu", wanted.cpuMilli, used.cpuMilli, room.cpuMilli),
      ("memory", wanted.memory, used.memory, room.memoryBytes),
      (
        "ephemeral-storage", wanted.storage, used.storage,
        room["ephemeral-storage"]?.value ?? 0
      ),
    ]
    for (name, requested, taken, capacity) in checks
    where requested > 0 && requested + taken > capacity {
      return Rejection(
        reason: "OutOf" + name,
        message: "Node didn't have enough resource: \(name), requested: \(requested), used: "
          + "\(taken), capacity: \(capacity)")
    }
    worker.isCounted = true
    usedPods += 1
    used.cpuMilli += wanted.cpuMilli
    used.memory += wanted.memory
    used.storage += wanted.storage
    return nil
  }

  mutating func uncount(_ worker: inout PodWorker) {
    guard worker.isCounted else { return }
    worker.isCounted = false
    usedPods -= 1
    used.cpuMilli -= worker.requests.cpuMilli
    used.memory -= worker.requests.memory
    used.storage -= worker.requests.storage
  }

  /// The pod fails and stays as a record of it.
  mutating func reject(
    _ worker: inout PodWorker, _ rejection: Rejection, _ step: inout Step
  ) {
    record(worker, rejection.reason, rejection.message, type: "Warning", &step)
    step.effects.note(
      .decision, ObjectReference(.pod, worker.key),
      "pod \(worker.key.text) rejected: \(rejection.message)")
    worker.isRejected = true
    worker.failure = (rejection.reason, "Pod was rejected: " + rejection.message)
    terminate(&worker, &step)
  }

  private func matchesNode(_ spec: PodSpec, _ object: Node) -> Bool {
    let labels = object.metadata.labels
    guard spec.nodeSelector.isSubset(of: labels) else { return false }
    guard let terms = spec.affinity?.nodeAffinity?.required else { return true }
    return terms.contains { term in
      if term.matchExpressions.isEmpty && term.matchFields.isEmpty { return false }
      return term.matchExpressions.allSatisfy { $0.matches(labels) }
        && term.matchFields.allSatisfy { $0.matches(["metadata.name": config.nodeName]) }
    }
  }
}
