import Basics
import KubeAPI
import Manifests

/// `kubectl describe`: what an object is, in blocks of labelled lines, with its events.
struct DescribeVerb: KubectlVerb {
  private let kinds: [ResourceKind]
  private let named: [(ResourceKind, String)]
  private let arguments: KubectlArguments
  private let labels: LabelSelector?
  private var objects: [APIObject] = []
  private var events: [APIObject] = []
  private var nodePods: [APIObject] = []
  private var pending = 0
  private var hasAskedMore = false

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    (kinds, named) = try KubectlArguments.targets(arguments.words)
    self.arguments = arguments
    labels = try arguments.labelSelector()
  }

  mutating func begin(_ io: inout KubectlIO) {
    if named.isEmpty {
      for kind in kinds {
        var request = APIRequest(
          .list, kind, namespace: kind.isNamespaced ? arguments.namespace : "")
        request.options.labelSelector = labels
        io.send(request)
      }
      pending = kinds.count
    } else {
      for (kind, name) in named {
        io.send(
          APIRequest(
            .get, kind, namespace: kind.isNamespaced ? arguments.namespace : "", name: name))
      }
      pending = named.count
    }
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    pending -= 1
    switch (request.request.kind, response) {
    case (.event, .list(let found, _, _)) where hasAskedMore: events += found
    case (.pod, .list(let found, _, _)) where hasAskedMore: nodePods += found
    case (_, .object(let object)): objects.append(object)
    case (_, .list(let found, _, _)): objects += found
    case (_, .status(let status)): if !hasAskedMore { io.fail(status) }
    default: break
    }
    guard pending == 0 else { return }
    if !hasAskedMore, !objects.isEmpty {
      hasAskedMore = true
      let namespaces = Set(objects.map { $0.metadata.namespace }).sorted()
      for namespace in namespaces {
        io.send(APIRequest(.list, .event, namespace: namespace.isEmpty ? "default" : namespace))
        pending += 1
      }
      if objects.contains(where: { $0.kind == .node }) {
        io.send(APIRequest(.list, .pod))
        pending += 1
      }
      return
    }
    for (index, object) in objects.enumerated() {
      if index > 0 { io.output += "\n\n" }
      io.output +=
        Description(
          object, events: events.compactMap(\.event), pods: nodePods.compactMap(\.pod), now: now
        ).text
    }
    if objects.isEmpty && !io.hasFailed && named.isEmpty {
      io.errorOutput += "No resources found in \(arguments.namespace) namespace.\n"
    }
  }
}

/// The text of one object: labelled lines whose values stand in one column.
struct Description {
  private var lines: [(depth: Int, label: String, value: String?)] = []
  let now: Timestamp
  private(set) var text = ""

  init(_ object: APIObject, events: [Event], pods: [Pod], now: Timestamp) {
    self.now = now
    head(object)
    switch object.body {
    case .pod(let pod): describe(pod)
    case .node(let node): describe(node, pods)
    case .deployment(let deployment): describe(deployment)
    case .replicaSet(let set): describe(set)
    case .service(let service): describe(service)
    default: describeFields(object)
    }
    flush()
    let own = events.filter {
      $0.involvedObject.name == object.metadata.name && $0.involvedObject.kind == object.kind.kind
    }
    text += eventTable(own)
  }

  private mutating func add(_ label: String, _ value: String?, depth: Int = 0) {
    lines.append((depth, label, value))
  }

  private mutating func flush() {
    // Labels of one depth share a column, as with kubectl's tab writer over the whole block.
    let width =
      lines.filter { $0.value != nil }.map { $0.depth * 2 + $0.label.count + 1 }.max() ?? 0
    for line in lines {
      let indent = String(repeating: " ", count: line.depth * 2)
      guard let value = line.value else {
        text += indent + line.label + (line.label.isEmpty ? "" : ":") + "\n"
        continue
      }
      let label = indent + line.label + (line.label.isEmpty ? "" : ":")
      let parts = value.split(separator: "\n", omittingEmptySubsequences: false)
      for (index, part) in parts.enumerated() {
        let start = index == 0 ? label : ""
        text += start + String(repeating: " ", count: max(2, width + 2 - start.count)) + part + "\n"
      }
    }
    lines = []
  }

  private mutating func head(_ object: APIObject) {
    let metadata = object.metadata
    add("Name", metadata.name)
    if object.kind.isNamespaced { add("Namespace", metadata.namespace) }
    if object.kind == .deployment {
      add("CreationTimestamp", metadata.creationTimestamp?.rfc3339 ?? "<unset>")
    }
    add("Labels", pairs(metadata.labels, "="))
    var annotations = metadata.annotations
    annotations[ClientSideApply.annotation] = nil
    add("Annotations", pairs(annotations, ": "))
    if let deleted = metadata.deletionTimestamp {
      let ago = now - deleted
      add(
        "Status",
        "Terminating (\(ago > .zero ? "lasts " + ago.humanDuration : "in " + (Span.zero - ago).humanDuration))"
      )
      if let grace = metadata.deletionGracePeriodSeconds {
        add("Termination Grace Period", "\(grace)s")
      }
    }
  }

