extension APIObject {
  /// What is wrong with this object for a create, after defaulting; empty where all is well.
  public func validateCreate() -> [APIStatus.Cause] {
    var validator = Validator()
    switch body {
    case .pod(let x): validator.pod(x)
    case .deployment(let x): validator.deployment(x)
    case .replicaSet(let x): validator.replicaSet(x)
    case .service(let x): validator.service(x)
    case .node(let x):
      validator.metadata(x.metadata, kind)
      validator.taints(x.spec.taints)
    case .configMap(let x):
      validator.metadata(x.metadata, kind)
      validator.configMapData(x)
    case .secret(let x):
      validator.metadata(x.metadata, kind)
      validator.secretData(x)
    case .lease(let x):
      validator.metadata(x.metadata, kind)
      validator.leaseSpec(x.spec)
    case .endpointSlice(let x):
      validator.metadata(x.metadata, kind)
      validator.endpointSlice(x)
    case .event(let x):
      validator.metadata(x.metadata, kind)
      validator.eventNamespace(x)
    case .namespace, .serviceAccount: validator.metadata(metadata, kind)
    }
    return validator.causes
  }

  /// What is wrong with replacing `old`, which is of the same kind, by this object; empty where
  /// all is well. What both share is not looked at again.
  public func validateUpdate(old: APIObject) -> [APIStatus.Cause] {
    precondition(old.kind == kind, "an update of a \(old.kind) by a \(kind)")
    var validator = Validator()
    switch (body, old.body) {
    case (.pod(let x), .pod(let old)): validator.podUpdate(x, old)
    case (.deployment(let x), .deployment(let old)): validator.deploymentUpdate(x, old)
    case (.replicaSet(let x), .replicaSet(let old)): validator.replicaSetUpdate(x, old)
    case (.service(let x), .service(let old)): validator.serviceUpdate(x, old)
    case (.node(let x), .node(let old)):
      validator.metadataUpdate(x.metadata, old.metadata)
      validator.nodeUpdate(x, old)
    case (.configMap(let x), .configMap(let old)):
      validator.metadataUpdate(x.metadata, old.metadata)
      validator.configMapUpdate(x, old)
    case (.secret(let x), .secret(let old)):
      validator.metadataUpdate(x.metadata, old.metadata)
      validator.secretUpdate(x, old)
    case (.lease(let x), .lease):
      validator.metadataUpdate(x.metadata, old.metadata)
      validator.leaseSpec(x.spec)
    case (.endpointSlice(let x), .endpointSlice(let old)):
      validator.metadataUpdate(x.metadata, old.metadata)
      validator.immutable("addressType", x.addressType, old.addressType)
      validator.endpointSlice(x)
    default: validator.metadataUpdate(metadata, old.metadata)
    }
    return validator.causes
  }
}

extension Validator {
  mutating func taints(_ taints: [Taint]) {
    for (index, taint) in taints.enumerated() {
      // The API gives the path under metadata, though taints are in the spec.
      func path() -> String { "metadata.taints[\(index)]" }
      check(path() + ".key", taint.key, NameRules.labelKey(taint.key))
      let problems = NameRules.labelValue(taint.value)
      if !problems.isEmpty {
        invalid(path() + ".value", taint.value.json, problems.joined(separator: ";"))
      }
      taintEffect({ path() + ".effect" }, taint.effect)
      if taints[..<index].contains(where: { $0.matches(taint) }) {
        duplicate(path(), taint.json, "taints must be unique by key and effect pair")
      }
    }
  }

  fileprivate mutating func nodeUpdate(_ new: Node, _ old: Node) {
    if new.$spec.isIdentical(to: old.$spec) { return }
    if !old.spec.podCIDRs.isEmpty, old.spec.podCIDRs != new.spec.podCIDRs {
      forbidden(
        "spec.podCIDRs", "node updates may not change podCIDR except from \"\" to valid")
    }
    if !old.spec.providerID.isEmpty, old.spec.providerID != new.spec.providerID {
      forbidden(
        "spec.providerID", "node updates may not change providerID except from \"\" to valid")
    }
    taints(new.spec.taints)
  }

  // MARK: Configuration

  /// As large as a secret may be: 1 MiB.
  private static let maximumDataBytes = 1 << 20

