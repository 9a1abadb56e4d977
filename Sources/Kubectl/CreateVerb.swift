import Basics
import KubeAPI
import Manifests

/// `kubectl create -f FILE`, `kubectl create deployment|namespace|serviceaccount|configmap NAME`,
/// `kubectl create secret generic NAME`.
struct CreateVerb: KubectlVerb {
  private var objects: [APIObject]
  /// Where each came from; empty for those made of arguments.
  private let sources: [String]
  private let unknown: UnknownKinds
  private let namespace: String
  private let manager: String
  private var output: CreationOutput
  private var next = 0

  /// Creates one object that was made of arguments.
  init(
    _ object: APIObject, _ arguments: KubectlArguments, as manager: String
  ) throws(KubectlProblem) {
    objects = [object]
    sources = []
    unknown = UnknownKinds()
    namespace = arguments.namespace
    output = try CreationOutput(arguments)
    self.manager = manager
  }

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    namespace = arguments.namespace
    manager = "kubectl-create"
    output = try CreationOutput(arguments)
    if arguments["filename"] != nil {
      let read = try ManifestFiles(arguments)
      objects = read.documents.map(\.object)
      sources = read.documents.map(\.location.file)
      unknown = read.unknown
      return
    }
    guard let what = arguments.words.first else {
      throw KubectlProblem(message: "error: must specify one of -f and -k")
    }
    sources = []
    unknown = UnknownKinds()
    switch what {
    case "namespace", "ns":
      objects = [Namespace(name: try Self.name(arguments, "namespace")).boxed]
    case "serviceaccount", "sa":
      objects = [ServiceAccount(name: try Self.name(arguments, "serviceaccount")).boxed]
    case "deployment", "deploy": objects = [try Self.deployment(arguments)]
    case "configmap", "cm": objects = [try Self.configMap(arguments)]
    case "secret": objects = [try Self.secret(arguments)]
    default:
      throw KubectlProblem(
        message: Unsimulated.refusal(ofCreating: what) ?? "error: unknown command \"\(what)\"")
    }
  }

  /// The one name behind the kind; what stands behind `--` is none (`NameFromCommandArgs`).
  static func name(
    _ arguments: KubectlArguments, _ kind: String
  ) throws(KubectlProblem) -> String {
    let words = arguments.words.prefix(arguments.wordsBeforeDashes ?? .max)
      .dropFirst(kind.split(separator: " ").count)
    guard words.count == 1, let name = words.first else {
      throw .usage("create \(kind)", "exactly one NAME is required, got \(words.count)")
    }
    return name
  }

  private static func deployment(
    _ arguments: KubectlArguments
  ) throws(KubectlProblem) -> APIObject {
    let images = arguments.all("image").flatMap { $0.split(separator: ",").map(String.init) }
    guard !images.isEmpty else {
      throw KubectlProblem(message: "error: required flag(s) \"image\" not set")
    }
    let name = try name(arguments, "deployment")
    let command = Array(arguments.words.dropFirst(2))
    guard images.count == 1 || command.isEmpty else {
      throw KubectlProblem(message: "error: cannot specify multiple --image options and command")
    }
    var deployment = Deployment(name: name)
    deployment.metadata.labels["app"] = name
    deployment.spec.replicas = Int32(clamping: try arguments.integer("replicas") ?? 1)
    deployment.spec.selector = LabelSelector(matchLabels: ["app": name])
    deployment.spec.template.metadata.labels["app"] = name
    var containers: [Container] = []
    for image in images {
      var container = Container()
      let base = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
      container.name = String(base.prefix { $0 != ":" && $0 != "@" })
      container.image = image
      container.command = command
      containers.append(container)
    }
    if let port = try arguments.integer("port") {
      var entry = ContainerPort()
      entry.containerPort = Int32(clamping: port)
      containers[0].ports = [entry]
    }
    deployment.spec.template.spec.containers = containers
    return deployment.boxed
  }

  /// Gives containers whose image's name cannot be theirs another that nobody else has
  /// (`sanitizeAndUniquify`). The luck is the deployment's and the container's own.
  private func namingContainers(_ object: APIObject, _ seed: UInt64) -> APIObject {
    guard var deployment = object.deployment else { return object }
    var subject = Digest()
    subject.combine("kubectl create deployment")
    subject.combine(namespace)
    subject.combine(deployment.metadata.name)
    for (index, container) in deployment.spec.template.spec.containers.enumerated()
    where container.name.contains(where: { $0 == "_" || $0 == "." }) {
      let clean = container.name.map { $0 == "_" || $0 == "." ? "-" : $0 }
      var draws = Draws(seed, subject.value, UInt64(index))
      deployment.spec.template.spec.containers[index].name =
        String(clean) + "-" + NameSuffix.draw(&draws)
    }
    return deployment.boxed
  }

  mutating func begin(_ io: inout KubectlIO) {
    if sources.isEmpty { objects = objects.map { namingContainers($0, io.seed) } }
    sendNext(&io)
  }

  private mutating func sendNext(_ io: inout KubectlIO) {
    guard next < objects.count else { return unknown.say(&io) }
    let object = objects[next]
    let own = object.metadata.namespace
    let place = object.kind.isNamespaced ? (own.isEmpty ? namespace : own) : ""
    let placed = object.withMetadata { $0.namespace = place }
    if output.dryRun == .client {
      output.print(placed, "created", isMade: sources.isEmpty, &io)
      next += 1
      return sendNext(&io)
    }
    var request = APIRequest(.create, object.kind, namespace: place, name: object.metadata.name)
    request.body = .object(placed)
    request.options.fieldManager = manager
    request.options.dryRun = output.dryRun == .server
    io.send(request)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch response {
    case .object(let object): output.print(object, "created", &io)
    case .status(let status): refused(request.request.kind, status, &io)
    default: break
    }
    next += 1
    sendNext(&io)
  }

  /// Verbs that make an object of arguments say what they were about instead of whose error it is.
  private func refused(_ kind: ResourceKind, _ status: APIStatus, _ io: inout KubectlIO) {
    guard sources.isEmpty else { return io.fail(status.about("creating", sources[next])) }
    let kinds: [ResourceKind] = [.deployment, .serviceAccount, .configMap, .secret]
    guard status.code != 0, kinds.contains(kind) else { return io.fail(status) }
    // Of secrets alone it is said without a colon.
    io.fail(
      "error: failed to create \(kind.singular)\(kind == .secret ? "" : ":") \(status.message)")
  }
}

extension APIStatus {
  /// The error with the file that it concerns (`cmdutil.AddSourceToErr`).
  func about(_ doing: String, _ source: String) -> APIStatus {
    guard code != 0, !source.isEmpty else { return self }
    var copy = self
    copy.message = "error when \(doing) \"\(source)\": \(message)"
    return copy
  }
}
