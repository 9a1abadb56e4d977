import Basics

/// What every typed object has: `Pod`, `Node`, `Lease` and so on.
public protocol Resource: Sendable, Equatable {
  static var kind: ResourceKind { get }
  init()
  /// The etcd revision of the last write; 0 before the first.
  var resourceVersion: Int64 { get set }
  var metadata: ObjectMeta { get set }
  /// The object inside `body` when it is of this kind.
  static func extract(_ body: APIObject.Body) -> Self?
  /// This object as the body of an `APIObject`.
  var body: APIObject.Body { get }
}

extension Resource {
  public var key: ObjectKey { ObjectKey(namespace: metadata.namespace, name: metadata.name) }
  public var reference: ObjectReference { ObjectReference(Self.kind, key) }
  /// This value boxed, to be sent or stored.
  public var boxed: APIObject { APIObject(body) }

  public init(name: String, namespace: String = "") {
    self.init()
    metadata.name = name
    metadata.namespace = namespace
  }
}

/// An immutable API object, shared by reference between the store, watch events, caches and
/// informers. A new revision is a new box that shares what did not change.
public final class APIObject: Sendable {
  public enum Body: Sendable, Equatable {
    case namespace(Namespace)
    case node(Node)
    case pod(Pod)
    case service(Service)
    case endpointSlice(EndpointSlice)
    case configMap(ConfigMap)
    case secret(Secret)
    case serviceAccount(ServiceAccount)
    case event(Event)
    case lease(Lease)
    case deployment(Deployment)
    case replicaSet(ReplicaSet)
  }

  public let body: Body

  public init(_ body: Body) { self.body = body }

  public var kind: ResourceKind {
    switch body {
    case .namespace: .namespace
    case .node: .node
    case .pod: .pod
    case .service: .service
    case .endpointSlice: .endpointSlice
    case .configMap: .configMap
    case .secret: .secret
    case .serviceAccount: .serviceAccount
    case .event: .event
    case .lease: .lease
    case .deployment: .deployment
    case .replicaSet: .replicaSet
    }
  }

  /// The object as any resource, to read or change what all have.
  public var resource: any Resource {
    switch body {
    case .namespace(let x): x
    case .node(let x): x
    case .pod(let x): x
    case .service(let x): x
    case .endpointSlice(let x): x
    case .configMap(let x): x
    case .secret(let x): x
    case .serviceAccount(let x): x
    case .event(let x): x
    case .lease(let x): x
    case .deployment(let x): x
    case .replicaSet(let x): x
    }
  }

  public var metadata: ObjectMeta {
    switch body {
    case .namespace(let x): x.metadata
    case .node(let x): x.metadata
    case .pod(let x): x.metadata
    case .service(let x): x.metadata
    case .endpointSlice(let x): x.metadata
    case .configMap(let x): x.metadata
    case .secret(let x): x.metadata
    case .serviceAccount(let x): x.metadata
    case .event(let x): x.metadata
    case .lease(let x): x.metadata
    case .deployment(let x): x.metadata
    case .replicaSet(let x): x.metadata
    }
  }

  public var resourceVersion: Int64 {
    switch body {
    case .namespace(let x): x.resourceVersion
    case .node(let x): x.resourceVersion
    case .pod(let x): x.resourceVersion
    case .service(let x): x.resourceVersion
    case .endpointSlice(let x): x.resourceVersion
    case .configMap(let x): x.resourceVersion
    case .secret(let x): x.resourceVersion
    case .serviceAccount(let x): x.resourceVersion
    case .event(let x): x.resourceVersion
    case .lease(let x): x.resourceVersion
    case .deployment(let x): x.resourceVersion
    case .replicaSet(let x): x.resourceVersion
    }
  }

  // Case by case, as a copy of all the metadata for the sake of two names is a dozen retains.
  public var key: ObjectKey {
    switch body {
    case .namespace(let x): x.metadata.key
    case .node(let x): x.metadata.key
    case .pod(let x): x.metadata.key
    case .service(let x): x.metadata.key
    case .endpointSlice(let x): x.metadata.key
    case .configMap(let x): x.metadata.key
    case .secret(let x): x.metadata.key
    case .serviceAccount(let x): x.metadata.key
    case .event(let x): x.metadata.key
    case .lease(let x): x.metadata.key
    case .deployment(let x): x.metadata.key
    case .replicaSet(let x): x.metadata.key
    }
  }
  public var reference: ObjectReference { ObjectReference(kind, key) }

  /// A box with metadata changed by `change`; everything else is shared.
  public func withMetadata(_ change: (inout ObjectMeta) -> Void) -> APIObject {
    func changed<R: Resource>(_ x: R) -> APIObject {
      var copy = x
      change(&copy.metadata)
      return APIObject(copy.body)
    }
    return changed(resource)
  }

  /// A box at another resource version; everything else is shared.
  public func at(resourceVersion: Int64) -> APIObject {
    var copy = body
    copy.set(resourceVersion: resourceVersion)
    return APIObject(copy)
  }

  /// The object as a `T`, when it is one.
  public func cast<T: Resource>(to type: T.Type = T.self) -> T? { T.extract(body) }
}

extension APIObject.Body {
  // Written out: this happens to every object at every step of its way, and a box for `any
  // Resource` is an allocation each time.
  fileprivate mutating func set(resourceVersion: Int64) {
    switch self {
    case .namespace(var x):
      x.resourceVersion = resourceVersion
      self = .namespace(x)
    case .node(var x):
      x.resourceVersion = resourceVersion
      self = .node(x)
    case .pod(var x):
      x.resourceVersion = resourceVersion
      self = .pod(x)
    case .service(var x):
      x.resourceVersion = resourceVersion
      self = .service(x)
    case .endpointSlice(var x):
      x.resourceVersion = resourceVersion
      self = .endpointSlice(x)
    case .configMap(var x):
      x.resourceVersion = resourceVersion
      self = .configMap(x)
    case .secret(var x):
      x.resourceVersion = resourceVersion
      self = .secret(x)
    case .serviceAccount(var x):
      x.resourceVersion = resourceVersion
      self = .serviceAccount(x)
    case .event(var x):
      x.resourceVersion = resourceVersion
      self = .event(x)
    case .lease(var x):
      x.resourceVersion = resourceVersion
      self = .lease(x)
    case .deployment(var x):
      x.resourceVersion = resourceVersion
      self = .deployment(x)
    case .replicaSet(var x):
      x.resourceVersion = resourceVersion
      self = .replicaSet(x)
    }
  }
}

extension APIObject {
  public var namespace: Namespace? { Namespace.extract(body) }
  public var node: Node? { Node.extract(body) }
  public var pod: Pod? { Pod.extract(body) }
  public var service: Service? { Service.extract(body) }
  public var endpointSlice: EndpointSlice? { EndpointSlice.extract(body) }
  public var configMap: ConfigMap? { ConfigMap.extract(body) }
  public var secret: Secret? { Secret.extract(body) }
  public var serviceAccount: ServiceAccount? { ServiceAccount.extract(body) }
  public var event: Event? { Event.extract(body) }
  public var lease: Lease? { Lease.extract(body) }
  public var deployment: Deployment? { Deployment.extract(body) }
  public var replicaSet: ReplicaSet? { ReplicaSet.extract(body) }
}
