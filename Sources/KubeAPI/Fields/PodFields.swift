import Basics

extension PodSpec: APIStruct {
  static let table = FieldTable<PodSpec>(
    "PodSpec", carried: \PodSpec.carried,
    [
      Field("activeDeadlineSeconds", \.activeDeadlineSeconds),
      Field("affinity", \.affinity),
      Field("containers", \.containers),
      Field("hostNetwork", \.hostNetwork),
      Field("initContainers", \.initContainers),
      Field("nodeName", \.nodeName),
      Field("nodeSelector", \.nodeSelector),
      Field("overhead", \.overhead),
      Field("preemptionPolicy", \.preemptionPolicy),
      Field("priority", \.priority),
      Field("priorityClassName", \.priorityClassName),
      .names("readinessGates", \.readinessGates, key: "conditionType"),
      Field("restartPolicy", \.restartPolicy),
      Field("schedulerName", \.schedulerName),
      .names("schedulingGates", \.schedulingGates, key: "name"),
      Field("serviceAccountName", \.serviceAccountName),
      Field("terminationGracePeriodSeconds", \.terminationGracePeriodSeconds),
      Field("tolerations", \.tolerations),
      Field("topologySpreadConstraints", \.topologySpreadConstraints),
      Field("volumes", \.volumes),
    ])
}

extension Volume: APIStruct {
  static let table = FieldTable<Volume>("Volume", carried: \Volume.carried, [Field("name", \.name)])
}

extension Container: APIStruct {
  static let table = FieldTable<Container>(
    "Container", carried: \Container.carried,
    [
      Field("args", \.args),
      Field("command", \.command),
      Field("image", \.image),
      Field("imagePullPolicy", \.imagePullPolicy),
      Field("livenessProbe", \.livenessProbe),
      Field("name", \.name),
      Field("ports", \.ports),
      Field("readinessProbe", \.readinessProbe),
      Field("resources", \.resources),
      Field("restartPolicy", \.restartPolicy),
      Field("startupProbe", \.startupProbe),
    ])
}

extension ContainerPort: APIStruct {
  static let table = FieldTable<ContainerPort>(
    "ContainerPort",
    [
      Field("containerPort", \.containerPort),
      Field("hostIP", \.hostIP),
      Field("hostPort", \.hostPort),
      Field("name", \.name),
      Field("protocol", \.protocolName),
    ])
}

extension ResourceRequirements: APIStruct {
  static let table = FieldTable<ResourceRequirements>(
    "ResourceRequirements", carried: \ResourceRequirements.carried,
    [
      Field("limits", \.limits),
      Field("requests", \.requests),
    ])
}

extension Probe: APIStruct {
  static let table = FieldTable<Probe>(
    "Probe", carried: \Probe.carried,
    [
      Field("failureThreshold", \.failureThreshold),
      Field("initialDelaySeconds", \.initialDelaySeconds),
      Field("periodSeconds", \.periodSeconds),
      Field("successThreshold", \.successThreshold),
      Field("terminationGracePeriodSeconds", \.terminationGracePeriodSeconds),
      Field("timeoutSeconds", \.timeoutSeconds),
    ])
}

extension Toleration: APIStruct {
  static let table = FieldTable<Toleration>(
    "Toleration",
    [
      Field("effect", \.effect),
      Field("key", \.key),
      Field("operator", \.operatorName),
      Field("tolerationSeconds", \.tolerationSeconds),
      Field("value", \.value),
    ])
}

extension PodStatus: APIStruct {
  static let table = FieldTable<PodStatus>(
    "PodStatus", carried: \PodStatus.carried,
    [
      .structs("conditions", \.conditions, Condition.pods),
      Field("containerStatuses", \.containerStatuses),
      Field("hostIP", \.hostIP),
      Field("initContainerStatuses", \.initContainerStatuses),
      Field("message", \.message),
      Field("nominatedNodeName", \.nominatedNodeName),
      Field("observedGeneration", \.observedGeneration),
      Field("phase", \.phase),
      Field("podIP", \.podIP),
      Field("qosClass", \.qosClass),
      Field("reason", \.reason),
      Field("startTime", \.startTime),
    ])
}

extension ContainerStatus: APIStruct {
  static let table = FieldTable<ContainerStatus>(
    "ContainerStatus", carried: \ContainerStatus.carried,
    [
      Field("containerID", \.containerID),
      Field("image", \.image),
      Field("imageID", \.imageID),
      Field("lastState", \.lastState),
      Field("name", \.name),
      Field("ready", \.ready),
      Field("restartCount", \.restartCount),
      Field("started", \.started),
      Field("state", \.state),
    ])
}

extension ContainerState: FieldValue {
  static var zero: ContainerState { .none }

  init(json: JSONValue) {
    self = .none
    if let waiting = json["waiting"], case .object = waiting {
      self = .waiting(
        reason: String(json: waiting["reason"] ?? .null),
        message: String(json: waiting["message"] ?? .null))
    } else if let running = json["running"], case .object = running {
      self = .running(startedAt: Timestamp?(json: running["startedAt"] ?? .null))
    } else if let terminated = json["terminated"], case .object = terminated {
      self = .terminated(ContainerTermination(json: terminated))
    }
  }

  var json: JSONValue {
    switch self {
    case .none: return .object(JSONObject())
    case .waiting(let reason, let message):
      var fields: [(String, JSONValue)] = []
      if !message.isEmpty { fields.append(("message", .string(message))) }
      if !reason.isEmpty { fields.append(("reason", .string(reason))) }
      return .object(JSONObject([("waiting", .object(JSONObject(fields)))]))
    case .running(let startedAt):
      let fields = JSONObject([("startedAt", startedAt.json)])
      return .object(JSONObject([("running", .object(fields))]))
    case .terminated(let termination):
      return .object(JSONObject([("terminated", termination.json)]))
    }
  }

  var isOmitted: Bool { false }

  func digest(into digest: inout Digest) {
    switch self {
    case .none: digest.combine(0)
    case .waiting(let reason, let message):
      digest.combine(1)
      digest.combine(reason)
      digest.combine(message)
    case .running(let startedAt):
      digest.combine(2)
      startedAt.digest(into: &digest)
    case .terminated(let termination):
      digest.combine(3)
      termination.digest(into: &digest)
    }
  }
}

extension ContainerTermination: APIStruct {
  static let table = FieldTable<ContainerTermination>(
    "ContainerStateTerminated",
    [
      Field("containerID", \.containerID),
      Field("exitCode", \.exitCode),
      Field("finishedAt", \.finishedAt),
      Field("message", \.message),
      Field("reason", \.reason),
      Field("signal", \.signal),
      Field("startedAt", \.startedAt),
    ])
}
