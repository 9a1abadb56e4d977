extension Validator {
  mutating func affinity(_ path: Path, _ affinity: Affinity) {
    if let nodes = affinity.nodeAffinity { nodeAffinity({ path() + ".nodeAffinity" }, nodes) }
    if let pods = affinity.podAffinity { podAffinity({ path() + ".podAffinity" }, pods) }
    if let pods = affinity.podAntiAffinity { podAffinity({ path() + ".podAntiAffinity" }, pods) }
  }

  private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
  private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

  private mutating func nodeAffinity(_ path: Path, _ affinity: NodeAffinity) {
    if let terms = affinity.required {
      func place() -> String { "\(path()).\(Self.required).nodeSelectorTerms" }
      if terms.isEmpty { required(place(), "must have at least one node selector term") }
      for (index, term) in terms.enumerated() {
        nodeTerm({ "\(place())[\(index)]" }, term, checksValues: true)
      }
    }
    for (index, term) in affinity.preferred.enumerated() {
      func place() -> String { "\(path()).\(Self.preferred)[\(index)]" }
      weight({ place() + ".weight" }, term.weight)
      nodeTerm({ place() + ".preference" }, term.preference, checksValues: false)
    }
  }

  private mutating func weight(_ path: Path, _ weight: Int32) {
    if !(1...100).contains(weight) {
      invalid(path(), weight.json, "must be in the range 1-100")
    }
  }

  private mutating func nodeTerm(_ path: Path, _ term: NodeSelectorTerm, checksValues: Bool) {
    for (index, requirement) in term.matchExpressions.enumerated() {
      self.requirement(
        { "\(path()).matchExpressions[\(index)]" }, requirement, ofNodes: true,
        checksValues: checksValues)
    }
    for (index, requirement) in term.matchFields.enumerated() {
      func place() -> String { "\(path()).matchFields[\(index)]" }
      switch requirement.operatorName {
      case "In", "NotIn":
        if requirement.values.count != 1 {
          required(
            place() + ".values",
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
        }
      default:
        invalid(
          place() + ".operator", requirement.operatorName.json, "not a valid selector operator")
      }
      if requirement.key != "metadata.name" {
        invalid(place() + ".key", requirement.key.json, "not a valid field selector key")
      }
    }
  }

  private mutating func podAffinity(_ path: Path, _ affinity: PodAffinity) {
    for (index, term) in affinity.required.enumerated() {
      podTerm({ "\(path()).\(Self.required)[\(index)]" }, term)
    }
    for (index, weighted) in affinity.preferred.enumerated() {
      func place() -> String { "\(path()).\(Self.preferred)[\(index)]" }
      weight({ place() + ".weight" }, weighted.weight)
      podTerm({ place() + ".podAffinityTerm" }, weighted.podAffinityTerm)
    }
  }

  private mutating func podTerm(_ path: Path, _ term: PodAffinityTerm) {
    if let selector = term.labelSelector { self.selector({ path() + ".labelSelector" }, selector) }
    if let selector = term.namespaceSelector {
      self.selector({ path() + ".namespaceSelector" }, selector)
    }
    for name in term.namespaces {
      check(path() + ".namespace", name, NameRules.dns1123Label(name))
    }
    if term.topologyKey.isEmpty { required(path() + ".topologyKey", "can not be empty") }
    check(path() + ".topologyKey", term.topologyKey, NameRules.labelKey(term.topologyKey))
  }

  mutating func spreadConstraints(_ path: Path, _ constraints: [TopologySpreadConstraint]) {
    for (index, constraint) in constraints.enumerated() {
      func place() -> String { "\(path())[\(index)]" }
      positive(place() + ".maxSkew", Int64(constraint.maxSkew))
      if constraint.topologyKey.isEmpty { required(place() + ".topologyKey", "can not be empty") }
      if constraint.whenUnsatisfiable != "DoNotSchedule",
        constraint.whenUnsatisfiable != "ScheduleAnyway"
      {
        notSupported(
          place() + ".whenUnsatisfiable", constraint.whenUnsatisfiable.json,
          ["DoNotSchedule", "ScheduleAnyway"])
      }
      let repeats = constraints[(index + 1)...].contains {
        $0.topologyKey == constraint.topologyKey
          && $0.whenUnsatisfiable == constraint.whenUnsatisfiable
      }
      if repeats {
        duplicate(
          place() + ".{topologyKey, whenUnsatisfiable}",
          "{\(constraint.topologyKey), \(constraint.whenUnsatisfiable)}".json)
      }
      if let domains = constraint.minDomains { minDomains(place, domains, constraint) }
      for (name, policy) in [
        ("nodeAffinityPolicy", constraint.nodeAffinityPolicy),
        ("nodeTaintsPolicy", constraint.nodeTaintsPolicy),
      ] {
        guard let policy, policy != "Honor", policy != "Ignore" else { continue }
        notSupported("\(place()).\(name)", policy.json, ["Honor", "Ignore"])
      }
      if let selector = constraint.labelSelector {
        self.selector({ place() + ".labelSelector" }, selector)
      }
    }
  }

  private mutating func minDomains(
    _ path: Path, _ domains: Int32, _ constraint: TopologySpreadConstraint
  ) {
    positive(path() + ".minDomains", Int64(domains))
    if constraint.whenUnsatisfiable != "DoNotSchedule" {
      invalid(
        path() + ".minDomains", domains.json,
        "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not "
          + constraint.whenUnsatisfiable)
    }
  }
}
