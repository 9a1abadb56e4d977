import Basics
import KubeAPI
import Manifests

/// `kubectl describe`: what an object is, in blocks of labelled lines, with its events.
struct DescribeVerb: KubectlVerb {
  static var isReading: Bool { true }

  /// What a second round of requests brings in.
  private enum Tag { static let events = -1, related = -2, lease = -3, prefix = -4 }

  private let arguments: KubectlArguments
  private let named: [(ResourceKind, String)]
  private let kinds: [ResourceKind]
  private let labels: LabelSelector?
  private var found: [[APIObject]]
  private var more = Related()
  private var pending = 0

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard !arguments.words.isEmpty else {
      throw KubectlProblem(
        message: "error: You must specify the type of resource to describe. Use \"kubectl "
          + "api-resources\" for a complete list of supported resources.")
    }
    (kinds, named) = try KubectlArguments.targets(arguments.words)
    self.arguments = arguments
    labels = try arguments.labelSelector()
    found = Array(repeating: [], count: named.isEmpty ? kinds.count : named.count)
  }

  private var isEverywhere: Bool { arguments.isSet("all-namespaces") }

  mutating func begin(_ io: inout KubectlIO) {
    for (index, kind) in kinds.enumerated() where named.isEmpty {
      var request = APIRequest(
        .list, kind, namespace: kind.isNamespaced && !isEverywhere ? arguments.namespace : "")
      request.options.labelSelector = labels
      ask(request, index, &io)
    }
    for (index, (kind, name)) in named.enumerated() {
      let place = kind.isNamespaced ? arguments.namespace : ""
      ask(APIRequest(.get, kind, namespace: place, name: name), index, &io)
    }
  }

  private mutating func ask(_ request: APIRequest, _ tag: Int, _ io: inout KubectlIO) {
    io.send(request, tag: tag)
    pending += 1
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    pending -= 1
    switch request.tag {
    case Tag.prefix: match(request, response, &io)
    case Tag.events, Tag.related, Tag.lease: more.take(request, response)
    default: take(request, response, &io)
    }
    guard pending == 0 else { return }
    let objects = found.flatMap { $0 }
    if request.tag >= 0 || request.tag == Tag.prefix {
      askMore(objects, &io)
      if pending > 0 { return }
    }
    for (index, object) in objects.enumerated() {
      if index > 0 { io.output += "\n\n" }
      io.output += more.description(of: object, now)
    }
    if objects.isEmpty && !io.hasFailed && named.isEmpty {
      let isInNamespace = kinds.contains(where: \.isNamespaced) && !isEverywhere
      io.errorOutput +=
        isInNamespace
        ? "No resources found in \(arguments.namespace) namespace.\n" : "No resources found\n"
    }
  }

  private mutating func take(
    _ request: KubectlRequest, _ response: APIResponse, _ io: inout KubectlIO
  ) {
    switch response {
    case .object(let object): found[request.tag] = [object]
    case .list(let objects, _, _): found[request.tag] = objects
    case .status(let status)
    where status.isNotFound && named.count == 1 && !kinds.isEmpty:
      // A name that is none may be how names begin.
      missing = status
      ask(
        APIRequest(.list, request.request.kind, namespace: request.request.namespace),
        Tag.prefix, &io)
    case .status(let status): io.fail(status)
    case .token: break
    }
  }

  private var missing: APIStatus?

  private mutating func match(
    _ request: KubectlRequest, _ response: APIResponse, _ io: inout KubectlIO
  ) {
    if case .list(let objects, _, _) = response {
      let matching = objects.filter { $0.metadata.name.hasPrefix(named[0].1) }
      if !matching.isEmpty {
        found[0] = matching
        return
      }
    }
    if let missing { io.fail(missing) }
  }

  /// Asks for what stands in other objects: events, a node's pods and lease, replica sets.
  private mutating func askMore(_ objects: [APIObject], _ io: inout KubectlIO) {
    var asked: [String] = []
    func isNew(_ what: String) -> Bool {
      guard !asked.contains(what) else { return false }
      asked.append(what)
      return true
    }
    for object in objects {
      let namespace = object.metadata.namespace
      let place = namespace.isEmpty ? "default" : namespace
      if isNew("events/" + place) {
        ask(APIRequest(.list, .event, namespace: place), Tag.events, &io)
      }
      switch object.kind {
      case .node:
        if isNew("pods") {
          var list = APIRequest(.list, .pod)
          if objects.count == 1 { list.options.fieldSelector = .nodeName(object.metadata.name) }
          ask(list, Tag.related, &io)
        }
        ask(
          APIRequest(
            .get, .lease, namespace: "kube-node-lease", name: object.metadata.name),
          Tag.lease, &io)
      case .deployment where isNew("sets/" + place):
        ask(APIRequest(.list, .replicaSet, namespace: place), Tag.related, &io)
      case .replicaSet where isNew("pods/" + place):
        ask(APIRequest(.list, .pod, namespace: place), Tag.related, &io)
      case .service where isNew("slices/" + place):
        ask(APIRequest(.list, .endpointSlice, namespace: place), Tag.related, &io)
      default: break
      }
    }
  }
}

