// Deployments and replica sets (pkg/apis/apps/validation/validation.go).

extension Validator {
  mutating func deployment(_ deployment: Deployment) {
    metadata(deployment.metadata, .deployment)
    deploymentSpec(deployment.spec)
  }

  mutating func deploymentUpdate(_ new: Deployment, _ old: Deployment) {
    metadataUpdate(new.metadata, old.metadata)
    if new.$spec.isIdentical(to: old.$spec) { return }
    deploymentSpec(new.spec)
    immutable("spec.selector", new.spec.selector, old.spec.selector)
  }

  private mutating func deploymentSpec(_ spec: DeploymentSpec) {
    nonNegative("spec.replicas", Int64(spec.replicas ?? 1))
    workloadSelector(spec.selector, spec.template)
    strategy(spec)
    nonNegative("spec.minReadySeconds", Int64(spec.minReadySeconds))
    if let limit = spec.revisionHistoryLimit {
      nonNegative("spec.revisionHistoryLimit", Int64(limit))
    }
    if let deadline = spec.progressDeadlineSeconds {
      nonNegative("spec.progressDeadlineSeconds", Int64(deadline))
      if deadline <= spec.minReadySeconds {
        invalid(
          "spec.progressDeadlineSeconds", deadline.json, "must be greater than minReadySeconds")
      }
    }
  }

  mutating func replicaSet(_ replicaSet: ReplicaSet) {
    metadata(replicaSet.metadata, .replicaSet)
    replicaSetSpec(replicaSet.spec)
  }

  mutating func replicaSetUpdate(_ new: ReplicaSet, _ old: ReplicaSet) {
    metadataUpdate(new.metadata, old.metadata)
    if new.$spec.isIdentical(to: old.$spec) { return }
    replicaSetSpec(new.spec)
    immutable("spec.selector", new.spec.selector, old.spec.selector)
  }

  private mutating func replicaSetSpec(_ spec: ReplicaSetSpec) {
    nonNegative("spec.replicas", Int64(spec.replicas ?? 1))
    nonNegative("spec.minReadySeconds", Int64(spec.minReadySeconds))
    workloadSelector(spec.selector, spec.template)
  }

  private mutating func workloadSelector(_ selector: LabelSelector?, _ template: PodTemplateSpec) {
    if let selector {
      self.selector({ "spec.selector" }, selector)
      if selector.isEmpty {
        // The API says "deployment" for a replica set too.
        invalid("spec.selector", selector.json, "empty selector is invalid for deployment")
      } else if !selector.matches(template.metadata.labels) {
        invalid(
          "spec.template.metadata.labels", template.metadata.labels.labelsJSON,
          "`selector` does not match template `labels`")
      }
    } else {
      required("spec.selector")
    }
    labels("spec.template.labels", template.metadata.labels)
    annotations({ "spec.template.annotations" }, template.metadata.annotations)
    podSpec({ "spec.template.spec" }, template.spec)
    if template.spec.restartPolicy != "Always" {
      notSupported(
        "spec.template.spec.restartPolicy", template.spec.restartPolicy.json, ["Always"])
    }
    if template.spec.activeDeadlineSeconds != nil {
      forbidden(
        "spec.template.spec.activeDeadlineSeconds",
        "activeDeadlineSeconds in ReplicaSet is not Supported")
    }
  }

  private mutating func strategy(_ spec: DeploymentSpec) {
    switch spec.strategyType {
    case "Recreate":
      if spec.maxSurge != nil || spec.maxUnavailable != nil {
        forbidden(
          "spec.strategy.rollingUpdate",
          "may not be specified when strategy `type` is 'Recreate'")
      }
    case "RollingUpdate":
      rollingUpdate(spec.maxUnavailable ?? .string("25%"), spec.maxSurge ?? .string("25%"))
    default:
      notSupported(
        "spec.strategy", JSONValue.object(JSONObject([("Type", spec.strategyType.json)])),
        ["Recreate", "RollingUpdate"])
    }
  }

  private mutating func rollingUpdate(_ unavailable: IntOrString, _ surge: IntOrString) {
    let path = "spec.strategy.rollingUpdate"
    share({ path + ".maxUnavailable" }, unavailable)
    share({ path + ".maxSurge" }, surge)
    if unavailable.plainValue == 0, surge.plainValue == 0 {
      invalid(
        path + ".maxUnavailable", unavailable.json, "may not be 0 when `maxSurge` is 0")
    }
    if case .string = unavailable, unavailable.plainValue > 100 {
      invalid(path + ".maxUnavailable", unavailable.json, "must not be greater than 100%")
    }
  }

  private mutating func share(_ path: Path, _ share: IntOrString) {
    switch share {
    case .integer(let number): nonNegative(path(), Int64(number))
    case .string(let text):
      let digits = text.utf8.dropLast()
      let isPercent =
        text.utf8.last == UInt8(ascii: "%") && !digits.isEmpty
        && digits.allSatisfy { (48...57).contains($0) }
      if !isPercent {
        invalid(
          path(), text.json,
          "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', "
            + " or '93%', regex used for validation is '[0-9]+%')")
      }
    }
  }
}

extension IntOrString {
  /// The number, or the digits of a percentage.
  fileprivate var plainValue: Int {
    switch self {
    case .integer(let number): Int(number)
    case .string(let text): Int(text.dropLast()) ?? 0
    }
  }
}

extension StringMap {
  /// An absent map is null.
  fileprivate var labelsJSON: JSONValue { isEmpty ? .null : json }
}
