import Basics
import KubeAPI

/// `kubectl delete`.
struct DeleteVerb: KubectlVerb {
  private var named: [(ResourceKind, ObjectKey)] = []
  private let kinds: [ResourceKind]
  private let arguments: KubectlArguments
  private let labels: LabelSelector?
  private let grace: Int64?
  private let dryRun: DryRun
  private var unknown = UnknownKinds()

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    self.arguments = arguments
    labels = try arguments.labelSelector()
    grace = try Self.grace(arguments)
    dryRun = try DryRun(arguments)
    if arguments["filename"] != nil {
      kinds = []
      let read = try ManifestFiles(arguments)
      unknown = read.unknown
      for document in read.documents {
        let object = document.object
        let own = object.metadata.namespace
        let namespace =
          object.kind.isNamespaced ? (own.isEmpty ? arguments.namespace : own) : ""
        named.append(
          (object.kind, ObjectKey(namespace: namespace, name: object.metadata.name)))
      }
      return
    }
    let (found, names) = try KubectlArguments.targets(arguments.words)
    kinds = found
    named = names.map { kind, name in
      (kind, ObjectKey(namespace: kind.isNamespaced ? arguments.namespace : "", name: name))
    }
    if named.isEmpty && labels == nil && !arguments.isSet("all") {
      throw KubectlProblem(
        message: "error: resource(s) were provided, but no name was specified")
    }
  }

  /// Seconds of grace; nil leaves them to the objects (`DeleteOptions.Complete` and `Validate`).
  private static func grace(_ arguments: KubectlArguments) throws(KubectlProblem) -> Int64? {
    let isForced = arguments.isSet("force")
    var grace = Int64(try arguments.integer("grace-period") ?? -1)
    if arguments.isSet("now") {
      guard grace == -1 else {
        throw KubectlProblem(
          message: "error: --now and --grace-period cannot be specified together")
      }
      grace = 1
    }
    // No grace at all is for those who insist.
    if grace == 0, !isForced { grace = 1 }
    if grace < 0, isForced { grace = 0 }
    guard grace <= 0 || !isForced else {
      throw KubectlProblem(
        message: "error: --force and --grace-period greater than 0 cannot be specified together")
    }
    return grace < 0 ? nil : grace
  }

  mutating func begin(_ io: inout KubectlIO) {
    if grace == 0 {
      io.warn(
        "Warning: Immediate deletion does not wait for confirmation that the running resource has "
          + "been terminated. The resource may continue to run on the cluster indefinitely.")
    }
    unknown.say(&io)
    for (kind, key) in named { delete(kind, key, &io) }
    guard named.isEmpty, arguments["filename"] == nil else { return }
    for kind in kinds {
      let isAll = arguments.isSet("all-namespaces") || !kind.isNamespaced
      var request = APIRequest(.list, kind, namespace: isAll ? "" : arguments.namespace)
      request.options.labelSelector = labels
      io.send(request)
    }
  }

  private func delete(_ kind: ResourceKind, _ key: ObjectKey, _ io: inout KubectlIO) {
    // Names are taken on trust here: kubectl does not look for them either.
    if dryRun == .client { return said(kind, key, &io) }
    var request = APIRequest(.delete, kind, namespace: key.namespace, name: key.name)
    request.options.gracePeriodSeconds = grace
    request.options.dryRun = dryRun == .server
    switch arguments["cascade"] {
    case "foreground": request.options.propagationPolicy = "Foreground"
    case "orphan": request.options.propagationPolicy = "Orphan"
    default: request.options.propagationPolicy = "Background"
    }
    io.send(request)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch response {
    case .list(let objects, _, _):
      if objects.isEmpty { io.print("No resources found") }
      for object in objects { delete(object.kind, object.key, &io) }
    case .status(let status) where status.code >= 400 || status.code == 0:
      if !(status.isNotFound && arguments.isSet("ignore-not-found")) { io.fail(status) }
    case .object, .status, .token:
      said(request.request.kind, request.request.key, &io)
    }
  }

  private func said(_ kind: ResourceKind, _ key: ObjectKey, _ io: inout KubectlIO) {
    let group = kind.group.isEmpty ? "" : "." + kind.group
    let word = grace == 0 ? "force deleted" : "deleted"
    let place = key.namespace.isEmpty ? "" : " from \(key.namespace) namespace"
    io.print("\(kind.singular)\(group) \"\(key.name)\" \(word)\(place)\(dryRun.suffix)")
  }
}

/// `kubectl cordon` and `kubectl uncordon`.
struct CordonVerb: KubectlVerb {
  private let names: [String]
  private let isCordon: Bool
  private let dryRun: DryRun

  init(_ arguments: KubectlArguments, isCordon: Bool) throws(KubectlProblem) {
    guard !arguments.words.isEmpty else {
      throw KubectlProblem(
        message: "error: USAGE: \(isCordon ? "cordon" : "uncordon") NODE [flags]")
    }
    names = arguments.words.map { $0.hasPrefix("node/") ? String($0.dropFirst(5)) : $0 }
    self.isCordon = isCordon
    dryRun = try DryRun(arguments)
  }

  mutating func begin(_ io: inout KubectlIO) {
    for name in names { io.send(APIRequest(.get, .node, name: name)) }
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    let word = (isCordon ? "cordoned" : "uncordoned") + dryRun.suffix
    switch (request.request.verb, response) {
    case (.get, .object(let object)):
      if object.node?.spec.unschedulable == isCordon {
        return io.print("node/\(object.metadata.name) already \(word)")
      }
      if dryRun == .client { return io.print("node/\(object.metadata.name) \(word)") }
      var patch = APIRequest(.patch, .node, name: object.metadata.name)
      let value: JSONValue = isCordon ? .bool(true) : .null
      let spec = JSONValue.object(JSONObject([("unschedulable", value)]))
      patch.body = .patch(Patch(.strategicMerge, .object(JSONObject([("spec", spec)]))))
      patch.options.dryRun = dryRun == .server
      io.send(patch)
    case (_, .object(let object)): io.print("node/\(object.metadata.name) \(word)")
    case (_, .status(let status)): io.fail(status)
    default: break
    }
  }
}
