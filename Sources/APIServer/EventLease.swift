import Basics
import Etcd
import KubeAPI
import MVCC

/// The etcd lease that ends events after an hour. One lease serves the events of a minute
/// (storage/etcd3/lease_manager.go).
struct EventLease: Sendable {
  /// The lease to attach events to; 0 before the first.
  var id: Int64 = 0
  var useUntil = Tick.zero
  var used = 0
  /// Calls that wait for a lease under way.
  var waiting: [UInt64] = []

  /// --lease-reuse-duration-seconds and the most objects of one lease.
  static let reuse = Span.seconds(60)
  static let maxObjects = 1000
}

extension APIServer {
  /// True when the call has to wait for a new lease.
  mutating func needsEventLease(
    _ id: UInt64, _ time: HostTime, into effects: inout Effects
  ) -> Bool {
    if eventLease.id != 0, time.monotonic < eventLease.useUntil,
      eventLease.used < EventLease.maxObjects
    {
      eventLease.used += 1
      return false
    }
    eventLease.waiting.append(id)
    if eventLease.waiting.count == 1 {
      let ttl = configuration.eventTTL + EventLease.reuse
      ask(
        .leaseGrant(id: 0, ttl: Int64(ttl.wholeSeconds)), for: .eventLease, into: &effects)
    }
    return true
  }

  mutating func leaseGranted(
    _ answer: Result<EtcdResponse, EtcdError>, _ time: HostTime, into effects: inout Effects
  ) {
    let waiting = eventLease.waiting
    eventLease = EventLease()
    let granted: Int64
    switch answer {
    case .success(.leaseGrant(let id, _)): granted = id
    case .success: return
    case .failure(let error):
      let status = APIStatus(code: 500, reason: .unknown, message: error.message)
      for id in waiting {
        if let call = calls[id] { effects.because(call.cause) }
        finish(id, .status(status), into: &effects)
      }
      return
    }
    eventLease.id = granted
    eventLease.useUntil = time.monotonic + EventLease.reuse
    eventLease.used = waiting.count
    for id in waiting {
      guard let call = calls[id] else { continue }
      effects.because(call.cause)
      commit(id, into: &effects)
    }
  }
}
