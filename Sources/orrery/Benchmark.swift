import Basics
import Engine
import Foundation
import KubeAPI
import Kubectl
import SimulationKernel

/// A benchmark: a name, and a run that says what work was done and what it took.
struct Benchmark: Sendable {
  let name: String
  let run: @Sendable () -> Figures

  struct Figures: Sendable {
    var fields: JSONObject
    var text: String { JSONValue.object(fields).text() }
  }

  static let all =
    [kernel] + raftFamily + mvccFamily + [etcdElection]
    + [cluster, firstFrame, frame8, frame1000, views8, views1000, converge100, converge1000]
    + [timelineSmall, timeline]
    + doors
  /// Run only when named.
  static let onRequest = [converge1000Defaults, views5000]

  #if Doors
    private static let doors = [etcdDoorPuts, etcdDoorPuts3]
  #else
    private static let doors: [Benchmark] = []
  #endif

  /// The wheel alone: 150,000 timers wait, each delivery arms another.
  static let kernel = Benchmark(name: "kernel-event") {
    var prng = PRNG(seed: 1)
    var wheel = TimingWheel<UInt64>()
    for number in 0..<150_000 as Range<UInt64> {
      wheel.schedule(number, at: Tick(microseconds: prng.below(10_000_000)))
    }
    let count = 3_000_000
    let stopwatch = Stopwatch()
    for _ in 0..<count {
      guard let (tick, payload) = wheel.next(through: .distantFuture) else { break }
      wheel.schedule(payload, at: tick + Span(microseconds: Int64(prng.below(10_000_000)) + 1))
    }
    return figures(
      "kernel-event", stopwatch,
      [("events", .integer(Int64(count))), ("microsecondsPerEvent", per(stopwatch, count))])
  }

  /// The default cluster with a small application at rest, for ten minutes.
  static let cluster = Benchmark(name: "running-cluster") {
    var world = World(ClusterSpec(seed: 1))
    world.powerOn()
    world.converge(deadline: world.now + .minutes(5))
    deploy(&world, deployments: 1, replicas: 10)
    world.converge(deadline: world.now + .minutes(5))
    let before = world.events
    let stopwatch = Stopwatch()
    world.advance(to: world.now + .minutes(10))
    let count = Int(world.events - before)
    return figures(
      "running-cluster", stopwatch,
      [
        ("events", .integer(Int64(count))), ("microsecondsPerEvent", per(stopwatch, count)),
        ("virtualSeconds", .integer(600)),
      ])
  }

  /// The client limits with which Kubernetes' own scale tests start the control plane
  /// (kubemark and the 5,000-node jobs of kubernetes/test-infra); with the defaults, 20 and 50
  /// requests a second, most of the time is spent waiting for one's turn.
  private static let scaleFlags: [ClusterSpec.ComponentFlag] = [
    .init(component: "kube-controller-manager", name: "kube-api-qps", value: "100"),
    .init(component: "kube-controller-manager", name: "kube-api-burst", value: "100"),
    .init(component: "kube-scheduler", name: "kube-api-qps", value: "100"),
    .init(component: "kube-scheduler", name: "kube-api-burst", value: "100"),
  ]

  static let converge100 = converge(
    "converge-100", workers: 100, deployments: 30, replicas: 100, flags: scaleFlags)
  static let converge1000 = converge(
    "converge-1000", workers: 1000, deployments: 100, replicas: 100, flags: scaleFlags)
  static let converge1000Defaults = converge(
    "converge-1000-defaults", workers: 1000, deployments: 100, replicas: 100, flags: [])

  private static func converge(
    _ name: String, workers: Int, deployments: Int, replicas: Int,
    flags: [ClusterSpec.ComponentFlag]
  ) -> Benchmark {
    Benchmark(name: name) {
      let stopwatch = Stopwatch()
      var spec = ClusterSpec(workers: workers, seed: 1)
      spec.flags = flags
      var world = World(spec)
      world.powerOn()
      world.converge(deadline: world.now + .minutes(10))
      deploy(&world, deployments: deployments, replicas: replicas)
      let isConverged = world.converge(deadline: world.now + .hours(2))
      // The world is taken apart after the watch was looked at: that is no part of converging.
      return withExtendedLifetime(world) {
        figures(
          name, stopwatch,
          [
            ("converged", .bool(isConverged)), ("events", .integer(Int64(world.events))),
            (
              "flags",
              .array(flags.map { .string("\($0.component) --\($0.name)=\($0.value)") })
            ),
            ("microsecondsPerEvent", per(stopwatch, Int(world.events))),
            ("nodes", .integer(Int64(workers))),
            ("peakMemoryMiB", .integer(Int64(Stopwatch.peakMemoryMiB))),
            ("pods", .integer(Int64(deployments * replicas))),
            ("virtualSeconds", .integer(Int64((world.now - .zero).wholeSeconds))),
          ])
      }
    }
  }

  private static func deploy(_ world: inout World, deployments: Int, replicas: Int) {
    for index in 0..<deployments {
      var invocation = KubectlInvocation(
        line: "create deployment app-\(index) --image=nginx:1.27 --replicas=\(replicas)")
      world.run(&invocation, for: .minutes(2))
    }
  }

  private static func per(_ stopwatch: Stopwatch, _ count: Int) -> JSONValue {
    .number(decimal(stopwatch.cpuMicroseconds / Double(max(1, count))))
  }

  static func figures(
    _ name: String, _ stopwatch: Stopwatch, _ more: [(String, JSONValue)]
  ) -> Figures {
    var fields = JSONObject([
      ("benchmark", .string(name)),
      ("cpuSeconds", .number(decimal(stopwatch.cpuMicroseconds / 1e6))),
      ("wallSeconds", .number(decimal(stopwatch.wallSeconds))),
    ])
    for (key, value) in more { fields[key] = value }
    return Figures(fields: fields)
  }

  static func decimal(_ value: Double) -> String {
    String(format: "%.3f", value)
  }
}

/// Time and memory of this process.
struct Stopwatch {
  private let wall = DispatchTime.now().uptimeNanoseconds
  private let cpu = Self.cpuNow()

  var wallSeconds: Double { Double(DispatchTime.now().uptimeNanoseconds - wall) / 1e9 }
  var cpuMicroseconds: Double { Self.cpuNow() - cpu }

  private static func cpuNow() -> Double {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
  }

  static var peakMemoryMiB: Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) / 1024
  }
}
