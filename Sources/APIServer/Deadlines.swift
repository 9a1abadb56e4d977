import Basics
import KubeAPI

extension APIServer {
  /// What a timer in line for this server is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? {
    switch timer.tag {
    case TimerTag.deadline:
      return Deadline(
        .timeout, "answers 504 to requests older than \(configuration.requestTimeout.brief)",
        isRoutine: true)
    case TimerTag.second:
      return Deadline(.poll, "ends watches that are old enough, sends bookmarks", isRoutine: true)
    case TimerTag.progress:
      return isProgressArmed
        ? Deadline(.watch, "asks etcd where its watches are (a list waits)") : nil
    case TimerTag.compactor:
      return Deadline(
        .compaction,
        "compacts etcd to revision \(compactor.revision), unless another server did "
          + "(etcd-compaction-interval \(configuration.compactionInterval.brief))")
    case TimerTag.masterLease:
      return Deadline(.lease, "renews its address in service kubernetes", isRoutine: true)
    case TimerTag.feed:
      guard let kind = ResourceKind(rawValue: UInt8(truncatingIfNeeded: timer.payload)),
        cache(kind).feed == 0
      else { return nil }
      return Deadline(.retry, "lists or watches \(kind.plural) in etcd again")
    case TimerTag.retry:
      guard let call = calls[timer.payload] else { return nil }
      return Deadline(
        .retry, call.reference, "tries \(call.request.verb.rawValue) \(call.request.path) again")
    case TimerTag.freshness:
      guard let call = calls[timer.payload] else { return nil }
      return Deadline(
        .timeout, call.reference,
        "gives up on a fresh list of \(call.request.kind.plural) (the cache lags)")
    default: return nil
    }
  }
}

extension APIServer {
  /// What the watch cache holds of an object, and up to which revision it has seen the kind.
  public func cached(
    _ reference: ObjectReference
  ) -> (object: APIObject?, revision: Int64, isReady: Bool) {
    let cache = cache(reference.kind)
    return (cache.get(reference.key), cache.revision, cache.isReady)
  }
}
