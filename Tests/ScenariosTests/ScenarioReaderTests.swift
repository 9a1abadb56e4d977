import Basics
import Engine
import KubeAPI
import Manifests
import Scenarios
import Testing

/// What a scenario file may say, and the place and words of what it may not.
struct ScenarioReaderTests {
  private func read(_ text: String) throws(ManifestProblem) -> Scenario {
    try ScenarioReader.read(bytes: Array(text.utf8), file: "s.yaml")
  }

  private static let head = "apiVersion: orrery/v1\nkind: Scenario\n"

  @Test(arguments: [
    ("kind: Pod\napiVersion: v1\n", "s.yaml:1:1: expected a scenario: apiVersion: orrery/v1"),
    ("apiVersion: orrery/v1\nkind: Scene\n", "s.yaml:2:7: expected kind: Scenario"),
    (head + "stages: []\n", "s.yaml:3:1: unknown field \"stages\"; expected apiVersion, kind"),
    (head + "timeline: soon\n", "s.yaml:3:11: expected a list of steps"),
    (head + "cluster: {masters: 9}\n", "s.yaml:3:20: expected a number from 1 to 7"),
    (head + "cluster: {workers: many}\n", "s.yaml:3:20: expected a number from 0 to 5000"),
    (head + "cluster: {seed: -1}\n", "s.yaml:3:17: expected a number from 0 to"),
    (head + "cluster: {etcd: zetcd}\n", "s.yaml:3:17: expected stacked or external"),
    (head + "cluster: {nodes: 3}\n", "s.yaml:3:11: unknown field \"nodes\"; expected masters"),
    (
      head + "cluster:\n  machines:\n    - {role: master}\n",
      "s.yaml:5:7: a machine needs a name"
    ),
    (
      head + "cluster:\n  machines:\n    - {name: a, role: worker}\n",
      "s.yaml:5:5: expected at least one machine with role: master"
    ),
    (
      head + "cluster:\n  machines:\n    - {name: a, role: master, cpu: lots}\n",
      "s.yaml:5:36: expected a quantity such as 4, 500m or 16Gi"
    ),
    (
      head + "timeline:\n  - explode: node/worker-1\n",
      "s.yaml:4:5: unknown step \"explode\"; expected apply, kubectl, fail, heal"
    ),
    (head + "timeline:\n  - wait\n", "s.yaml:4:5: expected a step: one of apply"),
    (
      head + "timeline:\n  - wait: soon\n",
      "s.yaml:4:11: expected a duration such as 300ms, 60s or 1h30m, not \"soon\""
    ),
    (
      head + "timeline:\n  - fail: worker-2\n",
      "s.yaml:4:11: expected node/HOST, process/HOST/NAME"
    ),
    (
      head + "timeline:\n  - fail: node/worker-2\n    how: badly\n",
      "s.yaml:5:10: \"badly\" is no effect; there are cut, crash"
    ),
    (
      head + "timeline:\n  - fail: link/a/b\n    loss: 120\n",
      "s.yaml:5:11: loss needs a number, such as loss 20"
    ),
    (
      head + "timeline:\n  - kill: node/worker-2\n", "s.yaml:4:11: expected process/HOST/NAME"
    ),
    (
      head + "timeline:\n  - wait: 5s\n    timeout: 1s\n",
      "s.yaml:5:5: unknown field \"timeout\" beside wait"
    ),
    (
      head + "timeline:\n  - kubectl: get pods\n    exitCode: 300\n",
      "s.yaml:5:15: expected a number from 0 to 255"
    ),
    (
      head + "timeline:\n  - expect: {podz: {ready: 1}}\n",
      "s.yaml:4:14: unknown predicate \"podz\"; expected converged, pods, node"
    ),
    (
      head + "timeline:\n  - expect: {pods: {selector: \"a in\"}}\n",
      "s.yaml:4:31: "
    ),
    (
      head + "timeline:\n  - expect: {pods: {redy: 1}}\n",
      "s.yaml:4:21: unknown field \"redy\"; expected selector"
    ),
    (
      head + "timeline:\n  - expect: {node: worker-1}\n",
      "s.yaml:4:13: a node's predicate needs condition and status, or taint"
    ),
    (
      head + "timeline:\n  - expect: {leader: kube-proxy}\n",
      "s.yaml:4:22: expected one of etcd, kube-scheduler"
    ),
    (
      head + "timeline:\n  - expect: {object: {kind: Gizmo, name: x}}\n",
      "s.yaml:4:29: unknown kind \"Gizmo\""
    ),
    (
      head + "timeline:\n  - expect: {field: {kind: pod, name: x, path: \"a[\"}}\n",
      "s.yaml:4:48: \"a[\" is no path"
    ),
    (
      head
        + "timeline:\n  - apply: [{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {cont: 1}}]\n",
      "s.yaml:4:"
    ),
    (head + "timeline:\n  - apply: absent.yaml\n", "absent.yaml: "),
    (head + "timeline: [\n", "s.yaml:"),
  ])
  func refuses(_ text: String, _ expected: String) {
    let problem = #expect(throws: ManifestProblem.self) { _ = try read(text) }
    let said = problem?.description ?? ""
    #expect(said.hasPrefix(expected), "said: \(said)")
  }

