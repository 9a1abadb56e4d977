/// A value kept in a box that copies share until one of them writes (copy on write).
///
/// Revisions of an object share what did not change: an object whose status was updated still
/// shares its metadata and its spec with the revision before.
@propertyWrapper
public struct Shared<Value: Sendable>: @unchecked Sendable {
  @usableFromInline final class Box {
    // Written only while one value alone refers to the box.
    @exclusivity(unchecked) @usableFromInline var value: Value
    @usableFromInline init(_ value: Value) { self.value = value }
  }

  @usableFromInline var box: Box

  @inlinable public init(wrappedValue: Value) { box = Box(wrappedValue) }

  @inlinable public var wrappedValue: Value {
    _read { yield box.value }
    _modify {
      if !isKnownUniquelyReferenced(&box) { box = Box(box.value) }
      yield &box.value
    }
  }

  /// Looks at the value where it lies. A method called on `wrappedValue` may be given a copy, and of
  /// a value with many references that is dear.
  @inlinable public func withPointer<Result>(_ body: (UnsafePointer<Value>) -> Result) -> Result {
    withUnsafePointer(to: &box.value, body)
  }

  /// The wrapper itself, to ask whether two values share storage, or to let them.
  @inlinable public var projectedValue: Shared<Value> {
    get { self }
    set { self = newValue }
  }

  /// True when both are one and the same box, and so certainly equal.
  @inlinable public func isIdentical(to other: Shared<Value>) -> Bool { box === other.box }
}

extension Shared: Equatable where Value: Equatable {
  @inlinable public static func == (a: Shared, b: Shared) -> Bool {
    a.box === b.box || a.box.value == b.box.value
  }
}
