import Basics

/// A namespace.
public struct Namespace: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var spec = NamespaceSpec()
  @Shared public var status = NamespaceStatus()
  public init() {}
}

public struct NamespaceSpec: Sendable, Equatable {
  /// `spec.finalizers`: `kubernetes` until the namespace controller has emptied it.
  public var finalizers: [String] = []
  public init() {}
}

public struct NamespaceStatus: Sendable, Equatable {
  /// `Active` or `Terminating`.
  public var phase = ""
  public var conditions: [Condition] = []
  public init() {}
}

extension Namespace: Resource {
  public static var kind: ResourceKind { .namespace }
  public static func extract(_ body: APIObject.Body) -> Namespace? {
    guard case .namespace(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .namespace(self) }
}
