import Basics

extension PodTemplateSpec: APIStruct {
  static let table = FieldTable<PodTemplateSpec>(
    "PodTemplateSpec", [Field("metadata", \.metadata), Field("spec", \.spec)])
}

extension DeploymentSpec: APIStruct {
  static let table = FieldTable<DeploymentSpec>(
    "DeploymentSpec",
    [
      Field("minReadySeconds", \.minReadySeconds),
      Field("paused", \.paused),
      Field("progressDeadlineSeconds", \.progressDeadlineSeconds),
      Field("replicas", \.replicas),
      Field("revisionHistoryLimit", \.revisionHistoryLimit),
      Field("selector", \.selector),
      Field(
        "strategy", empty: .object(JSONObject()), read: readStrategy, write: writeStrategy,
        digest: { spec, digest in
          digest.combine(spec.strategyType)
          spec.maxUnavailable.digest(into: &digest)
          spec.maxSurge.digest(into: &digest)
        }),
      Field("template", \.template),
    ])

  @Sendable private static func readStrategy(_ json: JSONValue, _ spec: inout DeploymentSpec) {
    spec.strategyType = String(json: json["type"] ?? .null)
    let rolling = json["rollingUpdate"]
    spec.maxUnavailable = IntOrString?(json: rolling?["maxUnavailable"] ?? .null)
    spec.maxSurge = IntOrString?(json: rolling?["maxSurge"] ?? .null)
  }

  @Sendable private static func writeStrategy(_ spec: DeploymentSpec) -> JSONValue? {
    var rolling: [(String, JSONValue)] = []
    if let surge = spec.maxSurge { rolling.append(("maxSurge", surge.json)) }
    if let unavailable = spec.maxUnavailable {
      rolling.append(("maxUnavailable", unavailable.json))
    }
    var fields: [(String, JSONValue)] = []
    if !rolling.isEmpty { fields.append(("rollingUpdate", .object(JSONObject(rolling)))) }
    if !spec.strategyType.isEmpty { fields.append(("type", .string(spec.strategyType))) }
    return fields.isEmpty ? nil : .object(JSONObject(fields))
  }
}

extension DeploymentStatus: APIStruct {
  static let table = FieldTable<DeploymentStatus>(
    "DeploymentStatus",
    [
      Field("availableReplicas", \.availableReplicas),
      Field("collisionCount", \.collisionCount),
      .structs("conditions", \.conditions, Condition.deployments),
      Field("observedGeneration", \.observedGeneration),
      Field("readyReplicas", \.readyReplicas),
      Field("replicas", \.replicas),
      Field("terminatingReplicas", \.terminatingReplicas),
      Field("unavailableReplicas", \.unavailableReplicas),
      Field("updatedReplicas", \.updatedReplicas),
    ])
}

extension ReplicaSetSpec: APIStruct {
  static let table = FieldTable<ReplicaSetSpec>(
    "ReplicaSetSpec",
    [
      Field("minReadySeconds", \.minReadySeconds),
      Field("replicas", \.replicas),
      Field("selector", \.selector),
      Field("template", \.template),
    ])
}

extension ReplicaSetStatus: APIStruct {
  static let table = FieldTable<ReplicaSetStatus>(
    "ReplicaSetStatus",
    [
      Field("availableReplicas", \.availableReplicas),
      .structs("conditions", \.conditions, Condition.replicaSets),
      Field("fullyLabeledReplicas", \.fullyLabeledReplicas),
      Field("observedGeneration", \.observedGeneration),
      Field("readyReplicas", \.readyReplicas),
      Field("replicas", \.replicas),
      Field("terminatingReplicas", \.terminatingReplicas),
    ])
}