  fileprivate mutating func configMapData(_ map: ConfigMap) {
    var size = 0
    for entry in map.data.entries {
      check("data[\(entry.key)]", entry.key, NameRules.configMapKey(entry.key))
      if map.binaryData[entry.key] != nil {
        invalid(
          "data[\(entry.key)]", entry.key.json, "duplicate of key present in binaryData")
      }
      size += entry.value.utf8.count
    }
    for entry in map.binaryData.entries {
      check("binaryData[\(entry.key)]", entry.key, NameRules.configMapKey(entry.key))
      size += entry.value.utf8.count / 4 * 3
    }
    if size > Self.maximumDataBytes { tooLong("", bytes: Self.maximumDataBytes) }
  }

  fileprivate mutating func configMapUpdate(_ new: ConfigMap, _ old: ConfigMap) {
    if old.immutable == true {
      frozen("immutable", new.immutable == true)
      frozen("data", new.data == old.data)
      frozen("binaryData", new.binaryData == old.binaryData)
    }
    configMapData(new)
  }

  private mutating func frozen(_ field: String, _ isSame: Bool) {
    if !isSame { forbidden(field, "field is immutable when `immutable` is set") }
  }

  fileprivate mutating func secretData(_ secret: Secret) {
    var size = 0
    for entry in secret.data.entries {
      check("data[\(entry.key)]", entry.key, NameRules.configMapKey(entry.key))
      size += entry.value.utf8.count / 4 * 3
    }
    if size > Self.maximumDataBytes { tooLong("data", bytes: Self.maximumDataBytes) }
    func needs(_ key: String) { if secret.data[key] == nil { required("data[\(key)]") } }
    switch secret.type {
    case "kubernetes.io/service-account-token":
      if secret.metadata.annotations["kubernetes.io/service-account.name"]?.isEmpty ?? true {
        required("metadata.annotations[kubernetes.io/service-account.name]")
      }
    case "kubernetes.io/dockercfg": needs(".dockercfg")
    case "kubernetes.io/dockerconfigjson": needs(".dockerconfigjson")
    case "kubernetes.io/basic-auth":
      if secret.data["username"] == nil && secret.data["password"] == nil {
        needs("username")
        needs("password")
      }
    case "kubernetes.io/ssh-auth": needs("ssh-privatekey")
    case "kubernetes.io/tls":
      needs("tls.crt")
      needs("tls.key")
    default: break
    }
  }

  fileprivate mutating func secretUpdate(_ new: Secret, _ old: Secret) {
    immutable("type", new.type, old.type)
    if old.immutable == true {
      frozen("immutable", new.immutable == true)
      frozen("data", new.data == old.data)
    }
    secretData(new)
  }

  // MARK: Leases, endpoints, events

  fileprivate mutating func leaseSpec(_ spec: LeaseSpec) {
    if let seconds = spec.leaseDurationSeconds, seconds <= 0 {
      invalid("spec.leaseDurationSeconds", seconds.json, "must be greater than 0")
    }
    if let transitions = spec.leaseTransitions, transitions < 0 {
      invalid("spec.leaseTransitions", transitions.json, "must be greater than or equal to 0")
    }
  }

  fileprivate mutating func endpointSlice(_ slice: EndpointSlice) {
    switch slice.addressType {
    case "IPv4", "IPv6", "FQDN": break
    case "": required("addressType")
    default: notSupported("addressType", slice.addressType.json, ["FQDN", "IPv4", "IPv6"])
    }
    if slice.endpoints.count > 1000 {
      invalid("endpoints", .integer(Int64(slice.endpoints.count)), "must have at most 1000 items")
    }
    for (index, endpoint) in slice.endpoints.enumerated() where endpoint.addresses.isEmpty {
      required("endpoints[\(index)].addresses", "must contain at least 1 address")
    }
    for (index, port) in slice.ports.enumerated() {
      if let name = port.name, !name.isEmpty {
        check("ports[\(index)].name", name, NameRules.dns1123Label(name))
      }
      transport({ "ports[\(index)].protocol" }, port.protocolName ?? "")
    }
  }

  fileprivate mutating func eventNamespace(_ event: Event) {
    let involved = event.involvedObject.namespace
    // Events about what has no namespace live in `default`.
    let expected = involved.isEmpty ? "default" : involved
    let namespace = event.metadata.namespace
    if namespace != expected, !(involved.isEmpty && namespace == "kube-system") {
      invalid("involvedObject.namespace", involved.json, "does not match event.namespace")
    }
  }
}