  private func pairs(_ map: StringMap, _ sign: String) -> String {
    map.isEmpty
      ? "<none>" : map.entries.map { $0.key + sign + $0.value }.joined(separator: "\n")
  }

  private mutating func describe(_ pod: Pod) {
    let status = pod.status
    add("Priority", String(pod.spec.priority ?? 0))
    add(
      "Service Account",
      pod.spec.serviceAccountName.isEmpty ? "default" : pod.spec.serviceAccountName)
    add("Node", pod.spec.nodeName.isEmpty ? "<none>" : pod.spec.nodeName + "/" + status.hostIP)
    if let start = status.startTime { add("Start Time", start.rfc3339) }
    if pod.metadata.deletionTimestamp == nil { add("Status", status.phase) }
    if !status.reason.isEmpty { add("Reason", status.reason) }
    if !status.message.isEmpty { add("Message", status.message) }
    add("IP", status.podIP)
    if let owner = pod.metadata.controller { add("Controlled By", owner.kind + "/" + owner.name) }
    if !pod.spec.initContainers.isEmpty {
      add("Init Containers", nil)
      for container in pod.spec.initContainers {
        describe(container, status.initContainerStatuses.first { $0.name == container.name })
      }
    }
    add("Containers", nil)
    for container in pod.spec.containers {
      describe(container, status.containerStatuses.first { $0.name == container.name })
    }
    add("Conditions", nil)
    for condition in status.conditions {
      let why = condition.message.isEmpty ? "" : "  " + condition.message
      add(condition.type, condition.status + why, depth: 1)
    }
    add("QoS Class", status.qosClass.isEmpty ? "BestEffort" : status.qosClass)
    add("Node-Selectors", pairs(pod.spec.nodeSelector, "="))
    add(
      "Tolerations",
      pod.spec.tolerations.isEmpty
        ? "<none>" : pod.spec.tolerations.map(Self.words).joined(separator: "\n"))
  }

  private mutating func describe(_ container: Container, _ status: ContainerStatus?) {
    add(container.name, nil, depth: 1)
    if let id = status?.containerID, !id.isEmpty { add("Container ID", id, depth: 2) }
    add("Image", container.image, depth: 2)
    if !container.ports.isEmpty {
      let ports = container.ports.map { "\($0.containerPort)/\($0.protocolName)" }
      add("Port", ports.joined(separator: ", "), depth: 2)
    }
    let command = container.command + container.args
    if !command.isEmpty { add("Command", command.joined(separator: " "), depth: 2) }
    if let status {
      describe("State", status.state)
      if status.lastState != .none { describe("Last State", status.lastState) }
      add("Ready", status.ready ? "True" : "False", depth: 2)
      add("Restart Count", String(status.restartCount), depth: 2)
    }
    for (label, list) in [
      ("Limits", container.resources.limits), ("Requests", container.resources.requests),
    ] where !list.isEmpty {
      add(
        label, list.entries.map { "\($0.name): \($0.quantity.text)" }.joined(separator: ", "),
        depth: 2)
    }
  }

  private mutating func describe(_ label: String, _ state: ContainerState) {
    switch state {
    case .none: add(label, "Waiting", depth: 2)
    case .waiting(let reason, let message):
      add(label, "Waiting", depth: 2)
      if !reason.isEmpty { add("Reason", reason, depth: 3) }
      if !message.isEmpty { add("Message", message, depth: 3) }
    case .running(let started):
      add(label, "Running", depth: 2)
      if let started { add("Started", started.rfc3339, depth: 3) }
    case .terminated(let end):
      add(label, "Terminated", depth: 2)
      if !end.reason.isEmpty { add("Reason", end.reason, depth: 3) }
      add("Exit Code", String(end.exitCode), depth: 3)
      if let at = end.finishedAt { add("Finished", at.rfc3339, depth: 3) }
    }
  }

  static func words(_ toleration: Toleration) -> String {
    var text = toleration.key
    if !toleration.value.isEmpty { text += "=" + toleration.value }
    if !toleration.effect.isEmpty { text += ":" + toleration.effect }
    if toleration.operatorName == "Exists", toleration.value.isEmpty { text += " op=Exists" }
    if let seconds = toleration.tolerationSeconds { text += " for \(seconds)s" }
    return text.hasPrefix(" ") ? String(text.dropFirst()) : text
  }

