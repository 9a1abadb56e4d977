/// A point in virtual time: microseconds since the world's power-on.
@frozen
public struct Tick: Hashable, Comparable, Sendable {
  public var microseconds: UInt64

  @inlinable public init(microseconds: UInt64) { self.microseconds = microseconds }

  public static let zero = Tick(microseconds: 0)
  public static let distantFuture = Tick(microseconds: .max >> 1)

  @inlinable public static func < (a: Tick, b: Tick) -> Bool { a.microseconds < b.microseconds }

  /// The tick `span` later; a negative span never reaches before power-on.
  @inlinable public static func + (a: Tick, span: Span) -> Tick {
    let sum = Int64(bitPattern: a.microseconds) + span.microseconds
    return Tick(microseconds: sum < 0 ? 0 : UInt64(bitPattern: sum))
  }

  @inlinable public static func - (a: Tick, span: Span) -> Tick {
    a + Span(microseconds: -span.microseconds)
  }

  @inlinable public static func += (a: inout Tick, span: Span) { a = a + span }

  @inlinable public static func - (a: Tick, b: Tick) -> Span {
    Span(microseconds: Int64(bitPattern: a.microseconds) - Int64(bitPattern: b.microseconds))
  }

  /// Seconds since power-on, for people.
  public var seconds: Double { Double(microseconds) / 1e6 }
}

/// A length of virtual time in microseconds; may be negative.
@frozen
public struct Span: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

  public static let zero = Span(microseconds: 0)
  @inlinable public static func microseconds(_ n: Int) -> Span { Span(microseconds: Int64(n)) }
  @inlinable public static func milliseconds(_ n: Int) -> Span {
    Span(microseconds: Int64(n) * 1_000)
  }
  @inlinable public static func seconds(_ n: Int) -> Span {
    Span(microseconds: Int64(n) * 1_000_000)
  }
  @inlinable public static func minutes(_ n: Int) -> Span { .seconds(n * 60) }
  @inlinable public static func hours(_ n: Int) -> Span { .seconds(n * 3_600) }

  @inlinable public static func < (a: Span, b: Span) -> Bool { a.microseconds < b.microseconds }
  @inlinable public static func + (a: Span, b: Span) -> Span {
    Span(microseconds: a.microseconds + b.microseconds)
  }
  @inlinable public static func - (a: Span, b: Span) -> Span {
    Span(microseconds: a.microseconds - b.microseconds)
  }
  @inlinable public static func * (a: Span, n: Int) -> Span {
    Span(microseconds: a.microseconds * Int64(n))
  }
  @inlinable public static func / (a: Span, n: Int) -> Span {
    Span(microseconds: a.microseconds / Int64(n))
  }

  /// Whole seconds, rounded towards zero.
  @inlinable public var wholeSeconds: Int { Int(microseconds / 1_000_000) }
  /// Seconds, for people.
  public var seconds: Double { Double(microseconds) / 1e6 }
}
