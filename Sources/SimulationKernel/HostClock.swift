import Basics

/// A host's clocks: they may run at another rate than the world, and its wall clock may be off.
public struct HostClock: Sendable, Equatable {
  /// How fast the host's clocks run, in millionths of the true rate.
  public private(set) var ratePerMillion: Int64 = 1_000_000
  /// By how much the wall clock is ahead of what the monotonic clock implies.
  public private(set) var offset = Span.zero
  private var anchor = Tick.zero
  private var reading = Tick.zero

  public init() {}

  /// What the clocks read at `now` of the world.
  public func read(at now: Tick) -> HostTime {
    let monotonic = reading(at: now)
    let wall = Timestamp.powerOn + (monotonic - .zero) + offset
    return HostTime(monotonic: monotonic, wall: wall)
  }

  /// How long the world takes to see `span` pass on this host; rounded up, for a timer that wakes
  /// a microsecond early would be armed for nothing and wake at once, again and again.
  public func worldSpan(_ span: Span) -> Span {
    if ratePerMillion == 1_000_000 { return span }
    let scaled = span.microseconds.multipliedFullWidth(by: 1_000_000)
    let (quotient, rest) = ratePerMillion.dividingFullWidth(scaled)
    return Span(microseconds: rest > 0 ? quotient + 1 : quotient)
  }

  public mutating func setRate(perMillion rate: Int64, at now: Tick) {
    precondition(rate > 0, "a clock must go forward")
    reading = reading(at: now)
    anchor = now
    ratePerMillion = rate
  }

  /// The wall clock jumps; the monotonic one, as on Linux, does not.
  public mutating func setOffset(_ offset: Span) { self.offset = offset }

  private func reading(at now: Tick) -> Tick {
    if ratePerMillion == 1_000_000 { return reading + (now - anchor) }
    let passed = (now - anchor).microseconds.multipliedFullWidth(by: ratePerMillion)
    let (quotient, _) = Int64(1_000_000).dividingFullWidth(passed)
    return reading + Span(microseconds: quotient)
  }
}

extension HostClock: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(Int(ratePerMillion))
    digest.combine(Int(offset.microseconds))
    digest.combine(anchor)
    digest.combine(reading)
  }
}