  private mutating func describe(_ node: Node, _ pods: [Pod]) {
    let taints = node.spec.taints.map { taint in
      taint.key + (taint.value.isEmpty ? "" : "=" + taint.value) + ":" + taint.effect
    }
    add("Taints", taints.isEmpty ? "<none>" : taints.joined(separator: "\n"))
    add("Unschedulable", node.spec.unschedulable ? "true" : "false")
    add("Conditions", nil)
    for condition in node.status.conditions {
      add(
        condition.type, "\(condition.status)  \(condition.reason)  \(condition.message)", depth: 1)
    }
    add("Addresses", nil)
    for address in node.status.addresses { add(address.type, address.address, depth: 1) }
    for (label, list) in [
      ("Capacity", node.status.capacity), ("Allocatable", node.status.allocatable),
    ] {
      add(label, nil)
      for entry in list.entries { add(entry.name, entry.quantity.text, depth: 1) }
    }
    add("PodCIDR", node.spec.podCIDR.isEmpty ? "<none>" : node.spec.podCIDR)
    add("ProviderID", node.spec.providerID.isEmpty ? "<none>" : node.spec.providerID)
    let own = pods.filter {
      $0.spec.nodeName == node.metadata.name && $0.status.phase != "Succeeded"
        && $0.status.phase != "Failed"
    }
    add("Non-terminated Pods", "(\(own.count) in total)")
    for pod in own { add(pod.key.text, PodSummary(pod).status, depth: 1) }
  }

  private mutating func describe(_ deployment: Deployment) {
    let spec = deployment.spec
    let status = deployment.status
    add("Selector", spec.selector?.text ?? "<none>")
    add(
      "Replicas",
      "\(spec.replicas ?? 0) desired | \(status.updatedReplicas) updated | \(status.replicas) total | "
        + "\(status.availableReplicas) available | \(status.unavailableReplicas) unavailable")
    add("StrategyType", spec.strategyType)
    add("MinReadySeconds", String(spec.minReadySeconds))
    if spec.strategyType == "RollingUpdate" {
      add(
        "RollingUpdateStrategy",
        "\(spec.maxUnavailable?.text ?? "25%") max unavailable, \(spec.maxSurge?.text ?? "25%") max surge"
      )
    }
    template(spec.template)
    add("Conditions", nil)
    for condition in status.conditions {
      add(condition.type, condition.status + "  " + condition.reason, depth: 1)
    }
  }

  private mutating func describe(_ set: ReplicaSet) {
    add("Selector", set.spec.selector?.text ?? "<none>")
    if let owner = set.metadata.controller { add("Controlled By", owner.kind + "/" + owner.name) }
    add("Replicas", "\(set.status.replicas) current / \(set.spec.replicas ?? 0) desired")
    template(set.spec.template)
  }

  private mutating func template(_ template: PodTemplateSpec) {
    add("Pod Template", nil)
    add("Labels", pairs(template.metadata.labels, "="), depth: 1)
    add("Containers", nil, depth: 1)
    for container in template.spec.containers { describe(container, nil) }
  }

  private mutating func describe(_ service: Service) {
    let spec = service.spec
    add("Selector", pairs(spec.selector, "="))
    add("Type", spec.type)
    add("IP", spec.clusterIP)
    if !service.status.ingress.isEmpty {
      add(
        "LoadBalancer Ingress",
        service.status.ingress.map { $0.ip.isEmpty ? $0.hostname : $0.ip }.joined(separator: ", "))
    }
    for port in spec.ports {
      add("Port", "\(port.name.isEmpty ? "<unset>" : port.name)  \(port.port)/\(port.protocolName)")
      add("TargetPort", port.targetPort.text + "/" + port.protocolName)
      if port.nodePort > 0 { add("NodePort", "\(port.nodePort)/\(port.protocolName)") }
    }
    add("Session Affinity", spec.sessionAffinity)
  }

  /// Kinds without a block of their own: their fields as YAML.
  private mutating func describeFields(_ object: APIObject) {
    guard case .object(let whole) = object.json() else { return }
    flush()
    for field in whole.fields
    where !["apiVersion", "kind", "metadata"].contains(field.key) {
      text += JSONValue.object(JSONObject([(field.key, field.value)])).yaml
    }
  }

  private func eventTable(_ events: [Event]) -> String {
    guard !events.isEmpty else { return "Events:  <none>\n" }
    var rows = [
      ["  Type", "Reason", "Age", "From", "Message"],
      ["  ----", "------", "----", "----", "-------"],
    ]
    for event in events.sorted(by: {
      ($0.lastTimestamp ?? .powerOn, $0.metadata.name)
        < ($1.lastTimestamp ?? .powerOn, $1.metadata.name)
    }) {
      var age = (now - (event.lastTimestamp ?? now)).humanDuration
      if event.count > 1, let first = event.firstTimestamp {
        age += " (x\(event.count) over \((now - first).humanDuration))"
      }
      rows.append(["  " + event.type, event.reason, age, event.sourceComponent, event.message])
    }
    return "Events:\n" + TableText.aligned(rows)
  }
}
