import Basics

/// Configuration as key and text.
public struct ConfigMap: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var data = StringMap()
  /// Base64, as in the manifest.
  @Shared public var binaryData = StringMap()
  public var immutable: Bool?
  public init() {}
}

extension ConfigMap: Resource {
  public static var kind: ResourceKind { .configMap }
  public static func extract(_ body: APIObject.Body) -> ConfigMap? {
    guard case .configMap(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .configMap(self) }
}

/// A secret; `data` holds base64 text, as the API shows it.
public struct Secret: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var data = StringMap()
  public var type = ""
  public var immutable: Bool?
  public init() {}
}

extension Secret: Resource {
  public static var kind: ResourceKind { .secret }
  public static func extract(_ body: APIObject.Body) -> Secret? {
    guard case .secret(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .secret(self) }
}

public struct ServiceAccount: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  public var secrets: [String] = []
  public var imagePullSecrets: [String] = []
  public var automountServiceAccountToken: Bool?
  public init() {}
}

extension ServiceAccount: Resource {
  public static var kind: ResourceKind { .serviceAccount }
  public static func extract(_ body: APIObject.Body) -> ServiceAccount? {
    guard case .serviceAccount(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .serviceAccount(self) }
}
