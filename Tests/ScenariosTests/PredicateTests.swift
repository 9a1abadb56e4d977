import Basics
import Engine
import KubeAPI
import Manifests
import Scenarios
import Testing

/// Predicates asked of one world: what holds, what does not, and what they say they found.
struct PredicateTests {
  private static let world = Result {
    try World.withShop(try DataFile.manifests("shop.yaml"), seed: 42)
  }

  /// The predicate of an `expect` step.
  private func predicate(_ text: String) throws -> Predicate {
    let file = "apiVersion: orrery/v1\nkind: Scenario\ntimeline:\n  - expect: \(text)\n"
    let scenario = try ScenarioReader.read(bytes: Array(file.utf8), file: "p.yaml")
    guard case .expect(let predicate, _) = try #require(scenario.steps.first).action else {
      throw LabProblem("no expectation")
    }
    return predicate
  }

  @Test(arguments: [
    "converged",
    "{pods: {selector: app=shop, ready: 6}}",
    "{pods: {selector: app=shop, count: 6, phase: Running, terminating: 0}}",
    "{pods: {namespace: backend, ready: 2}}",
    "{pods: {selector: app=nothing, count: 0}}",
    "{pods: {selector: app=shop, notOnNode: master-1, count: 6}}",
    "{pods: {selector: app=shop, node: master-1, count: 0}}",
    "{node: worker-1, condition: Ready, status: \"True\"}",
    "{node: master-1, taint: node-role.kubernetes.io/control-plane, effect: NoSchedule}",
    "{node: worker-1, taint: node-role.kubernetes.io/control-plane, present: false}",
    "{deployment: shop, available: 6}",
    "{deployment: cart, namespace: backend, available: 2}",
    "{endpoints: shop, ready: 6}",
    "{endpoints: cart, namespace: backend, ready: 2}",
    "{leader: etcd}", "{leader: kube-scheduler}", "{leader: kube-controller-manager}",
    "{leader: cloud-controller-manager, isNot: worker-1}",
    "{etcd: {quorum: true, healthy: 3, revisionAtLeast: 100}}",
    "{proxy: worker-1, service: shop, endpoints: 6}",
    "{object: {kind: namespace, name: backend}}",
    "{object: {kind: namespace, name: frontend, present: false}}",
    "{field: {kind: deployment, name: shop, path: spec.replicas, equals: 6}}",
    "{field: {kind: deployment, name: shop, path: status.availableReplicas, atLeast: 5}}",
    "{field: {kind: service, name: shop, path: 'status.loadBalancer.ingress[0].ip'}}",
  ])
  func holds(_ text: String) throws {
    let finding = try predicate(text).evaluate(try Self.world.get())
    #expect(finding.holds, "\(finding.found)")
  }

  @Test(arguments: [
    ("{pods: {selector: app=shop, ready: 5}}", "6 pods, 6 ready, 0 terminating (6 Running)"),
    ("{pods: {selector: app=nothing}}", "0 pods, 0 ready, 0 terminating"),
    ("{node: worker-9, condition: Ready, status: \"True\"}", "there is no node worker-9"),
    ("{node: worker-1, condition: Happy, status: \"True\"}", "worker-1 has no condition Happy"),
    ("{node: worker-1, condition: Ready, status: Unknown}", "Ready=True"),
    ("{node: worker-1, taint: a}", "no taints"),
    ("{deployment: web, available: 1}", "there is no deployment default/web"),
    ("{deployment: shop, available: 7}", "6 available"),
    ("{endpoints: shop, ready: 7}", "6 ready endpoints"),
    ("{etcd: {healthy: 2}}", "3 healthy members, quorum, revision"),
    ("{proxy: worker-1, service: shop, endpoints: 1}", "6 endpoints"),
    ("{proxy: worker-1, service: web, endpoints: 1}", "worker-1 has no rules for default/web"),
    ("{object: {kind: namespace, name: frontend}}", "it does not exist"),
    (
      "{field: {kind: deployment, name: shop, path: spec.replicas, equals: 7}}",
      "spec.replicas is 6"
    ),
    (
      "{field: {kind: deployment, name: shop, path: spec.paused, equals: true}}",
      "spec.paused is not there"
    ),
  ])
  func fails(_ text: String, _ found: String) throws {
    let finding = try predicate(text).evaluate(try Self.world.get())
    #expect(!finding.holds)
    #expect(finding.found.hasPrefix(found), "\(finding.found)")
  }

  @Test func namesTheLeader() throws {
    let world = try Self.world.get()
    let leader = try #require(world.leaders(of: "kube-scheduler").first)
    let other = try #require(world.spec.masters.first { $0.name != leader })
    #expect(try predicate("{leader: kube-scheduler, is: \(leader)}").evaluate(world).holds)
    let finding = try predicate("{leader: kube-scheduler, is: \(other.name)}").evaluate(world)
    #expect(finding == Finding(false, "\(leader) leads kube-scheduler"))
    #expect(!(try predicate("{leader: etcd, exists: false}").evaluate(world).holds))
  }
}

/// A failed expectation says what it found and why; a refused step says where it stands.
struct ScenarioRunnerTests {
  private func run(_ steps: String) throws -> ScenarioRunner {
    let file =
      "apiVersion: orrery/v1\nkind: Scenario\ncluster: {masters: 1, workers: 1, seed: 5}\n"
      + "timeline:\n" + steps
    var runner = ScenarioRunner(try ScenarioReader.read(bytes: Array(file.utf8), file: "r.yaml"))
    try runner.run()
    return runner
  }

  @Test func failedExpectationHasCauses() throws {
    let runner = try run(
      """
        - kubectl: create deployment web --image=nginx:1.27 --replicas=2
        - expect: {deployment: web, available: 3}
          within: 20s
        - expect: {deployment: web, available: 2}
      """)
    #expect(runner.outcomes.map(\.holds) == [false, true])
    let failed = try #require(runner.failed.first)
    #expect(failed.source == "r.yaml:6")
    #expect(failed.text == "deployment default/web has 3 available")
    #expect(failed.found == "2 available")
    #expect(!failed.causes.isEmpty)
  }

  @Test func untilThatNeverComesEndsTheRun() throws {
    let runner = try run(
      """
        - until: {leader: etcd, exists: false}
          timeout: 5s
        - kubectl: create deployment web --image=nginx:1.27
      """)
    #expect(!runner.isFinished)
    #expect(runner.failed.count == 1)
    #expect(runner.world.objects(.deployment).isEmpty)
  }

  @Test func unexpectedExitCodeFails() throws {
    let runner = try run("  - kubectl: get pod nobody\n")
    #expect(runner.failed.first?.text == "kubectl get pod nobody exits with 0")
    #expect(
      runner.failed.first?.found == "Error from server (NotFound): pods \"nobody\" not found\n")
  }

  @Test func unknownHostIsAProblemWithItsLine() throws {
    let problem = #expect(throws: ScenarioProblem.self) { try run("  - fail: node/worker-7\n") }
    #expect(problem?.source == "r.yaml:5")
    #expect(problem?.message.hasPrefix("no host \"worker-7\"") ?? false)
  }
}
