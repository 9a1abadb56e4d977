import Basics
import KubeAPI

/// What controllers ask of a pod (`pkg/api/v1/pod`, `controller_utils.go`).
extension Pod {
  var isReady: Bool { status.conditions.isTrue("Ready") }

  /// Succeeded or Failed: it will not run again.
  var isFinished: Bool { status.phase == "Succeeded" || status.phase == "Failed" }

  /// Not finished and not being deleted: what counts as a replica.
  var isActive: Bool { !isFinished && metadata.deletionTimestamp == nil }

  var readySince: Timestamp? {
    guard let ready = status.conditions["Ready"], ready.status == "True" else { return nil }
    return ready.lastTransitionTime
  }

  /// Ready for at least `minReadySeconds` (`IsPodAvailable`).
  func isAvailable(minReadySeconds: Int32, now: Timestamp) -> Bool {
    guard isReady else { return false }
    if minReadySeconds == 0 { return true }
    guard let since = readySince else { return false }
    return since + .seconds(Int(minReadySeconds)) < now
  }
}

extension ObjectMeta {
  /// Whether the controlling owner is the one with this identity.
  func isControlled(by uid: UID) -> Bool { controller?.uid == uid }
}

extension OwnerReference {
  /// The reference that makes `object` the controller of what carries it.
  static func controller(of object: some Resource) -> OwnerReference {
    let kind = type(of: object).kind
    return OwnerReference(
      apiVersion: kind.apiVersion, kind: kind.kind, name: object.metadata.name,
      uid: object.metadata.uid, controller: true, blockOwnerDeletion: true)
  }
}

extension APIRequest {
  static func create(_ object: some Resource) -> APIRequest {
    var request = APIRequest(
      .create, type(of: object).kind, namespace: object.metadata.namespace,
      name: object.metadata.name)
    request.body = .object(object.boxed)
    return request
  }

  /// Replaces the object, if it is still at the revision it was read at.
  static func update(_ object: some Resource, _ subresource: Subresource? = nil) -> APIRequest {
    var request = APIRequest(
      .update, type(of: object).kind, namespace: object.metadata.namespace,
      name: object.metadata.name)
    request.subresource = subresource
    request.body = .object(object.boxed)
    return request
  }

  /// The same for an object of any kind.
  static func update(object: APIObject) -> APIRequest {
    let key = object.key
    var request = APIRequest(.update, object.kind, namespace: key.namespace, name: key.name)
    request.body = .object(object)
    return request
  }

  /// Changes some fields, whatever else others change meanwhile.
  static func patch(
    _ kind: ResourceKind, _ key: ObjectKey, _ fields: [(String, JSONValue)]
  ) -> APIRequest {
    var request = APIRequest(.patch, kind, namespace: key.namespace, name: key.name)
    request.body = .patch(Patch(.strategicMerge, .object(JSONObject(fields))))
    return request
  }

  static func delete(_ kind: ResourceKind, _ key: ObjectKey, uid: UID? = nil) -> APIRequest {
    var request = APIRequest(.delete, kind, namespace: key.namespace, name: key.name)
    request.options.preconditionUID = uid
    return request
  }

  static func get(_ kind: ResourceKind, _ key: ObjectKey) -> APIRequest {
    APIRequest(.get, kind, namespace: key.namespace, name: key.name)
  }
}

/// The name without its namespace, for sentences.
extension ObjectReference {
  var name: String { key.name }
}

/// `1 pod`, `3 pods`.
func counted(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 " + noun : "\(count) \(noun)s"
}
