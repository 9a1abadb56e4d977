import Basics

/// A pod: containers that run together on one node.
public struct Pod: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = PodSpec()
  @Shared public var status = PodStatus()
  public init() {}
}

extension Pod: Resource {
  public static var kind: ResourceKind { .pod }
  public static func extract(_ body: APIObject.Body) -> Pod? {
    guard case .pod(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .pod(self) }
}

public struct PodSpec: Sendable, Equatable {
  public var nodeName = ""
  public var schedulerName = ""
  public var restartPolicy = ""
  public var terminationGracePeriodSeconds: Int64?
  public var activeDeadlineSeconds: Int64?
  public var serviceAccountName = ""
  public var hostNetwork = false
  public var priority: Int32?
  public var priorityClassName = ""
  public var preemptionPolicy: String?
  public var nodeSelector = StringMap()
  public var affinity: Affinity?
  public var tolerations: [Toleration] = []
  public var topologySpreadConstraints: [TopologySpreadConstraint] = []
  public var schedulingGates: [String] = []
  public var readinessGates: [String] = []
  public var initContainers: [Container] = []
  public var containers: [Container] = []
  public var volumes: [Volume] = []
  /// What a sandbox costs beyond its containers (from a RuntimeClass).
  public var overhead = ResourceList()
  public var carried = Carried()
  public init() {}
}

/// A volume: its name and, for the sources the engine acts on, what it takes its content from.
public struct Volume: Sendable, Equatable {
  public var name = ""
  public var carried = Carried()
  public init() {}
}

public struct Container: Sendable, Equatable {
  public var name = ""
  public var image = ""
  public var imagePullPolicy = ""
  public var command: [String] = []
  public var args: [String] = []
  public var restartPolicy: String?
  public var ports: [ContainerPort] = []
  public var resources = ResourceRequirements()
  public var livenessProbe: Probe?
  public var readinessProbe: Probe?
  public var startupProbe: Probe?
  public var carried = Carried()
  public init() {}
}

public struct ContainerPort: Sendable, Equatable {
  public var name = ""
  public var hostPort: Int32 = 0
  public var containerPort: Int32 = 0
  public var protocolName = ""
  public var hostIP = ""
  public init() {}
}

public struct ResourceRequirements: Sendable, Equatable {
  public var limits = ResourceList()
  public var requests = ResourceList()
  public var carried = Carried()
  public init() {}
}

/// A probe; the handler (`httpGet`, `exec`, `tcpSocket`, `grpc`) is carried.
public struct Probe: Sendable, Equatable {
  public var initialDelaySeconds: Int32 = 0
  public var timeoutSeconds: Int32 = 0
  public var periodSeconds: Int32 = 0
  public var successThreshold: Int32 = 0
  public var failureThreshold: Int32 = 0
  public var terminationGracePeriodSeconds: Int64?
  public var carried = Carried()
  public init() {}
}

public struct Toleration: Sendable, Equatable {
  public var key = ""
  /// `Exists`, or `Equal`, which empty means too.
  public var operatorName = ""
  public var value = ""
  public var effect = ""
  public var tolerationSeconds: Int64?
  public init() {}

  /// Whether this tolerates `taint` (`v1.Toleration.ToleratesTaint`).
  public func tolerates(_ taint: Taint) -> Bool {
    if !effect.isEmpty && effect != taint.effect { return false }
    if !key.isEmpty && key != taint.key { return false }
    switch operatorName {
    case "", "Equal": return value == taint.value
    case "Exists": return true
    default: return false
    }
  }
}

public struct Affinity: Sendable, Equatable {
  public var nodeAffinity: NodeAffinity?
  public var podAffinity: PodAffinity?
  public var podAntiAffinity: PodAffinity?
  public init() {}
}

public struct NodeAffinity: Sendable, Equatable {
  /// `requiredDuringSchedulingIgnoredDuringExecution`: any one term must match.
  public var required: [NodeSelectorTerm]?
  public var preferred: [PreferredSchedulingTerm] = []
  public init() {}
}

public struct NodeSelectorTerm: Sendable, Equatable {
  public var matchExpressions: [SelectorRequirement] = []
  public var matchFields: [SelectorRequirement] = []
  public init() {}
}

public struct PreferredSchedulingTerm: Sendable, Equatable {
  public var weight: Int32 = 0
  public var preference = NodeSelectorTerm()
  public init() {}
}

/// Pod affinity and pod anti-affinity have one shape.
public struct PodAffinity: Sendable, Equatable {
  public var required: [PodAffinityTerm] = []
  public var preferred: [WeightedPodAffinityTerm] = []
  public init() {}
}

public struct PodAffinityTerm: Sendable, Equatable {
  public var labelSelector: LabelSelector?
  public var namespaces: [String] = []
  public var topologyKey = ""
  public var namespaceSelector: LabelSelector?
  public var matchLabelKeys: [String] = []
  public var mismatchLabelKeys: [String] = []
  public init() {}
}

public struct WeightedPodAffinityTerm: Sendable, Equatable {
  public var weight: Int32 = 0
  public var podAffinityTerm = PodAffinityTerm()
  public init() {}
}

public struct TopologySpreadConstraint: Sendable, Equatable {
  public var maxSkew: Int32 = 0
  public var topologyKey = ""
  public var whenUnsatisfiable = ""
  public var labelSelector: LabelSelector?
  public var minDomains: Int32?
  public var nodeAffinityPolicy: String?
  public var nodeTaintsPolicy: String?
  public var matchLabelKeys: [String] = []
  public init() {}
}

public struct PodStatus: Sendable, Equatable {
  /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
  public var phase = ""
  public var conditions: [Condition] = []
  public var message = ""
  public var reason = ""
  public var nominatedNodeName = ""
  public var hostIP = ""
  public var podIP = ""
  public var qosClass = ""
  public var startTime: Timestamp?
  public var observedGeneration: Int64 = 0
  public var initContainerStatuses: [ContainerStatus] = []
  public var containerStatuses: [ContainerStatus] = []
  public var carried = Carried()
  public init() {}
}

public struct ContainerStatus: Sendable, Equatable {
  public var name = ""
  public var state = ContainerState.none
  public var lastState = ContainerState.none
  public var ready = false
  public var restartCount: Int32 = 0
  public var image = ""
  public var imageID = ""
  public var containerID = ""
  public var started: Bool?
  public var carried = Carried()
  public init() {}
}

public enum ContainerState: Sendable, Equatable {
  case none
  case waiting(reason: String, message: String)
  case running(startedAt: Timestamp?)
  /// Indirect, as few containers have ended and the others need a third of the room.
  indirect case terminated(ContainerTermination)

  public var isRunning: Bool {
    if case .running = self { return true }
    return false
  }
}

public struct ContainerTermination: Sendable, Equatable {
  public var exitCode: Int32 = 0
  public var signal: Int32 = 0
  public var reason = ""
  public var message = ""
  public var startedAt: Timestamp?
  public var finishedAt: Timestamp?
  public var containerID = ""
  public init() {}
}
