import Basics

/// Exponential back-off per key, as `workqueue.NewTypedItemExponentialFailureRateLimiter`:
/// `base` × 2ⁿ up to `ceiling`, forgotten on success.
public struct ExponentialBackoff<Key: Hashable & Sendable>: Sendable {
  private let base: Span
  private let ceiling: Span
  private var failures = LookupTable<Key, Int>()

  /// The defaults are those of controllers' work queues: 5 ms to 1000 s.
  public init(base: Span = .milliseconds(5), ceiling: Span = .seconds(1000)) {
    self.base = base
    self.ceiling = ceiling
  }

  /// How long to wait before the next try; counts one more failure.
  public mutating func next(_ key: Key) -> Span {
    let count = failures[key] ?? 0
    failures[key] = count + 1
    guard count < 40 else { return ceiling }
    let (span, overflow) = base.microseconds.multipliedReportingOverflow(by: 1 << Int64(count))
    return overflow ? ceiling : min(ceiling, Span(microseconds: span))
  }

  public func retries(_ key: Key) -> Int { failures[key] ?? 0 }

  public mutating func forget(_ key: Key) { failures.removeValue(forKey: key) }
}
