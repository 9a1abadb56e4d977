import Basics
import ControllerRuntime
import KubeAPI

extension KubeProxyWork {
  func purpose(of timer: TimerID) -> Deadline? {
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
