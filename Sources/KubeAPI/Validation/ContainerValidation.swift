extension Validator {
  mutating func containers(_ path: Path, _ spec: PodSpec) {
    if spec.containers.isEmpty { required(path()) }
    for (index, container) in spec.containers.enumerated() {
      self.container({ "\(path())[\(index)]" }, container, spec.volumes)
      if spec.containers[..<index].contains(where: { $0.name == container.name }) {
        duplicate("\(path())[\(index)].name", container.name.json)
      }
      probes({ "\(path())[\(index)]" }, container)
      containerRestartPolicy({ "\(path())[\(index)].restartPolicy" }, container.restartPolicy)
    }
    hostPorts(path, spec.containers)
  }

  mutating func initContainers(_ path: Path, _ spec: PodSpec) {
    for (index, container) in spec.initContainers.enumerated() {
      func place() -> String { "\(path())[\(index)]" }
      self.container(place, container, spec.volumes)
      containerRestartPolicy({ place() + ".restartPolicy" }, container.restartPolicy)
      let isTaken =
        spec.containers.contains { $0.name == container.name }
        || spec.initContainers[..<index].contains { $0.name == container.name }
      if isTaken, !container.name.isEmpty {
        duplicate(place() + ".name", container.name.json)
      }
      if container.restartPolicy == "Always" {
        probes(place, container)
      } else {
        forbidUnlessSidecar(place, container)
      }
    }
  }

  private mutating func forbidUnlessSidecar(_ path: Path, _ container: Container) {
    let found = [
      ("lifecycle", container.carried["lifecycle"] != nil),
      ("livenessProbe", container.livenessProbe != nil),
      ("readinessProbe", container.readinessProbe != nil),
      ("startupProbe", container.startupProbe != nil),
    ]
    for (name, isSet) in found where isSet {
      forbidden(
        "\(path()).\(name)", "may not be set for init containers without restartPolicy=Always")
    }
  }

  private mutating func containerRestartPolicy(_ path: Path, _ policy: String?) {
    switch policy {
    case nil, "Always", "Never", "OnFailure": break
    case let policy?: notSupported(path(), policy.json, ["Always", "Never", "OnFailure"])
    }
  }

  private mutating func container(_ path: Path, _ container: Container, _ volumes: [Volume]) {
    if container.name.isEmpty {
      required(path() + ".name")
    } else {
      check(path() + ".name", container.name, NameRules.dns1123Label(container.name))
    }
    if container.image.isEmpty { required(path() + ".image") }
    switch container.carried["terminationMessagePolicy"]?.stringValue {
    case "File", "FallbackToLogsOnError": break
    case nil: required(path() + ".terminationMessagePolicy")
    case let policy?:
      notSupported(
        path() + ".terminationMessagePolicy", policy.json, ["File", "FallbackToLogsOnError"])
    }
    containerPorts({ path() + ".ports" }, container.ports)
    environment({ path() + ".env" }, container.carried["env"])
    mounts({ path() + ".volumeMounts" }, container.carried["volumeMounts"], volumes)
    switch container.imagePullPolicy {
    case "Always", "IfNotPresent", "Never": break
    case "": required(path() + ".imagePullPolicy")
    default:
      notSupported(
        path() + ".imagePullPolicy", container.imagePullPolicy.json,
        ["Always", "IfNotPresent", "Never"])
    }
    resources({ path() + ".resources" }, container.resources)
  }

  private mutating func containerPorts(_ path: Path, _ ports: [ContainerPort]) {
    for (index, port) in ports.enumerated() {
      func place() -> String { "\(path())[\(index)]" }
      if !port.name.isEmpty {
        let problems = NameRules.portName(port.name)
        check(place() + ".name", port.name, problems)
        if problems.isEmpty, ports[..<index].contains(where: { $0.name == port.name }) {
          duplicate(place() + ".name", port.name.json)
        }
      }
      if port.containerPort == 0 {
        required(place() + ".containerPort")
      } else {
        self.port(place() + ".containerPort", port.containerPort)
      }
      if port.hostPort != 0 { self.port(place() + ".hostPort", port.hostPort) }
      transport({ place() + ".protocol" }, port.protocolName)
    }
  }

  mutating func transport(_ path: Path, _ name: String) {
    switch name {
    case "TCP", "UDP", "SCTP": break
    case "": required(path())
    default: notSupported(path(), name.json, ["SCTP", "TCP", "UDP"])
    }
  }

  private mutating func hostPorts(_ path: Path, _ containers: [Container]) {
    var seen: [ContainerPort] = []
    for (index, container) in containers.enumerated() {
      for (at, port) in container.ports.enumerated() where port.hostPort != 0 {
        let isTaken = seen.contains {
          $0.hostPort == port.hostPort && $0.protocolName == port.protocolName
            && $0.hostIP == port.hostIP
        }
        if isTaken {
          duplicate(
            "\(path())[\(index)].ports[\(at)].hostPort",
            "\(port.protocolName)/\(port.hostIP)/\(port.hostPort)".json)
        }
        seen.append(port)
      }
    }
  }

  private mutating func environment(_ path: Path, _ variables: JSONValue?) {
    guard case .array(let items) = variables else { return }
    for (index, item) in items.enumerated() {
      let name = item["name"]?.stringValue ?? ""
      if name.isEmpty {
        required("\(path())[\(index)].name")
      } else {
        check("\(path())[\(index)].name", name, NameRules.environmentVariable(name))
      }
      if item["valueFrom"] != nil, let value = item["value"]?.stringValue, !value.isEmpty {
        invalid(
          "\(path())[\(index)].valueFrom", "".json,
          "may not be specified when `value` is not empty")
      }
    }
  }

  private mutating func mounts(_ path: Path, _ mounts: JSONValue?, _ volumes: [Volume]) {
    guard case .array(let items) = mounts else { return }
    for (index, item) in items.enumerated() {
      let name = item["name"]?.stringValue ?? ""
      let mountPath = item["mountPath"]?.stringValue ?? ""
      if name.isEmpty { required("\(path())[\(index)].name") }
      if !volumes.contains(where: { $0.name == name }) {
        notFound("\(path())[\(index)].name", name)
      }
      if mountPath.isEmpty { required("\(path())[\(index)].mountPath") }
      if items[..<index].contains(where: { $0["mountPath"]?.stringValue == mountPath }) {
        invalid("\(path())[\(index)].mountPath", mountPath.json, "must be unique")
      }
    }
  }

  // MARK: Resources

  private mutating func resources(_ path: Path, _ resources: ResourceRequirements) {
    for entry in resources.limits.entries {
      amount({ "\(path()).limits[\(entry.name)]" }, entry)
    }
    for entry in resources.requests.entries {
      amount({ "\(path()).requests[\(entry.name)]" }, entry)
      let mayOvercommit = Self.isNative(entry.name) && !entry.name.hasPrefix("hugepages-")
      guard let limit = resources.limits[entry.name] else {
        if !mayOvercommit {
          required(path() + ".limits", "Limit must be set for non overcommitable resources")
        }
        continue
      }
      if entry.quantity < limit || limit < entry.quantity, !mayOvercommit {
        invalid(
          path() + ".requests", entry.quantity.json,
          "must be equal to \(entry.name) limit of \(limit.text)")
      } else if limit < entry.quantity {
        invalid(
          path() + ".requests", entry.quantity.json,
          "must be less than or equal to \(entry.name) limit of \(limit.text)")
      }
    }
  }

  private mutating func amount(_ path: Path, _ entry: ResourceList.Entry) {
    let problems = NameRules.labelKey(entry.name)
    check(path(), entry.name, problems)
    if problems.isEmpty, !entry.name.utf8.contains(UInt8(ascii: "/")) {
      switch entry.name {
      case "cpu", "memory", "ephemeral-storage": break
      case _ where entry.name.hasPrefix("hugepages-"): break
      default:
        invalid(
          path(), entry.name.json, "must be a standard resource type or fully qualified")
        invalid(path(), entry.name.json, "must be a standard resource for containers")
      }
    }
    if entry.quantity < Quantity(0) {
      invalid(path(), entry.quantity.json, "must be greater than or equal to 0")
    }
    if !Self.isNative(entry.name), entry.quantity.milliValue % 1000 != 0 {
      invalid(path(), entry.quantity.json, "must be an integer")
    }
  }

  private static func isNative(_ name: String) -> Bool {
    !name.utf8.contains(UInt8(ascii: "/")) || name.contains("kubernetes.io/")
  }

  // MARK: Probes

  private mutating func probes(_ path: Path, _ container: Container) {
    if let probe = container.livenessProbe {
      self.probe({ path() + ".livenessProbe" }, probe, needsOneSuccess: true)
    }
    if let probe = container.readinessProbe {
      self.probe({ path() + ".readinessProbe" }, probe, needsOneSuccess: false)
      if let seconds = probe.terminationGracePeriodSeconds {
        invalid(
          path() + ".readinessProbe.terminationGracePeriodSeconds", seconds.json,
          "must not be set for readinessProbes")
      }
    }
    if let probe = container.startupProbe {
      self.probe({ path() + ".startupProbe" }, probe, needsOneSuccess: true)
    }
  }

  private mutating func probe(_ path: Path, _ probe: Probe, needsOneSuccess: Bool) {
    handler(path, probe.carried)
    nonNegative(path() + ".initialDelaySeconds", Int64(probe.initialDelaySeconds))
    nonNegative(path() + ".timeoutSeconds", Int64(probe.timeoutSeconds))
    nonNegative(path() + ".periodSeconds", Int64(probe.periodSeconds))
    nonNegative(path() + ".successThreshold", Int64(probe.successThreshold))
    nonNegative(path() + ".failureThreshold", Int64(probe.failureThreshold))
    if let seconds = probe.terminationGracePeriodSeconds, seconds <= 0 {
      invalid(
        path() + ".terminationGracePeriodSeconds", seconds.json, "must be greater than 0")
    }
    if needsOneSuccess, probe.successThreshold != 1 {
      invalid(path() + ".successThreshold", probe.successThreshold.json, "must be 1")
    }
  }

  private mutating func handler(_ path: Path, _ carried: Carried) {
    var count = 0
    for name in ["exec", "httpGet", "tcpSocket", "grpc"] {
      guard let action = carried[name] else { continue }
      count += 1
      if count > 1 {
        forbidden("\(path()).\(name)", "may not specify more than 1 handler type")
        continue
      }
      switch name {
      case "exec":
        if action["command"] == nil { required("\(path()).exec.command") }
      case "grpc":
        port("\(path()).grpc.port", Int32(json: action["port"] ?? .null))
      default:
        portOrName("\(path()).\(name).port", IntOrString(json: action["port"] ?? .null))
        if name == "httpGet", let scheme = action["scheme"]?.stringValue,
          scheme != "HTTP", scheme != "HTTPS"
        {
          notSupported("\(path()).httpGet.scheme", scheme.json, ["HTTP", "HTTPS"])
        }
      }
    }
    if count == 0 { required(path(), "must specify a handler type") }
  }
}
