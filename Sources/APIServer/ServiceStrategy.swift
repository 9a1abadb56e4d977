import KubeAPI

extension ServiceSpec {
  /// `clusterIP` and the first of `clusterIPs` are one: a client that sets or clears only the older
  /// field means both (`NormalizeClusterIPs`).
  mutating func normalizeClusterIPs(old: ServiceSpec?) {
    guard let old else {
      if clusterIPs.isEmpty, !clusterIP.isEmpty { clusterIPs = [clusterIP] }
      return
    }
    if clusterIP != old.clusterIP, clusterIPs == old.clusterIPs {
      clusterIPs = clusterIP.isEmpty ? [] : [clusterIP]
    } else if clusterIPs.isEmpty, !clusterIP.isEmpty {
      clusterIPs = [clusterIP]
    }
  }

  /// A PUT that leaves out what the server had allocated keeps it (`patchAllocatedValues`).
  mutating func keepAllocated(_ old: ServiceSpec) {
    if hasClusterIP, clusterIP.isEmpty, clusterIPs.isEmpty {
      clusterIP = old.clusterIP
      clusterIPs = old.clusterIPs
    }
    guard hasNodePorts else { return }
    for at in ports.indices where ports[at].nodePort == 0 {
      let port = ports[at]
      let same = old.ports.first { $0.port == port.port && $0.protocolName == port.protocolName }
      if let same, same.nodePort != 0 { ports[at].nodePort = same.nodePort }
    }
  }

  /// What only the old type had goes with it, unless the client changed it too
  /// (`dropTypeDependentFields`).
  mutating func dropTypeDependent(_ old: ServiceSpec) {
    if old.hasClusterIP, !hasClusterIP, clusterIP == old.clusterIP {
      clusterIP = ""
      clusterIPs = []
      if ipFamilies == old.ipFamilies { ipFamilies = [] }
      if ipFamilyPolicy == old.ipFamilyPolicy { ipFamilyPolicy = nil }
    }
    if old.hasNodePorts, !hasNodePorts, ports.map(\.nodePort) == old.ports.map(\.nodePort) {
      for at in ports.indices { ports[at].nodePort = 0 }
    }
    if old.hasNodePorts, !hasNodePorts, externalTrafficPolicy == old.externalTrafficPolicy {
      externalTrafficPolicy = ""
    }
    if old.type == "LoadBalancer", type != "LoadBalancer" {
      if allocateLoadBalancerNodePorts == old.allocateLoadBalancerNodePorts {
        allocateLoadBalancerNodePorts = nil
      }
      if loadBalancerClass == old.loadBalancerClass { loadBalancerClass = nil }
    }
  }

  /// The families of a service on a cluster that knows IPv4 alone (`initIPFamilyFields`); what can't
  /// be is left as it is, for the validation to refuse.
  mutating func setFamilies(old: ServiceSpec?) {
    guard hasClusterIP else { return }
    let isOnItsOwn = isHeadless && selector.isEmpty
    if ipFamilyPolicy == nil {
      ipFamilyPolicy =
        old?.ipFamilyPolicy ?? (isOnItsOwn ? "RequireDualStack" : "SingleStack")
    }
    if let old, ipFamilyPolicy == "SingleStack" {
      if clusterIPs == old.clusterIPs { clusterIPs = Array(clusterIPs.prefix(1)) }
      if ipFamilies == old.ipFamilies { ipFamilies = Array(ipFamilies.prefix(1)) }
    }
    for (index, ip) in clusterIPs.enumerated() where index >= ipFamilies.count && ip != "None" {
      ipFamilies.append(ip.contains(":") ? "IPv6" : "IPv4")
    }
    if ipFamilies.isEmpty { ipFamilies = ["IPv4"] }
    // Whoever makes the endpoints of such a service may have addresses of both.
    if isOnItsOwn, ipFamilies.count == 1, ipFamilyPolicy != "SingleStack" {
      ipFamilies.append(ipFamilies[0] == "IPv4" ? "IPv6" : "IPv4")
    }
  }

  private var hasClusterIP: Bool { type != "ExternalName" }
  private var hasNodePorts: Bool { type == "NodePort" || type == "LoadBalancer" }
}
