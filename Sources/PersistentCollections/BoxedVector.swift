import Basics

/// A dense vector of large elements, each in a box of its own: what a copy of the vector writes to
/// first is one element, where a `PagedVector` would copy its fifteen neighbours too.
@frozen
public struct BoxedVector<Element: Sendable>: Sendable {
  @usableFromInline var boxes = PagedVector<Shared<Element>>()

  @inlinable public init() {}

  /// Adds `element` at the end.
  @inlinable public mutating func append(_ element: Element) {
    boxes.append(Shared(wrappedValue: element))
  }
}

extension BoxedVector: RandomAccessCollection, MutableCollection {
  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { boxes.count }
  @inlinable public var count: Int { boxes.count }
  @inlinable public func index(after i: Int) -> Int { i + 1 }
  @inlinable public func index(before i: Int) -> Int { i - 1 }

  @inlinable public subscript(i: Int) -> Element {
    @inline(__always) _read { yield boxes[i].wrappedValue }
    @inline(__always) _modify { yield &boxes[i].wrappedValue }
  }
}
