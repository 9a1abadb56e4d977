import Basics
import KubeAPI

/// What a deployment's strategy allows, in pods (`deployment_util.go`).
extension Deployment {
  var wanted: Int32 { spec.replicas ?? 1 }
  var isRollingUpdate: Bool { spec.strategyType.isEmpty || spec.strategyType == "RollingUpdate" }

  /// Surge rounds up, unavailable down; where both come to nothing one pod may be unavailable
  /// (`ResolveFenceposts`).
  private var fenceposts: (surge: Int32, unavailable: Int32) {
    let percent = IntOrString.string("25%")
    let total = Int(wanted)
    let surge = (spec.maxSurge ?? percent).scaled(of: total, roundUp: true) ?? 0
    let unavailable = (spec.maxUnavailable ?? percent).scaled(of: total, roundUp: false) ?? 0
    return (Int32(surge), surge == 0 && unavailable == 0 ? 1 : Int32(unavailable))
  }

  var maxSurge: Int32 { isRollingUpdate ? fenceposts.surge : 0 }

  var maxUnavailable: Int32 {
    guard isRollingUpdate, wanted > 0 else { return 0 }
    return min(fenceposts.unavailable, wanted)
  }

  var minAvailable: Int32 { isRollingUpdate ? wanted - maxUnavailable : 0 }

  var progressDeadline: Span? {
    guard let seconds = spec.progressDeadlineSeconds, seconds != .max else { return nil }
    return .seconds(Int(seconds))
  }

  /// Everything is updated, nothing else is left, and enough is available (`DeploymentComplete`).
  func isComplete(_ status: DeploymentStatus) -> Bool {
    status.updatedReplicas == wanted && status.replicas == wanted
      && status.availableReplicas == wanted && status.observedGeneration >= metadata.generation
  }

  /// Whether `new` is further than the status on record (`DeploymentProgressing`).
  func isProgressing(_ new: DeploymentStatus) -> Bool {
    let newOld = new.replicas - new.updatedReplicas
    let oldOld = status.replicas - status.updatedReplicas
    return new.updatedReplicas > status.updatedReplicas || newOld < oldOld
      || new.readyReplicas > status.readyReplicas
      || new.availableReplicas > status.availableReplicas
  }
}

extension ReplicaSet {
  var wanted: Int32 { spec.replicas ?? 1 }

  var revision: Int64 { metadata.deploymentRevision ?? 0 }

  /// By age, then name.
  static func isOlder(_ a: ReplicaSet, _ b: ReplicaSet) -> Bool {
    let born = a.metadata.creationTimestamp ?? .powerOn
    let other = b.metadata.creationTimestamp ?? .powerOn
    return born == other ? a.metadata.name < b.metadata.name : born < other
  }

  /// Sets how many pods the deployment wants and may have, by which a later scaling is shared out.
  /// True when that changed something.
  mutating func setReplicasAnnotations(_ deployment: Deployment) -> Bool {
    let desired = String(deployment.wanted)
    let most = String(deployment.wanted + deployment.maxSurge)
    let annotations = metadata.annotations
    guard
      annotations[DeploymentAnnotation.desiredReplicas] != desired
        || annotations[DeploymentAnnotation.maxReplicas] != most
    else { return false }
    metadata.annotations[DeploymentAnnotation.desiredReplicas] = desired
    metadata.annotations[DeploymentAnnotation.maxReplicas] = most
    return true
  }
}

extension [Condition] {
  /// Puts a deployment's condition, unless one with this status and reason is there already
  /// (`SetDeploymentCondition`).
  mutating func setDeployment(_ condition: Condition, now: Timestamp) {
    let current = self[condition.type]
    if let current, current.status == condition.status, current.reason == condition.reason {
      return
    }
    var condition = condition
    condition.lastUpdateTime = now
    if condition.lastTransitionTime == nil {
      condition.lastTransitionTime =
        current?.status == condition.status ? current?.lastTransitionTime : now
    }
    removeAll { $0.type == condition.type }
    append(condition)
  }
}
