import Basics

/// The nodes of one zone that wait for their NoExecute taint, let through one at a time
/// (`RateLimitedTimedQueue`).
///
/// What `--node-eviction-rate` limits is nodes per second that get the taint, not pods.
struct ZoneTaintQueue: Sendable {
  private(set) var waiting: [String] = []
  /// The waiting ones and those let through: none is added twice until it is removed.
  private var known = LookupSet<String>()
  /// Time between two nodes; nil lets none through.
  private(set) var interval: Span?
  private var nextAt: Tick

  init(interval: Span?, now: Tick) {
    self.interval = interval
    nextAt = now
  }

  mutating func add(_ node: String) {
    if known.insert(node) { waiting.append(node) }
  }

  /// Puts a node back whose taint could not be written.
  mutating func putBack(_ node: String) {
    if known.contains(node) && !waiting.contains(node) { waiting.insert(node, at: 0) }
  }

  mutating func remove(_ node: String) {
    guard known.remove(node) else { return }
    waiting.removeAll { $0 == node }
  }

  /// The next node, if the rate allows one now.
  mutating func take(now: Tick) -> String? {
    guard let first = waiting.first, let interval, now >= nextAt else { return nil }
    nextAt = now + interval
    waiting.removeFirst()
    return first
  }

  /// When `take` may next succeed; nil where nothing waits or the rate is zero.
  func nextDue(now: Tick) -> Tick? {
    waiting.isEmpty || interval == nil ? nil : max(nextAt, now)
  }

  /// Changes the rate. A limit that had nothing left starts the new one with nothing
  /// (`SwapLimiter`).
  mutating func setInterval(_ new: Span?, now: Tick) {
    guard new != interval else { return }
    let isSpent = interval == nil || now < nextAt
    interval = new
    nextAt = isSpent ? now + (new ?? .zero) : now
  }
}
