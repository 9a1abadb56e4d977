import Basics

// The twelve kinds. Their `resourceVersion` is part of the metadata in JSON and is put there by
// `APIObject.json`.

extension Namespace: APIStruct {
  static let table = FieldTable<Namespace>(
    "Namespace",
    [Field("metadata", \.metadata), Field("spec", \.spec), Field("status", \.status)])
}

extension Node: APIStruct {
  static let table = FieldTable<Node>(
    "Node", [Field("metadata", \.metadata), Field("spec", \.spec), Field("status", \.status)])
}

extension Pod: APIStruct {
  static let table = FieldTable<Pod>(
    "Pod", [Field("metadata", \.metadata), Field("spec", \.spec), Field("status", \.status)])
}

extension Service: APIStruct {
  static let table = FieldTable<Service>(
    "Service",
    [Field("metadata", \.metadata), Field("spec", \.spec), Field("status", \.status)])
}

extension EndpointSlice: APIStruct {
  static let table = FieldTable<EndpointSlice>(
    "EndpointSlice",
    [
      Field("addressType", \.addressType),
      Field("endpoints", \.endpoints),
      Field("metadata", \.metadata),
      Field("ports", \.ports),
    ])
}

extension ConfigMap: APIStruct {
  static let table = FieldTable<ConfigMap>(
    "ConfigMap",
    [
      Field("binaryData", \.binaryData),
      Field("data", \.data),
      Field("immutable", \.immutable),
      Field("metadata", \.metadata),
    ])
}

extension Secret: APIStruct {
  /// `stringData` is write-only: the API server folds it into `data`, over what is there.
  static let table = FieldTable<Secret>(
    "Secret",
    [
      Field("data", \.data),
      Field("immutable", \.immutable),
      Field("metadata", \.metadata),
      Field(
        "stringData",
        read: { json, secret in
          for entry in StringMap(json: json).entries {
            secret.data[entry.key] = Base64.encode(entry.value.utf8)
          }
        },
        write: { _ in nil }, digest: { _, _ in }),
      Field("type", \.type),
    ])
}

extension ServiceAccount: APIStruct {
  static let table = FieldTable<ServiceAccount>(
    "ServiceAccount",
    [
      Field("automountServiceAccountToken", \.automountServiceAccountToken),
      .names("imagePullSecrets", \.imagePullSecrets, key: "name"),
      Field("metadata", \.metadata),
      .names("secrets", \.secrets, key: "name"),
    ])
}

extension Event: APIStruct {
  static let table = FieldTable<Event>(
    "Event", carried: \Event.carried,
    [
      Field("action", \.action),
      Field("count", \.count),
      .micro("eventTime", \.eventTime),
      Field("firstTimestamp", \.firstTimestamp),
      Field("involvedObject", \.involvedObject),
      Field("lastTimestamp", \.lastTimestamp),
      Field("message", \.message),
      Field("metadata", \.metadata),
      Field("reason", \.reason),
      Field("reportingComponent", \.reportingComponent),
      Field("reportingInstance", \.reportingInstance),
      Field(
        "series",
        read: { json, event in
          guard json.objectValue != nil else { return event.series = nil }
          event.series = Event.Series(
            count: Int32(json: json["count"] ?? .null),
            lastObservedTime: Timestamp?(json: json["lastObservedTime"] ?? .null))
        },
        write: { event in
          event.series.map { series in
            .object(
              JSONObject([
                ("count", .integer(Int64(series.count))),
                (
                  "lastObservedTime",
                  series.lastObservedTime.map { .string($0.rfc3339Micro) } ?? .null
                ),
              ]))
          }
        },
        digest: { event, digest in
          digest.combine(Int(event.series?.count ?? 0))
          digest.combine(Int(event.series?.lastObservedTime?.microseconds ?? 0))
        }),
      Field(
        "source", empty: .object(JSONObject()),
        read: { json, event in
          event.sourceComponent = String(json: json["component"] ?? .null)
          event.sourceHost = String(json: json["host"] ?? .null)
        },
        write: { event in
          var fields: [(String, JSONValue)] = []
          if !event.sourceComponent.isEmpty {
            fields.append(("component", .string(event.sourceComponent)))
          }
          if !event.sourceHost.isEmpty { fields.append(("host", .string(event.sourceHost))) }
          return .object(JSONObject(fields))
        },
        digest: { event, digest in
          digest.combine(event.sourceComponent)
          digest.combine(event.sourceHost)
        }),
      Field("type", \.type),
    ])
}

extension Lease: APIStruct {
  static let table = FieldTable<Lease>(
    "Lease", [Field("metadata", \.metadata), Field("spec", \.spec)])
}

extension Deployment: APIStruct {
  static let table = FieldTable<Deployment>(
    "Deployment",
    [Field("metadata", \.metadata), Field("spec", \.spec), Field("status", \.status)])
}

extension ReplicaSet: APIStruct {
  static let table = FieldTable<ReplicaSet>(
    "ReplicaSet",
    [Field("metadata", \.metadata), Field("spec", \.spec), Field("status", \.status)])
}
