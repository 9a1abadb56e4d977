import Basics
import ControllerRuntime
import KubeAPI

/// As much of an API server as one kubelet or kube-proxy needs: objects with revisions, watches
/// with field selectors, status updates with optimistic locking, graceful deletion.
struct FakeAPIServer {
  var objects: [ObjectReference: APIObject] = [:]
  var revision: Int64 = 100
  /// Every request that came, as `verb path`.
  var log: [String] = []
  var watches: [(id: RequestID, request: APIRequest)] = []
  var outgoing: [(RequestID, WatchEvent)] = []
  private var nextUID: UInt64 = 1

  mutating func get<T: Resource>(_ type: T.Type, _ name: String, _ namespace: String = "") -> T? {
    objects[ObjectReference(T.kind, ObjectKey(namespace: namespace, name: name))]?.cast()
  }

  func all(_ kind: ResourceKind) -> [APIObject] {
    objects.filter { $0.key.kind == kind }.sorted { $0.key < $1.key }.map(\.value)
  }

  // MARK: Writes by hand

  @discardableResult
  mutating func put(_ object: APIObject) -> APIObject {
    revision += 1
    let uid = object.metadata.uid
    nextUID += uid.isNone ? 1 : 0
    let fresh = UID(high: nextUID, low: 7)
    let isNew = objects[object.reference] == nil
    let stored = object.withMetadata { if uid.isNone { $0.uid = fresh } }.at(
      resourceVersion: revision)
    objects[stored.reference] = stored
    publish(WatchEvent(isNew ? .added : .modified, stored))
    return stored
  }

  mutating func change<T: Resource>(
    _ type: T.Type, _ name: String, _ namespace: String = "", _ body: (inout T) -> Void
  ) {
    guard var object = get(type, name, namespace) else { return }
    body(&object)
    put(object.boxed)
  }

  mutating func delete(_ reference: ObjectReference) {
    guard let old = objects.removeValue(forKey: reference) else { return }
    revision += 1
    publish(WatchEvent(.deleted, old.at(resourceVersion: revision)))
  }

  /// What `kubectl delete pod` does.
  mutating func deletePod(_ name: String, grace: Int64?, at now: Timestamp) {
    change(Pod.self, name, "default") { pod in
      let seconds = grace ?? pod.spec.terminationGracePeriodSeconds ?? 30
      pod.metadata.deletionTimestamp = now + .seconds(Int(seconds))
      pod.metadata.deletionGracePeriodSeconds = seconds
    }
  }

  private mutating func publish(_ event: WatchEvent) {
    for watch in watches where matches(watch.request, event.object) {
      outgoing.append((watch.id, event))
    }
  }

  private func matches(_ request: APIRequest, _ object: APIObject) -> Bool {
    guard request.kind == object.kind else { return false }
    if let selector = request.options.labelSelector, !selector.matches(object.metadata.labels) {
      return false
    }
    return (request.options.fieldSelector?.requirements ?? []).allSatisfy { requirement in
      switch requirement.field {
      case "spec.nodeName": object.pod?.spec.nodeName == requirement.value
      case "metadata.name": object.metadata.name == requirement.value
      default: false
      }
    }
  }

  // MARK: Requests

  /// Nil for a watch, which is answered by its events.
  mutating func answer(_ id: RequestID, _ request: APIRequest) -> APIResponse? {
    let verb = request.verb.rawValue
    log.append(request.kind == .event ? verb + " event" : verb + " " + request.path)
    let reference = ObjectReference(request.kind, request.key)
    let missing = APIResponse.status(.notFound(request.kind, request.name))
    switch request.verb {
    case .watch:
      watches.append((id, request))
      return nil
    case .list:
      let items = all(request.kind).filter { matches(request, $0) }
      return .list(items, resourceVersion: revision, continueToken: "")
    case .get:
      return objects[reference].map { .object($0) } ?? missing
    case .create where request.subresource == .token:
      return .token("token", expiration: Timestamp(microseconds: 0))
    case .create:
      guard case .object(let object)? = request.body else { return missing }
      if objects[reference] != nil {
        return .status(.alreadyExists(request.kind, request.name))
      }
      return .object(put(object))
    case .update:
      guard let old = objects[reference], case .object(let object)? = request.body else {
        return missing
      }
      if object.resourceVersion != old.resourceVersion {
        return .status(.conflict(request.kind, request.name, APIStatus.objectModified))
      }
      return .object(put(object))
    case .patch:
      return objects[reference].map { .object($0) } ?? missing
    case .delete:
      guard objects[reference] != nil else { return missing }
      delete(reference)
      return .status(APIStatus(code: 200, reason: .unknown, message: ""))
    case .deletecollection:
      return missing
    }
  }
}
