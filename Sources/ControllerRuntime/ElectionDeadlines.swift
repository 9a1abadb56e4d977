import Basics
import KubeAPI

// What a contender for a Lease waits for, read off its state.
extension LeaderElector {
  /// The Lease it contends for.
  public var leaseReference: ObjectReference {
    ObjectReference(.lease, ObjectKey(namespace: config.namespace, name: config.leaseName))
  }

  /// What its retry timer is for.
  public var retryPurpose: Deadline {
    isLeader
      ? Deadline(.lease, leaseReference, "renews its lease (retryPeriod)", isRoutine: true)
      : Deadline(
        .election, leaseReference, "looks at the lease again (retryPeriod)", isRoutine: true)
  }

  /// When it stops leading, or may begin to; nil while neither is in sight.
  public var deadline: Deadline? {
    if let at = lossAt {
      return Deadline(
        .lease, due: at, leaseReference,
        "stops leading unless it renewed by then (renewDeadline \(config.timing.renewDeadline.brief))",
        isRoutine: true)
    }
    return takeoverAt.map { at in
      Deadline(
        .lease, due: at, leaseReference,
        "may take the lease from \(observedHolder) unless that renews it (leaseDuration)",
        isRoutine: true)
    }
  }
}
