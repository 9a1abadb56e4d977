extension Validator {
  mutating func service(_ service: Service) {
    metadata(service.metadata, .service)
    serviceSpec(service.spec)
  }

  mutating func serviceUpdate(_ new: Service, _ old: Service) {
    metadataUpdate(new.metadata, old.metadata)
    if new.$spec.isIdentical(to: old.$spec) { return }
    clusterIPsUpdate(new.spec, old.spec)
    familiesUpdate(new.spec, old.spec)
    if new.spec.type == "LoadBalancer", old.spec.type == "LoadBalancer",
      new.spec.loadBalancerClass != old.spec.loadBalancerClass
    {
      invalid(
        "spec.loadBalancerClass", new.spec.loadBalancerClass.json, "may not change once set")
    }
    serviceSpec(new.spec)
  }

  private mutating func clusterIPsUpdate(_ new: ServiceSpec, _ old: ServiceSpec) {
    if new.type == "ExternalName" || old.type == "ExternalName" { return }
    if new.isHeadless && old.isHeadless { return }
    if new.clusterIPs.isEmpty, !old.clusterIPs.isEmpty {
      invalid("spec.clusterIPs[0]", .null, "primary clusterIP can not be unset")
      return
    }
    for (index, pair) in zip(new.clusterIPs, old.clusterIPs).enumerated()
    where pair.0 != pair.1 {
      invalid("spec.clusterIPs[\(index)]", new.clusterIPs.json, "may not change once set")
    }
  }

  private mutating func serviceSpec(_ spec: ServiceSpec) {
    if spec.ports.isEmpty, !spec.isHeadless, spec.type != "ExternalName" {
      required("spec.ports")
    }
    serviceType(spec)
    for index in spec.ports.indices { servicePort(spec, index) }
    labels("spec.selector", spec.selector)
    switch spec.sessionAffinity {
    case "None", "ClientIP": break
    case "": required("spec.sessionAffinity")
    default:
      notSupported("spec.sessionAffinity", spec.sessionAffinity.json, ["ClientIP", "None"])
    }
    if spec.type != "ExternalName" {
      clusterIPs(spec)
      families(spec)
    }
    trafficPolicies(spec)
    if spec.type != "LoadBalancer" {
      if spec.allocateLoadBalancerNodePorts != nil {
        forbidden(
          "spec.allocateLoadBalancerNodePorts", "may only be used when `type` is 'LoadBalancer'")
      }
      if spec.loadBalancerClass != nil {
        forbidden("spec.loadBalancerClass", "may only be used when `type` is 'LoadBalancer'")
      }
    }
  }

  private mutating func serviceType(_ spec: ServiceSpec) {
    switch spec.type {
    case "ClusterIP": break
    case "LoadBalancer", "NodePort":
      if spec.isHeadless {
        invalid(
          "spec.clusterIPs[0]", "None".json,
          "may not be set to 'None' for \(spec.type) services")
      }
    case "ExternalName":
      if !spec.clusterIPs.isEmpty {
        forbidden("spec.clusterIPs", "may not be set for ExternalName services")
      }
      var name = spec.externalName
      if name.hasSuffix(".") { name.removeLast() }
      if name.isEmpty {
        required("spec.externalName")
      } else {
        check("spec.externalName", name, NameRules.dns1123Subdomain(name))
      }
    case "": required("spec.type")
    default:
      notSupported(
        "spec.type", spec.type.json, ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"])
    }
  }

  private mutating func servicePort(_ spec: ServiceSpec, _ index: Int) {
    let port = spec.ports[index]
    let before = spec.ports[..<index]
    func place() -> String { "spec.ports[\(index)]" }
    if port.name.isEmpty {
      if spec.ports.count > 1 { required(place() + ".name") }
    } else {
      check(place() + ".name", port.name, NameRules.dns1123Label(port.name))
      if before.contains(where: { $0.name == port.name }) {
        duplicate(place() + ".name", port.name.json)
      }
    }
    self.port(place() + ".port", port.port)
    transport({ place() + ".protocol" }, port.protocolName)
    portOrName(place() + ".targetPort", port.targetPort)
    if let app = port.appProtocol {
      check(place() + ".appProtocol", app, NameRules.labelKey(app))
    }
    if port.nodePort != 0 {
      if spec.type == "ClusterIP" {
        forbidden(place() + ".nodePort", "may not be used when `type` is 'ClusterIP'")
      }
      if before.contains(where: {
        $0.nodePort == port.nodePort && $0.protocolName == port.protocolName
      }) {
        duplicate(place() + ".nodePort", port.nodePort.json)
      }
    }
    if before.contains(where: {
      $0.port == port.port && $0.protocolName == port.protocolName
    }) {
      duplicate(
        place(),
        .object(
          JSONObject([
            ("protocol", port.protocolName.json), ("port", port.port.json),
            ("targetPort", .integer(0)),
          ])))
    }
  }

  private mutating func clusterIPs(_ spec: ServiceSpec) {
    if spec.clusterIP.isEmpty {
      if !spec.clusterIPs.isEmpty {
        invalid(
          "spec.clusterIPs", spec.clusterIPs.json,
          "must be empty when `clusterIP` is not specified")
      }
    } else if spec.clusterIPs.isEmpty {
      required("spec.clusterIPs")
    } else if spec.clusterIPs[0] != spec.clusterIP {
      invalid("spec.clusterIPs", spec.clusterIPs.json, "first value must match `clusterIP`")
    }
    for (index, ip) in spec.clusterIPs.enumerated() {
      if index == 0, ip == "None" {
        if spec.clusterIPs.count > 1 {
          invalid(
            "spec.clusterIPs", spec.clusterIPs.json, "'None' must be the first and only value")
        }
      } else if !IPAddress.isValid(ip) {
        invalid(
          "spec.clusterIPs[\(index)]", ip.json,
          "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
      }
    }
  }

  /// Of a cluster that is configured for IPv4 alone (`alloc.go`).
  private mutating func families(_ spec: ServiceSpec) {
    for (index, family) in spec.ipFamilies.enumerated() {
      if family != "IPv4", family != "IPv6" {
        notSupported("spec.ipFamilies[\(index)]", family.json, ["IPv4", "IPv6"])
      }
      if spec.ipFamilies[..<index].contains(family) {
        duplicate("spec.ipFamilies[\(index)]", family.json)
      }
    }
    let policies = ["PreferDualStack", "RequireDualStack", "SingleStack"]
    if let policy = spec.ipFamilyPolicy, !policies.contains(policy) {
      notSupported("spec.ipFamilyPolicy", policy.json, policies)
    }
    if spec.ipFamilyPolicy == "SingleStack" {
      let needed = "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
      for (list, name) in [(spec.clusterIPs, "cluster IPs"), (spec.ipFamilies, "IP families")]
      where list.count == 2 {
        invalid("spec.ipFamilyPolicy", spec.ipFamilyPolicy.json, needed + name + " are specified")
      }
    }
    if spec.isHeadless, spec.selector.isEmpty { return }
    if spec.ipFamilyPolicy == "RequireDualStack" {
      invalid(
        "spec.ipFamilyPolicy", spec.ipFamilyPolicy.json,
        "this cluster is not configured for dual-stack services")
    }
    for (index, family) in spec.ipFamilies.enumerated() where family == "IPv6" {
      invalid("spec.ipFamilies[\(index)]", family.json, "not configured on this cluster")
    }
  }

  private mutating func familiesUpdate(_ new: ServiceSpec, _ old: ServiceSpec) {
    guard new.type != "ExternalName", new.ipFamilyPolicy != "SingleStack" else { return }
    for (after, before, name) in [
      (new.clusterIPs, old.clusterIPs, "cluster IP"), (new.ipFamilies, old.ipFamilies, "IP family"),
    ] where !after.isEmpty && after.count < before.count {
      invalid(
        "spec.ipFamilyPolicy", new.ipFamilyPolicy.json,
        "must be 'SingleStack' to release the secondary \(name)")
    }
  }

  private mutating func trafficPolicies(_ spec: ServiceSpec) {
    let isExternal =
      spec.type == "NodePort" || spec.type == "LoadBalancer"
      || spec.type == "ClusterIP" && spec.carried["externalIPs"] != nil
    switch (isExternal, spec.externalTrafficPolicy) {
    case (false, ""), (true, "Cluster"), (true, "Local"): break
    case (false, let policy):
      invalid(
        "spec.externalTrafficPolicy", policy.json,
        "may only be set for externally-accessible services")
    case (true, ""): required("spec.externalTrafficPolicy")
    case (true, let policy):
      notSupported("spec.externalTrafficPolicy", policy.json, ["Cluster", "Local"])
    }
    switch spec.internalTrafficPolicy {
    case "Cluster", "Local": break
    case nil:
      if spec.type != "ExternalName" { required("spec.internalTrafficPolicy") }
    case let policy?:
      notSupported("spec.internalTrafficPolicy", policy.json, ["Cluster", "Local"])
    }
  }
}

extension ServiceSpec {
  /// No address of its own: names lead to the pods themselves.
  public var isHeadless: Bool { clusterIP == "None" || clusterIPs.first == "None" }
}

/// Addresses as text.
enum IPAddress {
  static func isValid(_ text: String) -> Bool { isIPv4(text[...]) || isIPv6(text) }

  static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        guard (1...3).contains(part.count), part.allSatisfy(\.isWholeNumber),
          let number = Int(part)
        else { return false }
        return number < 256 && (part.count == 1 || part.first != "0")
      }
  }

  static func isIPv6(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: ":")) else { return false }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return false }
    var groups = 0
    for half in halves where !half.isEmpty {
      let parts = half.split(separator: ":", omittingEmptySubsequences: false)
      for (index, part) in parts.enumerated() {
        if index == parts.count - 1, part.contains(".") {
          guard isIPv4(part) else { return false }
          groups += 2
          continue
        }
        guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit) else { return false }
        groups += 1
      }
    }
    return halves.count == 2 ? groups < 8 : groups == 8
  }
}
