import Basics
import KubeAPI

/// A deployment's status and conditions (`calculateStatus`, `syncRolloutStatus`).
extension Rollout {
  /// The counts and whether enough pods are available.
  func countedStatus() -> DeploymentStatus {
    var status = deployment.status
    status.observedGeneration = deployment.metadata.generation
    status.replicas = sets.reduce(0) { $0 + $1.status.replicas }
    status.updatedReplicas = current.map { sets[$0].status.replicas } ?? 0
    status.readyReplicas = sets.reduce(0) { $0 + $1.status.readyReplicas }
    status.availableReplicas = availableTotal
    status.unavailableReplicas = max(0, specTotal - availableTotal)
    status.terminatingReplicas = sets.reduce(0) { $0 + ($1.status.terminatingReplicas ?? 0) }
    if availableTotal >= deployment.wanted - deployment.maxUnavailable {
      status.conditions.setDeployment(
        Condition(
          type: "Available", status: "True", reason: "MinimumReplicasAvailable",
          message: "Deployment has minimum availability."), now: now)
    } else {
      status.conditions.setDeployment(
        Condition(
          type: "Available", status: "False", reason: "MinimumReplicasUnavailable",
          message: "Deployment does not have minimum availability."), now: now)
    }
    return status
  }

  /// The counts, and how the rollout gets on.
  func rolloutStatus() -> DeploymentStatus {
    var status = countedStatus()
    if deployment.progressDeadline == nil {
      status.conditions.removeAll { $0.type == "Progressing" }
    }
    let progressing = deployment.status.conditions["Progressing"]
    let wasComplete =
      status.replicas == status.updatedReplicas
      && progressing?.reason == "NewReplicaSetAvailable"
    if deployment.progressDeadline != nil && !wasComplete { judgeProgress(&status) }
    if let failure = replicaFailure {
      status.conditions.setDeployment(failure, now: now)
    } else {
      status.conditions.removeAll { $0.type == "ReplicaFailure" }
    }
    return status
  }

  private func judgeProgress(_ status: inout DeploymentStatus) {
    let subject =
      current.map { "ReplicaSet \"\(sets[$0].metadata.name)\"" }
      ?? "Deployment \"\(deployment.metadata.name)\""
    if deployment.isComplete(status) {
      status.conditions.setDeployment(
        Condition(
          type: "Progressing", status: "True", reason: "NewReplicaSetAvailable",
          message: subject + " has successfully progressed."), now: now)
    } else if deployment.isProgressing(status) {
      var condition = Condition(
        type: "Progressing", status: "True", reason: "ReplicaSetUpdated",
        message: subject + " is progressing.")
      // Any progress renews the time by which the deadline counts, with the reason unchanged.
      if let before = deployment.status.conditions["Progressing"] {
        if before.status == "True" { condition.lastTransitionTime = before.lastTransitionTime }
        status.conditions.removeAll { $0.type == "Progressing" }
      }
      status.conditions.setDeployment(condition, now: now)
    } else if hasTimedOut {
      status.conditions.setDeployment(
        Condition(
          type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded",
          message: subject + " has timed out progressing."), now: now)
    }
  }

  private var hasTimedOut: Bool {
    guard let deadline = deployment.progressDeadline,
      let condition = deployment.status.conditions["Progressing"]
    else { return false }
    if condition.reason == "NewReplicaSetAvailable" { return false }
    if condition.reason == "ProgressDeadlineExceeded" { return true }
    guard let since = condition.lastUpdateTime else { return false }
    return since + deadline < now
  }

  /// The failure of the new replica set, or else of any.
  private var replicaFailure: Condition? {
    let ordered = (current.map { [$0] } ?? []) + old
    return ordered.lazy.compactMap { sets[$0].status.conditions["ReplicaFailure"] }.first
  }

  /// How long until the progress deadline must be looked at again (`requeueStuckDeployment`).
  func nextProgressCheck(_ status: DeploymentStatus) -> Span? {
    guard let deadline = deployment.progressDeadline,
      let condition = deployment.status.conditions["Progressing"],
      let since = condition.lastUpdateTime, !deployment.isComplete(status),
      condition.reason != "ProgressDeadlineExceeded"
    else { return nil }
    return max(since + deadline - now, .zero) + .seconds(1)
  }
}
