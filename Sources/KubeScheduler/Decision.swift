import KubeAPI

/// One scheduling decision in full, in plain values: what the filters said about every node, every
/// score, and what came of it. Made on demand from the tables of a cycle.
public struct Decision: Sendable, Equatable {
  /// `Unschedulable`: removing pods may help; `UnschedulableAndUnresolvable`: it does not.
  public enum Code: String, Sendable {
    case success = "Success"
    case unschedulable = "Unschedulable"
    case unschedulableAndUnresolvable = "UnschedulableAndUnresolvable"
  }

  /// One plugin's opinion of a node.
  public struct PluginScore: Sendable, Equatable {
    public var plugin: Plugin
    public var raw: Int64
    /// 0 to 100.
    public var normalized: Int64
    public var weighted: Int64 { normalized * plugin.weight }
  }

  /// What became of one node.
  public struct NodeVerdict: Sendable, Equatable {
    public var name: String
    /// False where the search ended before it.
    public var isEvaluated: Bool
    public var isFeasible: Bool
    /// The first plugin that refuses the node.
    public var plugin: Plugin?
    public var code: Code
    public var reasons: [String]
    /// Of a feasible node.
    public var scores: [PluginScore] = []
    public var total: Int64 = 0
  }

  /// What preemption found, where no node fits.
  public struct Preemption: Sendable, Equatable {
    public struct Candidate: Sendable, Equatable {
      public var node: String
      /// The most important first.
      public var victims: [ObjectKey]
      public var budgetViolations: Int
    }
    /// Why the pod may not preempt.
    public var ineligible: String?
    /// Sorted by node.
    public var candidates: [Candidate] = []
    /// The nodes left after all rules, sorted.
    public var best: [String] = []
  }

  public var pod: ObjectKey
  /// Why the pod may not enter the queue (PreEnqueue).
  public var gate: String?
  /// The node taken; of several best ones, the one drawn.
  public var node: String?
  /// All nodes with the highest total, sorted.
  public var bestNodes: [String] = []
  /// Sorted by name.
  public var nodes: [NodeVerdict] = []
  /// Why PreFilter refused the pod as a whole.
  public var preFilterReason: String?
  public var skippedFilters: [Plugin] = []
  public var skippedScores: [Plugin] = []
  public var nominatedNodeUsed = false
  public var preemption: Preemption?
  /// The text of the PodScheduled condition where the pod found no node, else empty.
  public var message = ""

  public init(pod: ObjectKey) { self.pod = pod }

  public var feasibleCount: Int { nodes.reduce(0) { $0 + ($1.isFeasible ? 1 : 0) } }

  /// The verdict on one node.
  public subscript(node name: String) -> NodeVerdict? { nodes.first { $0.name == name } }
}

extension Decision {
  /// Fills in verdicts and scores from the tables of a cycle.
  mutating func read(_ table: CycleTable, _ state: CycleState?, _ cache: SchedulerCache) {
    skippedScores = table.skippedScores.sorted()
    nominatedNodeUsed = table.nominatedNodeUsed
    var position: [Int] = Array(repeating: -1, count: cache.rows.count)
    for (index, slot) in table.feasible.enumerated() where Int(slot) < position.count {
      position[Int(slot)] = index
    }
    nodes = []
    for slot32 in cache.tree.order {
      let slot = Int(slot32)
      let verdict = slot < table.verdicts.count ? table.verdicts[slot] : .unknown
      var node = NodeVerdict(
        name: cache.details[slot].name, isEvaluated: !verdict.isUnknown,
        isFeasible: verdict.isFeasible, plugin: verdict.plugin, code: .success, reasons: [])
      if verdict.isRefusal {
        node.code = verdict.isResolvable ? .unschedulable : .unschedulableAndUnresolvable
        node.reasons = state?.texts(verdict) ?? []
      }
      let index = position[slot]
      if index >= 0, index < table.totals.count {
        node.total = table.totals[index]
        node.scores = table.columns.map {
          PluginScore(plugin: $0.plugin, raw: $0.raw[index], normalized: $0.normalized[index])
        }
      }
      nodes.append(node)
    }
    nodes.sort { $0.name < $1.name }
    let best = table.best.total
    bestNodes = table.feasible.indices
      .filter { $0 < table.totals.count && table.totals[$0] == best }
      .map { cache.details[Int(table.feasible[$0])].name }.sorted()
  }
}

extension Decision.Preemption {
  init(_ result: DefaultPreemption.Result, _ cache: SchedulerCache) {
    func name(_ candidate: DefaultPreemption.Candidate) -> String {
      cache.details[Int(candidate.slot)].name
    }
    ineligible = result.ineligible
    candidates = result.candidates.map {
      Candidate(node: name($0), victims: $0.victims.map(\.key), budgetViolations: $0.violations)
    }.sorted { $0.node < $1.node }
    best = result.best.map(name).sorted()
  }
}
