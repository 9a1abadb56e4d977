import Basics
import KubeAPI

/// The scheduling algorithm: find nodes that fit, score them, take the best (`schedule_one.go`).
struct SchedulingAlgorithm: Sendable {
  /// How many nodes to find at least before the search may stop (`minFeasibleNodesToFind`).
  static let minFeasibleNodesToFind = 100
  /// The share of nodes to score in a very large cluster (`minFeasibleNodesPercentageToFind`).
  static let minFeasibleNodesPercentageToFind = 5

  enum Outcome {
    case fits(slot: Int32, total: Int64)
    case noNodes
    /// PreFilter refused the pod as a whole.
    case rejected(Plugin, reason: String)
    case unschedulable
  }

  /// 0 adapts to the size of the cluster.
  var percentageOfNodesToScore = 0
  /// Where the search for the next pod begins, so that all nodes get their turn.
  private(set) var nextStart = 0
  private(set) var table = CycleTable()

  /// Runs the cycle for the pod of `state`. Nominated pods count where their priority is not lower.
  mutating func run(
    _ state: inout CycleState, _ cache: inout SchedulerCache, _ nominator: Nominator,
    prng: inout PRNG
  ) -> Outcome {
    table.reset(slots: cache.rows.count)
    let all = cache.tree.order
    if all.isEmpty { return .noNodes }
    let spec = state.info.pod.spec
    switch NodeAffinity.narrowing(spec) {
    case .conflict: return .rejected(.nodeAffinity, reason: NodeAffinity.conflict)
    case .allNodes: find(all, &state, &cache, nominator)
    case .names(let names):
      for slot in all { table.verdicts[Int(slot)] = .notInPreFilterResult }
      find(names.compactMap { existing($0, cache) }, &state, &cache, nominator)
    }
    if table.feasible.isEmpty { return .unschedulable }
    score(state, &cache)
    return pick(prng: &prng)
  }

  private func existing(_ name: String, _ cache: SchedulerCache) -> Int32? {
    guard let slot = cache.slot(of: name), cache.rows[slot].exists else { return nil }
    return Int32(slot)
  }

  /// The nominated node alone if it still fits, else the nodes from where the last search ended.
  private mutating func find(
    _ nodes: [Int32], _ state: inout CycleState, _ cache: inout SchedulerCache,
    _ nominator: Nominator
  ) {
    let nominated = state.info.nominatedNodeName
    if !nominated.isEmpty, let slot = existing(nominated, cache) {
      let verdict = filter(Int(slot), &state, &cache, nominator)
      if verdict.isFeasible {
        table.verdicts[Int(slot)] = verdict
        table.feasible = [slot]
        table.evaluated = 1
        table.nominatedNodeUsed = true
        return
      }
    }
    search(nodes, &state, &cache, nominator)
    nextStart = (nextStart + table.evaluated) % cache.nodeCount
  }

  private mutating func search(
    _ nodes: [Int32], _ state: inout CycleState, _ cache: inout SchedulerCache,
    _ nominator: Nominator
  ) {
    guard !nodes.isEmpty else { return }
    let wanted = Self.nodesToFind(of: nodes.count, percentage: percentageOfNodesToScore)
    let start = nextStart % nodes.count
    let order = start == 0 ? nodes : Array(nodes[start...] + nodes[..<start])
    var next = 0
    while next < order.count, table.feasible.count < wanted {
      // As many as are still wanted at once: no node is looked at in vain.
      let chunk = order[next..<min(order.count, next + wanted - table.feasible.count)]
      for slot in chunk { table.verdicts[Int(slot)] = .feasible }
      state.sweep(chunk, cache, &table.verdicts)
      for slot in chunk {
        if !nominator.isEmpty { recheck(Int(slot), &state, &cache, nominator) }
        if table.verdicts[Int(slot)].isFeasible { table.feasible.append(slot) }
      }
      next = chunk.endIndex
    }
    table.evaluated = next
  }

  /// `numFeasibleNodesToFind`: all of up to 100; else 50 % − n / 125, at least 5 % and 100 nodes.
  static func nodesToFind(of count: Int, percentage: Int = 0) -> Int {
    if count < minFeasibleNodesToFind { return count }
    let adaptive = max(50 - count / 125, minFeasibleNodesPercentageToFind)
    let percentage = percentage == 0 ? adaptive : percentage
    return max(count * percentage / 100, minFeasibleNodesToFind)
  }

  /// A node that others are nominated to must pass with them on it too.
  private mutating func recheck(
    _ slot: Int, _ state: inout CycleState, _ cache: inout SchedulerCache, _ nominator: Nominator
  ) {
    if nominator.pods(on: cache.details[slot].name).isEmpty { return }
    table.verdicts[slot] = filter(slot, &state, &cache, nominator)
  }

