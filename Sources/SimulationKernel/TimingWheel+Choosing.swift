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
    for level in 0..<Self.levels {
      let current = Int(position >> UInt64(8 * level) & 0xFF)
      var slot = firstOccupied(level: level, from: level == 0 ? current : current + 1)
      while let found = slot {
        let entries = slots[level << 8 | found]
        if level == 0 {
          let start = found == current ? cursor : 0
          for index in start..<entries.count where !visit(entries[index]) { return }
        } else {
          for place in self.order(of: entries) where !visit(entries[place.index]) { return }
        }
        slot = firstOccupied(level: level, from: found + 1)
      }
    }
    for place in self.order(of: far) where !visit(far[place.index]) { return }
  }

  /// The entries by tick; what is of one tick stays in order. Payloads are not moved about.
  @inlinable
  func order(of entries: ContiguousArray<Entry>) -> [TimingWheelPlace] {
    var places: [TimingWheelPlace] = []
    places.reserveCapacity(entries.count)
    for index in entries.indices {
      places.append(TimingWheelPlace(tick: entries[index].tick, index: index))
    }
    places.sort { ($0.tick, $0.index) < ($1.tick, $1.index) }
    return places
  }

  /// The delivery of this tick and order, if it still waits.
  public func payload(at tick: Tick, order: Int) -> Payload? {
    guard let (slot, index) = place(of: tick, order) else { return nil }
    return slot < 0 ? far[index].payload : slots[slot][index].payload
  }

  /// Takes the delivery of this tick and order out of the line; those of its tick that come after
  /// it move up by one.
  public mutating func remove(at tick: Tick, order: Int) -> Payload? {
    guard let (slot, index) = place(of: tick, order) else { return nil }
    waiting -= 1
    guard slot >= 0 else { return far.remove(at: index).payload }
    let entry = slots[slot].remove(at: index)
    let isCurrent = slot == Int(position & 0xFF)
    if slots[slot].count == (isCurrent ? cursor : 0) {
      slots[slot].removeAll()
      occupied[(slot >> 8) << 2 | (slot & 0xFF) >> 6] &= ~(1 << UInt64(slot & 63))
      if isCurrent { cursor = 0 }
    }
    return entry.payload
  }

  /// The slot (-1 for `far`) and the place in it.
  private func place(of tick: Tick, _ order: Int) -> (slot: Int, index: Int)? {
    guard order >= 0, tick.microseconds >= position else { return nil }
    let difference = tick.microseconds ^ position
    let isFar = difference >> UInt64(8 * Self.levels) != 0
    let level = difference == 0 ? 0 : (63 - difference.leadingZeroBitCount) >> 3
    let slot = isFar ? -1 : level << 8 | Int(tick.microseconds >> UInt64(8 * level) & 0xFF)
    let entries = isFar ? far : slots[slot]
    var left = order
    let start = !isFar && difference == 0 ? cursor : 0
    for index in entries.indices.dropFirst(start)
    where entries[index].tick == tick.microseconds {
      if left == 0 { return (slot, index) }
      left -= 1
    }
    return nil
  }
}

/// Where an entry is in its slot.
@usableFromInline
struct TimingWheelPlace: Sendable {
  @usableFromInline let tick: UInt64
  @usableFromInline let index: Int

  @inlinable
  init(tick: UInt64, index: Int) {
    self.tick = tick
    self.index = index
  }
}
