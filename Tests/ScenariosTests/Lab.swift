import Basics
import Engine
import Foundation
import KubeAPI
import Kubectl
import Manifests
import Scenarios
import Testing

/// The scenario and manifest files beside these tests.
enum DataFile {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Data").appendingPathComponent(name).path
  }

  static func manifests(_ name: String) throws -> [ManifestDocument] {
    try ManifestReader.read(path: path(name))
  }
}

extension World {
  /// A cluster of this seed with the shop on it, at rest.
  static func withShop(
    _ manifests: [ManifestDocument], masters: Int = 3, workers: Int = 3, seed: UInt64
  ) throws -> World {
    var world = World(ClusterSpec(masters: masters, workers: workers, seed: seed))
    world.powerOn()
    guard world.converge(deadline: world.now + .minutes(5)) else {
      throw LabProblem("seed \(seed): never booted: \(world.convergence().missing)")
    }
    var apply = KubectlInvocation.apply(manifests)
    world.run(&apply, for: .minutes(1))
    guard apply.exitCode == 0 else { throw LabProblem("seed \(seed): \(apply.errorOutput)") }
    guard world.converge(deadline: world.now + .minutes(10)) else {
      throw LabProblem("seed \(seed): never converged: \(world.convergence().missing)")
    }
    return world
  }

  /// kubectl, to its end; its exit code (nil: no answer in `span`) and all it printed.
  mutating func kubectl(
    _ line: String, for span: Span = .minutes(2)
  ) -> (exitCode: Int32?, text: String) {
    var invocation = KubectlInvocation(line: line)
    run(&invocation, for: span)
    return (invocation.exitCode, invocation.output + invocation.errorOutput)
  }

  /// Lets time pass until `condition` holds and says how long that took.
  mutating func wait(
    atMost span: Span, every interval: Span = .milliseconds(10), for what: String,
    until condition: (World) -> Bool
  ) throws -> Span {
    let start = now
    guard advance(to: now + span, every: interval, until: condition) else {
      throw LabProblem("seed \(spec.seed): \(what) did not come within \(span.seconds) s")
    }
    return now - start
  }

  func pods(app: String, namespace: String = "default") -> [Pod] {
    objects(.pod).compactMap(\.pod).filter {
      $0.metadata.labels["app"] == app && $0.metadata.namespace == namespace
    }
  }

  func ready(_ node: String) -> String {
    object(.node, ObjectKey(name: node))?.node?.status.conditions["Ready"]?.status ?? ""
  }

  func readyEndpoints(_ service: String) -> Int {
    objects(.endpointSlice).compactMap(\.endpointSlice)
      .filter { $0.metadata.labels["kubernetes.io/service-name"] == service }
      .reduce(0) { $0 + $1.endpoints.count { $0.ready ?? true } }
  }

  /// Rules that were never put to the test, or broke.
  func invariantProblems() -> [String] {
    monitor.violations.map { "\($0.rule.rawValue): \($0.evidence) at \($0.at.seconds) s" }
      + zip(InvariantMonitor.Rule.allCases, monitor.checks).filter { $1 == 0 }.map {
        "\($0.0.rawValue) was never checked"
      }
  }
}

struct LabProblem: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A running pod's identity and what must not change while only the control plane suffers.
struct Life: Equatable {
  let uid: UID
  let node: String
  let ip: String
  let restarts: Int

  static func all(_ pods: [Pod]) -> [Life] {
    pods.map {
      Life(
        uid: $0.metadata.uid, node: $0.spec.nodeName, ip: $0.status.podIP,
        restarts: PodSummary($0).restarts)
    }
  }
}

/// Runs `body` for every seed on two threads; the results are in the order of the seeds.
func overSeeds<Result: Sendable>(
  _ seeds: ClosedRange<UInt64>, _ body: @escaping @Sendable (UInt64) -> Result
) async -> [Result] {
  await withTaskGroup(of: [(UInt64, Result)].self) { group in
    for lane in 0..<2 as Range<UInt64> {
      group.addTask { seeds.filter { $0 % 2 == lane }.map { ($0, body($0)) } }
    }
    var all: [(UInt64, Result)] = []
    for await part in group { all += part }
    return all.sorted { $0.0 < $1.0 }.map(\.1)
  }
}

/// Lowest, median and highest of some spans, in seconds.
struct Figures: CustomStringConvertible {
  let lowest: Double
  let median: Double
  let highest: Double

  init(_ spans: [Span]) {
    let sorted = spans.map(\.seconds).sorted()
    lowest = sorted.first ?? 0
    median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    highest = sorted.last ?? 0
  }

  var description: String {
    String(format: "%.2f s (%.2f to %.2f)", median, lowest, highest)
  }
}

/// How often each rule was checked, over many worlds.
func checkTable(_ checks: [[Int]]) -> String {
  InvariantMonitor.Rule.allCases.enumerated().map { index, rule in
    "  \(rule.rawValue): \(checks.reduce(0) { $0 + $1[index] }) checks"
  }.joined(separator: "\n")
}
