import Basics
import KubeAPI
import Manifests

/// `kubectl describe`: what an object is, in blocks of labelled lines, with its events.
struct DescribeVerb: KubectlVerb {
  static var isReading: Bool { true }

  /// What later rounds of requests bring in.
  private enum Tag { static let beginning = -1, related = -2 }

  private var query: ObjectQuery
  private let words: Int
  private var objects: [APIObject] = []
  /// Whether the objects are those whose names begin with what was typed.
  private var areMatches = false
  private var related = Related()
  private var pending = 0

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    query = try ObjectQuery(
      arguments.words, arguments,
      nothing: "error: You must specify the type of resource to describe. Use \"kubectl "
        + "api-resources\" for a complete list of supported resources.", takesAll: true)
    words = arguments.words.count
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch request.tag {
    case Tag.related:
      pending -= 1
      related.take(request, response)
    case Tag.beginning: match(request, response, &io)
    default:
      if case .status(let status) = response, status.isNotFound, words == 2, query.isSingle {
        // A name that is none may be how names begin.
        return io.send(
          APIRequest(.list, request.request.kind, namespace: request.request.namespace),
          tag: Tag.beginning)
      }
      guard let found = query.receive(request, response, &io) else { return }
      objects = found
      if found.isEmpty { return query.sayNothingFound(&io) }
      askMore(&io)
    }
    if pending == 0 { print(now, &io) }
  }

  private mutating func match(
    _ request: KubectlRequest, _ response: APIResponse, _ io: inout KubectlIO
  ) {
    guard let name = query.named.first?.1 else { return }
    switch response {
    case .list(let all, _, _):
      objects = all.filter { $0.metadata.name.hasPrefix(name) }
      areMatches = true
      if objects.isEmpty { io.fail(.notFound(request.request.kind, name)) }
      askMore(&io)
    case .status(let status): io.fail(status)
    case .object, .token: break
    }
  }

  private func print(_ now: Timestamp, _ io: inout KubectlIO) {
    for (index, object) in objects.enumerated() {
      if index > 0, !areMatches { io.write("\n\n") }
      io.write(related.description(of: object, now))
      if areMatches { io.write("\n") }
    }
  }

  private mutating func ask(_ request: APIRequest, _ io: inout KubectlIO) {
    io.send(request, tag: Tag.related)
    pending += 1
  }

  /// Asks for what stands in other objects: events, a node's pods and lease, replica sets.
  private mutating func askMore(_ io: inout KubectlIO) {
    // kubectl shows events where all it was asked for is one object.
    related.hasEvents = objects.count == 1 && !areMatches && !query.hasFailed
    if let only = objects.first, related.hasEvents, only.kind != .namespace {
      ask(APIRequest(.list, .event, namespace: only.eventsNamespace), &io)
    }
    let nodes = objects.filter { $0.kind == .node }
    if !nodes.isEmpty {
      var list = APIRequest(.list, .pod)
      if objects.count == 1 { list.options.fieldSelector = .nodeName(nodes[0].metadata.name) }
      ask(list, &io)
    }
    for node in nodes {
      ask(
        APIRequest(.get, .lease, namespace: "kube-node-lease", name: node.metadata.name), &io)
    }
    // The pods that nodes ask for are all there are.
    let sources: [(ResourceKind, ResourceKind)] =
      [
        (.deployment, .replicaSet), (.service, .endpointSlice),
      ] + (nodes.isEmpty ? [(.replicaSet, .pod)] : [])
    for (kind, list) in sources {
      var asked = LookupSet<String>()
      for object in objects where object.kind == kind {
        let place = object.metadata.namespace
        if asked.insert(place) { ask(APIRequest(.list, list, namespace: place), &io) }
      }
    }
  }
}

extension APIObject {
  /// Where events about it are: those about what has no namespace are in `default`.
  fileprivate var eventsNamespace: String {
    metadata.namespace.isEmpty ? "default" : metadata.namespace
  }
}

/// What the description of an object takes from others, by whom it belongs to.
private struct Related {
  /// Whether events are shown.
  var hasEvents = false
  private var events: [Event] = []
  private var leases = LookupTable<String, Result<Lease, APIStatus>>()
  private var podsOfNode = LookupTable<String, [Pod]>()
  private var podsOfSet = LookupTable<UID, [Pod]>()
  private var setsOfDeployment = LookupTable<UID, [ReplicaSet]>()
  private var slicesOfService = LookupTable<ObjectKey, [EndpointSlice]>()

  mutating func take(_ request: KubectlRequest, _ response: APIResponse) {
    switch response {
    case .list(let found, _, _): for object in found { take(object) }
    case .object(let object):
      if let lease = object.lease { leases[object.metadata.name] = .success(lease) }
    case .status(let status):
      if request.request.kind == .lease { leases[request.request.name] = .failure(status) }
    case .token: break
    }
  }

  private mutating func take(_ object: APIObject) {
    let owner = object.metadata.controller?.uid
    switch object.body {
    case .event(let event): events.append(event)
    case .pod(let pod):
      podsOfNode[pod.spec.nodeName, default: []].append(pod)
      if let owner { podsOfSet[owner, default: []].append(pod) }
    case .replicaSet(let set):
      if let owner { setsOfDeployment[owner, default: []].append(set) }
    case .endpointSlice(let slice):
      guard let name = slice.metadata.labels["kubernetes.io/service-name"] else { return }
      let service = ObjectKey(namespace: slice.metadata.namespace, name: name)
      slicesOfService[service, default: []].append(slice)
    default: break
    }
  }

  func description(of object: APIObject, _ now: Timestamp) -> String {
    var text = DescriptionText()
    let (name, uid) = (object.metadata.name, object.metadata.uid)
    switch object.body {
    case .pod(let pod): text.pod(pod, now)
    case .node(let node):
      text.node(node, lease: leases[name], pods: podsOfNode[name] ?? [], now)
    case .deployment(let deployment):
      text.deployment(deployment, setsOfDeployment[uid] ?? [])
    case .replicaSet(let set): text.replicaSet(set, podsOfSet[uid] ?? [])
    case .service(let service): text.service(service, slicesOfService[object.key] ?? [])
    case .namespace(let namespace):
      text.pairsOfHead(object.metadata, isNamespaced: false)
      text.field("Status", namespace.status.phase)
      return text.text + "\nNo resource quota.\n\nNo LimitRange resource.\n"
    default: return fields(of: object, now)
    }
    if hasEvents { text.events(own(object), now) }
    return text.text
  }

  private func own(_ object: APIObject) -> [Event] {
    events.filter {
      let about = $0.involvedObject
      guard about.name == object.metadata.name, about.kind == object.kind.kind else { return false }
      // A node's kubelet does not know its UID.
      return about.uid == object.metadata.uid || (object.kind == .node && about.uid.isNone)
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
    guard hasEvents else { return text }
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
