import Engine
import KubeAPI
import Scenarios
import Testing

/// The scenario files beside these tests, as they ship.
struct ShippedScenarioTests {
  @Test(arguments: ["lose-a-worker.yaml", "lose-the-leader.yaml"])
  func holds(_ file: String) throws {
    var runner = ScenarioRunner(try ScenarioReader.read(path: DataFile.path(file)))
    try runner.run()
    for outcome in runner.failed {
      Issue.record("\(outcome.source): \(outcome.text): found \(outcome.found)")
    }
    #expect(runner.isFinished)
    #expect(runner.outcomes.count > 10)
    #expect(runner.world.invariantProblems() == [])
  }

  @Test(arguments: ["etcd-disaster.yaml", "etcd-restore.yaml", "replace-a-member.yaml"])
  func holdsForEtcd(_ file: String) throws {
    var runner = ScenarioRunner(try ScenarioReader.read(path: DataFile.path(file)))
    try runner.run()
    for outcome in runner.failed {
      Issue.record("\(outcome.source): \(outcome.text): found \(outcome.found)")
    }
    let isFinished = runner.isFinished
    #expect(isFinished)
    let violations = runner.world.monitor.violations
    #expect(violations.isEmpty)
  }
}

/// Manifests that come with a scenario are applied as `kubectl apply -f` would apply the file.
struct ManifestApplyTests {
  @Test func whatWasAppliedIsKeptAsItWasWritten() throws {
    var world = try World.withShop(try DataFile.manifests("shop.yaml"), seed: 3)
    func lastApplied(_ kind: ResourceKind, _ key: ObjectKey) -> String? {
      world.object(kind, key)?.metadata.annotations[ClientSideApply.annotation]
    }
    #expect(
      lastApplied(.namespace, ObjectKey(name: "backend"))
        == #"{"apiVersion":"v1","kind":"Namespace","metadata":{"annotations":{},"name":"backend"}}"#
        + "\n")
    let service = try #require(
      lastApplied(.service, ObjectKey(namespace: "backend", name: "cart")))
    #expect(!service.contains("status") && !service.contains("targetPort"))
    let again = world.kubectl("apply -f \(DataFile.path("shop.yaml"))")
    let lines = again.text.split(separator: "\n")
    #expect(again.exitCode == 0 && lines.count == 8)
    // The server keeps no `stringData` to compare with: kubectl sends it each time.
    #expect(
      lines.filter { !$0.hasSuffix(" unchanged") } == ["secret/cart-key configured"],
      "\(again.text)")
  }
}
