import Basics

extension TimingWheel {
  /// What is due by `deadline`, by tick and order, and at most `limit` of it. Costs a walk over the
  /// slots that begin by then only.
  public func soon(through deadline: Tick, limit: Int) -> [(tick: Tick, payload: Payload)] {
    var found: [(UInt64, Int, Payload)] = []
    func take(_ entries: ArraySlice<Entry>) {
      for entry in entries where entry.tick <= deadline.microseconds {
        found.append((entry.tick, found.count, entry.payload))
      }
    }
    for level in 0..<Self.levels {
      let shift = UInt64(8 * level)
      let current = Int(position >> shift & 0xFF)
      let base = (position >> (shift + 8)) << (shift + 8)
      var next = firstOccupied(level: level, from: level == 0 ? current : current + 1)
      while let slot = next, found.count < limit {
        guard base | UInt64(slot) << shift <= deadline.microseconds else { break }
        let entries = slots[level << 8 | slot]
        take(entries.dropFirst(level == 0 && slot == current ? cursor : 0)[...])
        next = firstOccupied(level: level, from: slot + 1)
      }
      if found.count >= limit { break }
    }
    found.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    return found.prefix(limit).map { (Tick(microseconds: $0.0), $0.2) }
  }
}
