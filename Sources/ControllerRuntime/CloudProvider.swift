import KubeAPI

/// What a cloud-controller-manager asks of its cloud (`k8s.io/cloud-provider`: Instances and
/// LoadBalancer, less what nothing here needs).
public struct CloudRequest: Sendable, Equatable {
  public enum Operation: Sendable, Equatable {
    /// InstanceExists, InstanceShutdown and InstanceMetadata in one: by provider ID, or by node
    /// name where that is empty.
    case instance(providerID: String, nodeName: String)
    /// EnsureLoadBalancer for a service: the balancer forwards `ports` to `nodes`.
    case ensureLoadBalancer(service: ObjectKey, uid: UID, ports: [Int32], nodes: [String])
    /// EnsureLoadBalancerDeleted.
    case deleteLoadBalancer(service: ObjectKey, uid: UID)
    /// CreateRoute: packets for `cidr` go to the instance of `nodeName`.
    case ensureRoute(nodeName: String, cidr: String)
  }

  /// Comes back in the answer.
  public var id: UInt64
  public var operation: Operation

  public init(id: UInt64, operation: Operation) {
    self.id = id
    self.operation = operation
  }
}

/// The cloud's answer.
public struct CloudResponse: Sendable, Equatable {
  public enum Result: Sendable, Equatable {
    case instance(CloudInstance)
    /// InstanceExists is false.
    case noInstance
    /// The balancer's address.
    case loadBalancer(ip: String)
    /// Deleted, or the route is there.
    case done
    case failed(String)
  }

  public var id: UInt64
  public var result: Result

  public init(id: UInt64, result: Result) {
    self.id = id
    self.result = result
  }
}

/// One machine as the cloud knows it.
public struct CloudInstance: Sendable, Equatable {
  public enum State: UInt8, Sendable {
    case running
    /// Stopped but kept: the node object stays, tainted.
    case shutdown
  }

  public var providerID: String
  public var state: State
  public var addresses: [NodeAddress]
  public var zone: String
  public var region: String
  public var instanceType: String

  public init(
    providerID: String, state: State = .running, addresses: [NodeAddress] = [], zone: String = "",
    region: String = "", instanceType: String = ""
  ) {
    self.providerID = providerID
    self.state = state
    self.addresses = addresses
    self.zone = zone
    self.region = region
    self.instanceType = instanceType
  }
}
