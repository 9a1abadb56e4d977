import Basics

/// A worker or master as the API knows it.
public struct Node: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = NodeSpec()
  @Shared public var status = NodeStatus()
  public init() {}
}

extension Node: Resource {
  public static var kind: ResourceKind { .node }
  public static func extract(_ body: APIObject.Body) -> Node? {
    guard case .node(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .node(self) }
}

public struct NodeSpec: Sendable, Equatable {
  public var podCIDR = ""
  public var podCIDRs: [String] = []
  public var providerID = ""
  public var unschedulable = false
  public var taints: [Taint] = []
  public var carried = Carried()
  public init() {}
}

public struct Taint: Sendable, Equatable {
  public var key = ""
  public var value = ""
  /// `NoSchedule`, `PreferNoSchedule`, `NoExecute`.
  public var effect = ""
  public var timeAdded: Timestamp?
  public init() {}
  public init(key: String, value: String = "", effect: String, timeAdded: Timestamp? = nil) {
    self.key = key
    self.value = value
    self.effect = effect
    self.timeAdded = timeAdded
  }

  /// `KEY=VALUE:EFFECT`, as kubectl takes and shows it (`v1.Taint.ToString`).
  public var text: String {
    let named = key + (value.isEmpty ? "" : "=" + value)
    return effect.isEmpty && value.isEmpty ? named : named + ":" + effect
  }

  /// The same key and effect, which is what makes two taints one (`v1.Taint.MatchTaint`).
  public func matches(_ other: Taint) -> Bool { key == other.key && effect == other.effect }

  public static let notReady = "node.kubernetes.io/not-ready"
  public static let unreachable = "node.kubernetes.io/unreachable"
  public static let unschedulable = "node.kubernetes.io/unschedulable"
  public static let memoryPressure = "node.kubernetes.io/memory-pressure"
  public static let diskPressure = "node.kubernetes.io/disk-pressure"
  public static let pidPressure = "node.kubernetes.io/pid-pressure"
  public static let networkUnavailable = "node.kubernetes.io/network-unavailable"
  public static let outOfService = "node.kubernetes.io/out-of-service"
  public static let cloudUninitialized = "node.cloudprovider.kubernetes.io/uninitialized"
  public static let cloudShutdown = "node.cloudprovider.kubernetes.io/shutdown"
  public static let controlPlane = "node-role.kubernetes.io/control-plane"
}

extension Node {
  /// What its labels say it is for, in ascending order (`findNodeRoles`).
  public var roles: [String] {
    let prefix = "node-role.kubernetes.io/"
    var roles: [String] = []
    for entry in metadata.labels.entries {
      var role = ""
      if entry.key.hasPrefix(prefix) { role = String(entry.key.dropFirst(prefix.count)) }
      if entry.key == "kubernetes.io/role" { role = entry.value }
      if !role.isEmpty, !roles.contains(role) { roles.append(role) }
    }
    return roles.sorted()
  }
}

public struct NodeStatus: Sendable, Equatable {
  public var capacity = ResourceList()
  public var allocatable = ResourceList()
  public var conditions: [Condition] = []
  public var addresses: [NodeAddress] = []
  public var nodeInfo = StringMap()
  public var images: [ContainerImage] = []
  public var kubeletPort: Int32 = 0
  public var carried = Carried()
  public init() {}
}

public struct NodeAddress: Sendable, Equatable {
  /// `InternalIP`, `ExternalIP`, `Hostname`.
  public var type = ""
  public var address = ""
  public init() {}
  public init(type: String, address: String) {
    self.type = type
    self.address = address
  }
}

public struct ContainerImage: Sendable, Equatable {
  public var names: [String] = []
  public var sizeBytes: Int64 = 0
  public init() {}
}
