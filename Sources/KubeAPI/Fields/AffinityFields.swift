extension Affinity: APIStruct {
  static let table = FieldTable<Affinity>(
    "Affinity",
    [
      Field("nodeAffinity", \.nodeAffinity),
      Field("podAffinity", \.podAffinity),
      Field("podAntiAffinity", \.podAntiAffinity),
    ])
}

extension NodeAffinity: APIStruct {
  static let table = FieldTable<NodeAffinity>(
    "NodeAffinity",
    [
      Field("preferredDuringSchedulingIgnoredDuringExecution", \.preferred),
      Field(
        "requiredDuringSchedulingIgnoredDuringExecution", \.required,
        read: { json in
          guard case .object = json else { return nil }
          return [NodeSelectorTerm](json: json["nodeSelectorTerms"] ?? .null)
        },
        write: { terms in
          terms.map { .object(JSONObject([("nodeSelectorTerms", $0.json)])) } ?? .null
        }),
    ])
}

extension NodeSelectorTerm: APIStruct {
  static let table = FieldTable<NodeSelectorTerm>(
    "NodeSelectorTerm",
    [
      Field("matchExpressions", \.matchExpressions),
      Field("matchFields", \.matchFields),
    ])
}

extension PreferredSchedulingTerm: APIStruct {
  static let table = FieldTable<PreferredSchedulingTerm>(
    "PreferredSchedulingTerm",
    [
      Field("preference", \.preference),
      Field("weight", \.weight),
    ])
}

extension PodAffinity: APIStruct {
  /// Anti-affinity has the same fields.
  static let table = FieldTable<PodAffinity>(
    "PodAffinity",
    [
      Field("preferredDuringSchedulingIgnoredDuringExecution", \.preferred),
      Field("requiredDuringSchedulingIgnoredDuringExecution", \.required),
    ])
}

extension PodAffinityTerm: APIStruct {
  static let table = FieldTable<PodAffinityTerm>(
    "PodAffinityTerm",
    [
      Field("labelSelector", \.labelSelector),
      Field("matchLabelKeys", \.matchLabelKeys),
      Field("mismatchLabelKeys", \.mismatchLabelKeys),
      Field("namespaceSelector", \.namespaceSelector),
      Field("namespaces", \.namespaces),
      Field("topologyKey", \.topologyKey),
    ])
}

extension WeightedPodAffinityTerm: APIStruct {
  static let table = FieldTable<WeightedPodAffinityTerm>(
    "WeightedPodAffinityTerm",
    [
      Field("podAffinityTerm", \.podAffinityTerm),
      Field("weight", \.weight),
    ])
}

extension TopologySpreadConstraint: APIStruct {
  static let table = FieldTable<TopologySpreadConstraint>(
    "TopologySpreadConstraint",
    [
      Field("labelSelector", \.labelSelector),
      Field("matchLabelKeys", \.matchLabelKeys),
      Field("maxSkew", \.maxSkew),
      Field("minDomains", \.minDomains),
      Field("nodeAffinityPolicy", \.nodeAffinityPolicy),
      Field("nodeTaintsPolicy", \.nodeTaintsPolicy),
      Field("topologyKey", \.topologyKey),
      Field("whenUnsatisfiable", \.whenUnsatisfiable),
    ])
}
