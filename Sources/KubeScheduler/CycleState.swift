import Basics
import KubeAPI

/// What the filters hold for one pod during one cycle (PreFilter's results).
struct CycleState {
  let info: PodInfo
  private(set) var nodeUnschedulable: NodeUnschedulable
  private(set) var nodeName: NodeName?
  private(set) var taintToleration: TaintToleration
  private(set) var nodeAffinity: NodeAffinity?
  private(set) var nodePorts: NodePorts?
  private(set) var nodeResourcesFit: NodeResourcesFit
  private(set) var podTopologySpread: PodTopologySpread?
  private(set) var interPodAffinity: InterPodAffinity?
  private(set) var nodeDeclaredFeatures: NodeDeclaredFeatures?

  init(_ info: PodInfo, _ cache: inout SchedulerCache) {
    self.info = info
    nodeUnschedulable = NodeUnschedulable(info)
    nodeName = NodeName(info, cache)
    taintToleration = TaintToleration(info, cache)
    nodeAffinity = NodeAffinity(info)
    nodePorts = NodePorts(info)
    nodeResourcesFit = NodeResourcesFit(info)
    podTopologySpread = PodTopologySpread(info, &cache)
    interPodAffinity = InterPodAffinity(info, &cache)
    nodeDeclaredFeatures = NodeDeclaredFeatures(info)
  }

  /// The plugins whose PreFilter said that they have nothing to do.
  var skippedFilters: [Plugin] {
    var skipped: [Plugin] = []
    if nodeAffinity == nil { skipped.append(.nodeAffinity) }
    if nodePorts == nil { skipped.append(.nodePorts) }
    if podTopologySpread == nil { skipped.append(.podTopologySpread) }
    if interPodAffinity == nil { skipped.append(.interPodAffinity) }
    if nodeDeclaredFeatures == nil { skipped.append(.nodeDeclaredFeatures) }
    return skipped
  }

  /// All filters over some nodes, one plugin after another: `verdicts` by slot, which are feasible
  /// to begin with.
  func sweep(_ slots: ArraySlice<Int32>, _ cache: SchedulerCache, _ verdicts: inout [Verdict]) {
    Self.sweep(nodeUnschedulable, slots, cache, &verdicts)
    if let nodeName { Self.sweep(nodeName, slots, cache, &verdicts) }
    Self.sweep(taintToleration, slots, cache, &verdicts)
    if let nodeAffinity { Self.sweep(nodeAffinity, slots, cache, &verdicts) }
    if let nodePorts { Self.sweep(nodePorts, slots, cache, &verdicts) }
    Self.sweep(nodeResourcesFit, slots, cache, &verdicts)
    if let podTopologySpread { Self.sweep(podTopologySpread, slots, cache, &verdicts) }
    if let interPodAffinity { Self.sweep(interPodAffinity, slots, cache, &verdicts) }
    if let nodeDeclaredFeatures { Self.sweep(nodeDeclaredFeatures, slots, cache, &verdicts) }
  }

  @inline(__always)
  private static func sweep<P: FilterPlugin>(
    _ plugin: P, _ slots: ArraySlice<Int32>, _ cache: SchedulerCache, _ verdicts: inout [Verdict]
  ) {
    for slot in slots where verdicts[Int(slot)].isFeasible {
      verdicts[Int(slot)] = plugin.filter(Int(slot), cache)
    }
  }

  /// All filters on one node.
  func verdict(_ slot: Int, _ cache: SchedulerCache) -> Verdict {
    var verdict = nodeUnschedulable.filter(slot, cache)
    if verdict.isFeasible, let nodeName { verdict = nodeName.filter(slot, cache) }
    if verdict.isFeasible { verdict = taintToleration.filter(slot, cache) }
    if verdict.isFeasible, let nodeAffinity { verdict = nodeAffinity.filter(slot, cache) }
    if verdict.isFeasible, let nodePorts { verdict = nodePorts.filter(slot, cache) }
    if verdict.isFeasible { verdict = nodeResourcesFit.filter(slot, cache) }
    if verdict.isFeasible, let podTopologySpread {
      verdict = podTopologySpread.filter(slot, cache)
    }
    if verdict.isFeasible, let interPodAffinity { verdict = interPodAffinity.filter(slot, cache) }
    if verdict.isFeasible, let nodeDeclaredFeatures {
      verdict = nodeDeclaredFeatures.filter(slot, cache)
    }
    return verdict
  }

  /// Counts a pod on a node (`sign` 1) or no longer (−1), for a trial: in the cache's sums and in
  /// what the filters counted before.
  mutating func count(
    _ other: PodInfo, on slot: Int, sign: Int64, _ cache: inout SchedulerCache
  ) {
    cache.count(other, on: slot, sign: sign)
    podTopologySpread?.update(other, on: slot, sign: sign, cache)
    interPodAffinity?.update(other, on: slot, sign: sign, &cache)
  }

  /// The words for a refusal, in the plugin's order.
  func texts(_ verdict: Verdict) -> [String] {
    switch verdict.plugin {
    case .nodeUnschedulable: [NodeUnschedulable.reason]
    case .nodeName: [NodeName.reason]
    case .taintToleration: [TaintToleration.reason]
    case .nodeAffinity: [NodeAffinity.reason]
    case .nodePorts: [NodePorts.reason]
    case .nodeResourcesFit: nodeResourcesFit.texts(verdict.reasons)
    case .podTopologySpread: [PodTopologySpread.text(verdict.reasons)]
    case .interPodAffinity: [InterPodAffinity.text(verdict.reasons)]
    case .nodeDeclaredFeatures: [NodeDeclaredFeatures.reason]
    default:
      verdict == .notInPreFilterResult ? ["node(s) didn't satisfy plugin(s) [NodeAffinity]"] : []
    }
  }
}
