import Basics
import KubeAPI
import Manifests

/// `kubectl apply -f`: client-side apply with the last-applied annotation and a three-way patch.
struct ApplyVerb: KubectlVerb {
  private let documents: [ManifestDocument]
  private let unknown: UnknownKinds
  private let namespace: String?
  private let dryRun: DryRun
  private var next = 0

  init(
    documents: [ManifestDocument], unknown: UnknownKinds = UnknownKinds(), namespace: String?,
    dryRun: DryRun = .none
  ) {
    self.dryRun = dryRun
    self.documents = documents
    self.unknown = unknown
    self.namespace = namespace
  }

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    let read = try ManifestFiles(arguments)
    try self.init(
      documents: read.documents, unknown: read.unknown, namespace: arguments.nonEmpty("namespace"),
      dryRun: DryRun(arguments))
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
    guard next < documents.count else { return unknown.say(&io) }
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
    case (.create, .status(let status)):
      io.fail(status.about("creating", document.location.file))
      next += 1
      askNext(&io)
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
    io.print(object.printedName + " " + word + dryRun.suffix)
    next += 1
    askNext(&io)
  }

  private mutating func create(_ document: ManifestDocument, _ io: inout KubectlIO) {
    let key = key(of: document.object)
    let json = ClientSideApply.withLastApplied(withNamespace(document.json, key))
    guard let object = try? APIObject(json: json) else { return }
    if dryRun == .client { return done(object, "created", &io) }
    var request = APIRequest(.create, object.kind, namespace: key.namespace, name: key.name)
    request.body = .object(object)
    request.options.fieldManager = "kubectl-client-side-apply"
    request.options.dryRun = dryRun == .server
    io.send(request)
  }

  private mutating func patch(
    _ current: APIObject, _ document: ManifestDocument, _ io: inout KubectlIO
  ) {
    let key = key(of: document.object)
    let modified = ClientSideApply.withLastApplied(withNamespace(document.json, key))
    if current.metadata.annotations[ClientSideApply.annotation] == nil {
      io.warn(
        "Warning: resource \(current.kind.plural)/\(current.metadata.name) is missing the "
          + "\(ClientSideApply.annotation) annotation which is required by kubectl apply. kubectl "
          + "apply should only be used on resources created declaratively by either kubectl create "
          + "--save-config or kubectl apply. The missing annotation will be patched automatically.")
    }
    do throws(PatchProblem) {
      let patch = try ClientSideApply.patch(
        original: ClientSideApply.lastApplied(current), modified: modified,
        current: current.json(), kind: current.kind)
      if case .object(let fields) = patch, fields.isEmpty {
        return done(current, "unchanged", &io)
      }
      if dryRun == .client { return done(current, "configured", &io) }
      var request = APIRequest(.patch, current.kind, namespace: key.namespace, name: key.name)
      request.body = .patch(Patch(.strategicMerge, patch))
      request.options.fieldManager = "kubectl-client-side-apply"
      request.options.dryRun = dryRun == .server
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
