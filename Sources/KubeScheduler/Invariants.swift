import Basics
import KubeAPI

/// A broken promise of the scheduler's state, in words.
public struct SchedulerInvariantViolation: Error, Equatable, Sendable {
  public var message: String
}

extension SchedulerProcess {
  /// Checks everything that must hold between two steps; for tests and the fuzzer.
  public func checkInvariants() throws(SchedulerInvariantViolation) {
    try cache.checkInvariants()
    try queue.checkInvariants()
    for waiting in queue.list(.active, limit: .max) where cache.isAssumed(waiting.info.uid) {
      throw .init(message: "\(waiting.info.key.text) waits though it is assumed on a node")
    }
  }
}

extension SchedulerCache {
  /// The sums of every node are those of its pods, and every pod is in its class.
  func checkInvariants() throws(SchedulerInvariantViolation) {
    var total = 0
    for slot in rows.indices {
      var sum = NodeRow()
      for info in details[slot].pods {
        sum.requestedMilliCPU += info.requests.milliCPU
        sum.requestedMemory += info.requests.memory
        sum.nonZeroMilliCPU += info.nonZeroMilliCPU
        sum.nonZeroMemory += info.nonZeroMemory
        sum.podCount += 1
        guard let state = pod(info.uid), Int(state.slot) == slot else {
          throw .init(message: "\(info.key.text) is on \(details[slot].name) and elsewhere")
        }
        if classes[state.podClass].labels != info.labels {
          throw .init(message: "\(info.key.text) is in a class of other labels")
        }
      }
      total += details[slot].pods.count
      let row = rows[slot]
      guard row.requestedMilliCPU == sum.requestedMilliCPU,
        row.requestedMemory == sum.requestedMemory, row.podCount == sum.podCount,
        row.nonZeroMilliCPU == sum.nonZeroMilliCPU, row.nonZeroMemory == sum.nonZeroMemory
      else { throw .init(message: "the sums of \(details[slot].name) are not those of its pods") }
      if row.exists != (details[slot].zone != nil) {
        throw .init(message: "\(details[slot].name) is half there")
      }
    }
    if total != podCount { throw .init(message: "\(podCount) pods known, \(total) on nodes") }
    var placed = 0
    for podClass in classes.classes {
      for placement in podClass.placements { placed += Int(placement.live + placement.terminating) }
    }
    if placed != podCount { throw .init(message: "\(podCount) pods known, \(placed) in classes") }
  }
}

extension SchedulingQueue {
  /// Every pod is in exactly the place it says, and gated pods are not in line.
  func checkInvariants() throws(SchedulerInvariantViolation) {
    let listed = activeCount + backoffCount + unschedulableCount
    if listed != count { throw .init(message: "\(count) pods wait, \(listed) are in line") }
    for place in [QueuedPod.Place.active, .backoff, .errorBackoff, .unschedulable] {
      for pod in list(place, limit: .max) {
        if pod.place != place {
          throw .init(message: "\(pod.info.key.text) is not in the queue that it says")
        }
        if place != .unschedulable && pod.gate != nil {
          throw .init(message: "\(pod.info.key.text) is gated and in line")
        }
      }
    }
  }
}
