import Basics
import ControllerRuntime
import KubeAPI

extension KubeProxy {
  /// What a timer in line for this proxy is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? {
    switch timer.tag {
    case Timer.client: return client.purpose(of: timer)
    case Timer.services, Timer.slices:
      let informer = timer.tag == Timer.services ? services : slices
      guard informer.phase == .waiting else { return nil }
      return Deadline(
        .backoff, "lists or watches \(informer.kind.plural) again after its back-off")
    case Timer.sync:
      guard isSyncArmed else { return nil }
      return Deadline(
        .sync, dirtyOrder.first.map { ObjectReference(.service, $0) },
        "writes the rules of \(dirtyOrder.count) changed services (minSyncPeriod "
          + "\(config.minSyncPeriod.brief))")
    case Timer.eventRetry: return events.purposeOfRetry(timer.payload)
    case Timer.fullSync: return Deadline(.sync, "writes all rules anew", isRoutine: true)
    default: return nil
    }
  }
}

extension KubeProxy {
  /// The topic of a routine timer that every proxy has in line all the time; nil for any other.
  public static func standingTopic(of timer: TimerID) -> Deadline.Topic? {
    timer.tag == Timer.fullSync ? .sync : nil
  }

  /// What this proxy's caches hold of an object; nil where it does not watch the kind.
  public func cached(_ reference: ObjectReference) -> CachedObject? {
    services.cached(reference) ?? slices.cached(reference)
  }
}
