import Basics
import KubeAPI

/// An API server in memory, with as much of the real one's behaviour as controllers lean on:
/// revisions and conflicts, generations, two-phase deletion, finalizers, watches.
struct FakeAPIServer {
  struct Watcher {
    var id: UInt64
    var kind: ResourceKind
    var isCloud: Bool
  }

  var objects: [ResourceKind: [ObjectKey: APIObject]] = [:]
  var revision: Int64 = 100
  var watchers: [Watcher] = []
  /// Watch events made and not yet taken, per watch.
  var pending: [(watch: UInt64, isCloud: Bool, event: WatchEvent)] = []
  /// How often each verb was asked for, as `create pods`.
  var counts: [String: Int] = [:]
  /// Answers with this instead, once per matching request: verb and kind.
  var refusals: [(verb: APIRequest.Verb, kind: ResourceKind, status: APIStatus)] = []
  private var prng = PRNG(seed: 7)

  func list(_ kind: ResourceKind) -> [APIObject] {
    (objects[kind] ?? [:]).keys.sorted().compactMap { objects[kind]?[$0] }
  }

  func get<T: Resource>(_ key: ObjectKey, as type: T.Type = T.self) -> T? {
    objects[T.kind]?[key].flatMap { T.extract($0.body) }
  }

  func all<T: Resource>(_ type: T.Type = T.self) -> [T] {
    list(T.kind).compactMap { T.extract($0.body) }
  }

  mutating func handle(
    _ id: UInt64, _ request: APIRequest, isCloud: Bool = false, now: Timestamp
  ) -> APIResponse? {
    counts["\(request.verb) \(request.kind.plural)", default: 0] += 1
    if let at = refusals.firstIndex(where: {
      $0.verb == request.verb && $0.kind == request.kind
    }) {
      return .status(refusals.remove(at: at).status)
    }
    switch request.verb {
    case .get:
      guard let object = objects[request.kind]?[request.key] else {
        return .status(.notFound(request.kind, request.name))
      }
      return .object(object)
    case .list:
      let items = list(request.kind).filter {
        request.namespace.isEmpty || $0.metadata.namespace == request.namespace
      }
      return .list(items, resourceVersion: revision, continueToken: "")
    case .watch:
      watchers.append(Watcher(id: id, kind: request.kind, isCloud: isCloud))
      return nil
    case .create where request.subresource == .token:
      return .token("token-of-\(request.name)", expiration: now)
    case .create: return create(request, now)
    case .update: return update(request, now)
    case .patch: return patch(request)
    case .delete: return delete(request.kind, request.key, request.options, now)
    case .deletecollection:
      for object in list(request.kind) where object.metadata.namespace == request.namespace {
        _ = delete(request.kind, object.key, request.options, now)
      }
      return .status(APIStatus(code: 200, reason: .unknown, message: ""))
    }
  }

  // MARK: Writing

  private mutating func create(_ request: APIRequest, _ now: Timestamp) -> APIResponse {
    guard case .object(let object)? = request.body else { return .status(.badRequest("no body")) }
    let namespace = object.metadata.namespace
    if request.kind.isNamespaced,
      let home = get(ObjectKey(name: namespace), as: Namespace.self),
      home.metadata.deletionTimestamp != nil, request.kind != .event
    {
      return .status(
        APIStatus(
          code: 403, reason: .forbidden, message: "namespace is being terminated",
          causes: [.init(reason: "NamespaceTerminating", message: "", field: "")]))
    }
    let created = object.withMetadata { metadata in
      if metadata.name.isEmpty { metadata.name = metadata.generateName + suffix() }
      metadata.uid = UID(high: prng.next(), low: prng.next())
      metadata.creationTimestamp = now.truncatedToSeconds
      metadata.generation = 1
    }
    if objects[request.kind]?[created.key] != nil {
      return .status(.alreadyExists(request.kind, created.metadata.name))
    }
    return .object(put(admitted(created), .added))
  }

