import Basics
import ControllerRuntime
import KubeAPI

// The pod lifecycle event generator. The real one lists all containers each second and hands what
// changed to the pod workers; a worker's next sync waits for a list that is newer than its last
// sync. Here a change arms a timer for the next of these seconds: the workers see it when they
// would, and a second in which nothing changed costs nothing.
extension KubeletWork {
  private static let period = Span.seconds(1)

  /// The first relist after `tick`. Each kubelet has its own phase, given by when it started.
  private func nextRelist(after tick: Tick) -> Tick {
    let period = UInt64(Self.period.microseconds)
    let passed = (tick - startedAt).microseconds
    let count = passed < 0 ? 0 : UInt64(passed) / period + 1
    return startedAt + Span(microseconds: Int64(count * period))
  }

  /// Something about the pod's containers changed: the next relist will see it.
  mutating func noteChange(_ worker: inout PodWorker, _ step: inout Step) {
    guard !worker.isInRelist else { return }
    worker.isInRelist = true
    relist.append((worker.number, step.effects.cause))
    guard !isRelistArmed else { return }
    isRelistArmed = true
    step.effects.arm(TimerID(tag: Timer.relist), after: nextRelist(after: step.now) - step.now)
  }

  mutating func relistDue(_ step: inout Step) {
    isRelistArmed = false
    // With the runtime gone there is nothing to list; its return looks at every pod.
    guard runtime.lostAt == nil else {
      relist.removeAll()
      return
    }
    let due = relist
    relist = []
    for (number, cause) in due {
      step.effects.because(cause)
      update(number, &step) { kubelet, worker, step in
        worker.isInRelist = false
        kubelet.requestSync(&worker, &step)
      }
    }
  }

  /// Syncs the worker as soon as it is free and the pod cache is newer than its last sync.
  mutating func requestSync(_ worker: inout PodWorker, _ step: inout Step) {
    guard worker.operation == .none, runtime.lostAt == nil else {
      worker.needsSync = true
      return
    }
    if let end = worker.lastSyncEnd, nextRelist(after: end) > step.now {
      noteChange(&worker, &step)
      return
    }
    sync(&worker, &step)
  }
}
