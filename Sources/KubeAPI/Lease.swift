import Basics

/// A lease (`coordination.k8s.io/v1`): a node's heartbeat, or who leads.
public struct Lease: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = LeaseSpec()
  public init() {}
}

public struct LeaseSpec: Sendable, Equatable {
  public var holderIdentity: String?
  public var leaseDurationSeconds: Int32?
  public var acquireTime: Timestamp?
  public var renewTime: Timestamp?
  public var leaseTransitions: Int32?
  public var carried = Carried()
  public init() {}
}

extension Lease: Resource {
  public static var kind: ResourceKind { .lease }
  public static func extract(_ body: APIObject.Body) -> Lease? {
    guard case .lease(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .lease(self) }
}
