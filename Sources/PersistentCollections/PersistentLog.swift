import Basics

/// An append-only log whose oldest part can be dropped, with copies that share their storage.
///
/// Elements keep the index they were given; `startIndex` grows as the front is dropped. Dropped
/// elements are freed by leaves of 16, so up to 15 of them live a little longer.
@frozen
public struct PersistentLog<Element: Sendable>: Sendable {
  // With i counted from `origin`: pages[(i >> 10) - firstPage][(i >> 4) & 63][i & 15]. The leaves
  // before `start` that share its page are empty arrays.
  @usableFromInline var pages: [[[Element]]] = []
  @usableFromInline var firstPage = 0
  @usableFromInline var start = 0
  @usableFromInline var end = 0
  @usableFromInline let origin: Int

  /// An empty log whose first element will have index `startIndex`.
  @inlinable public init(startIndex: Int = 0) { origin = startIndex }

  /// Adds `element` at `endIndex`.
  @inlinable public mutating func append(_ element: Element) {
    if end & 1023 == 0 { pages.append([]) }
    let page = (end >> 10) - firstPage
    if end & 15 == 0 {
      var leaf: [Element] = []
      leaf.reserveCapacity(16)
      leaf.append(element)
      pages[page].append(leaf)
    } else {
      pages[page][(end >> 4) & 63].append(element)
    }
    end += 1
  }

  /// Drops every element before `index`; an index at or before `startIndex` drops nothing.
  @inlinable public mutating func dropPrefix(before index: Int) {
    precondition(index <= endIndex, "dropping up to \(index) of a log that ends at \(endIndex)")
    let bound = index - origin
    guard bound > start else { return }
    let gonePages = (bound >> 10) - firstPage
    if gonePages > 0 {
      // The page that `bound` begins does not exist yet when the log is dropped to its very end.
      pages.removeFirst(Swift.min(gonePages, pages.count))
      firstPage += gonePages
    }
    if !pages.isEmpty {
      let firstKept = Swift.min((bound >> 4) & 63, pages[0].count)
      let firstHeld = (start >> 10) < firstPage ? 0 : (start >> 4) & 63
      for leaf in stride(from: firstHeld, to: firstKept, by: 1) { pages[0][leaf] = [] }
    }
    start = bound
  }

  /// Drops every element at and after `index`.
  @inlinable public mutating func dropSuffix(from index: Int) {
    precondition(index >= startIndex, "cutting at \(index) a log that starts at \(startIndex)")
    let bound = index - origin
    while end > bound {
      end -= 1
      let page = (end >> 10) - firstPage
      pages[page][(end >> 4) & 63].removeLast()
      if end & 15 == 0 { pages[page].removeLast() }
      if end & 1023 == 0 { pages.removeLast() }
    }
  }
}

extension PersistentLog: RandomAccessCollection, MutableCollection {
  @inlinable public var startIndex: Int { start + origin }
  @inlinable public var endIndex: Int { end + origin }
  @inlinable public var count: Int { end - start }
  @inlinable public func index(after i: Int) -> Int { i + 1 }
  @inlinable public func index(before i: Int) -> Int { i - 1 }

  @inlinable public subscript(index: Int) -> Element {
    get {
      let i = index - origin
      precondition(i >= start && i < end, "index outside the log")
      return pages[(i >> 10) - firstPage][(i >> 4) & 63][i & 15]
    }
    _modify {
      let i = index - origin
      precondition(i >= start && i < end, "index outside the log")
      yield &pages[(i >> 10) - firstPage][(i >> 4) & 63][i & 15]
    }
  }
}

extension PersistentLog: Equatable where Element: Equatable {
  public static func == (a: PersistentLog, b: PersistentLog) -> Bool {
    a.startIndex == b.startIndex && a.elementsEqual(b)
  }
}

extension PersistentLog: Digestible where Element: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(startIndex)
    digest.combine(endIndex)
    for element in self { element.digest(into: &digest) }
  }
}
