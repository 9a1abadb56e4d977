import Basics
import KubeAPI
import Manifests

/// `kubectl apply -f`: client-side apply with the last-applied annotation and a three-way patch.
struct ApplyVerb: KubectlVerb {
  private let documents: [ManifestDocument]
  private let namespace: String?
  private var next = 0

  init(documents: [ManifestDocument], namespace: String?) {
    self.documents = documents
    self.namespace = namespace
  }

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    self.init(
      documents: try Self.read(arguments, verb: "apply"), namespace: arguments["namespace"])
  }

  /// The documents of all `-f` files.
  static func read(
    _ arguments: KubectlArguments, verb: String
  ) throws(KubectlProblem) -> [ManifestDocument] {
    let files = arguments.all("filename")
    guard !files.isEmpty else {
      throw KubectlProblem(message: "error: must specify one of -f and -k")
    }
    var documents: [ManifestDocument] = []
    for file in files {
      do throws(ManifestProblem) {
        documents += try ManifestReader.read(path: file)
      } catch {
        throw KubectlProblem(message: "error: " + error.description)
      }
    }
    return documents
  }

  // One object after the other, as kubectl does: a namespace must be there before what is in it.
  mutating func begin(_ io: inout KubectlIO) { askNext(&io) }

  private func key(of object: APIObject) -> ObjectKey {
    guard object.kind.isNamespaced else { return ObjectKey(name: object.metadata.name) }
    let own = object.metadata.namespace
    return ObjectKey(
      namespace: own.isEmpty ? namespace ?? "default" : own, name: object.metadata.name)
  }

  private mutating func askNext(_ io: inout KubectlIO) {
    guard next < documents.count else { return }
    let object = documents[next].object
    let key = key(of: object)
    io.send(APIRequest(.get, object.kind, namespace: key.namespace, name: key.name))
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    let document = documents[next]
    switch (request.request.verb, response) {
    case (.get, .object(let current)): patch(current, document, &io)
    case (.get, .status(let status)) where status.isNotFound: create(document, &io)
    case (.create, .object(let object)): done(object, "created", &io)
    case (.patch, .object(let object)): done(object, "configured", &io)
    case (_, .status(let status)):
      io.fail(status)
      next += 1
      askNext(&io)
    default:
      next += 1
      askNext(&io)
    }
  }

  private mutating func done(_ object: APIObject, _ word: String, _ io: inout KubectlIO) {
    io.print(object.printedName + " " + word)
    next += 1
    askNext(&io)
  }

  private mutating func create(_ document: ManifestDocument, _ io: inout KubectlIO) {
    let key = key(of: document.object)
    let json = ClientSideApply.withLastApplied(withNamespace(document.json, key))
    guard let object = try? APIObject(json: json) else { return }
    var request = APIRequest(.create, object.kind, namespace: key.namespace, name: key.name)
    request.body = .object(object)
    request.options.fieldManager = "kubectl-client-side-apply"
    io.send(request)
  }

  private mutating func patch(
    _ current: APIObject, _ document: ManifestDocument, _ io: inout KubectlIO
  ) {
    let key = key(of: document.object)
    let modified = ClientSideApply.withLastApplied(withNamespace(document.json, key))
    do throws(PatchProblem) {
      let patch = try ClientSideApply.patch(
        original: ClientSideApply.lastApplied(current), modified: modified,
        current: current.json(), kind: current.kind)
      if case .object(let fields) = patch, fields.isEmpty {
        return done(current, "unchanged", &io)
      }
      var request = APIRequest(.patch, current.kind, namespace: key.namespace, name: key.name)
      request.body = .patch(Patch(.strategicMerge, patch))
      request.options.fieldManager = "kubectl-client-side-apply"
      io.send(request)
    } catch {
      io.fail("error: " + error.message)
      next += 1
      askNext(&io)
    }
  }

  private func withNamespace(_ json: JSONValue, _ key: ObjectKey) -> JSONValue {
    guard !key.namespace.isEmpty, case .object(var object) = json,
      case .object(var metadata)? = object["metadata"]
    else { return json }
    metadata["namespace"] = .string(key.namespace)
    object["metadata"] = .object(metadata)
    return .object(object)
  }
}

/// `kubectl create -f`, `kubectl create namespace NAME`.
struct CreateVerb: KubectlVerb {
  private let objects: [APIObject]
  private let namespace: String
  private var next = 0

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    namespace = arguments.namespace
    if arguments["filename"] != nil {
      objects = try ApplyVerb.read(arguments, verb: "create").map(\.object)
      return
    }
    guard arguments.words.count >= 2 else {
      throw KubectlProblem(message: "error: must specify one of -f and -k")
    }
    let name = arguments.words[1]
    switch arguments.words[0] {
    case "namespace", "ns": objects = [Namespace(name: name).boxed]
    case "serviceaccount", "sa": objects = [ServiceAccount(name: name).boxed]
    case "deployment", "deploy":
      guard let image = arguments["image"] else {
        throw KubectlProblem(message: "error: required flag(s) \"image\" not set")
      }
      objects = [Self.deployment(name, image, replicas: try arguments.integer("replicas") ?? 1)]
    default:
      throw KubectlProblem(message: "error: unknown command \"\(arguments.words[0])\"")
    }
  }

  private static func deployment(_ name: String, _ image: String, replicas: Int) -> APIObject {
    var deployment = Deployment(name: name)
    deployment.metadata.labels["app"] = name
    deployment.spec.replicas = Int32(clamping: replicas)
    deployment.spec.selector = LabelSelector(matchLabels: ["app": name])
    deployment.spec.template.metadata.labels["app"] = name
    var container = Container()
    let base = image.split(separator: "/").last ?? ""
    container.name = String(base.split(separator: ":").first ?? "app")
    container.image = image
    deployment.spec.template.spec.containers = [container]
    return deployment.boxed
  }

  mutating func begin(_ io: inout KubectlIO) { sendNext(&io) }

  private func sendNext(_ io: inout KubectlIO) {
    guard next < objects.count else { return }
    let object = objects[next]
    let own = object.metadata.namespace
    let place = object.kind.isNamespaced ? (own.isEmpty ? namespace : own) : ""
    var request = APIRequest(.create, object.kind, namespace: place, name: object.metadata.name)
    request.body = .object(object.withMetadata { $0.namespace = place })
    io.send(request)
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch response {
    case .object(let object): io.print(object.printedName + " created")
    case .status(let status): io.fail(status)
    default: break
    }
    next += 1
    sendNext(&io)
  }
}
