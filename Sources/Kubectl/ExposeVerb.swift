import Basics
import KubeAPI

/// `kubectl expose deployment NAME --port=80`: a service before what an object's selector finds.
struct ExposeVerb: KubectlVerb {
  private var query: ObjectQuery
  private let arguments: KubectlArguments
  private var output: CreationOutput

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    self.arguments = arguments
    output = try CreationOutput(arguments)
    // Here --selector says what the service selects.
    var others = arguments
    others.drop("selector")
    query = try ObjectQuery(
      arguments.words, others,
      nothing: "error: You must provide one or more resources by argument or filename.",
      takesAll: false)
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if request.request.verb == .create {
      switch response {
      case .object(let object): output.print(object, "exposed", &io)
      case .status(let status): io.fail(status)
      default: break
      }
      return
    }
    for object in query.receive(request, response, &io) ?? [] {
      do throws(KubectlProblem) {
        let service = try service(before: object)
        if output.dryRun == .client {
          output.print(service.boxed, "exposed", isMade: true, &io)
          continue
        }
        var create = APIRequest(
          .create, .service, namespace: service.metadata.namespace, name: service.metadata.name)
        create.body = .object(service.boxed)
        create.options.fieldManager = "kubectl-expose"
        create.options.dryRun = output.dryRun == .server
        io.send(create, tag: -1)
      } catch {
        io.fail("error: " + error.message)
      }
    }
  }

  /// What can be exposed, of the kinds there are (`canBeExposed`).
  private static let kinds: [ResourceKind] = [.service, .pod, .deployment, .replicaSet]

  private func service(before object: APIObject) throws(KubectlProblem) -> Service {
    guard Self.kinds.contains(object.kind) else {
      throw KubectlProblem(message: "cannot expose a \(object.kind.groupKind)")
    }
    let name = arguments.nonEmpty("name") ?? String(object.metadata.name.prefix(63))
    var service = Service(name: name, namespace: object.metadata.namespace)
    service.metadata.labels =
      try arguments.nonEmpty("labels").map(Self.map) ?? object.metadata.labels
    service.spec.selector = try selector(object)
    service.spec.type = arguments.nonEmpty("type") ?? ""
    if let address = arguments.nonEmpty("cluster-ip") { service.spec.clusterIP = address }
    service.spec.ports = try ports(object)
    return service
  }

  private func selector(_ object: APIObject) throws(KubectlProblem) -> StringMap {
    if let text = arguments.nonEmpty("selector") { return try Self.map(text) }
    let selector: LabelSelector?
    switch object.body {
    case .deployment(let deployment): selector = deployment.spec.selector
    case .replicaSet(let set): selector = set.spec.selector
    case .pod(let pod):
      guard !pod.metadata.labels.isEmpty else {
        throw Self.noSelector("the pod has no labels and cannot be exposed")
      }
      return pod.metadata.labels
    case .service(let service):
      guard !service.spec.selector.isEmpty else {
        throw Self.noSelector("the service has no pod selector set")
      }
      return service.spec.selector
    default: selector = nil
    }
    guard let selector, !selector.matchLabels.isEmpty else {
      throw Self.noSelector(
        "invalid \(object.kind.singular): no selectors, therefore cannot be exposed")
    }
    guard selector.matchExpressions.isEmpty else {
      throw Self.noSelector(
        "couldn't convert expressions - \"\(selector.text)\" to map-based selector format")
    }
    return selector.matchLabels
  }

  private static func noSelector(_ why: String) -> KubectlProblem {
    KubectlProblem(
      message: "couldn't retrieve selectors via --selector flag or introspection: " + why)
  }

  /// `app=web,tier=front` as a map.
  static func map(_ text: String) throws(KubectlProblem) -> StringMap {
    var map = StringMap()
    for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else {
        throw KubectlProblem(message: "unexpected label spec: \(pair)")
      }
      guard !parts[0].isEmpty else {
        throw KubectlProblem(message: "unexpected empty label key")
      }
      map[parts[0]] = parts[1]
    }
    return map
  }

  /// The ports said, or those of the object's containers.
  private func ports(_ object: APIObject) throws(KubectlProblem) -> [ServicePort] {
    let known = Self.known(object)
    var wanted: [Int] = []
    if let text = arguments.nonEmpty("port") {
      for part in text.split(separator: ",") {
        guard let number = Int(part) else {
          throw KubectlProblem(
            message: "strconv.Atoi: parsing \"\(part)\": invalid syntax")
        }
        wanted.append(number)
      }
    } else {
      for port in known where !wanted.contains(Int(port.number)) { wanted.append(Int(port.number)) }
    }
    guard !wanted.isEmpty || arguments["cluster-ip"] == "None" else {
      throw KubectlProblem(message: "couldn't find port via --port flag or introspection")
    }
    var ports: [ServicePort] = []
    for (index, number) in wanted.enumerated() {
      let spoken = known.filter { Int($0.number) == number }.map(\.protocolName)
      let names = arguments.nonEmpty("protocol").map { [$0] } ?? (spoken.isEmpty ? ["TCP"] : spoken)
      for protocolName in names {
        var port = ServicePort()
        if names.count > 1 {
          port.name = "port-\(index + 1)-\(protocolName.lowercased())"
        } else if wanted.count > 1 {
          port.name = "port-\(index + 1)"
        }
        port.protocolName = protocolName
        port.port = Int32(clamping: number)
        port.targetPort = .integer(port.port)
        if let target = arguments.nonEmpty("target-port") {
          port.targetPort = Int32(target).map { .integer($0) } ?? .string(target)
        }
        ports.append(port)
      }
    }
    return ports
  }

  private static func known(_ object: APIObject) -> [(number: Int32, protocolName: String)] {
    let containers: [Container]
    switch object.body {
    case .deployment(let deployment): containers = deployment.spec.template.spec.containers
    case .replicaSet(let set): containers = set.spec.template.spec.containers
    case .pod(let pod): containers = pod.spec.containers
    case .service(let service):
      return service.spec.ports.map { ($0.port, $0.protocolName.isEmpty ? "TCP" : $0.protocolName) }
    default: containers = []
    }
    return containers.flatMap(\.ports).map {
      ($0.containerPort, $0.protocolName.isEmpty ? "TCP" : $0.protocolName)
    }
  }
}
