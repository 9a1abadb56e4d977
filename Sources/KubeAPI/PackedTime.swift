import Basics

/// A time that may be absent, in eight bytes: a `Timestamp?` takes sixteen, and the objects of a
/// cluster hold hundreds of thousands of them.
@propertyWrapper @frozen
public struct PackedTime: Sendable, Equatable {
  /// The least of all numbers stands for none: no time that can be written is so early.
  @usableFromInline var microseconds = Int64.min

  @inlinable public init() {}

  @inlinable public init(wrappedValue: Timestamp?) {
    microseconds = wrappedValue?.microseconds ?? .min
  }

  @inlinable public var wrappedValue: Timestamp? {
    get { microseconds == .min ? nil : Timestamp(microseconds: microseconds) }
    set { microseconds = newValue?.microseconds ?? .min }
  }
}
