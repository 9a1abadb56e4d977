import Basics
import KubeAPI

/// Finds the pods of lower priority whose removal would let a pod in, at the least harm
/// (`defaultpreemption`, `framework/preemption`).
struct DefaultPreemption {
  /// A node and who would have to go, the most important first.
  struct Candidate {
    var slot: Int32
    var victims: [PodInfo]
    var violations: Int
  }

  struct Result {
    /// Why the pod may not preempt; nil where it may.
    var ineligible: String?
    var candidates: [Candidate] = []
    /// The best candidates: more than one where all rules leave a tie.
    var best: [Candidate] = []
    /// What PostFilter adds to the failure's text; empty where there is a candidate.
    var message = ""
  }

  /// 10 % of the nodes and at least 100 are tried (`DefaultPreemptionArgs`).
  static let minCandidateNodesPercentage = 10
  static let minCandidateNodesAbsolute = 100

  let budgets: [DisruptionBudget]
  let now: Timestamp

  /// What to do for a pod that no node took. `table` holds the filters' verdicts.
  func run(
    _ state: inout CycleState, _ algorithm: SchedulingAlgorithm, _ cache: inout SchedulerCache,
    _ nominator: Nominator, prng: inout PRNG
  ) -> Result {
    var result = Result()
    if let reason = ineligibility(state.info, algorithm.table, cache) {
      result.ineligible = reason
      result.message = Self.notice + reason
      return result
    }
    var error = FitError(nodeCount: cache.nodeCount)
    let potential = cache.tree.order.filter { algorithm.table.verdicts[Int($0)].isResolvable }
    let offset = potential.isEmpty ? 0 : prng.index(below: potential.count)
    let wanted = min(
      potential.count,
      max(
        potential.count * Self.minCandidateNodesPercentage / 100, Self.minCandidateNodesAbsolute))
    var tried = 0
    var hasNonViolating = false
    for index in potential.indices {
      let slot = potential[(offset + index) % potential.count]
      tried += 1
      switch select(on: Int(slot), &state, algorithm, &cache, nominator) {
      case .success(let candidate):
        result.candidates.append(candidate)
        if candidate.violations == 0 { hasNonViolating = true }
      case .noVictims: error.add("No preemption victims found for incoming pod", 1)
      case .refused(let verdict):
        for text in state.texts(verdict) { error.add(text, 1) }
      }
      if hasNonViolating && result.candidates.count >= wanted { break }
    }
    if result.candidates.isEmpty {
      if tried < cache.nodeCount {
        error.add("Preemption is not helpful for scheduling", cache.nodeCount - tried)
      }
      result.message = Self.notice + error.message()
    } else {
      result.best = Self.pick(result.candidates, now: now)
    }
    return result
  }

  /// DynamicResources' PostFilter runs before and says that it cannot help either.
  private static let notice = "no new claims to deallocate, preemption: "

  private func ineligibility(
    _ info: PodInfo, _ table: CycleTable, _ cache: SchedulerCache
  ) -> String? {
    if info.pod.spec.preemptionPolicy == "Never" {
      return "not eligible due to preemptionPolicy=Never."
    }
    let nominated = info.nominatedNodeName
    guard !nominated.isEmpty, let slot = cache.slot(of: nominated) else { return nil }
    let verdict = table.verdicts[slot]
    if verdict.isRefusal && !verdict.isResolvable { return nil }
    for other in cache.details[slot].pods
    where other.priority < info.priority && Self.isTerminatingByPreemption(other) {
      return "not eligible due to a terminating pod on the nominated node."
    }
    return nil
  }

  private static func isTerminatingByPreemption(_ info: PodInfo) -> Bool {
    guard info.isTerminating, let condition = info.pod.status.conditions["DisruptionTarget"] else {
      return false
    }
    return condition.status == "True" && condition.reason == "PreemptionByScheduler"
  }

  private enum Selection {
    case success(Candidate)
    case noVictims
    case refused(Verdict)
  }

  /// `SelectVictimsOnNode`: takes all lower pods away, then gives back as many as fit, the more
  /// important first, and among those the ones that a budget protects.
  private func select(
    on slot: Int, _ state: inout CycleState, _ algorithm: SchedulingAlgorithm,
    _ cache: inout SchedulerCache, _ nominator: Nominator
  ) -> Selection {
    let priority = state.info.priority
    var potential = cache.details[slot].pods.filter { $0.priority < priority }
    if potential.isEmpty { return .noVictims }
    for pod in potential { state.count(pod, on: slot, sign: -1, &cache) }
    let alone = algorithm.filter(slot, &state, &cache, nominator)
    guard alone.isFeasible else {
      for pod in potential { state.count(pod, on: slot, sign: 1, &cache) }
      return .refused(alone)
    }
    potential.sort { $0.isMoreImportant(than: $1, at: now) }
    let (violating, others) = split(potential)
    var victims: [PodInfo] = []
    var violations = 0
    for (pods, isViolating) in [(violating, true), (others, false)] {
      for pod in pods {
        state.count(pod, on: slot, sign: 1, &cache)
        if algorithm.filter(slot, &state, &cache, nominator).isFeasible { continue }
        state.count(pod, on: slot, sign: -1, &cache)
        victims.append(pod)
        if isViolating { violations += 1 }
      }
    }
    for pod in victims { state.count(pod, on: slot, sign: 1, &cache) }
    if !violating.isEmpty && !others.isEmpty {
      victims.sort { $0.isMoreImportant(than: $1, at: now) }
    }
    return .success(Candidate(slot: Int32(slot), victims: victims, violations: violations))
  }

  /// The pods whose removal would exceed a budget, and the rest, both in the order given.
  private func split(_ pods: [PodInfo]) -> (violating: [PodInfo], others: [PodInfo]) {
    var allowed = budgets.map(\.disruptionsAllowed)
    var violating: [PodInfo] = []
    var others: [PodInfo] = []
    for pod in pods {
      var isViolating = false
      for (index, budget) in budgets.enumerated() where budget.covers(pod) {
        allowed[index] -= 1
        if allowed[index] < 0 { isViolating = true }
      }
      if isViolating { violating.append(pod) } else { others.append(pod) }
    }
    return (violating, others)
  }

  /// `pickOneNodeForPreemption`: fewest budget violations, lowest highest priority, smallest sum of
  /// priorities, fewest victims, latest start of the most important.
  private static func pick(_ candidates: [Candidate], now: Timestamp) -> [Candidate] {
    let rules: [(Candidate) -> Int64] = [
      { Int64($0.violations) },
      { Int64($0.victims.first?.priority ?? .min) },
      { $0.victims.reduce(0) { $0 + Int64($1.priority) + Int64(Int32.max) + 1 } },
      { Int64($0.victims.count) },
      { -earliestStart($0.victims, now).microseconds },
    ]
    var left = candidates
    for rule in rules where left.count > 1 {
      let costs = left.map(rule)
      let least = costs.min() ?? 0
      left = zip(left, costs).filter { $0.1 == least }.map(\.0)
    }
    return left
  }

  /// The earliest start among the victims of the highest priority.
  private static func earliestStart(_ victims: [PodInfo], _ now: Timestamp) -> Timestamp {
    let highest = victims.map(\.priority).max() ?? 0
    return victims.filter { $0.priority == highest }.map { $0.startTime(at: now) }.min() ?? now
  }
}
