import Basics
import KubeAPI
import Manifests

/// `kubectl create -f FILE`, `kubectl create deployment|namespace|serviceaccount NAME`.
struct CreateVerb: KubectlVerb {
  private let objects: [APIObject]
  /// Where each came from; empty for those made of arguments.
  private let sources: [String]
  private let unknown: UnknownKinds
  private let namespace: String
  private var next = 0

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    namespace = arguments.namespace
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
    let made: (String) throws(KubectlProblem) -> APIObject
    switch what {
    case "namespace", "ns": made = { (name) throws(KubectlProblem) in Namespace(name: name).boxed }
    case "serviceaccount", "sa":
      made = { (name) throws(KubectlProblem) in ServiceAccount(name: name).boxed }
    case "deployment", "deploy":
      made = { (name) throws(KubectlProblem) in try Self.deployment(name, arguments) }
    default: throw KubectlProblem(message: "error: unknown command \"\(what)\"")
    }
    guard arguments.words.count >= 2 else {
      throw KubectlProblem(
        message: "error: exactly one NAME is required, got 0\n"
          + "See 'kubectl create \(what) -h' for help and examples")
    }
    objects = [try made(arguments.words[1])]
  }

  private static func deployment(
    _ name: String, _ arguments: KubectlArguments
  ) throws(KubectlProblem) -> APIObject {
    let images = arguments.all("image").flatMap { $0.split(separator: ",").map(String.init) }
    guard !images.isEmpty else {
      throw KubectlProblem(message: "error: required flag(s) \"image\" not set")
    }
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
      let base = image.split(separator: "/").last ?? ""
      container.name = String(base.prefix { $0 != ":" && $0 != "@" }).lowercased()
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

  mutating func begin(_ io: inout KubectlIO) { sendNext(&io) }

  private func sendNext(_ io: inout KubectlIO) {
    guard next < objects.count else { return unknown.say(&io) }
    let object = objects[next]
    let own = object.metadata.namespace
    let place = object.kind.isNamespaced ? (own.isEmpty ? namespace : own) : ""
    var request = APIRequest(.create, object.kind, namespace: place, name: object.metadata.name)
    request.body = .object(object.withMetadata { $0.namespace = place })
    request.options.fieldManager = "kubectl-create"
    io.send(request)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch response {
    case .object(let object): io.print(object.printedName + " created")
    case .status(let status): refused(request.request.kind, status, &io)
    default: break
    }
    next += 1
    sendNext(&io)
  }

  /// Verbs that make an object of arguments say what they were about instead of whose error it is.
  private func refused(_ kind: ResourceKind, _ status: APIStatus, _ io: inout KubectlIO) {
    guard sources.isEmpty else { return io.fail(status.about("creating", sources[next])) }
    guard status.code != 0, kind == .deployment || kind == .serviceAccount else {
      return io.fail(status)
    }
    io.fail("error: failed to create \(kind.singular): \(status.message)")
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
