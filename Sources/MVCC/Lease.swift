import Basics
import PersistentCollections

/// A lease as every member knows it. When it runs out is the leader's business (`LeaseClock`).
public struct Lease: Sendable, Digestible {
  public let id: Int64
  /// Seconds, at least the cluster's minimum.
  public let grantedTTL: Int64
  /// The keys attached to it, in order; the value means nothing.
  public internal(set) var keys = PersistentMap<Key, Bool>()

  /// Seconds: server/lease/lessor.go, MaxLeaseTTL.
  public static let maximumTTL: Int64 = 9_000_000_000

  public func digest(into digest: inout Digest) {
    digest.combine(Int(id))
    digest.combine(Int(grantedTTL))
    for key in keys.keys { key.digest(into: &digest) }
  }
}

extension Store {
  /// Grants lease `id` for `ttl` seconds, but not for less than `minimumTTL`.
  @discardableResult
  public mutating func leaseGrant(
    id: Int64, ttl: Int64, minimumTTL: Int64
  ) throws(EtcdError) -> Lease {
    guard id != 0 else { throw .leaseNotFound }
    guard ttl <= Lease.maximumTTL else { throw .leaseTTLTooLarge }
    guard !leases.contains(id) else { throw .leaseExists }
    let lease = Lease(id: id, grantedTTL: max(ttl, minimumTTL))
    leases[id] = lease
    return lease
  }

  /// Ends lease `id` and deletes the keys attached to it, in key order, as one revision.
  public mutating func leaseRevoke(id: Int64) throws(EtcdError) {
    guard let lease = leases[id] else { throw .leaseNotFound }
    for key in lease.keys.keys { delete(key) }
    commit()
    leases[id] = nil
  }
}

/// When leases run out: kept by the leader alone, in its own time, and lost with its leadership.
public struct LeaseClock: Sendable {
  private struct Deadline: Comparable, Sendable {
    let at: Tick
    let id: Int64
    static func < (a: Deadline, b: Deadline) -> Bool { a.at != b.at ? a.at < b.at : a.id < b.id }
  }

  private struct Entry: Sendable {
    /// When the lease runs out.
    var expiry: Tick
    /// When it is looked at next: its expiry, and then every 3 s until it is gone.
    var queued: Tick
  }

  /// Whether this member decides; the leader does.
  public private(set) var isPrimary = false
  private var entries = PersistentMap<Int64, Entry>()
  private var queue = PersistentMap<Deadline, Int64>()

  /// server/lease/lessor.go: half of 1000 a second, as expiry is looked at twice a second.
  public static let revokeLimit = 500
  /// How often expiry is looked at.
  public static let interval = Span.milliseconds(500)
  /// After this an expired lease that is still there is reported again.
  static let retry = Span.seconds(3)

  public init() {}

  /// Takes over: every lease gets its whole TTL again, and `extend` on top.
  public mutating func promote(leases: PersistentMap<Int64, Lease>, extend: Span, now: Tick) {
    demote()
    isPrimary = true
    for (id, lease) in leases { start(id, ttl: lease.grantedTTL, from: now + extend) }
  }

  /// Leaves it to another member.
  public mutating func demote() {
    isPrimary = false
    entries = PersistentMap()
    queue = PersistentMap()
  }

  /// Starts lease `id`, or starts it anew, for `ttl` seconds. Nothing on a member not primary.
  public mutating func renew(_ id: Int64, ttl: Int64, now: Tick) {
    if isPrimary { start(id, ttl: ttl, from: now) }
  }

  public mutating func remove(_ id: Int64) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    queue.removeValue(forKey: Deadline(at: entry.queued, id: id))
  }

  /// What is left of lease `id`, below zero once it has run out; nil where this clock does not know.
  public func remaining(_ id: Int64, now: Tick) -> Span? { entries[id].map { $0.expiry - now } }

  /// The first leases to run out; empty on a member that does not count their time.
  public func next(_ limit: Int) -> [(id: Int64, at: Tick)] {
    var found: [(id: Int64, at: Tick)] = []
    queue.forEach { deadline, id in
      guard found.count < limit else { return false }
      found.append((id, entries[id]?.expiry ?? deadline.at))
      return true
    }
    return found
  }

  /// The leases that have run out and should be revoked now, at most 500; each is reported again
  /// after 3 s if it is still there.
  public mutating func expired(now: Tick) -> [Int64] {
    var due: [Deadline] = []
    queue.forEach { deadline, _ in
      guard deadline.at <= now, due.count < LeaseClock.revokeLimit else { return false }
      due.append(deadline)
      return true
    }
    for deadline in due {
      queue.removeValue(forKey: deadline)
      let again = now + LeaseClock.retry
      queue[Deadline(at: again, id: deadline.id)] = deadline.id
      entries.modify(deadline.id) { $0.queued = again }
    }
    return due.map(\.id)
  }

  private mutating func start(_ id: Int64, ttl: Int64, from now: Tick) {
    remove(id)
    // A TTL of 285 years, the most that is granted, fits a span of 292,000.
    let at = now + Span(microseconds: max(0, ttl) * 1_000_000)
    entries[id] = Entry(expiry: at, queued: at)
    queue[Deadline(at: at, id: id)] = id
  }
}

extension LeaseClock: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(isPrimary)
    entries.forEach { id, entry in
      digest.combine(Int(id))
      digest.combine(entry.expiry)
      digest.combine(entry.queued)
      return true
    }
  }
}
