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
    options.objects = DemoApplication.objects
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

  /// Each view of a running cluster at 200x60, in microseconds: drawing it, and reading what it
  /// shows off the world.
  private static func views(_ name: String, workers: Int) -> Benchmark {
    Benchmark(name: name) {
      var options = AppState.Options()
      options.spec = ClusterSpec(workers: workers)
      options.objects = DemoApplication.objects
      options.isPaused = true
      var loop = DashboardLoop(AppState(options), depth: .trueColor, isAscii: false)
      var clock: UInt64 = 0
      func turn(_ keys: [Key] = []) {
        clock += 33_000
        _ = loop.frame(keys: keys, width: 200, height: 60) { clock }
      }
      for _ in 0..<900 { turn() }
      let stopwatch = Stopwatch()
      let count = 30
      var figures: [(String, JSONValue)] = [("nodes", .integer(Int64(workers + 3)))]
      for screen in Screen.allCases {
        turn([screen.keyStroke])
        let start = stopwatch.cpuMicroseconds
        for _ in 0..<count { _ = loop.draw(width: 200, height: 60) }
        let drawn = stopwatch.cpuMicroseconds
        for _ in 0..<count { loop.reread() }
        let read = stopwatch.cpuMicroseconds
        figures.append(("\(screen)Draw", .number(decimal((drawn - start) / Double(count)))))
        figures.append(("\(screen)Read", .number(decimal((read - drawn) / Double(count)))))
      }
      return self.figures(name, stopwatch, figures)
    }
  }

  /// Pictures of a running cluster at 200x60: the whole turn, in which the world goes on by 33 ms,
  /// and the drawing alone.
  private static func frame(_ name: String, workers: Int) -> Benchmark {
    Benchmark(name: name) {
      var options = AppState.Options()
      options.spec = ClusterSpec(workers: workers)
      options.objects = DemoApplication.objects
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