/// What the description of an object takes from others.
private struct Related {
  private var events: [Event] = []
  private var objects: [APIObject] = []
  private var leases: [(name: String, lease: Result<Lease, APIStatus>)] = []

  mutating func take(_ request: KubectlRequest, _ response: APIResponse) {
    switch response {
    case .list(let found, _, _) where request.request.kind == .event:
      events += found.compactMap(\.event)
    case .list(let found, _, _): objects += found
    case .object(let object):
      if let lease = object.lease { leases.append((object.metadata.name, .success(lease))) }
    case .status(let status):
      if request.request.kind == .lease { leases.append((request.request.name, .failure(status))) }
    case .token: break
    }
  }

  func description(of object: APIObject, _ now: Timestamp) -> String {
    var text = DescriptionText()
    switch object.body {
    case .pod(let pod): text.pod(pod, now)
    case .node(let node):
      text.node(
        node, lease: leases.first { $0.name == node.metadata.name }?.lease,
        pods: objects.compactMap(\.pod), now)
    case .deployment(let deployment):
      text.deployment(deployment, RolloutRevisions.owned(by: deployment, objects))
    case .replicaSet(let set): text.replicaSet(set, objects.compactMap(\.pod))
    case .service(let service): text.service(service, objects.compactMap(\.endpointSlice))
    case .namespace(let namespace):
      text.pairsOfHead(object.metadata, isNamespaced: false)
      text.field("Status", namespace.status.phase)
      return text.text + "\nNo resource quota.\n\nNo LimitRange resource.\n"
    default: return fields(of: object, now)
    }
    text.events(own(object), now)
    return text.text
  }

  private func own(_ object: APIObject) -> [Event] {
    events.filter {
      $0.involvedObject.name == object.metadata.name && $0.involvedObject.kind == object.kind.kind
        && (object.kind == .node || $0.metadata.namespace == object.metadata.namespace)
    }
  }

  /// Kinds without a block of their own: their fields as YAML.
  private func fields(of object: APIObject, _ now: Timestamp) -> String {
    var head = DescriptionText()
    head.pairsOfHead(object.metadata, isNamespaced: object.kind.isNamespaced)
    var text = head.text
    for field in object.json().objectValue?.fields ?? []
    where !["apiVersion", "kind", "metadata"].contains(field.key) {
      text += JSONValue.object(JSONObject([(field.key, field.value)])).yaml
    }
    var tail = DescriptionText()
    tail.events(own(object), now)
    return text + tail.text
  }
}

extension DescriptionText {
  /// Name, namespace, labels and annotations.
  fileprivate mutating func pairsOfHead(_ metadata: ObjectMeta, isNamespaced: Bool) {
    field("Name", metadata.name)
    if isNamespaced { field("Namespace", metadata.namespace) }
    pairs("Labels", metadata.labels)
    annotations("Annotations", metadata.annotations)
  }
}
