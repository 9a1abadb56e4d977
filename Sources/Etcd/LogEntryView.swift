import Basics
import MVCC
import Raft

/// Entries and leases of a member as a display shows them.
extension EtcdMember {
  public struct LogEntry: Sendable, Hashable {
    public let index: UInt64
    public let term: UInt64
    /// `put /registry/leases/…`, `txn put …`, `compact 1200`, `(empty)`.
    public let text: String
  }

  public struct LeaseView: Sendable {
    public let id: Int64
    /// Seconds.
    public let grantedTTL: Int64
    /// Nil where this member does not count the leases' time.
    public let remaining: Span?
    public let keys: Int
  }

  /// The entry at `index`; nil where the member does not hold it, or does not run.
  public func entry(at index: UInt64) -> LogEntry? {
    guard let entry = running?.wrappedValue.node.entry(at: index) else { return nil }
    return LogEntry(index: entry.index, term: entry.term, text: Self.text(of: entry))
  }

  private static func text(of entry: Entry) -> String {
    switch entry.type {
    case .confChange, .confChangeV2: return "change of membership"
    case .normal: break
    }
    guard case .boxed(let content) = entry.data, let request = content as? InternalRequest else {
      return entry.data.count == 0 ? "(empty)" : "\(entry.data.count) bytes"
    }
    return request.text
  }

  /// The leases, the soonest to run out first; in the order of their numbers where this member does
  /// not count their time.
  public func leases(at now: Tick, limit: Int) -> [LeaseView] {
    guard let server = running?.wrappedValue else { return [] }
    let views = server.state.store.leases.map { id, lease in
      LeaseView(
        id: id, grantedTTL: lease.grantedTTL,
        remaining: server.leaseClock.remaining(id, now: now), keys: lease.keys.count)
    }
    let sorted = views.sorted {
      ($0.remaining ?? .zero, $0.id) < ($1.remaining ?? .zero, $1.id)
    }
    return Array(sorted.prefix(limit))
  }
}

extension InternalRequest {
  /// The operation in a few words.
  var text: String {
    switch content {
    case .guardedPut(let put): "txn put \(put.key.text)"
    case .other(let operation): operation.text
    }
  }
}

extension InternalRequest.Operation {
  /// The operation in a few words.
  public var text: String {
    switch self {
    case .put(let put): return "put \(put.key.text)"
    case .deleteRange(let delete): return "delete \(delete.key.text)"
    case .txn(let txn):
      for op in txn.success {
        switch op {
        case .put(let put): return "txn put \(put.key.text)"
        case .deleteRange(let delete): return "txn delete \(delete.key.text)"
        case .range, .txn: continue
        }
      }
      return "txn"
    case .compact(let revision): return "compact \(revision)"
    case .leaseGrant(let id, let ttl): return "grant lease \(String(id, radix: 16)) for \(ttl) s"
    case .leaseRevoke(let id): return "revoke lease \(String(id, radix: 16))"
    case .memberAttributes(let member): return "member \(member.name) is up"
    case .alarm(let alarm, let isRaised):
      let kind = alarm.kind.name
      return "\(isRaised ? "raise" : "disarm") alarm \(kind)"
    }
  }
}
