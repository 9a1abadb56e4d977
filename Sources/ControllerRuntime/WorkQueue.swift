import Basics

/// client-go's work queue: a key waits at most once, is never handled by two workers at a time, and
/// when it is added while being handled it is handled once more afterwards.
///
/// Retries wait by `ExponentialBackoff` (5 ms to 1000 s per key; the overall limit of 10 a second,
/// burst 100, applies as in `DefaultTypedControllerRateLimiter`). The owner arms a timer for
/// `nextDue` and calls `promote` then.
public struct WorkQueue<Key: Hashable & Comparable & Sendable>: Sendable {
  private struct Delayed: Sendable {
    var due: Tick
    var sequence: UInt64
    var key: Key
    var cause: TraceID
  }

  private var ready: [Key] = []
  private var head = 0
  private var dirty = LookupTable<Key, TraceID>()
  /// Causes that came to a key which waited already.
  private var later = LookupTable<Key, [TraceID]>()
  private var processing = LookupSet<Key>()
  /// By time; an entry that `delayedUntil` no longer agrees with is void.
  private var delayed: [Delayed] = []
  /// When the first delayed key is due. Kept, as it is asked for at every event.
  public private(set) var nextDue: Tick?
  private var delayedUntil = LookupTable<Key, Tick>()
  private var sequence: UInt64 = 0
  private var backoff: ExponentialBackoff<Key>
  private var overall = TokenBucket(qps: 10, burst: 100)
  private var reserved = Tick.zero

  public init(base: Span = .milliseconds(5), ceiling: Span = .seconds(1000)) {
    backoff = ExponentialBackoff(base: base, ceiling: ceiling)
  }

  /// Keys ready to be handled.
  public var count: Int { ready.count - head }
  public var inProgress: Int { processing.count }
  public var waiting: Int { delayedUntil.count }
  /// The first keys in line, for display.
  public func peek(_ limit: Int) -> [Key] { Array(ready[head...].prefix(limit)) }

  /// The keys that wait for their time, the earliest first.
  public var delayedKeys: [(key: Key, due: Tick, cause: TraceID)] {
    delayed.filter { delayedUntil[$0.key] == $0.due }.map { ($0.key, $0.due, $0.cause) }
  }

  /// Adds `key` unless it already waits; `cause` is remembered for the worker.
  public mutating func add(_ key: Key, cause: TraceID) {
    if let first = dirty[key] {
      if cause != first, cause != .none { remember(cause, for: key) }
      return
    }
    dirty[key] = cause
    if !processing.contains(key) { ready.append(key) }
  }

  /// The first few are enough to say that a decision had several causes.
  private mutating func remember(_ cause: TraceID, for key: Key) {
    if let known = later[key] {
      guard known.count < 4, !known.contains(cause) else { return }
      later[key]?.append(cause)
    } else {
      later[key] = [cause]
    }
  }

  /// Takes what else had asked for a key that was just taken into work.
  public mutating func takeCoalesced(_ key: Key) -> [TraceID] {
    later.isEmpty ? [] : later.removeValue(forKey: key) ?? []
  }

  /// Adds `key` at `due`.
  public mutating func add(_ key: Key, at due: Tick, now: Tick, cause: TraceID) {
    if due <= now { return add(key, cause: cause) }
    // As delayingType: a key that waits already keeps the earlier of the two times.
    if let until = delayedUntil[key], until <= due { return }
    delayedUntil[key] = due
    sequence += 1
    let item = Delayed(due: due, sequence: sequence, key: key, cause: cause)
    let at = delayed.partitioningIndex { ($0.due, $0.sequence) > (item.due, item.sequence) }
    delayed.insert(item, at: at)
    nextDue = delayed[0].due
  }

  /// Adds `key` after its back-off.
  public mutating func addRateLimited(_ key: Key, now: Tick, cause: TraceID) {
    var wait = backoff.next(key)
    if !overall.take(at: now) { wait = max(wait, overall.wait()) }
    add(key, at: now + wait, now: now, cause: cause)
  }

  public func retries(_ key: Key) -> Int { backoff.retries(key) }
  public mutating func forget(_ key: Key) { backoff.forget(key) }

  /// Moves what is due into line.
  public mutating func promote(at now: Tick) {
    var count = 0
    while count < delayed.count, delayed[count].due <= now {
      let item = delayed[count]
      count += 1
      guard delayedUntil[item.key] == item.due else { continue }
      delayedUntil.removeValue(forKey: item.key)
      add(item.key, cause: item.cause)
    }
    guard count > 0 else { return }
    delayed.removeFirst(count)
    nextDue = delayed.first?.due
  }

  /// Takes the next key into work.
  public mutating func get() -> (key: Key, cause: TraceID)? {
    guard head < ready.count else { return nil }
    let key = ready[head]
    head += 1
    if head == ready.count {
      ready.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 1024, head * 2 > ready.count {
      ready.removeFirst(head)
      head = 0
    }
    processing.insert(key)
    let cause = dirty.removeValue(forKey: key) ?? .none
    return (key, cause)
  }

  /// The worker is through with `key`.
  public mutating func done(_ key: Key) {
    processing.remove(key)
    if dirty.contains(key) { ready.append(key) }
  }
}
