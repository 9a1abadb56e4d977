import Basics

/// The table an API server prints of objects for kubectl: the columns of each kind, in
/// `pkg/printers/internalversion`'s order and words.
public struct PrintedTable: Sendable {
  public struct Column: Sendable, Equatable {
    public let name: String
    /// Shown with `-o wide` only.
    public let isWide: Bool

    init(name: String, isWide: Bool = false) {
      self.name = name
      self.isWide = isWide
    }
  }

  public let kind: ResourceKind
  public let columns: [Column]
  public private(set) var rows: [[String]] = []

  /// The table of `objects`, all of one kind, as seen at `now`.
  public init(_ kind: ResourceKind, _ objects: [APIObject], now: Timestamp) {
    self.kind = kind
    columns = Self.columns(of: kind)
    rows = objects.map { Self.row($0, now: now) }
  }

  public static func columns(of kind: ResourceKind) -> [Column] {
    let (names, wide): ([String], [String])
    switch kind {
    case .event:
      // The only kind whose wide columns stand between the others.
      return [
        Column(name: "Last Seen"), Column(name: "Type"), Column(name: "Reason"),
        Column(name: "Object"), Column(name: "Subobject", isWide: true),
        Column(name: "Source", isWide: true), Column(name: "Message"),
        Column(name: "First Seen", isWide: true), Column(name: "Count", isWide: true),
        Column(name: "Name", isWide: true),
      ]
    case .namespace: (names, wide) = (["Name", "Status", "Age"], [])
    case .node:
      (names, wide) = (
        ["Name", "Status", "Roles", "Age", "Version"],
        ["Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"]
      )
    case .pod:
      (names, wide) = (
        ["Name", "Ready", "Status", "Restarts", "Age"],
        ["IP", "Node", "Nominated Node", "Readiness Gates"]
      )
    case .service:
      (names, wide) = (
        ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age"], ["Selector"]
      )
    case .endpointSlice:
      (names, wide) = (["Name", "AddressType", "Ports", "Endpoints", "Age"], [])
    case .configMap: (names, wide) = (["Name", "Data", "Age"], [])
    case .secret: (names, wide) = (["Name", "Type", "Data", "Age"], [])
    case .serviceAccount: (names, wide) = (["Name", "Age"], [])
    case .lease: (names, wide) = (["Name", "Holder", "Age"], [])
    case .deployment:
      (names, wide) = (
        ["Name", "Ready", "Up-to-date", "Available", "Age"], ["Containers", "Images", "Selector"]
      )
    case .replicaSet:
      (names, wide) = (
        ["Name", "Desired", "Current", "Ready", "Age"], ["Containers", "Images", "Selector"]
      )
    }
    return names.map { Column(name: $0) }
      + wide.map { Column(name: $0, isWide: true) }
  }

  private static func row(_ object: APIObject, now: Timestamp) -> [String] {
    let name = object.metadata.name
    let age = age(object.metadata.creationTimestamp, now)
    switch object.body {
    case .namespace(let x): return [name, x.status.phase, age]
    case .node(let x): return row(x, age)
    case .pod(let x): return row(x, age, now)
    case .service(let x): return row(x, age)
    case .endpointSlice(let x):
      let ports = x.ports.map { String($0.port ?? 0) }
      let addresses = x.endpoints.flatMap(\.addresses)
      return [
        name, x.addressType, limited(ports, "<unset>"), limited(addresses, "<unset>"), age,
      ]
    case .configMap(let x): return [name, String(x.data.count + x.binaryData.count), age]
    case .secret(let x): return [name, x.type, String(x.data.count), age]
    case .serviceAccount: return [name, age]
    case .event(let x):
      let target = x.involvedObject.kind.lowercased() + "/" + x.involvedObject.name
      let instance = x.sourceHost.isEmpty ? x.reportingInstance : x.sourceHost
      let source = instance.isEmpty ? x.component : x.component + ", " + instance
      return [
        Self.age(x.lastSeen, now), x.type, x.reason, target, x.involvedObject.fieldPath, source,
        x.message, Self.age(x.firstSeen, now), String(x.occurrences), name,
      ]
    case .lease(let x): return [name, x.spec.holderIdentity ?? "", age]
    case .deployment(let x):
      let wanted = x.spec.replicas ?? 0
      return [
        name, "\(x.status.readyReplicas)/\(wanted)", String(x.status.updatedReplicas),
        String(x.status.availableReplicas), age,
      ] + template(x.spec.template, x.spec.selector)
    case .replicaSet(let x):
      return [
        name, String(x.spec.replicas ?? 0), String(x.status.replicas),
        String(x.status.readyReplicas), age,
      ] + template(x.spec.template, x.spec.selector)
    }
  }

