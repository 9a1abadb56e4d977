import Basics

/// A dense vector whose copies are cheap to make and cheap to diverge: arrays of arrays of arrays,
/// 16 elements a leaf and 64 leaves a page.
///
/// A copy shares everything; the first write after it copies one leaf, one page's list of leaves
/// and the list of pages, about 2 µs at 150,000 elements, where a plain array copies it all.
@frozen
public struct PagedVector<Element: Sendable>: Sendable {
  // pages[i >> 10][(i >> 4) & 63][i & 15]; only the last leaf of the last page may be short.
  @usableFromInline var pages: [[[Element]]] = []
  @usableFromInline var length = 0

  @inlinable public init() {}

  @inlinable public init<S: Sequence>(_ elements: S) where S.Element == Element {
    for element in elements { append(element) }
  }

  @inlinable public init(repeating element: Element, count: Int) {
    precondition(count >= 0, "a vector of \(count) elements")
    for _ in 0..<count { append(element) }
  }

  /// Adds `element` at the end.
  @inlinable public mutating func append(_ element: Element) {
    if length & 1023 == 0 { pages.append([]) }
    if length & 15 == 0 {
      var leaf: [Element] = []
      leaf.reserveCapacity(16)
      leaf.append(element)
      pages[length >> 10].append(leaf)
    } else {
      pages[length >> 10][(length >> 4) & 63].append(element)
    }
    length += 1
  }

  /// Takes the last element away; the vector must not be empty.
  @inlinable @discardableResult
  public mutating func removeLast() -> Element {
    precondition(length > 0, "removeLast of an empty vector")
    length -= 1
    let page = length >> 10
    let leaf = (length >> 4) & 63
    let element = pages[page][leaf].removeLast()
    if length & 15 == 0 { pages[page].removeLast() }
    if length & 1023 == 0 { pages.removeLast() }
    return element
  }

  @inlinable public mutating func removeAll() {
    pages = []
    length = 0
  }
}

extension PagedVector {
  /// Changes an element in place. Unlike `vector[i]?.field = …` it allocates nothing.
  @inlinable public mutating func modify(_ i: Int, _ body: (inout Element) -> Void) {
    body(&pages[i >> 10][(i >> 4) & 63][i & 15])
  }
}

extension PagedVector: RandomAccessCollection, MutableCollection {
  @inlinable public var startIndex: Int { 0 }
  @inlinable public var endIndex: Int { length }
  @inlinable public var count: Int { length }
  @inlinable public func index(after i: Int) -> Int { i + 1 }
  @inlinable public func index(before i: Int) -> Int { i - 1 }

  @inlinable public subscript(i: Int) -> Element {
    @inline(__always) _read { yield pages[i >> 10][(i >> 4) & 63][i & 15] }
    @inline(__always) _modify { yield &pages[i >> 10][(i >> 4) & 63][i & 15] }
  }
}

extension PagedVector: ExpressibleByArrayLiteral {
  @inlinable public init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension PagedVector: Equatable where Element: Equatable {
  @inlinable public static func == (a: PagedVector, b: PagedVector) -> Bool {
    a.length == b.length && a.pages == b.pages
  }
}

extension PagedVector: Digestible where Element: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(length)
    for element in self { element.digest(into: &digest) }
  }
}
