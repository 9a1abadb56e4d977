import Basics

extension ServiceSpec: APIStruct {
  static let table = FieldTable<ServiceSpec>(
    "ServiceSpec", carried: \ServiceSpec.carried,
    [
      Field("allocateLoadBalancerNodePorts", \.allocateLoadBalancerNodePorts),
      Field("clusterIP", \.clusterIP),
      Field("clusterIPs", \.clusterIPs),
      Field("externalName", \.externalName),
      Field("externalTrafficPolicy", \.externalTrafficPolicy),
      Field("internalTrafficPolicy", \.internalTrafficPolicy),
      Field("ipFamilies", \.ipFamilies),
      Field("ipFamilyPolicy", \.ipFamilyPolicy),
      Field("loadBalancerClass", \.loadBalancerClass),
      Field("ports", \.ports),
      Field("publishNotReadyAddresses", \.publishNotReadyAddresses),
      Field("selector", \.selector),
      Field("sessionAffinity", \.sessionAffinity),
      Field("type", \.type),
    ])
}

extension ServicePort: APIStruct {
  static let table = FieldTable<ServicePort>(
    "ServicePort",
    [
      Field("appProtocol", \.appProtocol),
      Field("name", \.name),
      Field("nodePort", \.nodePort),
      Field("port", \.port),
      Field("protocol", \.protocolName),
      Field("targetPort", \.targetPort),
    ])
}

extension ServiceStatus: APIStruct {
  static let table = FieldTable<ServiceStatus>(
    "ServiceStatus",
    [
      .structs("conditions", \.conditions, Condition.generic),
      Field(
        "loadBalancer", empty: .object(JSONObject()),
        read: { json, status in
          status.ingress = [LoadBalancerIngress](json: json["ingress"] ?? .null)
        },
        write: { status in
          if status.ingress.isEmpty { return nil }
          return .object(JSONObject([("ingress", status.ingress.json)]))
        },
        digest: { $0.ingress.digest(into: &$1) }),
    ])
}

extension LoadBalancerIngress: APIStruct {
  static let table = FieldTable<LoadBalancerIngress>(
    "LoadBalancerIngress", carried: \LoadBalancerIngress.carried,
    [
      Field("hostname", \.hostname),
      Field("ip", \.ip),
      Field("ipMode", \.ipMode),
    ])
}

extension Endpoint: APIStruct {
  static let table = FieldTable<Endpoint>(
    "Endpoint", carried: \Endpoint.carried,
    [
      Field("addresses", \.addresses),
      Field(
        "conditions", empty: .object(JSONObject()),
        read: { json, endpoint in
          endpoint.ready = Bool?(json: json["ready"] ?? .null)
          endpoint.serving = Bool?(json: json["serving"] ?? .null)
          endpoint.terminating = Bool?(json: json["terminating"] ?? .null)
        },
        write: { endpoint in
          var fields: [(String, JSONValue)] = []
          if let ready = endpoint.ready { fields.append(("ready", .bool(ready))) }
          if let serving = endpoint.serving { fields.append(("serving", .bool(serving))) }
          if let terminating = endpoint.terminating {
            fields.append(("terminating", .bool(terminating)))
          }
          return .object(JSONObject(fields))
        },
        digest: { endpoint, digest in
          endpoint.ready.digest(into: &digest)
          endpoint.serving.digest(into: &digest)
          endpoint.terminating.digest(into: &digest)
        }),
      Field("hostname", \.hostname),
      Field("nodeName", \.nodeName),
      Field("targetRef", \.targetRef),
      Field("zone", \.zone),
    ])
}

extension EndpointPort: APIStruct {
  static let table = FieldTable<EndpointPort>(
    "EndpointPort",
    [
      Field("appProtocol", \.appProtocol),
      Field("name", \.name),
      Field("port", \.port),
      Field("protocol", \.protocolName),
    ])
}

extension LeaseSpec: APIStruct {
  static let table = FieldTable<LeaseSpec>(
    "LeaseSpec", carried: \LeaseSpec.carried,
    [
      .micro("acquireTime", \.acquireTime),
      Field("holderIdentity", \.holderIdentity),
      Field("leaseDurationSeconds", \.leaseDurationSeconds),
      Field("leaseTransitions", \.leaseTransitions),
      .micro("renewTime", \.renewTime),
    ])
}