  private static func row(_ pod: Pod, _ age: String, _ now: Timestamp) -> [String] {
    let summary = PodSummary(pod)
    var restarts = String(summary.restarts)
    if summary.restarts > 0, let last = summary.lastRestart {
      restarts += " (\((now - last).humanDuration) ago)"
    }
    let gates = pod.spec.readinessGates
    let passed = gates.count { pod.status.conditions.isTrue($0) }
    return [
      pod.metadata.name, "\(summary.readyContainers)/\(summary.totalContainers)",
      summary.status, restarts, age, orNone(pod.status.podIP),
      orNone(pod.spec.nodeName), orNone(pod.status.nominatedNodeName),
      gates.isEmpty ? "<none>" : "\(passed)/\(gates.count)",
    ]
  }

  private static func row(_ node: Node, _ age: String) -> [String] {
    var status: String
    switch node.status.conditions["Ready"]?.status {
    case "True": status = "Ready"
    case nil: status = "Unknown"
    default: status = "NotReady"
    }
    if node.spec.unschedulable { status += ",SchedulingDisabled" }
    func address(_ type: String) -> String {
      orNone(node.status.addresses.first { $0.type == type }?.address ?? "")
    }
    let info = node.status.nodeInfo
    return [
      node.metadata.name, status, orNone(node.roles.joined(separator: ",")), age,
      info["kubeletVersion"] ?? "", address("InternalIP"), address("ExternalIP"),
      info["osImage"] ?? "<unknown>", info["kernelVersion"] ?? "<unknown>",
      info["containerRuntimeVersion"] ?? "<unknown>",
    ]
  }

  private static func row(_ service: Service, _ age: String) -> [String] {
    let spec = service.spec
    let ports = spec.ports.map { port in
      let node = port.nodePort > 0 ? ":\(port.nodePort)" : ""
      return "\(port.port)\(node)/\(port.protocolName)"
    }
    let external: String
    switch spec.type {
    case "LoadBalancer":
      let ingress = service.status.ingress.map { $0.ip.isEmpty ? $0.hostname : $0.ip }
      external = ingress.isEmpty ? "<pending>" : ingress.joined(separator: ",")
    case "ExternalName": external = spec.externalName
    default: external = "<none>"
    }
    return [
      service.metadata.name, spec.type, orNone(spec.clusterIP), external,
      orNone(ports.joined(separator: ",")), age, orNone(pairs(spec.selector)),
    ]
  }

  private static func template(
    _ template: PodTemplateSpec, _ selector: LabelSelector?
  ) -> [String] {
    let containers = template.spec.containers
    return [
      containers.map(\.name).joined(separator: ","),
      containers.map(\.image).joined(separator: ","), selector?.text ?? "<none>",
    ]
  }

  /// At most three, then how many more, as printers do.
  private static func limited(_ values: [String], _ none: String) -> String {
    if values.isEmpty { return none }
    let shown = values.prefix(3).joined(separator: ",")
    return values.count > 3 ? shown + " + \(values.count - 3) more..." : shown
  }

  private static func pairs(_ map: StringMap) -> String {
    map.entries.map { $0.key + "=" + $0.value }.joined(separator: ",")
  }

  private static func orNone(_ text: String) -> String { text.isEmpty ? "<none>" : text }

  private static func age(_ since: Timestamp?, _ now: Timestamp) -> String {
    since.map { (now - $0).humanDuration } ?? "<unknown>"
  }
}
