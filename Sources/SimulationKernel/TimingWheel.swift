import Basics

/// The queue of everything that will happen: a hierarchical timing wheel of 256-slot levels over
/// one-microsecond ticks (Varghese and Lauck 1987).
///
/// Deliveries of one tick come out in the order in which they went in. An entry lies on the level
/// of the highest byte in which its tick differs from `position`; when the wheel comes to a slot of
/// a higher level, that slot's entries move down before anything else can be put beside them, which
/// is what keeps the order.
///
/// The lowest level has no slots: the entries of the 256 ticks at hand are few, and lie in one
/// sorted array, `due`. A slot for each tick would be some lines of cache touched for each entry.
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

  /// Four levels above the ticks at hand reach 2⁴⁰ µs, 12.7 days, past the position; what lies
  /// beyond waits in `far`.
  @inlinable static var levels: Int { 5 }

  /// What lies in one slot, in the order in which it came: `tail`, and before it full chunks. A slot
  /// of seconds or minutes holds thousands of timers, and the first entry that comes after the world
  /// was copied must not copy them all.
  @usableFromInline struct Slot: Sendable, RandomAccessCollection {
    @inlinable static var chunkSize: Int { 32 }

    @usableFromInline var full: ContiguousArray<ContiguousArray<Entry>> = []
    @usableFromInline var tail: ContiguousArray<Entry> = []

    @inlinable init() {}

    @inlinable var startIndex: Int { 0 }
    @inlinable var endIndex: Int { full.count * Self.chunkSize + tail.count }
    @inlinable subscript(place: Int) -> Entry {
      let chunk = place / Self.chunkSize
      return chunk < full.count
        ? full[chunk][place % Self.chunkSize] : tail[place % Self.chunkSize]
    }

    @inlinable mutating func append(_ entry: Entry) {
      if tail.count == Self.chunkSize {
        full.append(tail)
        tail = []
      }
      tail.append(entry)
    }

    @inlinable mutating func remove(at place: Int) -> Entry {
      let all = Array(self)
      self = Slot()
      for (index, entry) in all.enumerated() where index != place { append(entry) }
      return all[place]
    }
  }

  /// What is due in the 256 ticks around `position`, by tick and order; up to `cursor` delivered.
  @usableFromInline var due: ContiguousArray<Entry> = []
  @usableFromInline var cursor = 0
  /// The slots of level 1 and above: that of level l begins at (l - 1) × 256.
  @usableFromInline var slots: [Slot]
  @usableFromInline var occupied: [UInt64]
  @usableFromInline var far = Slot()
  @usableFromInline var position: UInt64 = 0
  /// Deliveries that wait.
  public var count: Int { waiting }
  @usableFromInline var waiting = 0

  @inlinable public init() {
    slots = Array(repeating: Slot(), count: (Self.levels - 1) * 256)
    occupied = Array(repeating: 0, count: (Self.levels - 1) * 4)
  }

  /// Puts `payload` in line for `tick`. A tick in the past counts as the present.
  @inlinable public mutating func schedule(_ payload: Payload, at tick: Tick) {
    place(Entry(tick: max(tick.microseconds, position), payload: payload))
    waiting += 1
  }

  /// Takes the next delivery that is due at `deadline` or before. Nil makes `deadline` the present:
  /// nothing may be put in line before it any more.
  @inlinable public mutating func next(through deadline: Tick) -> (tick: Tick, payload: Payload)? {
    while cursor == due.count {
      guard cascade(through: deadline.microseconds) else { return nil }
    }
    let tick = due[cursor].tick
    guard tick <= deadline.microseconds else { return nil }
    position = tick
    let payload = due[cursor].payload
    cursor += 1
    if cursor == due.count { emptyDue() }
    waiting -= 1
    return (Tick(microseconds: tick), payload)
  }

  /// The tick of the next delivery.
  @inlinable public var nextTick: Tick? {
    if cursor < due.count { return Tick(microseconds: due[cursor].tick) }
    for level in 1..<Self.levels {
      let current = Int(position >> UInt64(8 * level) & 0xFF)
      if let slot = firstOccupied(level: level, from: current + 1) {
        return slots[Self.index(level, slot)].map(\.tick).min().map(Tick.init(microseconds:))
      }
    }
    return far.map(\.tick).min().map(Tick.init(microseconds:))
  }

  /// Everything that waits, by tick and order; costs a walk over all of it.
  public func pending() -> [(tick: Tick, payload: Payload)] {
    var all: [(Tick, Payload)] = []
    all.reserveCapacity(count)
    walk { tick, _, payload in
      all.append((tick, payload))
      return true
    }
    return all
  }

  @inlinable static func index(_ level: Int, _ slot: Int) -> Int { (level - 1) << 8 | slot }

  @inlinable mutating func place(_ entry: Entry) {
    let difference = entry.tick ^ position
    if difference >> 8 == 0 { return insert(entry) }
    guard difference >> UInt64(8 * Self.levels) == 0 else {
      far.append(entry)
      return
    }
    let level = (63 - difference.leadingZeroBitCount) >> 3
    let slot = Int(entry.tick >> UInt64(8 * level) & 0xFF)
    slots[Self.index(level, slot)].append(entry)
    occupied[(level - 1) << 2 | slot >> 6] |= 1 << UInt64(slot & 63)
  }

  /// Puts an entry among those at hand, behind all of its tick.
  @inlinable mutating func insert(_ entry: Entry) {
    var low = cursor
    var high = due.count
    while low < high {
      let middle = (low + high) >> 1
      if due[middle].tick <= entry.tick { low = middle + 1 } else { high = middle }
    }
    if low == due.count { due.append(entry) } else { due.insert(entry, at: low) }
  }

  /// Gives back the room that is kept for more than lies there, before a copy is made that is to
  /// last.
  public mutating func releaseRoom() {
    due = Self.exactly(due[cursor...])
    cursor = 0
    for place in slots.indices
    where slots[place].tail.capacity > slots[place].tail.count + slots[place].tail.count / 4 {
      slots[place].tail = Self.exactly(slots[place].tail[...])
    }
  }

  private static func exactly(_ entries: ContiguousArray<Entry>.SubSequence) -> ContiguousArray<
    Entry
  > {
    var exact: ContiguousArray<Entry> = []
    exact.reserveCapacity(entries.count)
    exact.append(contentsOf: entries)
    return exact
  }

  @inlinable mutating func emptyDue() {
    // A burst's room is given back; the usual few entries' is kept for the next round.
    due.removeAll(keepingCapacity: due.capacity <= 64)
    cursor = 0
  }

  @inlinable func firstOccupied(level: Int, from start: Int) -> Int? {
    guard start < 256 else { return nil }
    var word = start >> 6
    var bits = occupied[(level - 1) << 2 | word] & (~0 << UInt64(start & 63))
    while bits == 0 {
      word += 1
      if word == 4 { return nil }
      bits = occupied[(level - 1) << 2 | word]
    }
    return word << 6 | bits.trailingZeroBitCount
  }

  /// Moves the next occupied slot of a higher level down, if it begins at `deadline` or before.
  /// Only while nothing is at hand.
  @inlinable mutating func cascade(through deadline: UInt64) -> Bool {
    for level in 1..<Self.levels {
      let shift = UInt64(8 * level)
      let current = Int(position >> shift & 0xFF)
      guard let slot = firstOccupied(level: level, from: current + 1) else { continue }
      let above = shift + 8
      let start = ((position >> above) << above) | UInt64(slot) << shift
      guard start <= deadline else { return false }
      position = start
      occupied[(level - 1) << 2 | slot >> 6] &= ~(1 << UInt64(slot & 63))
      if level == 1 {
        // The slot's entries are what is at hand now: the arrays change places.
        swap(&due, &slots[slot].tail)
        if !slots[slot].full.isEmpty {
          let full = slots[slot].full
          slots[slot].full = []
          due = ContiguousArray(full.joined()) + due
        }
        sortDue()
        return true
      }
      // Taken out, not copied, so that its room can be put back: nothing of it stays on this level.
      var entries = Slot()
      swap(&entries, &slots[Self.index(level, slot)])
      for chunk in entries.full { for entry in chunk { place(entry) } }
      for entry in entries.tail { place(entry) }
      if level == 2 {
        // These come round again soon.
        entries.tail.removeAll(keepingCapacity: true)
        slots[Self.index(level, slot)].tail = entries.tail
      }
      return true
    }
    guard let first = far.map(\.tick).min(), first <= deadline else { return false }
    let reach = UInt64(8 * Self.levels)
    position = (first >> reach) << reach
    let entries = far
    far = Slot()
    for entry in entries { place(entry) }
    return true
  }

  /// Sorts what is at hand by tick; what is of one tick stays in order.
  @inlinable mutating func sortDue() {
    guard due.count > 1 else { return }
    guard due.count <= 32 else {
      let entries = due
      due.removeAll()
      due.reserveCapacity(entries.count)
      for place in order(of: entries) { due.append(entries[place.index]) }
      return
    }
    for sorted in 1..<due.count {
      var at = sorted
      while at > 0, due[at - 1].tick > due[at].tick {
        due.swapAt(at - 1, at)
        at -= 1
      }
    }
  }
}
