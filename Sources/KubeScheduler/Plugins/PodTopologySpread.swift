import KubeAPI

/// One constraint with its selector worked out (`topologySpreadConstraint`).
struct SpreadConstraint {
  let maxSkew: Int64
  let isHostname: Bool
  /// The topology key's column in the cache.
  let column: Int
  /// Nil matches nothing.
  let selector: LabelSelector?
  let minDomains: Int
  let honorsAffinity: Bool
  let honorsTaints: Bool

  /// The constraints of a pod with this answer to a skew: its own, or by default those of the
  /// system (hostname 3, zone 5, both soft) with the selector of what owns the pod.
  static func constraints(
    of info: PodInfo, whenUnsatisfiable: String, _ cache: inout SchedulerCache
  ) -> [SpreadConstraint] {
    let own = info.pod.spec.topologySpreadConstraints
    if !own.isEmpty {
      return own.filter { $0.whenUnsatisfiable == whenUnsatisfiable }.map {
        SpreadConstraint($0, info, &cache)
      }
    }
    guard whenUnsatisfiable == "ScheduleAnyway" else { return [] }
    let selector = cache.owners.selector(for: info.pod)
    if selector.isEmpty { return [] }
    return [("kubernetes.io/hostname", 3), ("topology.kubernetes.io/zone", 5)].map { key, skew in
      SpreadConstraint(key: key, maxSkew: skew, selector, &cache)
    }
  }

  private init(
    key: String, maxSkew: Int64, _ selector: LabelSelector, _ cache: inout SchedulerCache
  ) {
    self.maxSkew = maxSkew
    isHostname = key == "kubernetes.io/hostname"
    column = cache.column(of: key)
    self.selector = selector
    minDomains = 1
    honorsAffinity = true
    honorsTaints = false
  }

  private init(
    _ constraint: TopologySpreadConstraint, _ info: PodInfo, _ cache: inout SchedulerCache
  ) {
    maxSkew = Int64(constraint.maxSkew)
    isHostname = constraint.topologyKey == "kubernetes.io/hostname"
    column = cache.column(of: constraint.topologyKey)
    var selector = constraint.labelSelector
    if selector != nil {
      for key in constraint.matchLabelKeys {
        guard let value = info.labels[key] else { continue }
        selector?.matchExpressions.append(
          SelectorRequirement(key: key, operatorName: "In", values: [value]))
      }
    }
    self.selector = selector
    minDomains = Int(constraint.minDomains ?? 1)
    honorsAffinity = constraint.nodeAffinityPolicy ?? "Honor" == "Honor"
    honorsTaints = constraint.nodeTaintsPolicy ?? "Ignore" == "Honor"
  }

  func matches(_ labels: StringMap) -> Bool { selector?.matches(labels) ?? false }

  /// Calls `body` with the class numbers of the pods in `namespace` that count. An empty selector
  /// counts nobody, though it matches everybody (`countPodsMatchSelector`).
  func forEachClass(in namespace: String, _ cache: SchedulerCache, _ body: (Int32) -> Void) {
    guard let selector, !selector.isEmpty else { return }
    for number in cache.classes.inNamespace(namespace)
    where selector.matches(cache.classes[number].labels) {
      body(number)
    }
  }
}

/// Which nodes count for a constraint (`matchNodeInclusionPolicies`).
struct NodeInclusion {
  private let affinity: RequiredNodeAffinity
  private let tolerations: [Toleration]
  private let tolerated: [Bool]

  init(_ info: PodInfo, _ cache: SchedulerCache) {
    affinity = RequiredNodeAffinity(info.pod.spec)
    let tolerations = info.pod.spec.tolerations
    self.tolerations = tolerations
    tolerated = cache.taints.sets.map { TaintToleration.tolerates(tolerations, $0) }
  }

  func includes(_ slot: Int, _ constraint: SpreadConstraint, _ cache: SchedulerCache) -> Bool {
    if constraint.honorsAffinity, !affinity.isEmpty {
      let detail = cache.details[slot]
      if !affinity.matches(detail.labels, name: detail.name) { return false }
    }
    return !constraint.honorsTaints || tolerated[Int(cache.rows[slot].taints)]
  }
}

