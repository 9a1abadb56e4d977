import Basics
import Engine
import Foundation
import KubeAPI
import Kubectl

extension Benchmark {
  /// An hour of virtual time at 1,000 nodes: what it costs to go back to any moment of it, to begin
  /// a branch, and to keep the keyframes.
  static let timeline = timeline("timeline", workers: 1000, deployments: 30, span: .hours(1))
  static let timelineSmall = timeline(
    "timeline-100", workers: 100, deployments: 3, span: .minutes(10))

  private static func timeline(
    _ name: String, workers: Int, deployments: Int, span: Basics.Span
  ) -> Benchmark {
    Benchmark(name: name) {
      var world = World(ClusterSpec(workers: workers, seed: 1))
      world.powerOn()
      world.converge(deadline: world.now + .minutes(10))
      for index in 0..<deployments {
        var invocation = KubectlInvocation(
          line: "create deployment app-\(index) --image=nginx:1.27 --replicas=100")
        world.run(&invocation, for: .minutes(2))
      }
      world.converge(deadline: world.now + .minutes(20))
      var timeline = Timeline(world)
      let events = world.events
      let stopwatch = Stopwatch()
      timeline.advance(to: timeline.now + span)
      let ran = stopwatch.cpuMicroseconds
      let happened = timeline.world.events - events
      let keyframes = timeline.keyframeCount

      // The worst moments to go back to are those just before a keyframe.
      let end = timeline.now
      let moments = timeline.worstMoments(64)
      var worst = 0.0
      var sum = 0.0
      for moment in moments {
        let one = Stopwatch()
        timeline.rewind(to: moment)
        worst = max(worst, one.cpuMicroseconds)
        sum += one.cpuMicroseconds
      }
      timeline.rewind(to: end)
      let answers = timeline.slowestAnswer()
      timeline.rewind(to: timeline.start + span / 2)
      let branching = Stopwatch()
      _ = try? timeline.apply(.fail(Fault(.host("worker-1"))))
      let branch = branching.cpuMicroseconds
      let comparing = Stopwatch()
      timeline.advance(to: timeline.now + .seconds(10))
      let differences = timeline.compare(0, 1)?.differences.count ?? -1
      let compared = comparing.cpuMicroseconds

      let with = Stopwatch.residentMiB
      var last = timeline.world
      timeline = Timeline(last)
      Stopwatch.giveBack()
      let without = Stopwatch.residentMiB
      last.advance(to: last.now)
      return figures(
        name, stopwatch,
        [
          ("branchMilliseconds", .number(decimal(branch / 1000))),
          ("compareMilliseconds", .number(decimal(compared / 1000))),
          ("differences", .integer(Int64(differences))),
          ("events", .integer(Int64(happened))),
          ("keyframes", .integer(Int64(keyframes))),
          ("keyframesMiB", .integer(Int64(max(0, with - without)))),
          ("meanRewindMilliseconds", .number(decimal(sum / Double(moments.count) / 1000))),
          ("microsecondsPerEvent", .number(decimal(ran / Double(max(1, happened))))),
          ("nodes", .integer(Int64(workers))),
          ("virtualSeconds", .integer(Int64((end - world.now).wholeSeconds))),
          ("worstAnswerMilliseconds", .number(decimal(answers / 1000))),
          ("worstRewindMilliseconds", .number(decimal(worst / 1000))),
        ])
    }
  }
}

extension Timeline {
  /// Microseconds of the slowest of some answers to "why?" and "why not?".
  fileprivate func slowestAnswer() -> Double {
    let node = ObjectReference(.node, ObjectKey(name: "worker-1"))
    let pod = world.objects(.pod).first { $0.metadata.namespace == "default" }?.reference
    var questions: [(Timeline) -> Void] = [
      { _ = $0.why(.field(node, "status.conditions[Ready].status")) },
      { _ = $0.why(.leader("etcd")) }, { _ = $0.why(.leader("kube-scheduler")) },
      { _ = $0.world.whyNot(.anything) }, { _ = $0.world.whyNot(.committed) },
      { _ = $0.world.pending() },
    ]
    if let pod {
      questions.append { _ = $0.why(.field(pod, "spec.nodeName")) }
      questions.append { _ = $0.why(.field(pod, "status.phase")) }
      questions.append { _ = $0.world.whyNot(.evicted(pod.key)) }
      questions.append { _ = $0.world.beliefs(about: pod) }
    }
    var slowest = 0.0
    for question in questions {
      let stopwatch = Stopwatch()
      question(self)
      slowest = max(slowest, stopwatch.cpuMicroseconds)
    }
    return slowest
  }
}

extension Stopwatch {
  /// Lets the allocator return what it holds unused; glibc's header for it is not in the module.
  static func giveBack() {
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
  }

  /// What this process holds in memory now.
  static var residentMiB: Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4 / 1024 : 0
  }
}