  /// `RunFilterPluginsWithNominatedPods`: with the nominated pods of no lower priority, and then
  /// without them.
  func filter(
    _ slot: Int, _ state: inout CycleState, _ cache: inout SchedulerCache, _ nominator: Nominator
  ) -> Verdict {
    let others = nominator.pods(on: cache.details[slot].name).filter {
      $0.priority >= state.info.priority && $0.uid != state.info.uid
    }
    if others.isEmpty { return state.verdict(slot, cache) }
    for other in others { state.count(other, on: slot, sign: 1, &cache) }
    let verdict = state.verdict(slot, cache)
    for other in others { state.count(other, on: slot, sign: -1, &cache) }
    return verdict.isFeasible ? state.verdict(slot, cache) : verdict
  }

  // MARK: Scores

  /// Fills the columns and the totals for the feasible nodes.
  private mutating func score(_ state: CycleState, _ cache: inout SchedulerCache) {
    let info = state.info
    let nodes = table.feasible
    add(.taintToleration) { column in
      state.taintToleration.score(nodes, cache, into: &column.raw)
      column.normalized = Self.normalized(column.raw, reversed: true)
    }
    if let plugin = PreferredNodeAffinity(info) {
      add(.nodeAffinity) { column in
        plugin.score(nodes, cache, into: &column.raw)
        column.normalized = Self.normalized(column.raw, reversed: false)
      }
    } else {
      table.skippedScores.append(.nodeAffinity)
    }
    add(.nodeResourcesFit) { column in
      state.nodeResourcesFit.score(nodes, cache, into: &column.raw)
      column.normalized = column.raw
    }
    if let plugin = PodTopologySpreadScore(info, &cache) {
      add(.podTopologySpread) { column in
        plugin.score(nodes, cache, into: &column.raw)
        column.normalized = column.raw
        plugin.normalize(&column.normalized, nodes, cache)
      }
    } else {
      table.skippedScores.append(.podTopologySpread)
    }
    if let plugin = InterPodAffinityScore(info, &cache) {
      add(.interPodAffinity) { column in
        plugin.score(nodes, cache, into: &column.raw)
        column.normalized = column.raw
        plugin.normalize(&column.normalized)
      }
    } else {
      table.skippedScores.append(.interPodAffinity)
    }
    if let plugin = NodeResourcesBalancedAllocation(info) {
      add(.nodeResourcesBalancedAllocation) { column in
        plugin.score(nodes, &cache, into: &column.raw)
        column.normalized = column.raw
      }
    } else {
      table.skippedScores.append(.nodeResourcesBalancedAllocation)
    }
    add(.imageLocality) { column in
      ImageLocality(info).score(nodes, cache, into: &column.raw)
      column.normalized = column.raw
    }
    for index in nodes.indices {
      var total: Int64 = 0
      for column in table.columns { total += column.normalized[index] * column.plugin.weight }
      table.totals.append(total)
    }
  }

  private mutating func add(_ plugin: Plugin, _ fill: (inout CycleTable.ScoreColumn) -> Void) {
    var column = CycleTable.ScoreColumn(plugin: plugin)
    column.raw.reserveCapacity(table.feasible.count)
    fill(&column)
    assert(column.raw.count == table.feasible.count)
    table.columns.append(column)
  }

  /// `DefaultNormalizeScore`: hundredths of the highest; reversed, the lowest is best.
  static func normalized(_ raw: [Int64], reversed: Bool) -> [Int64] {
    let most = raw.max() ?? 0
    if most == 0 {
      return reversed ? Array(repeating: maxNodeScore, count: raw.count) : raw
    }
    return raw.map {
      let score = maxNodeScore * $0 / most
      return reversed ? maxNodeScore - score : score
    }
  }

  /// One of the nodes with the highest total, each with the same chance.
  private func pick(prng: inout PRNG) -> Outcome {
    let best = table.best
    var skip = best.count == 1 ? 0 : prng.index(below: best.count)
    for (index, total) in table.totals.enumerated() where total == best.total {
      if skip == 0 { return .fits(slot: table.feasible[index], total: total) }
      skip -= 1
    }
    preconditionFailure("no node has the highest of \(table.totals.count) totals")
  }
}

extension SchedulingAlgorithm {
  /// The verdicts on all nodes, for display, after a cycle that looked at the nominated one only.
  mutating func complete(
    _ state: inout CycleState, _ cache: inout SchedulerCache, _ nominator: Nominator
  ) {
    for slot in cache.tree.order where table.verdicts[Int(slot)].isUnknown {
      table.verdicts[Int(slot)] = filter(Int(slot), &state, &cache, nominator)
    }
  }
}
