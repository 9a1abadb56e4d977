import Basics

/// `metav1.ObjectMeta`, less the resource version, which the object itself holds.
public struct ObjectMeta: Sendable, Equatable {
  public var name = ""
  public var generateName = ""
  public var namespace = ""
  public var uid = UID.none
  public var generation: Int64 = 0
  @PackedTime public var creationTimestamp: Timestamp?
  @PackedTime public var deletionTimestamp: Timestamp?
  public var deletionGracePeriodSeconds: Int64?
  public var labels = StringMap()
  public var annotations = StringMap()
  public var ownerReferences: [OwnerReference] = []
  public var finalizers: [String] = []
  /// `managedFields` and whatever else is only carried.
  public var carried = Carried()

  public init() {}
  public init(name: String, namespace: String = "") {
    self.name = name
    self.namespace = namespace
  }

  var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

  /// The owner with `controller: true`.
  public var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }
}

public struct OwnerReference: Sendable, Equatable {
  public var apiVersion = ""
  public var kind = ""
  public var name = ""
  public var uid = UID.none
  public var controller: Bool?
  public var blockOwnerDeletion: Bool?
  public init() {}
  public init(
    apiVersion: String, kind: String, name: String, uid: UID, controller: Bool? = nil,
    blockOwnerDeletion: Bool? = nil
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.uid = uid
    self.controller = controller
    self.blockOwnerDeletion = blockOwnerDeletion
  }
}

/// Namespace and name: what names an object within its kind.
public struct ObjectKey: Hashable, Comparable, Sendable {
  public var namespace: String
  public var name: String

  public init(namespace: String = "", name: String) {
    self.namespace = namespace
    self.name = name
  }

  public static func < (a: ObjectKey, b: ObjectKey) -> Bool {
    a.namespace == b.namespace ? a.name < b.name : a.namespace < b.namespace
  }

  /// `namespace/name`, or the name alone for a kind without namespaces.
  public var text: String { namespace.isEmpty ? name : namespace + "/" + name }
}

/// Names one object of one kind; what traces and events point at.
public struct ObjectReference: Hashable, Comparable, Sendable {
  public var kind: ResourceKind
  public var key: ObjectKey

  public init(_ kind: ResourceKind, _ key: ObjectKey) {
    self.kind = kind
    self.key = key
  }

  public static func < (a: ObjectReference, b: ObjectReference) -> Bool {
    a.kind == b.kind ? a.key < b.key : a.kind < b.kind
  }

  /// `pod/default/web-1`.
  public var text: String { kind.singular + "/" + key.text }
}
