import Basics

// Looking at what waits, in order, and taking one delivery out of turn.
extension TimingWheel {
  /// Walks over what waits in the order in which it will be delivered, until `body` says false.
  /// `order` counts the deliveries of one tick.
  @inlinable
  public func walk(_ body: (_ tick: Tick, _ order: Int, _ payload: Payload) -> Bool) {
    var tick = UInt64.max
    var order = 0
    func visit(_ entry: Entry) -> Bool {
      order = entry.tick == tick ? order + 1 : 0
      tick = entry.tick
      return body(Tick(microseconds: entry.tick), order, entry.payload)
    }
    forEachSlot { entries in
      for place in self.order(of: entries) where !visit(entries[place.index]) {
        return false
      }
      return true
    }
  }

  /// Hands out what is at hand from where it was not delivered, then the slots in the order of time,
  /// then what is far; false where `body` said so.
  @inlinable @discardableResult
  func forEachSlot(_ body: (Slot) -> Bool) -> Bool {
    var atHand = Slot()
    for entry in due[cursor...] { atHand.append(entry) }
    guard body(atHand) else { return false }
    for level in 1..<Self.levels {
      let current = Int(position >> UInt64(8 * level) & 0xFF)
      var slot = firstOccupied(level: level, from: current + 1)
      while let found = slot {
        guard body(slots[Self.index(level, found)]) else { return false }
        slot = firstOccupied(level: level, from: found + 1)
      }
    }
    return body(far)
  }

  /// Walks as `walk(_:)` does over what differs; of what is alike only the soonest is met, and the
  /// rest is counted without being put in order: thousands of nodes' timers that come round again
  /// and again are no more than a count to who wants to know what comes next.
  ///
  /// - Parameters:
  ///   - classes: how many kinds of entries there are that are alike.
  ///   - limit: how many entries are looked at; the slot in which it is reached is looked at whole.
  ///   - classOf: the kind of what is alike, below `classes`; nil for what is met one by one.
  ///   - body: says whether to go on. `order` costs a walk over the slot.
  /// - Returns: how many there are of each kind, and whether all that waits was looked at.
  @inlinable
  public func walk(
    classes: Int, scanning limit: Int = .max, classOf: (Payload) -> Int?,
    _ body: (_ tick: Tick, _ payload: Payload, _ order: () -> Int) -> Bool
  ) -> (counts: [Int], isWhole: Bool) {
    var counts = [Int](repeating: 0, count: classes)
    var left = limit
    let isWhole = forEachSlot { entries in
      guard !entries.isEmpty else { return true }
      guard left > 0 else { return false }
      left -= entries.count
      var places: [TimingWheelPlace] = []
      var firsts: [TimingWheelPlace?] = []
      for index in entries.indices {
        let place = TimingWheelPlace(tick: entries[index].tick, index: index)
        guard let kind = classOf(entries[index].payload) else {
          places.append(place)
          continue
        }
        if firsts.isEmpty && counts[kind] == 0 {
          firsts = Array(repeating: nil, count: classes)
        }
        if counts[kind] == 0 || !firsts.isEmpty && firsts[kind] != nil {
          firsts[kind] = firsts[kind].map { Swift.min($0, place) } ?? place
        }
        counts[kind] += 1
      }
      places += firsts.compactMap { $0 }
      for place in SoonestFirst(places) {
        let entry = entries[place.index]
        let goesOn = body(Tick(microseconds: entry.tick), entry.payload) {
          entries[..<place.index].count { $0.tick == entry.tick }
        }
        guard goesOn else { return false }
      }
      return true
    }
    return (counts, isWhole)
  }

  /// The places of the entries by tick; what is of one tick stays in order. Payloads are not moved.
  @inlinable
  func order(of entries: some RandomAccessCollection<Entry>) -> SoonestFirst {
    var places: [TimingWheelPlace] = []
    places.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      places.append(TimingWheelPlace(tick: entry.tick, index: index))
    }
    return SoonestFirst(places)
  }

  /// The delivery of this tick and order, if it still waits.
  public func payload(at tick: Tick, order: Int) -> Payload? {
    guard let (shelf, index) = place(of: tick, order) else { return nil }
    switch shelf {
    case .due: return due[index].payload
    case .slot(let slot): return slots[slot][index].payload
    case .far: return far[index].payload
    }
  }

  /// Takes the delivery of this tick and order out of the line; those of its tick that come after
  /// it move up by one.
  public mutating func remove(at tick: Tick, order: Int) -> Payload? {
    guard let (shelf, index) = place(of: tick, order) else { return nil }
    waiting -= 1
    switch shelf {
    case .due:
      let entry = due.remove(at: index)
      if cursor == due.count { emptyDue() }
      return entry.payload
    case .slot(let slot):
      let entry = slots[slot].remove(at: index)
      if slots[slot].isEmpty {
        occupied[(slot >> 8) << 2 | (slot & 0xFF) >> 6] &= ~(1 << UInt64(slot & 63))
      }
      return entry.payload
    case .far: return far.remove(at: index).payload
    }
  }

  private enum Shelf {
    case due, far
    case slot(Int)
  }

  private func place(of tick: Tick, _ order: Int) -> (shelf: Shelf, index: Int)? {
    guard order >= 0, tick.microseconds >= position else { return nil }
    let difference = tick.microseconds ^ position
    func find(in entries: some RandomAccessCollection<Entry>) -> Int? {
      var left = order
      for (index, entry) in entries.enumerated() where entry.tick == tick.microseconds {
        if left == 0 { return index }
        left -= 1
      }
      return nil
    }
    if difference >> 8 == 0 { return find(in: due[cursor...]).map { (.due, cursor + $0) } }
    if difference >> UInt64(8 * Self.levels) != 0 { return find(in: far).map { (.far, $0) } }
    let level = (63 - difference.leadingZeroBitCount) >> 3
    let slot = Self.index(level, Int(tick.microseconds >> UInt64(8 * level) & 0xFF))
    return find(in: slots[slot]).map { (.slot(slot), $0) }
  }
}
