extension NodeSpec: APIStruct {
  static let table = FieldTable<NodeSpec>(
    "NodeSpec", carried: \NodeSpec.carried,
    [
      Field("podCIDR", \.podCIDR),
      Field("podCIDRs", \.podCIDRs),
      Field("providerID", \.providerID),
      Field("taints", \.taints),
      Field("unschedulable", \.unschedulable),
    ])
}

extension Taint: APIStruct {
  static let table = FieldTable<Taint>(
    "Taint",
    [
      Field("effect", \.effect),
      Field("key", \.key),
      Field("timeAdded", \.timeAdded),
      Field("value", \.value),
    ])
}

extension NodeStatus: APIStruct {
  static let table = FieldTable<NodeStatus>(
    "NodeStatus", carried: \NodeStatus.carried,
    [
      Field("addresses", \.addresses),
      Field("allocatable", \.allocatable),
      Field("capacity", \.capacity),
      .structs("conditions", \.conditions, Condition.nodes),
      Field(
        "daemonEndpoints", empty: .object(JSONObject([("kubeletEndpoint", port(0))])),
        read: { json, status in
          status.kubeletPort = Int32(json: json["kubeletEndpoint"]?["Port"] ?? .null)
        },
        write: { status in
          .object(JSONObject([("kubeletEndpoint", port(status.kubeletPort))]))
        },
        digest: { $0.kubeletPort.digest(into: &$1) }),
      Field("images", \.images),
      Field("nodeInfo", \.nodeInfo, read: nodeInfo(from:), write: nodeInfoJSON),
    ])

  @Sendable private static func port(_ port: Int32) -> JSONValue {
    .object(JSONObject([("Port", .integer(Int64(port)))]))
  }

  /// The map holds `swap.capacity`, the one field that is no string, as its digits under `swap`.
  @Sendable private static func nodeInfo(from json: JSONValue) -> StringMap {
    guard case .object(let object) = json else { return StringMap() }
    var map = StringMap()
    for field in object.fields {
      if field.key != "swap" {
        // Written even when empty, which is absent here.
        let text = String(json: field.value)
        if !text.isEmpty { map[field.key] = text }
      } else if case .object = field.value {
        map["swap"] = field.value["capacity"]?.integerValue.map { String($0) } ?? ""
      }
    }
    return map
  }

  @Sendable private static func nodeInfoJSON(_ map: StringMap) -> JSONValue {
    let fields = Schema.named("NodeSystemInfo").fields.compactMap {
      field -> (String, JSONValue)? in
      if field.name != "swap" { return (field.name, .string(map[field.name] ?? "")) }
      guard let swap = map["swap"] else { return nil }
      guard let capacity = Int64(swap) else { return ("swap", .object(JSONObject())) }
      return ("swap", .object(JSONObject([("capacity", .integer(capacity))])))
    }
    return .object(JSONObject(fields))
  }
}

extension NodeAddress: APIStruct {
  static let table = FieldTable<NodeAddress>(
    "NodeAddress", [Field("address", \.address), Field("type", \.type)])
}

extension ContainerImage: APIStruct {
  static let table = FieldTable<ContainerImage>(
    "ContainerImage", [Field("names", \.names), Field("sizeBytes", \.sizeBytes)])
}

extension NamespaceSpec: APIStruct {
  static let table = FieldTable<NamespaceSpec>(
    "NamespaceSpec", [Field("finalizers", \.finalizers)])
}

extension NamespaceStatus: APIStruct {
  static let table = FieldTable<NamespaceStatus>(
    "NamespaceStatus",
    [
      .structs("conditions", \.conditions, Condition.namespaces),
      Field("phase", \.phase),
    ])
}
