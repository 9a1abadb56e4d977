import KubeAPI

/// `describe service`.
extension DescriptionText {
  /// - Parameter slices: the service's own.
  mutating func service(_ service: Service, _ slices: [EndpointSlice]) {
    let spec = service.spec
    func orNone(_ values: [String], _ sign: String = ",") -> String {
      values.isEmpty ? "<none>" : values.joined(separator: sign)
    }
    field("Name", service.metadata.name)
    field("Namespace", service.metadata.namespace)
    pairs("Labels", service.metadata.labels)
    annotations("Annotations", service.metadata.annotations)
    field("Selector", orNone(spec.selector.entries.map { $0.key + "=" + $0.value }))
    field("Type", spec.type)
    if let policy = spec.ipFamilyPolicy { field("IP Family Policy", policy) }
    field("IP Families", orNone(spec.ipFamilies))
    field("IP", spec.clusterIP)
    field("IPs", orNone(spec.clusterIPs))
    if !spec.externalName.isEmpty { field("External Name", spec.externalName) }
    if !service.status.ingress.isEmpty {
      let ingress = service.status.ingress.map { entry in
        entry.ip.isEmpty
          ? entry.hostname : entry.ip + (entry.ipMode.map { " (\($0))" } ?? "")
      }
      field("LoadBalancer Ingress", ingress.joined(separator: ", "))
    }
    for port in spec.ports {
      let name = port.name.isEmpty ? "<unset>" : port.name
      field("Port", "\(name)\t\(port.port)/\(port.protocolName)")
      field("TargetPort", "\(port.targetPort.text)/\(port.protocolName)")
      if let protocolName = port.appProtocol { field("AppProtocol", protocolName) }
      if port.nodePort != 0 { field("NodePort", "\(name)\t\(port.nodePort)/\(port.protocolName)") }
      field("Endpoints", Self.endpoints(slices, port.name))
    }
    field("Session Affinity", spec.sessionAffinity)
    if !spec.externalTrafficPolicy.isEmpty {
      field("External Traffic Policy", spec.externalTrafficPolicy)
    }
    if let policy = spec.internalTrafficPolicy { field("Internal Traffic Policy", policy) }
  }

  /// The first three that are ready behind a port, and how many more there are.
  private static func endpoints(_ slices: [EndpointSlice], _ port: String) -> String {
    guard !slices.isEmpty else { return "<none>" }
    var all: [String] = []
    for slice in slices {
      let numbers = slice.ports.filter { ($0.name ?? "") == port }.map { $0.port ?? 0 }
      for number in numbers {
        for endpoint in slice.endpoints where endpoint.ready ?? true {
          guard let address = endpoint.addresses.first else { continue }
          all.append((address.contains(":") ? "[\(address)]" : address) + ":\(number)")
        }
      }
    }
    let shown = all.prefix(3).joined(separator: ",")
    return all.count > 3 ? "\(shown) + \(all.count - 3) more..." : shown
  }
}
