/// A first-in first-out queue with a capacity; a full queue refuses.
@frozen
public struct BoundedQueue<Element: Sendable>: Sendable {
  @usableFromInline var elements: [Element?] = []
  @usableFromInline var head = 0
  public let capacity: Int

  @inlinable public init(capacity: Int) {
    precondition(capacity > 0, "a queue without room")
    self.capacity = capacity
  }

  @inlinable public var count: Int { elements.count - head }
  @inlinable public var isEmpty: Bool { count == 0 }
  @inlinable public var first: Element? { isEmpty ? nil : elements[head] }

  /// False, and nothing changed, when the queue is full.
  @inlinable @discardableResult
  public mutating func push(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    elements.append(element)
    return true
  }

  @inlinable public mutating func pop() -> Element? {
    guard !isEmpty else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head == elements.count {
      elements.removeAll(keepingCapacity: true)
      head = 0
    } else if head > 64, head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}
