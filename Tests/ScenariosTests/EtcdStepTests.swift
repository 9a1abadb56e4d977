import Basics
import Engine
import Scenarios
import Testing

/// Scenario steps for etcd, on both topologies.
struct EtcdStepTests {
  private func run(_ steps: String, cluster: String) throws -> ScenarioRunner {
    let text = """
      apiVersion: orrery/v1
      kind: Scenario
      metadata: {name: inline}
      cluster: \(cluster)
      timeline:
      \(steps.split(separator: "\n", omittingEmptySubsequences: false).map { "  " + $0 }.joined(separator: "\n"))
      """
    var runner = ScenarioRunner(
      try ScenarioReader.read(bytes: Array(text.utf8), file: "inline.yaml"))
    try runner.run()
    for outcome in runner.failed {
      Issue.record("\(outcome.source): \(outcome.text): found \(outcome.found)")
    }
    let isFinished = runner.isFinished
    #expect(isFinished)
    let violations = runner.world.monitor.violations
    #expect(violations.isEmpty)
    return runner
  }

  /// A member's death takes its API server out where they share a host, and nobody where API servers
  /// know all members.
  @Test func topologiesDifferInWhatAMemberTakesWithIt() throws {
    _ = try run(
      """
      - fail: etcd/master-1
      - until: {apiserver: master-1, ready: false}
        timeout: 5s
      - wait: 10s
      - expect: {apiserver: master-1, ready: false}
      - expect: {apiserver: master-2}
      - expect: {apiserver: master-3}
      """, cluster: "{masters: 3, workers: 1, etcd: stacked, seed: 3}")
    _ = try run(
      """
      - fail: etcd/etcd-1
      - wait: 10s
      - expect: {apiserver: master-1}
      - expect: {apiserver: master-2}
      - expect: {apiserver: master-3}
      - kubectl: create deployment web --image=nginx:1.27 --replicas=2
      - until: {deployment: web, available: 2}
        timeout: 2m
      """, cluster: "{masters: 3, workers: 1, etcd: external, etcdMembers: 3, seed: 3}")
  }

  @Test(arguments: [1, 2, 5, 7])
  func externalClustersOfAllSizes(members: Int) throws {
    let quorum = members / 2 + 1
    var steps = """
      - etcdctl: endpoint status --cluster -w table
        output: "https://etcd-\(members):2379"
      - etcdctl: put /a 1
        output: OK
      - expect: {etcd: {healthy: \(members), quorum: true}}

      """
    // All that can be spared, and then one more.
    for number in 1...max(1, members - quorum) where members > quorum {
      steps += "- fail: node/etcd-\(number)\n"
    }
    if members > quorum {
      steps += """
        - until: {leader: etcd}
          timeout: 10s
        - wait: 25s
        - etcdctl: put /a 2
          output: OK
        - expect: {apiserver: master-1}
        - kubectl: create deployment web --image=nginx:1.27 --replicas=1
        - until: {deployment: web, available: 1}
          timeout: 2m

        """
    }
    steps += """
      - fail: node/etcd-\(members)
      - until: {etcd: {quorum: false}}
      - wait: 5s
      - etcdctl: put /a 3
        exitCode: 1
        output: "Error: context deadline exceeded"
      - heal: all
      - until: {etcd: {healthy: \(members)}}
        timeout: 60s
      - until: converged
      - etcdctl: get /a --print-value-only
        output: "\(members > quorum ? 2 : 1)"
      """
    _ = try run(
      steps, cluster: "{masters: 2, workers: 1, etcd: external, etcdMembers: \(members), seed: 4}")
  }

  @Test func inputComesFromTheStepAndErrorsAreExpected() throws {
    let runner = try run(
      """
      - etcdctl: txn
        input: |
          value("/t") = "1"

          put /t 2

          put /t 1
        output: FAILURE
      - etcdctl: watch /t --rev 1 --events 1
        output: "PUT\\n/t\\n1\\n"
      - etcdctl: lease keep-alive --once 99
        exitCode: 2
        output: "etcdserver: requested lease not found"
      - fail: disk/master-1
        slow: 1200ms
      - wait: 10s
      - fail: link/master-2->master-3
        flap: 500ms/500ms
      - wait: 10s
      - heal: all
      - until: {etcd: {healthy: 3}}
      - fail: disk/master-3
        how: corrupt-log
      - kill: process/master-3/etcd
      - until: {etcd: {healthy: 2}}
      - wait: 5s
      - expect: {etcd: {healthy: 2}}
      """, cluster: "{masters: 3, workers: 0, seed: 6}")
    let printed = runner.printed.count
    #expect(printed >= 3)
  }

  /// Clients' requests and a restored file are part of a recording, which replays to the same world.
  @Test func aRecordingHoldsWhatEtcdClientsDid() throws {
    let first = try run(
      """
      - etcdctl: put /a 'two words' --prev-kv
      - etcdctl: txn
        input: |
          value("/a") = "two words"
          mod("/b") = "0"

          put /b 1
          get /a --prefix

          del /a
      - etcdctl: lease grant 600
      - etcdctl: watch / --prefix --rev 2 --events 5
      - etcdctl: snapshot save $TMPDIR/orrery-recorded.db
      - etcdctl: member update 9666904b97065604 --peer-urls https://master-3:2380
      - etcdutl: snapshot restore $TMPDIR/orrery-recorded.db
      - until: {etcd: {healthy: 3}}
        timeout: 30s
      - etcdctl: get /b
        output: "/b\\n1"
      """, cluster: "{masters: 3, workers: 0, seed: 12}")
    let text = first.recordingText
    #expect(text.contains("client: [\"restore\","))
    var again = ScenarioRunner(
      try ScenarioReader.read(bytes: Array(text.utf8), file: "recorded.yaml"))
    try again.run()
    let failed = again.failed.map { $0.source + ": " + $0.found }
    #expect(failed == [])
    let outcomes = again.outcomes.count
    #expect(outcomes == 1)
  }
}
