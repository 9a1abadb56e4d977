import Basics
import KubeAPI

/// `kubectl scale`.
struct ScaleVerb: KubectlVerb {
  private let named: [(ResourceKind, String)]
  private let namespace: String
  private let replicas: Int32
  /// What must hold of an object before it is scaled (`ScalePrecondition`).
  private let currentReplicas: Int?
  private let resourceVersion: String?
  private let dryRun: DryRun
  private var next = 0
  /// Objects that are not there are told of once the others are scaled.
  private var absent: [KubectlIO.Failure] = []

  /// How long to wait before a scale that lost against another change is tried again.
  private static let retryInterval = Span.seconds(1)

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard let count = try arguments.integer("replicas") else {
      throw KubectlProblem(message: "error: required flag(s) \"replicas\" not set")
    }
    guard count >= 0 else {
      throw KubectlProblem(
        message: "error: The --replicas=COUNT flag is required, and COUNT must be greater than or "
          + "equal to 0")
    }
    guard let replicas = Int32(exactly: count) else {
      throw KubectlProblem(message: "error: --replicas=\(count) is more than a scale can hold")
    }
    let expected = try arguments.integer("current-replicas") ?? -1
    guard expected >= -1 else {
      throw KubectlProblem(
        message: "error: The --current-replicas must specify an integer of -1 or greater")
    }
    self.replicas = replicas
    currentReplicas = expected == -1 ? nil : expected
    resourceVersion = arguments.nonEmpty("resource-version")
    dryRun = try DryRun(arguments)
    namespace = arguments.namespace
    named = try KubectlArguments.targets(arguments.words).named
    if named.isEmpty {
      throw KubectlProblem(
        message: "error: resource(s) were provided, but no name was specified")
    }
    if resourceVersion != nil, named.count > 1 {
      throw KubectlProblem(
        message: "error: cannot use --resource-version with multiple resources")
    }
  }

  mutating func begin(_ io: inout KubectlIO) { askNext(&io) }

  private mutating func askNext(_ io: inout KubectlIO) {
    guard next < named.count else {
      io.failAll(absent)
      return absent = []
    }
    let (kind, name) = named[next]
    guard kind == .deployment || kind == .replicaSet else {
      return io.fail(
        "Error from server (NotFound): the server could not find the requested resource")
    }
    if currentReplicas != nil || resourceVersion != nil || dryRun == .client {
      return io.send(APIRequest(.get, kind, namespace: namespace, name: name))
    }
    var request = APIRequest(.patch, kind, namespace: namespace, name: name)
    request.subresource = .scale
    let spec = JSONValue.object(JSONObject([("replicas", .integer(Int64(replicas)))]))
    request.body = .patch(Patch(.merge, .object(JSONObject([("spec", spec)]))))
    request.options.dryRun = dryRun == .server
    io.send(request)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    let (kind, name) = named[next]
    switch (request.request.verb, response) {
    case (_, .status(let status)) where status.isNotFound:
      absent.append(.status(status))
    case (.update, .status(let status)) where status.isConflict:
      return io.send(
        APIRequest(.get, kind, namespace: namespace, name: name), after: Self.retryInterval)
    case (_, .status(let status)):
      // What cannot be scaled ends it: the objects behind it stay as they are.
      return io.fail(status)
    case (.get, .object) where dryRun == .client:
      // What has to hold before is the server's business.
      io.print("\(kind.singular).\(kind.group)/\(name) scaled\(dryRun.suffix)")
    case (.get, .object(let object)):
      if let problem = unmetPrecondition(object) { return io.fail("error: " + problem) }
      var update = APIRequest(.update, kind, namespace: namespace, name: name)
      update.subresource = .scale
      update.body = .scale(replicas: replicas, resourceVersion: object.resourceVersion)
      update.options.dryRun = dryRun == .server
      return io.send(update)
    default:
      io.print("\(kind.singular).\(kind.group)/\(name) scaled\(dryRun.suffix)")
    }
    next += 1
    askNext(&io)
  }

  private func unmetPrecondition(_ object: APIObject) -> String? {
    let size = Int(object.deployment?.spec.replicas ?? object.replicaSet?.spec.replicas ?? 0)
    if let currentReplicas, currentReplicas != size {
      return "Expected replicas to be \(currentReplicas), was \(size)"
    }
    if let resourceVersion, resourceVersion != String(object.resourceVersion) {
      return "Expected resource version to be \(resourceVersion), was \(object.resourceVersion)"
    }
    return nil
  }
}
