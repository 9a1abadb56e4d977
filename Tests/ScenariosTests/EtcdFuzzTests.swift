import Basics
import Engine
import Etcd
import Linearizability
import Scenarios
import Testing

/// Clients of etcd through faults: what they see is possible, and where a bug is planted, a check
/// says so.
struct EtcdFuzzTests {
  @Test func `What clients see through faults is possible`() async {
    let results = await overSeeds(1...16) { EtcdFuzzer(seed: $0).run() }
    for result in results {
      #expect(result.isGood, "\(result.text)")
      #expect(!result.isUndecided, "seed \(result.seed)")
    }
    // The histories are worth something.
    #expect(results.reduce(0) { $0 + $1.history.count { $0.isAnswered } } > 12_000)
    #expect(results.reduce(0) { $0 + $1.history.count { $0.outcome == .unknown } } > 300)
    #expect(results.reduce(0) { $0 + $1.pastReads } > 800)
    #expect(results.reduce(0) { $0 + $1.watchEvents } > 9_000)
  }

  /// A bug, and the name of the check that must find it.
  struct Planted: Sendable, CustomTestStringConvertible {
    let bug: PlantedBug
    let check: String

    var testDescription: String { "\(bug): \(check)" }
  }

  static let planted: [Planted] = [
    Planted(bug: .etcd(.votesNotWritten), check: InvariantMonitor.Rule.votesKept.rawValue),
    Planted(
      bug: .diskForgets(records: 60),
      check: InvariantMonitor.Rule.acknowledgedWritesSurvive.rawValue),
    Planted(
      bug: .etcd(.raft(.readsWithoutQuorum)), check: EtcdWorkload.Check.linearizable.rawValue),
    Planted(bug: .etcd(.compactsOneTooFar), check: EtcdWorkload.Check.pastReads.rawValue),
    Planted(bug: .etcd(.watchGap), check: EtcdWorkload.Check.watches.rawValue),
  ]

  @Test(arguments: planted) func `A planted bug is found`(_ planted: Planted) {
    for seed in 1...200 as ClosedRange<UInt64> {
      let result = EtcdFuzzer(seed: seed, bug: planted.bug).run()
      guard result.findings.contains(planted.check) else { continue }
      print("\(planted.testDescription), seed \(seed): \(result.text.prefix(700))")
      // It was the bug that was found.
      for same in 1...seed {
        let clean = EtcdFuzzer(seed: same).run()
        #expect(clean.isGood, "\(clean.text)")
      }
      return
    }
    Issue.record("\(planted.bug): not found within 200 seeds")
  }

  @Test func `The scenario of a run does the same again`() throws {
    let result = EtcdFuzzer(seed: 5).run()
    let scenario = try ScenarioReader.read(bytes: Array(result.scenario.utf8), file: "fuzz.yaml")
    var runner = ScenarioRunner(scenario)
    try runner.run()
    #expect(runner.world.digest().hexadecimal == result.digest)
    #expect(runner.outcomes.count == 4)
    #expect(runner.failed.isEmpty, "\(runner.failed)")
  }

  @Test func `A history is a line an operation, in the order of calls`() throws {
    func at(_ seconds: Int) -> Tick { .zero + .seconds(seconds) }
    let history = [
      Operation(
        client: 2, key: "k1", .get, .got(nil), call: at(3), end: at(4) + .microseconds(70),
        revision: 9),
      Operation(client: 1, key: "k1", .put("v1"), .unknown, call: at(2), end: at(2)),
      Operation(
        client: 3, key: "k1", .compareAndSwap(expected: nil, value: "v2"),
        .notSwapped(found: "v1"), call: at(5), end: at(6), revision: 9),
    ]
    #expect(
      HistoryLines.text(history, seed: 7) == """
        {"client":1,"op":"put","key":"k1","value":"v1","call":2.000000,"return":null,"result":"unknown","seed":7}
        {"client":2,"op":"get","key":"k1","value":null,"call":3.000000,"return":4.000070,"result":"ok","revision":9,"seed":7}
        {"client":3,"op":"cas","key":"k1","expected":null,"value":"v2","found":"v1","call":5.000000,"return":6.000000,"result":"mismatch","revision":9,"seed":7}

        """)
  }
}
