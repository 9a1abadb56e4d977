import KubeAPI

/// How many pods a term meets, by domain of its topology key.
struct DomainCounts {
  let column: Int
  var counts: [Int64]

  init(_ key: String, _ cache: inout SchedulerCache) {
    column = cache.column(of: key)
    counts = Array(repeating: 0, count: cache.columns[column].domainCount)
  }

  mutating func add(_ amount: Int64, on slot: Int, _ cache: SchedulerCache) {
    let domain = Int(cache.columns[column].domains[slot])
    if domain >= 0 { counts[domain] += amount }
  }

  /// Nil where the node has no such label.
  func count(_ slot: Int, _ cache: SchedulerCache) -> Int64? {
    let domain = Int(cache.columns[column].domains[slot])
    return domain < 0 ? nil : counts[domain]
  }
}

/// Refuses nodes in domains where the pod's required affinity meets nobody, or its required
/// anti-affinity somebody, or that of a pod there meets this one.
struct InterPodAffinity: FilterPlugin {
  private static let affinityBit: UInt16 = 1
  private static let antiAffinityBit: UInt16 = 2
  private static let existingBit: UInt16 = 4

  static func text(_ reasons: UInt16) -> String {
    switch reasons {
    case affinityBit: "node(s) didn't match pod affinity rules"
    case antiAffinityBit: "node(s) didn't match pod anti-affinity rules"
    default: "node(s) didn't satisfy existing pods anti-affinity rules"
    }
  }

  private let info: PodInfo
  private let namespaceLabels: StringMap
  private let affinityTerms: [AffinityTerm]
  private let antiAffinityTerms: [AffinityTerm]
  /// By term; two terms of one key share what they count, as pods are counted by key and value.
  private var affinity: [DomainCounts] = []
  private var antiAffinity: [DomainCounts] = []
  private var existing: [DomainCounts] = []
  /// Whether the pod's own required affinity terms mean itself.
  private let meansItself: Bool

  /// Nil (Skip) where neither the pod nor those on the nodes require anything of each other.
  init?(_ info: PodInfo, _ cache: inout SchedulerCache) {
    self.info = info
    namespaceLabels = cache.namespaces.labels(of: info.namespace)
    affinityTerms = info.terms.requiredAffinity.map { $0.merged(with: cache.namespaces) }
    antiAffinityTerms = info.terms.requiredAntiAffinity.map { $0.merged(with: cache.namespaces) }
    meansItself = affinityTerms.allMatch(
      namespace: info.namespace, labels: info.labels, namespaceLabels: StringMap())
    for term in affinityTerms { Self.counts(of: term.topologyKey, in: &affinity, &cache) }
    for term in antiAffinityTerms { Self.counts(of: term.topologyKey, in: &antiAffinity, &cache) }
    countExisting(&cache)
    if affinityTerms.isEmpty && antiAffinityTerms.isEmpty {
      if existing.allSatisfy({ $0.counts.allSatisfy { $0 == 0 } }) { return nil }
    } else {
      countIncoming(cache)
    }
  }

  @discardableResult
  private static func counts(
    of key: String, in list: inout [DomainCounts], _ cache: inout SchedulerCache
  ) -> Int {
    let column = cache.column(of: key)
    if let at = list.firstIndex(where: { $0.column == column }) { return at }
    list.append(DomainCounts(key, &cache))
    return list.count - 1
  }

  /// Pods on nodes that require to be apart from this one.
  private mutating func countExisting(_ cache: inout SchedulerCache) {
    for number in cache.classes.withRequiredAntiAffinity {
      for term in cache.classes[number].terms.requiredAntiAffinity
      where term.matches(
        namespace: info.namespace, labels: info.labels, namespaceLabels: namespaceLabels)
      {
        let at = Self.counts(of: term.topologyKey, in: &existing, &cache)
        for placement in cache.classes[number].placements
        where cache.rows[Int(placement.slot)].exists {
          existing[at].add(
            Int64(placement.live + placement.terminating), on: Int(placement.slot), cache)
        }
      }
    }
  }

  /// Pods on nodes that this one requires to be with or apart from.
  private mutating func countIncoming(_ cache: SchedulerCache) {
    for podClass in cache.classes.classes where !podClass.placements.isEmpty {
      let together = matchesAffinity(podClass.namespace, podClass.labels)
      for placement in podClass.placements where cache.rows[Int(placement.slot)].exists {
        let count = Int64(placement.live + placement.terminating)
        if together { addAffinity(count, Int(placement.slot), cache) }
      }
      for term in antiAffinityTerms
      where term.matches(
        namespace: podClass.namespace, labels: podClass.labels, namespaceLabels: StringMap())
      {
        for placement in podClass.placements where cache.rows[Int(placement.slot)].exists {
          addAntiAffinity(
            term, Int64(placement.live + placement.terminating), Int(placement.slot), cache)
        }
      }
    }
  }

  private func matchesAffinity(_ namespace: String, _ labels: StringMap) -> Bool {
    affinityTerms.allMatch(namespace: namespace, labels: labels, namespaceLabels: StringMap())
  }

  private mutating func addAffinity(_ count: Int64, _ slot: Int, _ cache: SchedulerCache) {
    for term in affinityTerms {
      for index in affinity.indices
      where cache.columns[affinity[index].column].key == term.topologyKey {
        affinity[index].add(count, on: slot, cache)
      }
    }
  }

  private mutating func addAntiAffinity(
    _ term: AffinityTerm, _ count: Int64, _ slot: Int, _ cache: SchedulerCache
  ) {
    for index in antiAffinity.indices
    where cache.columns[antiAffinity[index].column].key == term.topologyKey {
      antiAffinity[index].add(count, on: slot, cache)
    }
  }

  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    if !satisfiesAffinity(slot, cache) {
      return Verdict(.interPodAffinity, reasons: Self.affinityBit, isResolvable: false)
    }
    for item in antiAffinity where item.count(slot, cache) ?? 0 > 0 {
      return Verdict(.interPodAffinity, reasons: Self.antiAffinityBit, isResolvable: true)
    }
    for item in existing where item.count(slot, cache) ?? 0 > 0 {
      return Verdict(.interPodAffinity, reasons: Self.existingBit, isResolvable: true)
    }
    return .feasible
  }

  private func satisfiesAffinity(_ slot: Int, _ cache: SchedulerCache) -> Bool {
    var hasAll = true
    for item in affinity {
      guard let count = item.count(slot, cache) else { return false }
      if count <= 0 { hasAll = false }
    }
    if hasAll { return true }
    // The first of a series whose members want each other must go somewhere.
    return meansItself && affinity.allSatisfy { $0.counts.allSatisfy { $0 == 0 } }
  }

  /// What adding (`sign` 1) or removing (−1) a pod on a node changes.
  mutating func update(_ other: PodInfo, on slot: Int, sign: Int64, _ cache: inout SchedulerCache) {
    for term in other.terms.requiredAntiAffinity
    where term.matches(
      namespace: info.namespace, labels: info.labels, namespaceLabels: namespaceLabels)
    {
      let at = Self.counts(of: term.topologyKey, in: &existing, &cache)
      existing[at].add(sign, on: slot, cache)
    }
    if matchesAffinity(other.namespace, other.labels) { addAffinity(sign, slot, cache) }
    for term in antiAffinityTerms
    where term.matches(
      namespace: other.namespace, labels: other.labels, namespaceLabels: StringMap())
    {
      addAntiAffinity(term, sign, slot, cache)
    }
  }
}
