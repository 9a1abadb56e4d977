import Basics

/// A deployment: replica sets rolled over from one template to the next.
public struct Deployment: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = DeploymentSpec()
  @Shared public var status = DeploymentStatus()
  public init() {}
}

/// What pods are stamped from.
public struct PodTemplateSpec: Sendable, Equatable {
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = PodSpec()
  public init() {}
}

public struct DeploymentSpec: Sendable, Equatable {
  public var replicas: Int32?
  public var selector: LabelSelector?
  public var template = PodTemplateSpec()
  /// `strategy.type`: `RollingUpdate` or `Recreate`.
  public var strategyType = ""
  public var maxUnavailable: IntOrString?
  public var maxSurge: IntOrString?
  public var minReadySeconds: Int32 = 0
  public var revisionHistoryLimit: Int32?
  public var paused = false
  public var progressDeadlineSeconds: Int32?
  public init() {}
}

public struct DeploymentStatus: Sendable, Equatable {
  public var observedGeneration: Int64 = 0
  public var replicas: Int32 = 0
  public var updatedReplicas: Int32 = 0
  public var readyReplicas: Int32 = 0
  public var availableReplicas: Int32 = 0
  public var unavailableReplicas: Int32 = 0
  public var terminatingReplicas: Int32?
  public var conditions: [Condition] = []
  public var collisionCount: Int32?
  public init() {}
}

extension Deployment: Resource {
  public static var kind: ResourceKind { .deployment }
  public static func extract(_ body: APIObject.Body) -> Deployment? {
    guard case .deployment(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .deployment(self) }
}

/// A replica set: so many pods of one template.
public struct ReplicaSet: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = ReplicaSetSpec()
  @Shared public var status = ReplicaSetStatus()
  public init() {}
}

public struct ReplicaSetSpec: Sendable, Equatable {
  public var replicas: Int32?
  public var minReadySeconds: Int32 = 0
  public var selector: LabelSelector?
  public var template = PodTemplateSpec()
  public init() {}
}

public struct ReplicaSetStatus: Sendable, Equatable {
  public var replicas: Int32 = 0
  public var fullyLabeledReplicas: Int32 = 0
  public var readyReplicas: Int32 = 0
  public var availableReplicas: Int32 = 0
  public var terminatingReplicas: Int32?
  public var observedGeneration: Int64 = 0
  public var conditions: [Condition] = []
  public init() {}
}

extension ReplicaSet: Resource {
  public static var kind: ResourceKind { .replicaSet }
  public static func extract(_ body: APIObject.Body) -> ReplicaSet? {
    guard case .replicaSet(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .replicaSet(self) }
}
