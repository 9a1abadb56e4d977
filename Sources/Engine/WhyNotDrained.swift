import Basics
import KubeAPI
import SimulationKernel

extension World {
  /// What `kubectl drain` stops on, in its order: it cordons, looks through the pods on the node
  /// and refuses to begin where one of its filters does (`drain/filters.go`), asks for each pod's
  /// eviction, and then waits until all are gone, for ever by default.
  func whyNotDrained(_ name: String) -> WhyNot {
    var chain = RequirementChain("why is node \(name) not drained?")
    let node = object(.node, ObjectKey(name: name))?.node
    chain.require("there is such a node", node != nil)
    guard let node else { return chain.answer(WhyNot.Waiter(nil, "there is nothing to drain")) }
    let pods = objects(.pod).compactMap(\.pod).filter { $0.spec.nodeName == name }
    func names(_ pods: [Pod]) -> [String] { pods.map(\.key.text) }
    // DaemonSets' pods stay, with a flag that nobody leaves out; mirror pods do anyway.
    let plan = DrainFilters(ignoresDaemonSets: true).plan(for: pods)
    let daemons = plan.warnings.flatMap(\.pods)
    let wanted = plan.leaving + plan.errors.flatMap(\.pods)
    let staying = wanted.filter { $0.metadata.deletionTimestamp == nil }
    chain.require("it is cordoned", node.spec.unschedulable)
    guard node.spec.unschedulable else {
      return chain.answer(
        WhyNot.Waiter(nil, "nobody drains it, or somebody has uncordoned it: kubectl drain \(name)")
      )
    }
    let refused = plan.errors.map { error in
      (words: error.words, pods: error.pods.filter { $0.metadata.deletionTimestamp == nil })
    }
    if let error = refused.first(where: { !$0.pods.isEmpty }) {
      chain.require(
        "no filter of kubectl refuses: cannot delete \(error.words)", false, names(error.pods))
      return chain.answer(
        WhyNot.Waiter(
          nil,
          "kubectl drain ends with that error, the node stays cordoned, until it is called with "
            + "the flag or these pods are deleted"))
    }
    chain.require(
      daemons.isEmpty
        ? "no filter of kubectl refuses"
        : "no filter of kubectl refuses (\(daemons.count) DaemonSet-managed: "
          + "--ignore-daemonsets)", true)
    chain.require(
      "every pod was asked to leave: \(wanted.count - staying.count) of \(wanted.count)",
      staying.isEmpty, names(Array(staying.prefix(4))))
    guard staying.isEmpty else {
      let writes = whyNotCommitted()
      let asked = next { $0.kind == .message && $0.words.contains("eviction") }
      return chain.answer(
        writes.unmet != nil
          ? writes.waiter
          : asked.map { WhyNot.Waiter($0) }
            ?? WhyNot.Waiter(
              "kubectl",
              "asks for their eviction; no PodDisruptionBudget can refuse it: there are none here"))
    }
    let leaving = wanted.filter { $0.metadata.deletionTimestamp != nil }
    chain.require(
      "every pod is gone: \(leaving.count) are not", leaving.isEmpty,
      leaving.prefix(4).map { pod in
        "\(pod.key.text): "
          + (whyNotGone(pod.key).unmet.map { "missing: \($0.words)" } ?? "leaves")
      })
    // The last to go decides: whoever has no time of its own may never go.
    let waiters = leaving.compactMap { whyNotGone($0.key).waiter }
    return chain.answer(
      waiters.first { $0.earliest == nil }
        ?? waiters.max { ($0.earliest ?? .zero) < ($1.earliest ?? .zero) })
  }
}
