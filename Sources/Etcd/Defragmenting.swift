import Basics
import MVCC
import Raft

/// A backend that is being rebuilt: nothing is read from it or applied to it until it is done, while
/// Raft goes on (server/storage/backend/backend.go, defrag).
struct Defragmentation: Sendable {
  let until: Tick
  let requester: Requester
  /// What waits for the backend, in order.
  var entries: [Message] = []
  var requests: [(request: EtcdRequest, requester: Requester)] = []

  /// Bytes rebuilt in a microsecond: about 100 MB a second on a data-centre SSD. A model's figure,
  /// as is the time it takes at least.
  static let rate: Int64 = 100
  static let least = Span.milliseconds(5)
}

extension EtcdServer {
  mutating func defragment(_ requester: Requester, _ now: Tick) {
    let span = Span(microseconds: Int64(state.store.size) / Defragmentation.rate)
    defragmentation = Defragmentation(
      until: now + max(span, Defragmentation.least), requester: requester)
  }

  /// True where a request has to wait for the backend.
  mutating func holds(_ request: EtcdRequest, _ requester: Requester, _ now: Tick) -> Bool {
    guard defragmentation != nil, request.touchesBackend else { return false }
    defragmentation?.requests.append((request, requester))
    return true
  }

  /// The new file is in place: what waited is done now.
  mutating func finishDefragmentation(
    _ now: Tick, _ effects: inout [EtcdEffect]
  ) throws(RaftError) {
    guard let done = defragmentation, now >= done.until else { return }
    defragmentation = nil
    state.store.defragment()
    answer(done.requester, .defragmented, &effects)
    for message in done.entries { try apply(message, now, &effects) }
    for (request, requester) in done.requests { receive(request, requester, now, &effects) }
  }
}

extension EtcdRequest {
  /// Whether it is answered from the backend at once, without the log.
  fileprivate var touchesBackend: Bool {
    switch self {
    case .range, .hashKV, .snapshot, .defragment, .watchCreate: true
    case .txn(let txn): txn.isReadOnly
    default: false
    }
  }
}
