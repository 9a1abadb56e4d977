import Basics

/// The queue of everything that will happen: a hierarchical timing wheel of 256-slot levels over
/// one-microsecond ticks (Varghese and Lauck 1987).
///
/// Deliveries of one tick come out in the order in which they went in. An entry lies on the level
/// of the highest byte in which its tick differs from `position`; when the wheel comes to a slot of
/// a higher level, that slot's entries move down before anything else can be put beside them, which
/// is what keeps the order.
@frozen
public struct TimingWheel<Payload: Sendable>: Sendable {
  @usableFromInline struct Entry: Sendable {
    @usableFromInline var tick: UInt64
    @usableFromInline var payload: Payload
    @inlinable init(tick: UInt64, payload: Payload) {
      self.tick = tick
      self.payload = payload
    }
  }

  /// Five levels reach 2⁴⁰ µs, 12.7 days, past the position; what lies beyond waits in `far`.
  @inlinable static var levels: Int { 5 }

  @usableFromInline var slots: [ContiguousArray<Entry>]
  @usableFromInline var occupied: [UInt64]
  @usableFromInline var far: ContiguousArray<Entry> = []
  @usableFromInline var position: UInt64 = 0
  /// How far into the current lowest-level slot delivery has come.
  @usableFromInline var cursor = 0
  /// Deliveries that wait.
  public var count: Int { waiting }
  @usableFromInline var waiting = 0

  @inlinable public init() {
    slots = Array(repeating: [], count: Self.levels * 256)
    occupied = Array(repeating: 0, count: Self.levels * 4)
  }

  /// Puts `payload` in line for `tick`. A tick in the past counts as the present.
  @inlinable public mutating func schedule(_ payload: Payload, at tick: Tick) {
    place(Entry(tick: max(tick.microseconds, position), payload: payload))
    waiting += 1
  }

  /// Takes the next delivery that is due at `deadline` or before. Nil makes `deadline` the present:
  /// nothing may be put in line before it any more.
  @inlinable public mutating func next(through deadline: Tick) -> (tick: Tick, payload: Payload)? {
    while true {
      if let slot = firstOccupied(level: 0, from: Int(position & 0xFF)) {
        let tick = (position & ~0xFF) | UInt64(slot)
        guard tick <= deadline.microseconds else { return nil }
        if tick != position {
          position = tick
          cursor = 0
        }
        let payload = slots[slot][cursor].payload
        cursor += 1
        if cursor == slots[slot].count { empty(slot) }
        waiting -= 1
        return (Tick(microseconds: tick), payload)
      }
      guard cascade(through: deadline.microseconds) else { return nil }
    }
  }

  /// The tick of the next delivery.
  @inlinable public var nextTick: Tick? {
    if let slot = firstOccupied(level: 0, from: Int(position & 0xFF)) {
      return Tick(microseconds: (position & ~0xFF) | UInt64(slot))
    }
    for level in 1..<Self.levels {
      let current = Int(position >> UInt64(8 * level) & 0xFF)
      if let slot = firstOccupied(level: level, from: current + 1) {
        return slots[level << 8 | slot].map(\.tick).min().map(Tick.init(microseconds:))
      }
    }
    return far.map(\.tick).min().map(Tick.init(microseconds:))
  }

  /// Everything that waits, by tick and order; costs a walk over all of it.
  public func pending() -> [(tick: Tick, payload: Payload)] {
    var all: [(UInt64, Int, Payload)] = []
    all.reserveCapacity(count)
    for slot in slots.indices {
      let start = slot == Int(position & 0xFF) ? cursor : 0
      for entry in slots[slot].dropFirst(start) {
        all.append((entry.tick, all.count, entry.payload))
      }
    }
    for entry in far { all.append((entry.tick, all.count, entry.payload)) }
    all.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    return all.map { (Tick(microseconds: $0.0), $0.2) }
  }

  @inlinable mutating func place(_ entry: Entry) {
    let difference = entry.tick ^ position
    guard difference >> UInt64(8 * Self.levels) == 0 else {
      far.append(entry)
      return
    }
    let level = difference == 0 ? 0 : (63 - difference.leadingZeroBitCount) >> 3
    let slot = Int(entry.tick >> UInt64(8 * level) & 0xFF)
    slots[level << 8 | slot].append(entry)
    occupied[level << 2 | slot >> 6] |= 1 << UInt64(slot & 63)
  }

  @inlinable mutating func empty(_ index: Int) {
    // A burst's room is given back; the usual few entries' is kept for the next round.
    slots[index].removeAll(keepingCapacity: slots[index].capacity <= 64)
    occupied[(index >> 8) << 2 | (index & 0xFF) >> 6] &= ~(1 << UInt64(index & 63))
    cursor = 0
  }

  @inlinable func firstOccupied(level: Int, from start: Int) -> Int? {
    guard start < 256 else { return nil }
    var word = start >> 6
    var bits = occupied[level << 2 | word] & (~0 << UInt64(start & 63))
    while bits == 0 {
      word += 1
      if word == 4 { return nil }
      bits = occupied[level << 2 | word]
    }
    return word << 6 | bits.trailingZeroBitCount
  }

  /// Moves the next occupied slot of a higher level down, if it begins at `deadline` or before.
  @inlinable mutating func cascade(through deadline: UInt64) -> Bool {
    for level in 1..<Self.levels {
      let shift = UInt64(8 * level)
      let current = Int(position >> shift & 0xFF)
      guard let slot = firstOccupied(level: level, from: current + 1) else { continue }
      let above = shift + 8
      let start = ((position >> above) << above) | UInt64(slot) << shift
      guard start <= deadline else { return false }
      // Taken out, not copied, so that its room can be put back: nothing of it stays on this level.
      var entries: ContiguousArray<Entry> = []
      swap(&entries, &slots[level << 8 | slot])
      empty(level << 8 | slot)
      position = start
      for entry in entries { place(entry) }
      if entries.capacity <= 64 {
        entries.removeAll(keepingCapacity: true)
        slots[level << 8 | slot] = entries
      }
      return true
    }
    guard let first = far.map(\.tick).min(), first <= deadline else { return false }
    let reach = UInt64(8 * Self.levels)
    position = (first >> reach) << reach
    cursor = 0
    let entries = far
    far = []
    for entry in entries { place(entry) }
    return true
  }
}
