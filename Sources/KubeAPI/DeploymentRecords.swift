/// The annotations that the deployment controller keeps on deployments and replica sets.
public enum DeploymentAnnotation {
  public static let revision = "deployment.kubernetes.io/revision"
  public static let revisionHistory = "deployment.kubernetes.io/revision-history"
  public static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
  public static let maxReplicas = "deployment.kubernetes.io/max-replicas"
  /// Those that stay a deployment's own: its replica sets are given none of them, and a rollback
  /// brings none back.
  public static let notCopied = [
    ClientSideApply.annotation, revision, revisionHistory, desiredReplicas, maxReplicas,
    "deprecated.deployment.rollback.to",
  ]
}

extension ObjectMeta {
  /// The number of the rollout that a deployment or a replica set is of.
  public var deploymentRevision: Int64? {
    annotations[DeploymentAnnotation.revision].flatMap { Int64($0) }
  }
}

extension PodTemplateSpec {
  /// The label that tells a deployment's replica sets apart; no part of what was asked for.
  public static let hashLabel = "pod-template-hash"

  public var withoutHash: PodTemplateSpec {
    var copy = self
    copy.metadata.labels[Self.hashLabel] = nil
    return copy
  }

  /// Whether both stamp the same pods: equal but for the label that the deployment controller added
  /// (`EqualIgnoreHash`).
  public func isSame(as other: PodTemplateSpec) -> Bool {
    $spec == other.$spec && withoutHash.metadata == other.withoutHash.metadata
  }
}
