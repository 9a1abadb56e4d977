/// The number of a record in the trace: what a later step names as its cause. Numbers grow with
/// the order in which the records came.
@frozen
public struct TraceID: Hashable, Comparable, Sendable {
  public var rawValue: UInt64
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// No cause: what an outside input and the world's power-on have.
  public static let none = TraceID(0)

  @inlinable public static func < (a: TraceID, b: TraceID) -> Bool { a.rawValue < b.rawValue }
}
