import Basics
import ControllerRuntime
import KubeAPI

// What the scheduler waits for, read off its state: nothing here changes anything.
extension SchedulerProcess {
  /// What a timer in line for this process is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? {
    switch timer.tag {
    case TimerTag.client: return client.purpose(of: timer)
    case TimerTag.eventClient: return eventClient.purpose(of: timer)
    case TimerTag.electionClient: return electionClient.purpose(of: timer)
    case TimerTag.informer:
      let index = Int(timer.payload)
      guard informers.indices.contains(index), informers[index].phase == .waiting else {
        return nil
      }
      return Deadline(
        .backoff, "lists or watches \(informers[index].kind.plural) again after its back-off")
    case TimerTag.election:
      return elector.retryPurpose
    // The pods that back off are told one by one by `deadlines`.
    case TimerTag.renewDeadline, TimerTag.backoff: return nil
    case TimerTag.cycle:
      guard isLeading, queue.hasNext else { return nil }
      let next = queue.list(.active, limit: 1).first?.info.reference
      return Deadline(
        .scheduling, next, "next scheduling cycle, \(queue.activeCount) pods in activeQ")
    case TimerTag.eventRetry: return events.purposeOfRetry(timer.payload)
    case TimerTag.leadershipRetry: return leadershipEvents.purposeOfRetry()
    case TimerTag.finishSeries, TimerTag.refreshSeries:
      let isEnd = timer.tag == TimerTag.finishSeries
      return Deadline(
        .requeue, nil,
        isEnd
          ? "writes the ends of Event series that are over (each 6m)"
          : "writes Event series that go on (each 30m)", isRoutine: true)
    case TimerTag.unschedulable:
      guard queue.unschedulableCount > 0 else { return nil }
      return Deadline(
        .scheduling, "retries pods that were unschedulable for over 5m", isRoutine: true)
    default: return nil
    }
  }

  /// The times kept in mind: the lease, pods that back off, and pods that are tried again after
  /// five minutes whatever happens; the first `limit` of each.
  public func deadlines(limit: Int = 100) -> [Deadline] {
    var all = elector.deadline.map { [$0] } ?? []
    guard isLeading else { return all }
    for pod in queue.list(.backoff, limit: limit) + queue.list(.errorBackoff, limit: limit) {
      guard let until = pod.backoffUntil else { continue }
      var item = Deadline(
        .backoff, due: until + SchedulingQueue.window, pod.info.reference,
        "\(pod.info.key.text) leaves backoffQ (try \(pod.attempts + 1))")
      item.cause = pod.cause
      all.append(item)
    }
    for pod in queue.list(.unschedulable, limit: limit) where pod.gate == nil {
      var item = Deadline(
        .scheduling, due: pod.timestamp + SchedulingQueue.maxInUnschedulablePods,
        pod.info.reference,
        "\(pod.info.key.text) is tried again though nothing changed "
          + "(podMaxInUnschedulablePodsDuration 5m)")
      item.cause = pod.cause
      all.append(item)
    }
    return all
  }
}

extension SchedulerProcess {
  /// What its informers hold of an object; nil where none of them watches its kind.
  public func cached(_ reference: ObjectReference) -> CachedObject? {
    informers.first { $0.kind == reference.kind }.flatMap { $0.cached(reference) }
  }
}
