import KubeAPI

/// Prefers domains by the preferred terms of the pod and of those already there, and by the
/// required affinity terms of those already there (weight 1).
struct InterPodAffinityScore {
  private var sums: [DomainCounts] = []
  private static let hardPodAffinityWeight: Int64 = 1

  /// Nil (Skip) where no term meets a pod on a labelled node.
  init?(_ info: PodInfo, _ cache: inout SchedulerCache) {
    let namespaceLabels = cache.namespaces.labels(of: info.namespace)
    let affinity = info.terms.preferredAffinity.map { $0.merged(with: cache.namespaces) }
    let antiAffinity = info.terms.preferredAntiAffinity.map { $0.merged(with: cache.namespaces) }
    let hasPreferences = !affinity.isEmpty || !antiAffinity.isEmpty
    var isTouched = false

    func spread(_ term: AffinityTerm, _ weight: Int64, _ podClass: PodClass) {
      let column = cache.column(of: term.topologyKey)
      var at = sums.firstIndex { $0.column == column } ?? sums.count
      if at == sums.count {
        sums.append(DomainCounts(term.topologyKey, &cache))
        at = sums.count - 1
      }
      for placement in podClass.placements where cache.rows[Int(placement.slot)].exists {
        let slot = Int(placement.slot)
        if cache.columns[column].domains[slot] >= 0 { isTouched = true }
        sums[at].add(weight * Int64(placement.live + placement.terminating), on: slot, cache)
      }
    }

    if hasPreferences {
      for podClass in cache.classes.classes where !podClass.placements.isEmpty {
        for (terms, sign) in [(affinity, Int64(1)), (antiAffinity, -1)] {
          for term in terms
          where term.matches(
            namespace: podClass.namespace, labels: podClass.labels, namespaceLabels: StringMap())
          {
            spread(term, sign * term.weight, podClass)
          }
        }
      }
    }
    for number in cache.classes.withTerms {
      let podClass = cache.classes[number]
      func meets(_ term: AffinityTerm) -> Bool {
        term.matches(
          namespace: info.namespace, labels: info.labels, namespaceLabels: namespaceLabels)
      }
      for term in podClass.terms.requiredAffinity where meets(term) {
        spread(term, Self.hardPodAffinityWeight, podClass)
      }
      for term in podClass.terms.preferredAffinity where meets(term) {
        spread(term, term.weight, podClass)
      }
      for term in podClass.terms.preferredAntiAffinity where meets(term) {
        spread(term, -term.weight, podClass)
      }
    }
    if !isTouched { return nil }
  }

  func score(_ nodes: [Int32], _ cache: SchedulerCache, into raw: inout [Int64]) {
    for slot in nodes {
      var sum: Int64 = 0
      for item in sums { sum += item.count(Int(slot), cache) ?? 0 }
      raw.append(sum)
    }
  }

  /// From the least to the most, spread over 0 to 100 as `float64` would.
  func normalize(_ scores: inout [Int64]) {
    guard let least = scores.min(), let most = scores.max() else { return }
    for index in scores.indices {
      scores[index] =
        most == least
        ? 0 : RoundedFraction(scores[index] - least, over: most - least).times(maxNodeScore)
    }
  }
}
