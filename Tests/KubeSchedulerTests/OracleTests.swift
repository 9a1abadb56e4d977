import Foundation
import KubeAPI
import KubeScheduler
import Testing

/// Our decisions against those of the real scheduler, case by case and to the last score.
@Suite struct OracleTests {
  /// The families whose plugins are modelled. Volumes and dynamic resources are not.
  static let families = [
    "resources", "taints", "node-affinity", "nodename", "host-ports", "topology-spread",
    "default-spreading", "inter-pod-affinity", "image-locality", "scheduling-gates", "mixed",
    "large", "preemption", "declared-features",
  ]

  @Test(arguments: families) func agrees(with family: String) throws {
    guard OracleCase.folder != nil else {
      print("skipped: the recorded decisions are not at hand")
      return
    }
    let cases = try OracleCase.load(family)
    #expect(!cases.isEmpty)
    var agreed = 0
    for item in cases {
      let decision = schedule(item.pod, on: item.cluster, seed: 1)
      let problems = differences(item, decision)
      if problems.isEmpty { agreed += 1 }
      #expect(problems.isEmpty, "\(item.id) (\(item.topic)): \(problems.joined(separator: "; "))")
    }
    print("\(family): \(agreed) of \(cases.count) decisions agree")
  }

  private func differences(_ item: OracleCase, _ decision: Decision) -> [String] {
    var problems: [String] = []
    func compare<T: Equatable>(_ what: String, _ have: T, _ want: T) {
      if have != want { problems.append("\(what): have \(have), want \(want)") }
    }
    let expected = item.expected
    if let gate = expected["preEnqueue"]?.object {
      compare("gate", decision.gate.map { [$0] } ?? [], gate["reasons"]?.strings ?? [])
      return problems
    }
    compareNodes(expected["nodes"]?.object, decision, compare)
    compareScores(expected, decision, compare)
    compare("best nodes", decision.bestNodes, expected["bestNodes"]?.strings ?? [])
    compare(
      "nominated node used", decision.nominatedNodeUsed,
      expected["nominatedNodeUsed"]?.bool ?? false)
    if let condition = expected["condition"]?.object {
      let message = condition["message"]?.string ?? ""
      // With spec.nodeName set there is no PostFilter note: such a pod never gets that far.
      let isWhole = item.topic.hasPrefix("existing") || item.topic == "missing"
      compare(
        "message", isWhole ? decision.message.hasPrefix(message) : decision.message == message,
        true)
      if decision.message != message && !isWhole {
        problems.append("have \"\(decision.message)\", want \"\(message)\"")
      }
    } else {
      compare("message", decision.message, "")
    }
    if let preemption = expected["preemption"]?.object,
      preemption["attempted"]?.bool ?? true
    {
      comparePreemption(preemption, decision, compare)
    }
    return problems
  }

  private func compareNodes(
    _ nodes: JSONObject?, _ decision: Decision, _ compare: (String, String, String) -> Void
  ) {
    for field in nodes?.fields ?? [] {
      guard let want = field.value.object, want["stage"]?.string != "PreFilter" else { continue }
      let have = decision[node: field.key]
      compare(
        field.key + " feasible", "\(have?.isFeasible ?? false)",
        "\(want["feasible"]?.bool ?? false)")
      guard want["feasible"]?.bool == false else { continue }
      compare(field.key + " plugin", have?.plugin?.name ?? "", want["plugin"]?.string ?? "")
      compare(field.key + " code", have?.code.rawValue ?? "", want["code"]?.string ?? "")
      compare(
        field.key + " reasons", (have?.reasons ?? []).joined(separator: ", "),
        (want["reasons"]?.strings ?? []).joined(separator: ", "))
    }
  }

  private func compareScores(
    _ expected: JSONObject, _ decision: Decision, _ compare: (String, String, String) -> Void
  ) {
    for field in expected["scores"]?.object?.fields ?? [] {
      let have = decision[node: field.key]
      let want = field.value.object
      compare(field.key + " total", "\(have?.total ?? -1)", "\(want?["total"]?.integer ?? -2)")
      for plugin in want?["plugins"]?.object?.fields ?? [] where plugin.key != "DynamicResources" {
        let score = have?.scores.first { $0.plugin.name == plugin.key }
        let parts = score.map { [Int($0.raw), Int($0.normalized), Int($0.weighted)] } ?? []
        compare(
          field.key + " " + plugin.key, "\(parts)",
          "\(plugin.value.array?.compactMap(\.integer) ?? [])")
      }
    }
    guard expected["skippedScorePlugins"] != nil else { return }
    let ours = Set(Plugin.scoring.map(\.name))
    compare(
      "skipped scores", decision.skippedScores.map(\.name).sorted().joined(separator: " "),
      (expected["skippedScorePlugins"]?.strings ?? []).filter(ours.contains).joined(separator: " "))
  }

  private func comparePreemption(
    _ want: JSONObject, _ decision: Decision, _ compare: (String, String, String) -> Void
  ) {
    let have = decision.preemption
    compare("ineligible", have?.ineligible ?? "", want["reason"]?.string ?? "")
    let candidates = (want["candidates"]?.array ?? []).map { value -> String in
      let object = value.object
      let victims = object?["victims"]?.strings.joined(separator: ",") ?? ""
      return
        "\(object?["node"]?.string ?? ""): \(victims) (\(object?["pdbViolations"]?.integer ?? 0))"
    }
    compare(
      "candidates",
      (have?.candidates ?? []).map {
        "\($0.node): \($0.victims.map(\.text).joined(separator: ",")) (\($0.budgetViolations))"
      }.joined(separator: "; "),
      candidates.joined(separator: "; "))
    compare(
      "best candidates", (have?.best ?? []).joined(separator: " "),
      (want["bestNodes"]?.strings ?? []).joined(separator: " "))
  }
}
