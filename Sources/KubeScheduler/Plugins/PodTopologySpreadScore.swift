import KubeAPI

/// Prefers nodes in domains with few pods like this one: the soft constraints of PodTopologySpread.
struct PodTopologySpreadScore {
  private let info: PodInfo
  private let constraints: [SpreadConstraint]
  /// The system's default constraints do not ask that a node has every key.
  private let requiresAllKeys: Bool

  /// Nil (Skip) where the pod has no soft constraint.
  init?(_ info: PodInfo, _ cache: inout SchedulerCache) {
    constraints = SpreadConstraint.constraints(
      of: info, whenUnsatisfiable: "ScheduleAnyway", &cache)
    if constraints.isEmpty { return nil }
    self.info = info
    requiresAllKeys = !info.pod.spec.topologySpreadConstraints.isEmpty
  }

  /// True where a node misses a key: it scores 0 in the end.
  func isIgnored(_ slot: Int, _ cache: SchedulerCache) -> Bool {
    guard requiresAllKeys else { return false }
    for item in constraints where cache.columns[item.column].domains[slot] < 0 { return true }
    return false
  }

  /// For each constraint, matching pods times a weight that grows with the number of domains (in
  /// units of 2⁻⁴⁰, rounded in the end), and `maxSkew` − 1.
  func score(_ nodes: [Int32], _ cache: SchedulerCache, into raw: inout [Int64]) {
    let inclusion = NodeInclusion(info, cache)
    var sums = Array(repeating: Int64(0), count: nodes.count)
    for constraint in constraints {
      if constraint.isHostname {
        addPerNode(constraint, nodes, cache, &sums)
      } else {
        addPerDomain(constraint, nodes, inclusion, cache, &sums)
      }
    }
    for (index, slot) in nodes.enumerated() {
      raw.append(isIgnored(Int(slot), cache) ? 0 : (sums[index] + 1 << 39) >> 40)
      for item in constraints where cache.columns[item.column].domains[Int(slot)] >= 0 {
        if !isIgnored(Int(slot), cache) { raw[raw.count - 1] += item.maxSkew - 1 }
      }
    }
  }

  private func addPerNode(
    _ constraint: SpreadConstraint, _ nodes: [Int32], _ cache: SchedulerCache,
    _ sums: inout [Int64]
  ) {
    var size = 0
    for slot in nodes where !isIgnored(Int(slot), cache) { size += 1 }
    let weight = naturalLogarithm(size + 2)
    var counts = Array(repeating: Int64(0), count: cache.rows.count)
    constraint.forEachClass(in: info.namespace, cache) { number in
      for placement in cache.classes[number].placements {
        counts[Int(placement.slot)] += Int64(placement.live)
      }
    }
    let column = cache.columns[constraint.column]
    for (index, slot) in nodes.enumerated() where column.domains[Int(slot)] >= 0 {
      sums[index] += counts[Int(slot)] * weight
    }
  }

  private func addPerDomain(
    _ constraint: SpreadConstraint, _ nodes: [Int32], _ inclusion: NodeInclusion,
    _ cache: SchedulerCache, _ sums: inout [Int64]
  ) {
    let column = cache.columns[constraint.column]
    // Domain −1, nodes without the label, counts as one too; it is kept last.
    let none = column.domainCount
    var counts = Array(repeating: Int64(-1), count: none + 1)
    var size = 0
    for slot in nodes where !isIgnored(Int(slot), cache) {
      let domain = Int(column.domains[Int(slot)])
      let at = domain < 0 ? none : domain
      if counts[at] < 0 {
        counts[at] = 0
        size += 1
      }
    }
    constraint.forEachClass(in: info.namespace, cache) { number in
      for placement in cache.classes[number].placements {
        let slot = Int(placement.slot)
        let domain = Int(column.domains[slot])
        guard cache.rows[slot].exists, domain >= 0, counts[domain] >= 0,
          !isIgnored(slot, cache), inclusion.includes(slot, constraint, cache)
        else { continue }
        counts[domain] += Int64(placement.live)
      }
    }
    let weight = naturalLogarithm(size + 2)
    for (index, slot) in nodes.enumerated() {
      let domain = Int(column.domains[Int(slot)])
      if domain < 0 { continue }
      sums[index] += max(0, counts[domain]) * weight
    }
  }

  /// The fewer the better: 100 × (max + min − score) / max.
  func normalize(_ scores: inout [Int64], _ nodes: [Int32], _ cache: SchedulerCache) {
    var least = Int64.max
    var most: Int64 = 0
    for (index, slot) in nodes.enumerated() where !isIgnored(Int(slot), cache) {
      least = min(least, scores[index])
      most = max(most, scores[index])
    }
    for (index, slot) in nodes.enumerated() {
      if isIgnored(Int(slot), cache) {
        scores[index] = 0
      } else {
        scores[index] =
          most == 0 ? maxNodeScore : maxNodeScore * (most + least - scores[index]) / most
      }
    }
  }
}
