import Basics

/// client-go's client-side rate limit: `qps` tokens a second, at most `burst` saved up
/// (`flowcontrol.NewTokenBucketRateLimiter`). Counted in millionths of a token.
public struct TokenBucket: Sendable {
  private let qps: UInt64
  private let burst: UInt64
  private var micros: UInt64
  private var filledAt = Tick.zero

  public init(qps: Int, burst: Int) {
    precondition(qps > 0 && burst > 0, "a bucket that never has a token")
    self.qps = UInt64(qps)
    self.burst = UInt64(burst) * 1_000_000
    micros = self.burst
  }

  /// Takes a token if there is one.
  public mutating func take(at now: Tick) -> Bool {
    refill(at: now)
    guard micros >= 1_000_000 else { return false }
    micros -= 1_000_000
    return true
  }

  /// How long until `take` succeeds, if nobody else takes.
  public func wait() -> Span {
    micros >= 1_000_000
      ? .zero : Span(microseconds: Int64((1_000_000 - micros + qps - 1) / qps))
  }

  private mutating func refill(at now: Tick) {
    let passed = UInt64(max(0, (now - filledAt).microseconds))
    micros = min(burst, micros &+ min(passed, burst) &* qps)
    filledAt = now
  }
}
