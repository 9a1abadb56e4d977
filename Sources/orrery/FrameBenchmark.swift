import Basics
import Dashboard
import Engine
import Foundation
import KubeAPI
import TerminalCore

extension Benchmark {
  /// From nothing to the first picture, the terminal itself left out.
  static let firstFrame = Benchmark(name: "first-frame") {
    let stopwatch = Stopwatch()
    var options = AppState.Options()
    options.manifests = DemoApplication.manifests
    var loop = DashboardLoop(AppState(options), depth: .trueColor, isAscii: false)
    let frame = loop.draw(width: 200, height: 60)
    return figures(
      "first-frame", stopwatch,
      [
        ("cells", .integer(Int64(frame.buffer.width * frame.buffer.height))),
        ("milliseconds", .number(decimal(stopwatch.wallSeconds * 1000))),
      ])
  }

  static let frame8 = frame("frame-200x60", workers: 5)
  static let frame1000 = frame("frame-200x60-1000-nodes", workers: 1000)

  static let views8 = views("views-200x60", workers: 5)
  static let views1000 = views("views-200x60-1000-nodes", workers: 1000)
  static let views5000 = Benchmark(name: "views-200x60-5000-nodes") {
    let stopwatch = Stopwatch()
    let world = BigCluster(workers: 5000, pods: 150_000).world()
    func count(_ kind: ResourceKind) -> JSONValue { .integer(Int64(world.objects(kind).count)) }
    var options = AppState.Options()
    options.spec = world.spec
    options.world = world
    options.isPaused = true
    let loop = DashboardLoop(AppState(options), depth: .trueColor, isAscii: false)
    return figures(
      "views-200x60-5000-nodes", stopwatch,
      [
        (
          "world",
          .string(
            "etcd restored from made-up objects, pods bound and Running, all machines switched on, "
              + "looked at \((world.now - Tick.zero).brief) later")
        ), ("nodes", count(.node)), ("replicaSets", count(.replicaSet)), ("pods", count(.pod)),
      ] + ViewFigures(loop).fields)
  }

  /// Each view of a running cluster at 200x60.
  private static func views(_ name: String, workers: Int) -> Benchmark {
    Benchmark(name: name) {
      let stopwatch = Stopwatch()
      var options = AppState.Options()
      options.spec = ClusterSpec(workers: workers)
      options.manifests = DemoApplication.manifests
      options.isPaused = true
      var loop = DashboardLoop(AppState(options), depth: .trueColor, isAscii: false)
      var clock: UInt64 = 0
      for _ in 0..<900 {
        clock += 33_000
        _ = loop.frame(keys: [], width: 200, height: 60) { clock }
      }
      return figures(
        name, stopwatch,
        [("nodes", .integer(Int64(workers + 3)))] + ViewFigures(loop).fields)
    }
  }

  /// Pictures of a running cluster at 200x60: the whole turn, in which the world goes on by 33 ms,
  /// and the drawing alone.
  private static func frame(_ name: String, workers: Int) -> Benchmark {
    Benchmark(name: name) {
      var options = AppState.Options()
      options.spec = ClusterSpec(workers: workers)
      options.manifests = DemoApplication.manifests
      var loop = DashboardLoop(AppState(options), depth: .trueColor, isAscii: false)
      var clock: UInt64 = 0
      func turn() -> MainScreen.Frame {
        clock += 33_000
        return loop.frame(keys: [], width: 200, height: 60) { clock }
      }
      for _ in 0..<900 { _ = turn() }
      let count = 300
      var drawing = 0.0
      let stopwatch = Stopwatch()
      for _ in 0..<count {
        _ = turn()
        let before = stopwatch.cpuMicroseconds
        _ = loop.draw(width: 200, height: 60)
        drawing += stopwatch.cpuMicroseconds - before
      }
      let turns = (stopwatch.cpuMicroseconds - drawing) / Double(count)
      return figures(
        name, stopwatch,
        [
          ("drawMicroseconds", .number(decimal(drawing / Double(count)))),
          ("frames", .integer(Int64(count))), ("nodes", .integer(Int64(workers + 3))),
          ("turnMicroseconds", .number(decimal(turns))),
        ])
    }
  }
}