  @Test func readsEverything() throws {
    let scenario = try read(
      Self.head + """
        metadata: {name: all, title: All of it}
        cluster:
          etcd: external
          etcdMembers: 5
          masters: 2
          workers: 4
          zones: 2
          seed: 7
          flags: {kube-controller-manager: {node-monitor-grace-period: 20s}}
        timeline:
          - apply: {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
          - kubectl: get pods -l 'app in (a, b)'
            exitCode: 1
            output: No resources
          - fail: link/master-1->worker-1
            delay: 30ms
          - fail: process/master-1/kube-scheduler
            how: pause
          - fail: clock/worker-1
            offset: -5s
          - heal: link/master-1->worker-1
          - heal: all
          - kill: process/master-1/etcd
          - wait: 1m30s
          - until: {etcd: {quorum: true, healthy: 5, revisionAtLeast: 3}}
            timeout: 1m
          - expect: {within: 10m, pods: {selector: app=shop, ready: 6}}
          - expect: {field: {kind: deployment, name: web, path: spec.replicas, equals: 3}}
        """)
    #expect(scenario.name == "all" && scenario.title == "All of it")
    #expect(scenario.cluster.etcd == .external && scenario.cluster.seed == 7)
    #expect(scenario.cluster.machines.map(\.role).filter { $0 == .etcd }.count == 5)
    #expect(scenario.cluster.masters.count == 2 && scenario.cluster.workers.count == 4)
    #expect(Set(scenario.cluster.machines.map(\.zone)) == ["zone-1", "zone-2"])
    #expect(
      scenario.cluster.duration("kube-controller-manager", "node-monitor-grace-period")
        == .seconds(20))
    #expect(scenario.steps.count == 12)
    #expect(scenario.steps[0].source == "s.yaml:13")
    guard case .kubectl(let words, exitCode: 1) = scenario.steps[1].action else {
      Issue.record("\(scenario.steps[1])")
      return
    }
    #expect(scenario.steps[1].expectedOutput == "No resources")
    #expect(words == ["get", "pods", "-l", "app in (a, b)"])
    guard case .fail(let delay) = scenario.steps[2].action,
      case .fail(let pause) = scenario.steps[3].action,
      case .fail(let clock) = scenario.steps[4].action
    else {
      Issue.record("three faults")
      return
    }
    #expect(
      delay
        == Fault(
          .link(from: "master-1", to: "worker-1", isOneWay: true), .delay(.milliseconds(30))))
    #expect(pause == Fault(.process(host: "master-1", name: "kube-scheduler"), .pause))
    #expect(clock == Fault(.clock("worker-1"), .offset(.seconds(-5))))
    guard case .expect(.pods(let pods), within: let within) = scenario.steps[10].action else {
      Issue.record("\(scenario.steps[10])")
      return
    }
    #expect(pods.ready == 6 && within == .minutes(10))
  }
}

/// Texts of fault targets.
struct FaultTargetTests {
  @Test(arguments: [
    "node/worker-2", "process/master-1/kube-scheduler", "link/master-1/master-2",
    "link/master-1->master-2", "disk/master-1", "clock/worker-1", "zone/zone-1", "cloud/worker-1",
  ])
  func roundTrips(_ text: String) throws {
    #expect(try #require(Fault.Target(text)).text == text)
  }

  @Test(arguments: [("etcd/master-1", "process/master-1/etcd"), ("host/a", "node/a")])
  func synonyms(_ text: String, _ full: String) {
    #expect(Fault.Target(text)?.text == full)
  }

  @Test(arguments: [
    "", "worker-2", "node/", "/worker-2", "node/a/b", "process/a", "link/a", "link/a->", "link/->b",
    "rack/a", "node//a",
  ])
  func refuses(_ text: String) {
    #expect(Fault.Target(text) == nil)
  }

  @Test(arguments: [
    (Fault(.host("worker-9")), "no host \"worker-9\"; there are lb-1, master-1"),
    (Fault(.process(host: "worker-1", name: "etcd")), "no process \"etcd\" on worker-1; it runs"),
    (Fault(.disk("worker-1")), "worker-1 has no etcd member"),
    (Fault(.zone("zone-9")), "no zone \"zone-9\""),
    (Fault(.link(from: "worker-1", to: "worker-1", isOneWay: false)), "a link needs two hosts"),
    (Fault(.host("worker-1"), .loss(percent: 3)), "node/worker-1 can't suffer that"),
    (Fault(.clock("worker-1"), .rate(perMillion: 0)), "a clock's rate must be above 0"),
  ])
  func worldRefuses(_ fault: Fault, _ words: String) {
    var world = World(ClusterSpec(workers: 1))
    let problem = #expect(throws: FaultProblem.self) { try world.apply(.fail(fault)) }
    #expect(problem?.message.hasPrefix(words) ?? false, "\(problem?.message ?? "")")
    #expect(world.activeFaults.isEmpty)
  }
}
