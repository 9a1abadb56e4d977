import Basics
import ControllerRuntime
import KubeAPI

// What the controllers wait for, in the field's words.

extension ControllerManager {
  /// What a timer in line for this process is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? { host.purpose(of: timer) }
  /// The times the process keeps in mind without a timer of their own.
  /// Folding, only the soonest of what is routine of its topic.
  public func deadlines(folding: Bool) -> [Deadline] { host.deadlines(folding: folding) }
}

extension CloudControllerManager {
  /// What a timer in line for this process is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? { host.purpose(of: timer) }
  /// The times the process keeps in mind without a timer of their own.
  /// Folding, only the soonest of what is routine of its topic.
  public func deadlines(folding: Bool) -> [Deadline] { host.deadlines(folding: folding) }
}

extension TaintEvictionController {
  public func purpose(ofDelayed key: ObjectReference) -> Deadline? {
    guard let plan = plans[key.key], !plan.isDone else {
      return Deadline(.toleration, key, "finds \(key.text) called off", isRoutine: true)
    }
    return Deadline(
      .toleration, key,
      "\(name) deletes \(key.text) from \(plan.node) (tolerationSeconds "
        + "\(plan.tolerated.wholeSeconds))")
  }

  /// The planned deletion of a pod: when, what it tolerated, and from which node.
  public func plannedDeletion(
    of pod: ObjectKey
  ) -> (due: Tick, tolerated: Span, node: String)? {
    guard let plan = plans[pod], !plan.isDone else { return nil }
    return (plan.dueAt, plan.tolerated, plan.node)
  }
}

extension NodeLifecycleController {
  public func purpose(ofTimer id: UInt32) -> Deadline? {
    if id == Timer.monitor {
      return Deadline(
        .poll, "\(name) looks at every node (node-monitor-period \(config.monitorPeriod.brief))",
        isRoutine: true)
    }
    guard zones.contains(where: { !$0.queue.waiting.isEmpty }) else { return nil }
    return Deadline(.taint, "\(name) lets the next node of a zone get its NoExecute taint")
  }

  /// When each node that has not been given up is marked Unknown if no heartbeat comes, and when
  /// the zones' rates let the next node through.
  public func addDeadlines(to list: inout DeadlineList, _ context: ControllerContext) {
    let entries = health.entries
    for at in entries.indices where entries[at].health.standing != .unknown {
      let probedAt = entries[at].health.probedAt
      let isNew = entries[at].health.standing == .unheard
      let due = probedAt + (isNew ? config.startupGracePeriod : config.gracePeriod)
      // A lease is renewed each 10 s and looked at each 5 s: more silence is news.
      let isRoutine = context.now - probedAt < .seconds(20)
      list.add(.grace, due: due, isRoutine: isRoutine) {
        let name = entries[at].name
        let flag = isNew ? "node-startup-grace-period" : "node-monitor-grace-period"
        let grace = (due - probedAt).brief
        return Deadline(
          .grace, due: due, ObjectReference(.node, ObjectKey(name: name)),
          "\(self.name) marks \(name) Unknown unless a heartbeat comes (\(flag) \(grace))",
          isRoutine: isRoutine)
      }
    }
    for zone in zones {
      guard let due = zone.queue.nextDue(now: context.now), let node = zone.queue.waiting.first
      else { continue }
      list.add(
        Deadline(
          .taint, due: due, ObjectReference(.node, ObjectKey(name: node)),
          "\(self.name) may taint \(node) NoExecute (node-eviction-rate of zone \(zone.name))"))
    }
  }

  /// When a node's heartbeat was last seen to change, on the process's own clock, and the grace it
  /// has; nil for a node this controller does not know.
  public func lastProbe(of node: String) -> (at: Tick, grace: Span)? {
    health[node].map {
      ($0.probedAt, $0.ready == nil ? config.startupGracePeriod : config.gracePeriod)
    }
  }
}

extension ControllerManager {
  /// What its shared informers hold of an object; nil where none of them watches its kind.
  public func cached(_ reference: ObjectReference) -> CachedObject? { host.cached(reference) }
}

extension CloudControllerManager {
  /// What its shared informers hold of an object; nil where none of them watches its kind.
  public func cached(_ reference: ObjectReference) -> CachedObject? { host.cached(reference) }
}