/// Refuses nodes where the pod would make one domain exceed the emptiest by more than `maxSkew`.
struct PodTopologySpread: FilterPlugin {
  static let reason = "node(s) didn't match pod topology spread constraints"
  static let missingLabelReason = reason + " (missing required label)"
  private static let missingLabelBit: UInt16 = 2

  static func text(_ reasons: UInt16) -> String {
    reasons == missingLabelBit ? missingLabelReason : reason
  }

  private struct Hard {
    var constraint: SpreadConstraint
    var matchesItself: Bool
    /// Matching pods by domain; −1 where no node of the domain counts.
    var counts: [Int64]
    var domainCount = 0
    var minimum = Int64(Int32.max)

    mutating func findMinimum() {
      minimum = Int64(Int32.max)
      for count in counts where count >= 0 && count < minimum { minimum = count }
    }
  }

  private let info: PodInfo
  private let inclusion: NodeInclusion
  private var hard: [Hard] = []

  /// Nil (Skip) where the pod has no hard constraint.
  init?(_ info: PodInfo, _ cache: inout SchedulerCache) {
    let constraints = SpreadConstraint.constraints(
      of: info, whenUnsatisfiable: "DoNotSchedule", &cache)
    if constraints.isEmpty { return nil }
    self.info = info
    inclusion = NodeInclusion(info, cache)
    for constraint in constraints {
      let domains = cache.columns[constraint.column].domainCount
      hard.append(
        Hard(
          constraint: constraint, matchesItself: constraint.matches(info.labels),
          counts: Array(repeating: -1, count: domains)))
    }
    for index in hard.indices { count(index, cache) }
  }

  private mutating func count(_ index: Int, _ cache: SchedulerCache) {
    let constraint = hard[index].constraint
    let column = cache.columns[constraint.column]
    var counts = hard[index].counts
    var isIncluded = Array(repeating: false, count: cache.rows.count)
    for slot32 in cache.tree.order {
      let slot = Int(slot32)
      guard hasAllKeys(slot, cache), inclusion.includes(slot, constraint, cache) else { continue }
      isIncluded[slot] = true
      let domain = Int(column.domains[slot])
      if counts[domain] < 0 {
        counts[domain] = 0
        hard[index].domainCount += 1
      }
    }
    constraint.forEachClass(in: info.namespace, cache) { number in
      for placement in cache.classes[number].placements where isIncluded[Int(placement.slot)] {
        counts[Int(column.domains[Int(placement.slot)])] += Int64(placement.live)
      }
    }
    hard[index].counts = counts
    hard[index].findMinimum()
  }

  private func hasAllKeys(_ slot: Int, _ cache: SchedulerCache) -> Bool {
    for item in hard where cache.columns[item.constraint.column].domains[slot] < 0 { return false }
    return true
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    for item in hard {
      let domain = Int(cache.columns[item.constraint.column].domains[slot])
      if domain < 0 {
        return Verdict(.podTopologySpread, reasons: Self.missingLabelBit, isResolvable: false)
      }
      let minimum = item.domainCount < item.constraint.minDomains ? 0 : item.minimum
      let skew = max(0, item.counts[domain]) + (item.matchesItself ? 1 : 0) - minimum
      if skew > item.constraint.maxSkew {
        return Verdict(.podTopologySpread, isResolvable: true)
      }
    }
    return .feasible
  }

  /// What adding (`sign` 1) or removing (−1) a pod on a node changes.
  mutating func update(_ other: PodInfo, on slot: Int, sign: Int64, _ cache: SchedulerCache) {
    guard other.namespace == info.namespace, hasAllKeys(slot, cache) else { return }
    for index in hard.indices {
      let constraint = hard[index].constraint
      guard constraint.matches(other.labels), inclusion.includes(slot, constraint, cache) else {
        continue
      }
      let domain = Int(cache.columns[constraint.column].domains[slot])
      if hard[index].counts[domain] < 0 {
        hard[index].counts[domain] = 0
        hard[index].domainCount += 1
      }
      hard[index].counts[domain] += sign
      hard[index].findMinimum()
    }
  }
}
