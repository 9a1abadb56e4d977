/// Where an entry is in its slot.
@usableFromInline
struct TimingWheelPlace: Sendable, Comparable {
  @usableFromInline let tick: UInt64
  @usableFromInline let index: Int

  @inlinable
  init(tick: UInt64, index: Int) {
    self.tick = tick
    self.index = index
  }

  @inlinable
  static func < (a: TimingWheelPlace, b: TimingWheelPlace) -> Bool {
    (a.tick, a.index) < (b.tick, b.index)
  }
}

/// Places in order, sorted only as far as they are asked for: the first k of n cost about
/// n + k log k steps (incremental quicksort, Paredes and Navarro 2006). A slot of a big cluster's
/// wheel holds the timers of the next hour, of which a view shows those of the next seconds.
@usableFromInline
struct SoonestFirst: Sequence, IteratorProtocol, Sendable {
  @usableFromInline var places: [TimingWheelPlace]
  @usableFromInline var following = 0
  /// Up to here all is in order.
  @usableFromInline var sorted = 0
  /// Ends of parts, the nearest last: nothing before an end comes after anything behind it.
  @usableFromInline var ends: [Int]
  /// Parts of no more than this are sorted whole.
  @usableFromInline static let small = 32

  @inlinable
  init(_ places: [TimingWheelPlace]) {
    self.places = places
    ends = [places.count]
  }

  @inlinable
  mutating func next() -> TimingWheelPlace? {
    guard following < places.count else { return nil }
    if following == sorted { sortMore() }
    following += 1
    return places[following - 1]
  }

  @inlinable
  mutating func sortMore() {
    while let end = ends.last {
      if end == sorted {
        ends.removeLast()
      } else if end - sorted <= Self.small {
        places[sorted..<end].sort()
        sorted = end
        ends.removeLast()
        return
      } else {
        ends.append(partition(sorted, end))
      }
    }
  }

  /// Parts `start..<end` at one of its own, so that neither part is all of it; where they part.
  @inlinable
  mutating func partition(_ start: Int, _ end: Int) -> Int {
    // The middle of three, so that what is in order already is parted in the middle.
    let (a, b, c) = (places[start], places[(start + end) / 2], places[end - 1])
    let pivot = Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
    var (low, high) = (start, end - 1)
    while true {
      while places[low] < pivot { low += 1 }
      while pivot < places[high] { high -= 1 }
      guard low < high else { return low }
      places.swapAt(low, high)
      low += 1
      high -= 1
    }
  }
}