  private mutating func suffix() -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    return String((0..<5).map { _ in alphabet[prng.index(below: alphabet.count)] })
  }

  /// DefaultTolerationSeconds.
  private func admitted(_ object: APIObject) -> APIObject {
    guard var pod = object.pod else {
      guard var namespace = object.namespace else { return object }
      namespace.spec.finalizers = ["kubernetes"]
      namespace.status.phase = "Active"
      return namespace.boxed
    }
    for key in [Taint.notReady, Taint.unreachable]
    where !pod.spec.tolerations.contains(where: { $0.key == key || $0.key.isEmpty }) {
      var toleration = Toleration()
      toleration.key = key
      toleration.operatorName = "Exists"
      toleration.effect = "NoExecute"
      toleration.tolerationSeconds = 300
      pod.spec.tolerations.append(toleration)
    }
    if pod.status.phase.isEmpty { pod.status.phase = "Pending" }
    return pod.boxed
  }

  private mutating func update(_ request: APIRequest, _ now: Timestamp) -> APIResponse {
    guard case .object(let object)? = request.body else { return .status(.badRequest("no body")) }
    guard let old = objects[request.kind]?[request.key] else {
      return .status(.notFound(request.kind, request.name))
    }
    if object.resourceVersion != 0 && object.resourceVersion != old.resourceVersion {
      return .status(.conflict(request.kind, request.name, APIStatus.objectModified))
    }
    let merged = merge(old, object, request.subresource)
    if old.at(resourceVersion: 0).body == merged.at(resourceVersion: 0).body {
      return .object(old)
    }
    let metadata = merged.metadata
    if metadata.deletionTimestamp != nil && metadata.finalizers.isEmpty && isEmptied(merged)
      && merged.kind != .pod
    {
      remove(merged)
      return .object(merged)
    }
    return .object(put(merged, .modified))
  }

  /// Strategic merge patches of what nodes are patched with: annotations and pod addresses.
  private mutating func patch(_ request: APIRequest) -> APIResponse {
    guard var node = get(request.key, as: Node.self) else {
      return .status(.notFound(request.kind, request.name))
    }
    guard case .patch(let patch)? = request.body, case .object(let fields) = patch.document else {
      return .status(.badRequest("no patch"))
    }
    if case .object(let metadata)? = fields["metadata"],
      case .object(let annotations)? = metadata["annotations"]
    {
      for case (let key, .string(let value)) in annotations.fields.map({ ($0.key, $0.value) }) {
        node.metadata.annotations[key] = value
      }
    }
    if case .object(let spec)? = fields["spec"], case .string(let block)? = spec["podCIDR"] {
      node.spec.podCIDR = block
      node.spec.podCIDRs = [block]
    }
    return .object(put(node.boxed, .modified))
  }

  private func isEmptied(_ object: APIObject) -> Bool {
    object.namespace?.spec.finalizers.isEmpty ?? true
  }

  /// The main resource keeps its status, the status subresource all but that and the metadata's
  /// annotations; a changed spec is a new generation.
  private func merge(
    _ old: APIObject, _ new: APIObject, _ subresource: APIRequest.Subresource?
  ) -> APIObject {
    let isStatus = subresource == .status
    func keep(_ metadata: inout ObjectMeta) {
      let old = old.metadata
      metadata.uid = old.uid
      metadata.generation = old.generation
      metadata.deletionTimestamp = old.deletionTimestamp
      metadata.creationTimestamp = old.creationTimestamp
    }
    switch (old.body, new.body) {
    case (.deployment(let a), .deployment(var b)):
      keep(&b.metadata)
      if isStatus { b.spec = a.spec } else { b.status = a.status }
      if a.spec != b.spec { b.metadata.generation += 1 }
      return b.boxed
    case (.replicaSet(let a), .replicaSet(var b)):
      keep(&b.metadata)
      if isStatus { b.spec = a.spec } else { b.status = a.status }
      if a.spec != b.spec { b.metadata.generation += 1 }
      return b.boxed
    case (.pod(let a), .pod(var b)):
      keep(&b.metadata)
      if isStatus { b.spec = a.spec } else { b.status = a.status }
      return b.boxed
    case (.node(let a), .node(var b)):
      keep(&b.metadata)
      if isStatus { b.spec = a.spec } else { b.status = a.status }
      return b.boxed
    case (.service(let a), .service(var b)):
      keep(&b.metadata)
      if isStatus { b.spec = a.spec } else { b.status = a.status }
      return b.boxed
    case (.namespace(let a), .namespace(var b)):
      keep(&b.metadata)
      if isStatus || subresource == .finalize { b.metadata = a.metadata }
      if isStatus { b.spec = a.spec } else { b.status = a.status }
      if subresource == nil { b.spec = a.spec }
      return b.boxed
    default: return new.withMetadata { keep(&$0) }
    }
  }

  mutating func delete(
    _ kind: ResourceKind, _ key: ObjectKey, _ options: APIRequest.Options, _ now: Timestamp
  ) -> APIResponse {
    guard let object = objects[kind]?[key] else { return .status(.notFound(kind, key.name)) }
    if let uid = options.preconditionUID, uid != object.metadata.uid {
      return .status(.conflict(kind, key.name, "Precondition failed: UID in precondition"))
    }
    var finalizers = object.metadata.finalizers
    switch options.propagationPolicy {
    case "Foreground":
      if !finalizers.contains("foregroundDeletion") { finalizers.append("foregroundDeletion") }
    case "Orphan": if !finalizers.contains("orphan") { finalizers.append("orphan") }
    default: break
    }
    let grace = options.gracePeriodSeconds ?? 30
    let isGraceful =
      object.pod.map { !$0.spec.nodeName.isEmpty && $0.status.phase == "Running" && grace > 0 }
      ?? false
    if finalizers.isEmpty && !isGraceful && kind != .namespace {
      remove(object)
      return .object(object)
    }
    if object.metadata.deletionTimestamp != nil && finalizers == object.metadata.finalizers {
      return .object(object)
    }
    var marked = object.withMetadata {
      $0.deletionTimestamp = $0.deletionTimestamp ?? now.truncatedToSeconds
      $0.deletionGracePeriodSeconds = isGraceful ? grace : 0
      $0.finalizers = finalizers
    }
    if var namespace = marked.namespace {
      namespace.status.phase = "Terminating"
      marked = namespace.boxed
    }
    return .object(put(marked, .modified))
  }

  mutating func put(_ object: APIObject, _ event: WatchEvent.Kind) -> APIObject {
    revision += 1
    let stored = object.at(resourceVersion: revision)
    objects[object.kind, default: [:]][object.key] = stored
    announce(event, stored)
    return stored
  }

  mutating func remove(_ object: APIObject) {
    revision += 1
    objects[object.kind]?[object.key] = nil
    announce(.deleted, object.at(resourceVersion: revision))
  }

  private mutating func announce(_ kind: WatchEvent.Kind, _ object: APIObject) {
    for watcher in watchers where watcher.kind == object.kind {
      pending.append((watcher.id, watcher.isCloud, WatchEvent(kind, object)))
    }
  }

  /// Changes an object as somebody outside would.
  mutating func change<T: Resource>(_ key: ObjectKey, _ body: (inout T) -> Void) {
    guard var object = get(key, as: T.self) else { return }
    let before = object
    body(&object)
    if object == before { return }
    _ = put(object.boxed, .modified)
  }
}
