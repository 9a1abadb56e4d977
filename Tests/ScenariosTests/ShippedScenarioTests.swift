import Engine
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
