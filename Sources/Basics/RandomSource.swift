/// Whatever gives chance: a generator that goes on, or the draws of one decision.
///
/// What is made of the numbers is the same for all of them; every use knows which it has, so that
/// the compiler makes one copy of each function for each.
public protocol RandomSource {
  /// 64 random bits.
  mutating func next() -> UInt64
  /// A number in `0..<bound`.
  mutating func below(_ bound: UInt64) -> UInt64
}

extension RandomSource {
  /// An index in `0..<count`.
  @inlinable
  public mutating func index(below count: Int) -> Int { Int(below(UInt64(count))) }

  /// A span in `low...high`, to the microsecond.
  @inlinable
  public mutating func span(_ low: Span, _ high: Span) -> Span {
    precondition(low <= high, "empty range of spans")
    let width = UInt64(high.microseconds - low.microseconds) + 1
    return Span(microseconds: low.microseconds + Int64(below(width)))
  }

  /// `span` stretched by a factor drawn from 1 to 1 + `ratio`, as `wait.Jitter` of Kubernetes does.
  @inlinable
  public mutating func jitter(_ span: Span, by ratio: Ratio) -> Span {
    let room = UInt64(span.microseconds) * ratio.numerator / ratio.denominator
    return Span(microseconds: span.microseconds + Int64(room == 0 ? 0 : below(room)))
  }

  /// True with probability `ratio`.
  @inlinable
  public mutating func chance(_ ratio: Ratio) -> Bool {
    below(ratio.denominator) < ratio.numerator
  }
}
