import Basics

/// A service: a stable address before the pods its selector finds.
public struct Service: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = ServiceSpec()
  @Shared public var status = ServiceStatus()
  public init() {}
}

public struct ServiceSpec: Sendable, Equatable {
  public var type = ""
  public var clusterIP = ""
  public var clusterIPs: [String] = []
  public var selector = StringMap()
  public var ports: [ServicePort] = []
  public var sessionAffinity = ""
  public var externalTrafficPolicy = ""
  public var internalTrafficPolicy: String?
  public var ipFamilies: [String] = []
  public var ipFamilyPolicy: String?
  public var externalName = ""
  public var allocateLoadBalancerNodePorts: Bool?
  public var loadBalancerClass: String?
  public var publishNotReadyAddresses = false
  public var carried = Carried()
  public init() {}
}

public struct ServicePort: Sendable, Equatable {
  public var name = ""
  public var protocolName = ""
  public var appProtocol: String?
  public var port: Int32 = 0
  public var targetPort = IntOrString.integer(0)
  public var nodePort: Int32 = 0
  public init() {}
}

public struct ServiceStatus: Sendable, Equatable {
  /// `status.loadBalancer.ingress`.
  public var ingress: [LoadBalancerIngress] = []
  public var conditions: [Condition] = []
  public init() {}
}

public struct LoadBalancerIngress: Sendable, Equatable {
  public var ip = ""
  public var hostname = ""
  public var ipMode: String?
  public var carried = Carried()
  public init() {}
}

extension Service: Resource {
  public static var kind: ResourceKind { .service }
  public static func extract(_ body: APIObject.Body) -> Service? {
    guard case .service(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .service(self) }
}

/// Part of a service's endpoints, at most 100 in one slice by default.
public struct EndpointSlice: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  public var addressType = ""
  @Shared public var endpoints: [Endpoint] = []
  public var ports: [EndpointPort] = []
  public init() {}
}

public struct Endpoint: Sendable, Equatable {
  public var addresses: [String] = []
  public var ready: Bool?
  public var serving: Bool?
  public var terminating: Bool?
  public var hostname: String?
  public var nodeName: String?
  public var zone: String?
  public var targetRef: TargetReference?
  public var carried = Carried()
  public init() {}
}

/// A `v1.ObjectReference`, as endpoints and events have it.
public struct TargetReference: Sendable, Equatable {
  public var apiVersion = ""
  public var kind = ""
  public var namespace = ""
  public var name = ""
  public var uid = UID.none
  public var resourceVersion = ""
  public var fieldPath = ""
  public init() {}
}

public struct EndpointPort: Sendable, Equatable {
  public var name: String?
  public var protocolName: String?
  public var port: Int32?
  public var appProtocol: String?
  public init() {}
}

extension EndpointSlice: Resource {
  public static var kind: ResourceKind { .endpointSlice }
  public static func extract(_ body: APIObject.Body) -> EndpointSlice? {
    guard case .endpointSlice(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .endpointSlice(self) }
}
