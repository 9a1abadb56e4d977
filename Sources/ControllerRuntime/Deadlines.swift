import Basics
import KubeAPI

// What a process of controllers waits for, read off its state: nothing here changes anything.
extension ControllerHost {
  /// What a timer in line for this process is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? {
    switch timer.tag {
    case Self.electionTag:
      return elector.retryPurpose
    case Self.electionTimeoutTag:
      guard electionCalls.contains(timer.payload) else { return nil }
      return Deadline(
        .timeout, elector.leaseReference, "gives up a call for its lease", isRoutine: true)
    case Self.informerTag:
      let at = Int(timer.payload)
      guard context.informers.indices.contains(at), context.informers[at].phase == .waiting else {
        return nil
      }
      return Deadline(
        .backoff, "lists or watches \(context.informers[at].kind.plural) again after its back-off")
    case Self.queueTag:
      // The queue's delayed keys are told one by one by `deadlines`.
      let lane = Int(timer.payload)
      guard context.lanes.indices.contains(lane), context.lanes[lane].wakeAt != nil else {
        return nil
      }
      let queue = context.lanes[lane].queue
      let key = queue.peek(1).first
      let more = queue.count > 1 ? " and \(queue.count - 1) more" : ""
      return Deadline(
        .work, key,
        "\(context.lanes[lane].name) takes \(key?.text ?? "its queue")\(more) into work")
    case Self.periodicTag:
      let lane = Int(timer.payload >> 32)
      guard controllers.indices.contains(lane), context.lanes[lane].isStarted else { return nil }
      return controllers[lane].purpose(ofTimer: UInt32(truncatingIfNeeded: timer.payload))
    case Self.eventRetryTag:
      if timer.payload == Self.ownEvents { return events.purposeOfRetry() }
      let lane = Int(timer.payload)
      return context.lanes.indices.contains(lane)
        ? context.lanes[lane].events.purposeOfRetry() : nil
    case Self.baseClientTag: return base.purpose(of: timer)
    default:
      let lane = Int(timer.tag) - Int(Self.laneClientTag)
      guard context.lanes.indices.contains(lane) else { return nil }
      return context.lanes[lane].client.purpose(of: timer)
    }
  }

  /// The times kept in mind: leases, keys that wait, and what each controller counts.
  public func deadlines(folding: Bool) -> [Deadline] {
    var list = DeadlineList(folding: folding)
    if let lease = elector.deadline { list.add(lease) }
    guard isLeader else { return list.items }
    for (at, lane) in context.lanes.enumerated() where lane.isStarted {
      for (key, due, cause) in lane.queue.delayedKeys {
        var item = controllers[at].purpose(ofDelayed: key) ?? purpose(lane, key)
        item.due = due
        item.subject = item.subject ?? key
        item.cause = cause
        list.add(item)
      }
      controllers[at].addDeadlines(to: &list, context)
    }
    return list.items
  }

  private func purpose(_ lane: ControllerLane, _ key: ObjectReference) -> Deadline {
    let tries = lane.queue.retries(key)
    return tries > 0
      ? Deadline(.backoff, key, "\(lane.name) tries \(key.text) again (retry \(tries))")
      : Deadline(.requeue, key, "\(lane.name) looks at \(key.text) again (requeue after)")
  }
}

extension ControllerHost {
  /// What the process's shared informers hold of an object; nil where none of them watches its kind.
  public func cached(_ reference: ObjectReference) -> CachedObject? {
    context.informers.first { $0.kind == reference.kind }.flatMap { $0.cached(reference) }
  }
}
