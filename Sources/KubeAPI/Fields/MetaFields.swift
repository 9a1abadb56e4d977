import Basics

extension ObjectMeta: APIStruct {
  /// `resourceVersion`, which the object itself holds, is among the carried until it is read.
  static let table = FieldTable<ObjectMeta>(
    "ObjectMeta", carried: \ObjectMeta.carried,
    [
      Field("annotations", \.annotations),
      Field("creationTimestamp", \.creationTimestamp),
      Field("deletionGracePeriodSeconds", \.deletionGracePeriodSeconds),
      Field("deletionTimestamp", \.deletionTimestamp),
      Field("finalizers", \.finalizers),
      Field("generateName", \.generateName),
      Field("generation", \.generation),
      Field("labels", \.labels),
      Field("name", \.name),
      Field("namespace", \.namespace),
      Field("ownerReferences", \.ownerReferences),
      Field("uid", \.uid),
    ])
}

extension OwnerReference: APIStruct {
  static let table = FieldTable<OwnerReference>(
    "OwnerReference",
    [
      Field("apiVersion", \.apiVersion),
      Field("blockOwnerDeletion", \.blockOwnerDeletion),
      Field("controller", \.controller),
      Field("kind", \.kind),
      Field("name", \.name),
      Field("uid", \.uid),
    ])
}

extension TargetReference: APIStruct {
  static let table = FieldTable<TargetReference>(
    "ObjectReference",
    [
      Field("apiVersion", \.apiVersion),
      Field("fieldPath", \.fieldPath),
      Field("kind", \.kind),
      Field("name", \.name),
      Field("namespace", \.namespace),
      Field("resourceVersion", \.resourceVersion),
      Field("uid", \.uid),
    ])
}

extension SelectorRequirement: APIStruct {
  /// A node selector's requirement has the same fields.
  static let table = FieldTable<SelectorRequirement>(
    "LabelSelectorRequirement",
    [
      Field("key", \.key),
      Field("operator", \.operatorName),
      Field("values", \.values),
    ])
}

extension LabelSelector: APIStruct {
  static let table = FieldTable<LabelSelector>(
    "LabelSelector",
    [
      Field("matchExpressions", \.matchExpressions),
      Field("matchLabels", \.matchLabels),
    ])
}

extension Condition: APIStruct {
  static let table = pods

  private static let common: [Field<Condition>] = [
    Field("lastTransitionTime", \.lastTransitionTime),
    Field("message", \.message),
    Field("reason", \.reason),
    Field("status", \.status),
    Field("type", \.type),
  ]
  static let pods = FieldTable<Condition>(
    "PodCondition",
    common + [
      Field("lastProbeTime", \.lastProbeTime),
      Field("observedGeneration", \.observedGeneration),
    ])
  static let nodes = FieldTable<Condition>(
    "NodeCondition", common + [Field("lastHeartbeatTime", \.lastHeartbeatTime)])
  static let deployments = FieldTable<Condition>(
    "DeploymentCondition", common + [Field("lastUpdateTime", \.lastUpdateTime)])
  static let replicaSets = FieldTable<Condition>("ReplicaSetCondition", common)
  static let namespaces = FieldTable<Condition>("NamespaceCondition", common)
  /// `metav1.Condition`, as services have it.
  static let generic = FieldTable<Condition>(
    "Condition", common + [Field("observedGeneration", \.observedGeneration)])

  func digest(into digest: inout Digest) {
    Self.pods.digest(self, into: &digest)
    lastHeartbeatTime.digest(into: &digest)
    lastUpdateTime.digest(into: &digest)
  }
}
