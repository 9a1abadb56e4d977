// Pods (pkg/apis/core/validation/validation.go): what people commonly get wrong.

extension Validator {
  mutating func pod(_ pod: Pod) {
    metadata(pod.metadata, .pod)
    podSpec({ "spec" }, pod.spec)
    images({ "spec.containers" }, pod.spec.containers)
    images({ "spec.initContainers" }, pod.spec.initContainers)
  }

  mutating func podSpec(_ path: Path, _ spec: PodSpec) {
    if spec.terminationGracePeriodSeconds == nil {
      required(path() + ".terminationGracePeriodSeconds")
    }
    volumes({ path() + ".volumes" }, spec.volumes)
    containers({ path() + ".containers" }, spec)
    initContainers({ path() + ".initContainers" }, spec)
    hostNetwork({ path() + ".containers" }, spec)
    switch spec.restartPolicy {
    case "Always", "OnFailure", "Never": break
    case "": required(path() + ".restartPolicy")
    default:
      notSupported(
        path() + ".restartPolicy", spec.restartPolicy.json, ["Always", "OnFailure", "Never"])
    }
    dnsPolicy({ path() + ".dnsPolicy" }, spec.carried["dnsPolicy"])
    labels(path() + ".nodeSelector", spec.nodeSelector)
    if let affinity = spec.affinity { self.affinity({ path() + ".affinity" }, affinity) }
    gates(path, spec)
    spreadConstraints({ path() + ".topologySpreadConstraints" }, spec.topologySpreadConstraints)
    names(path, spec)
    if let seconds = spec.activeDeadlineSeconds, !(1...Int64(Int32.max)).contains(seconds) {
      invalid(
        path() + ".activeDeadlineSeconds", seconds.json,
        "must be between 1 and 2147483647, inclusive")
    }
    tolerations({ path() + ".tolerations" }, spec.tolerations)
    switch spec.preemptionPolicy {
    case nil, "PreemptLowerPriority", "Never": break
    case let policy?:
      notSupported(
        path() + ".preemptionPolicy", policy.json, ["PreemptLowerPriority", "Never"])
    }
  }

  private mutating func dnsPolicy(_ path: Path, _ policy: JSONValue?) {
    switch policy?.stringValue {
    case nil: required(path())
    case "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None": break
    case let policy?:
      notSupported(
        path(), policy.json, ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
    }
  }

  private mutating func gates(_ path: Path, _ spec: PodSpec) {
    for (index, gate) in spec.readinessGates.enumerated() {
      check("\(path()).readinessGates[\(index)].conditionType", gate, NameRules.labelKey(gate))
    }
    for (index, gate) in spec.schedulingGates.enumerated() {
      check("\(path()).schedulingGates[\(index)]", gate, NameRules.labelKey(gate))
      if spec.schedulingGates[..<index].contains(gate) {
        duplicate("\(path()).schedulingGates[\(index)]", gate.json)
      }
    }
  }

  private mutating func names(_ path: Path, _ spec: PodSpec) {
    func check(_ name: String, _ text: String, _ problems: (String) -> [String]) {
      guard !text.isEmpty else { return }
      self.check("\(path()).\(name)", text, problems(text))
    }
    check("serviceAccountName", spec.serviceAccountName, NameRules.dns1123Subdomain)
    check("nodeName", spec.nodeName, NameRules.dns1123Subdomain)
    check("hostname", spec.carried["hostname"]?.stringValue ?? "", NameRules.dns1123Label)
    check("subdomain", spec.carried["subdomain"]?.stringValue ?? "", NameRules.dns1123Label)
    check("priorityClassName", spec.priorityClassName, NameRules.dns1123Subdomain)
  }

  private mutating func volumes(_ path: Path, _ volumes: [Volume]) {
    for (index, volume) in volumes.enumerated() {
      let sources = volume.carried.object.fields
      if sources.isEmpty { required("\(path())[\(index)]", "must specify a volume type") }
      for source in sources.dropFirst() {
        forbidden("\(path())[\(index)].\(source.key)", "may not specify more than 1 volume type")
      }
      if volume.name.isEmpty {
        required("\(path())[\(index)].name")
      } else {
        check("\(path())[\(index)].name", volume.name, NameRules.dns1123Label(volume.name))
      }
      if volumes[..<index].contains(where: { $0.name == volume.name }) {
        duplicate("\(path())[\(index)].name", volume.name.json)
      }
    }
  }

  private mutating func hostNetwork(_ path: Path, _ spec: PodSpec) {
    guard spec.hostNetwork else { return }
    for (index, container) in spec.containers.enumerated() {
      for (at, port) in container.ports.enumerated()
      where port.hostPort != 0 && port.hostPort != port.containerPort {
        invalid(
          "\(path())[\(index)].ports[\(at)].hostPort", port.hostPort.json,
          "must match `containerPort` when `hostNetwork` is true")
      }
    }
  }

  mutating func tolerations(_ path: Path, _ tolerations: [Toleration]) {
    for (index, toleration) in tolerations.enumerated() {
      self.toleration({ "\(path())[\(index)]" }, toleration)
    }
  }

  private mutating func toleration(_ path: Path, _ toleration: Toleration) {
    if !toleration.key.isEmpty {
      check(path() + ".key", toleration.key, NameRules.labelKey(toleration.key))
    } else if toleration.operatorName != "Exists" {
      invalid(
        path() + ".operator", toleration.operatorName.json,
        "operator must be Exists when `key` is empty, which means \"match all values and all "
          + "keys\"")
    }
    if toleration.tolerationSeconds != nil, toleration.effect != "NoExecute" {
      invalid(
        path() + ".effect", toleration.effect.json,
        "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    switch toleration.operatorName {
    case "", "Equal":
      let problems = NameRules.labelValue(toleration.value)
      if !problems.isEmpty {
        invalid(
          path() + ".operator", toleration.value.json, problems.joined(separator: ";"))
      }
    case "Exists":
      if !toleration.value.isEmpty {
        invalid(
          path() + ".operator", toleration.value.json,
          "value must be empty when `operator` is 'Exists'")
      }
    case "Lt", "Gt":
      notSupported(
        path() + ".operator", toleration.operatorName.json, ["Equal", "Exists", "Lt", "Gt"])
    default:
      notSupported(path() + ".operator", toleration.operatorName.json, ["Equal", "Exists"])
    }
    if !toleration.effect.isEmpty { taintEffect({ path() + ".effect" }, toleration.effect) }
  }

  mutating func taintEffect(_ path: Path, _ effect: String) {
    switch effect {
    case "NoSchedule", "PreferNoSchedule", "NoExecute": break
    case "": required(path())
    default:
      notSupported(path(), effect.json, ["NoSchedule", "PreferNoSchedule", "NoExecute"])
    }
  }

  private mutating func images(_ path: Path, _ containers: [Container]) {
    for (index, container) in containers.enumerated()
    where container.image.first?.isWhitespace == true
      || container.image.last?.isWhitespace == true
    {
      invalid(
        "\(path())[\(index)].image", container.image.json,
        "must not have leading or trailing whitespace")
    }
  }
}
