import Basics

/// What a client asks of an API server: the parts of an HTTP request to the Kubernetes API.
public struct APIRequest: Sendable {
  public enum Verb: String, Sendable {
    case get, list, watch, create, update, patch, delete, deletecollection
  }

  public enum Subresource: String, Sendable {
    case status, binding, eviction, scale, finalize, token
  }

  public var verb: Verb
  public var kind: ResourceKind
  public var namespace = ""
  public var name = ""
  public var subresource: Subresource?
  /// The authenticated user, as `system:kube-scheduler`; what audit and traces show.
  public var user = ""
  /// A service account token; where there is one, it and not `user` says who asks.
  public var bearerToken = ""
  /// The body of a create, update, or a binding's target.
  public var body: Body?
  public var options = Options()

  public enum Body: Sendable {
    case object(APIObject)
    /// `pods/binding`: the node to bind to, and the identity the pod must still have.
    case binding(node: String, uid: UID)
    /// A patch: an RFC 7386 merge patch, an RFC 6902 JSON patch, a strategic merge patch, or a
    /// server-side apply configuration.
    case patch(Patch)
    /// `scale`.
    case scale(replicas: Int32, resourceVersion: Int64)
    /// `serviceaccounts/token`: a TokenRequest for a pod.
    case tokenRequest(expirationSeconds: Int64, boundPod: ObjectKey?, podUID: UID)
  }

  public struct Options: Sendable {
    /// List and watch: nil is "most recent", 0 "any", more "at least" (watch: "from").
    public var resourceVersion: Int64?
    public var labelSelector: LabelSelector?
    public var fieldSelector: FieldSelector?
    public var allowWatchBookmarks = false
    public var limit = 0
    public var continueToken = ""
    /// Delete: seconds of grace; nil takes the object's own.
    public var gracePeriodSeconds: Int64?
    /// Delete: `Background`, `Foreground`, `Orphan`; nil takes the default.
    public var propagationPolicy: String?
    /// Delete and update: the identity and revision the object must have.
    public var preconditionUID: UID?
    public var preconditionResourceVersion: Int64?
    public var dryRun = false
    /// Server-side apply and managed fields.
    public var fieldManager = ""
    public var force = false
    public init() {}
  }

  public init(_ verb: Verb, _ kind: ResourceKind, namespace: String = "", name: String = "") {
    self.verb = verb
    self.kind = kind
    self.namespace = namespace
    self.name = name
  }

  /// True for the verbs that change something.
  public var isMutating: Bool {
    switch verb {
    case .get, .list, .watch: false
    case .create, .update, .patch, .delete, .deletecollection: true
    }
  }

  public var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

  /// The URL path: `/apis/apps/v1/namespaces/default/deployments/web/status`.
  public var path: String {
    var path = kind.group.isEmpty ? "/api/v1" : "/apis/" + kind.apiVersion
    if kind.isNamespaced && !namespace.isEmpty { path += "/namespaces/" + namespace }
    path += "/" + kind.plural
    if !name.isEmpty { path += "/" + name }
    if let subresource { path += "/" + subresource.rawValue }
    return path
  }
}

/// A patch body.
public struct Patch: Sendable {
  public enum Format: Sendable {
    case merge, json, strategicMerge, apply
  }
  public var format: Format
  public var document: JSONValue
  public init(_ format: Format, _ document: JSONValue) {
    self.format = format
    self.document = document
  }
}

/// A field selector: all requirements must hold. The API knows `metadata.name` and
/// `metadata.namespace` for every kind, and a few more for some (pods: `spec.nodeName`,
/// `status.phase`, …; events: `involvedObject.*`, `reason`, …).
public struct FieldSelector: Sendable, Equatable {
  public struct Requirement: Sendable, Equatable {
    public var field: String
    public var isEqual: Bool
    public var value: String
    public init(_ field: String, isEqual: Bool = true, _ value: String) {
      self.field = field
      self.isEqual = isEqual
      self.value = value
    }
  }
  public var requirements: [Requirement]
  public init(_ requirements: [Requirement]) { self.requirements = requirements }

  /// `spec.nodeName=name`: what a kubelet watches its pods with.
  public static func nodeName(_ name: String) -> FieldSelector {
    FieldSelector([Requirement("spec.nodeName", name)])
  }
  /// `metadata.name=name`: one object.
  public static func name(_ name: String) -> FieldSelector {
    FieldSelector([Requirement("metadata.name", name)])
  }
}

/// What an API server answers.
public enum APIResponse: Sendable {
  case object(APIObject)
  /// A list, with the revision it is consistent at.
  case list([APIObject], resourceVersion: Int64, continueToken: String)
  /// A failure, or the success without an object that a delete of a gone object has.
  case status(APIStatus)
  /// `serviceaccounts/token`.
  case token(String, expiration: Timestamp)
}

/// One event of a watch.
public struct WatchEvent: Sendable {
  public enum Kind: UInt8, Sendable {
    case added, modified, deleted, bookmark
  }
  public var kind: Kind
  /// For a bookmark, an empty object that carries the revision only.
  public var object: APIObject
  public init(_ kind: Kind, _ object: APIObject) {
    self.kind = kind
    self.object = object
  }
}
