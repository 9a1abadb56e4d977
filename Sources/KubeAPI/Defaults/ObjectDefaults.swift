extension APIObject {
  /// The object with what the API server fills in on a write; itself where nothing is missing.
  ///
  /// Defaults depend on the object alone. What needs the cluster (a name from `generateName`, an
  /// address, the service account's token) is the API server's part.
  public func defaulted() -> APIObject {
    switch body {
    case .namespace(var x): return x.applyDefaults() ? x.boxed : self
    case .node(var x): return x.applyDefaults() ? x.boxed : self
    case .pod(var x): return x.applyDefaults() ? x.boxed : self
    case .service(var x): return x.applyDefaults() ? x.boxed : self
    case .endpointSlice(var x): return x.applyDefaults() ? x.boxed : self
    case .secret(var x): return x.applyDefaults() ? x.boxed : self
    case .deployment(var x): return x.applyDefaults() ? x.boxed : self
    case .replicaSet(var x): return x.applyDefaults() ? x.boxed : self
    case .configMap, .serviceAccount, .event, .lease: return self
    }
  }
}

extension Namespace {
  mutating func applyDefaults() -> Bool {
    var changed = false
    if !metadata.name.isEmpty, metadata.labels["kubernetes.io/metadata.name"] != metadata.name {
      metadata.labels["kubernetes.io/metadata.name"] = metadata.name
      changed = true
    }
    if status.phase.isEmpty {
      status.phase = "Active"
      changed = true
    }
    return changed
  }
}

extension Node {
  mutating func applyDefaults() -> Bool {
    guard status.allocatable.isEmpty, !status.capacity.isEmpty else { return false }
    status.allocatable = status.capacity
    return true
  }
}

extension Service {
  mutating func applyDefaults() -> Bool {
    var spec = spec
    var changed = spec.applyDefaults()
    if changed { self.spec = spec }
    if spec.type == "LoadBalancer", status.ingress.contains(where: { $0.lacksMode }) {
      for index in status.ingress.indices where status.ingress[index].lacksMode {
        status.ingress[index].ipMode = "VIP"
      }
      changed = true
    }
    return changed
  }
}

extension LoadBalancerIngress {
  fileprivate var lacksMode: Bool { !ip.isEmpty && ipMode == nil }
}

extension ServiceSpec {
  fileprivate mutating func applyDefaults() -> Bool {
    var changed = sessionAffinity.setIfEmpty("None")
    if type.setIfEmpty("ClusterIP") { changed = true }
    if ports.applyToEach({ $0.applyDefaults() }) { changed = true }
    if applySessionAffinityDefaults() { changed = true }
    let isExternal = type == "NodePort" || type == "LoadBalancer"
    let hasExternalIPs = type == "ClusterIP" && carried["externalIPs"] != nil
    if isExternal || hasExternalIPs, externalTrafficPolicy.setIfEmpty("Cluster") {
      changed = true
    }
    if isExternal || type == "ClusterIP", internalTrafficPolicy.setIfNil("Cluster") {
      changed = true
    }
    if type == "LoadBalancer", allocateLoadBalancerNodePorts.setIfNil(true) { changed = true }
    return changed
  }

  private mutating func applySessionAffinityDefaults() -> Bool {
    let config = carried["sessionAffinityConfig"]
    if sessionAffinity == "None", config != nil {
      carried["sessionAffinityConfig"] = nil
      return true
    }
    guard sessionAffinity == "ClientIP", config?["clientIP"]?["timeoutSeconds"] == nil else {
      return false
    }
    // Three hours: v1.DefaultClientIPServiceAffinitySeconds.
    let clientIP = JSONValue.object(JSONObject([("timeoutSeconds", .integer(10_800))]))
    carried["sessionAffinityConfig"] = .object(JSONObject([("clientIP", clientIP)]))
    return true
  }
}

extension ServicePort {
  fileprivate mutating func applyDefaults() -> Bool {
    var changed = protocolName.setIfEmpty("TCP")
    if targetPort == .integer(0) || targetPort == .string("") {
      targetPort = .integer(port)
      changed = true
    }
    return changed
  }
}

extension EndpointSlice {
  /// pkg/apis/discovery/v1/defaults.go.
  mutating func applyDefaults() -> Bool {
    ports.applyToEach { port in
      var changed = port.name.setIfNil("")
      if port.protocolName.setIfNil("TCP") { changed = true }
      return changed
    }
  }
}

extension Secret {
  mutating func applyDefaults() -> Bool { type.setIfEmpty("Opaque") }
}

extension Deployment {
  /// pkg/apis/apps/v1/defaults.go.
  mutating func applyDefaults() -> Bool {
    var spec = spec
    var changed = spec.replicas.setIfNil(1)
    if spec.strategyType.setIfEmpty("RollingUpdate") { changed = true }
    if spec.strategyType == "RollingUpdate" {
      if spec.maxUnavailable.setIfNil(.string("25%")) { changed = true }
      if spec.maxSurge.setIfNil(.string("25%")) { changed = true }
    }
    if spec.revisionHistoryLimit.setIfNil(10) { changed = true }
    if spec.progressDeadlineSeconds.setIfNil(600) { changed = true }
    if spec.template.applyDefaults() { changed = true }
    if changed { self.spec = spec }
    return changed
  }
}

extension ReplicaSet {
  mutating func applyDefaults() -> Bool {
    var spec = spec
    var changed = spec.replicas.setIfNil(1)
    if spec.template.applyDefaults() { changed = true }
    if changed { self.spec = spec }
    return changed
  }
}

extension PodTemplateSpec {
  fileprivate mutating func applyDefaults() -> Bool {
    var podSpec = spec
    guard podSpec.applyDefaults() else { return false }
    spec = podSpec
    return true
  }
}
