/// Which of many watched ranges hold a key, without asking each.
///
/// Prefixes and single keys are nested in one another or apart, never half overlapping. Sorted by
/// start (wider first), each range then has at most one narrowest range around it, and the ranges
/// that hold a key are the last one that starts at or before it and those around that one:
/// ```
///   /registry/            around: none
///     /registry/pods/     around: /registry/
///     /registry/nodes/    around: /registry/
/// ```
/// A range that half overlaps another is kept aside and asked every time.
struct RangeIndex: Sendable {
  // Of the nested ranges, in order. Columns rather than rows: the search touches the starts alone.
  private var lows: [Key] = []
  private var highs: [Key?] = []
  private var items: [Int] = []
  /// The place of the narrowest range around each one, -1 for none.
  private var around: [Int] = []
  private var aside: [(range: KeyRange, item: Int)] = []

  init() {}

  init(_ ranges: [(range: KeyRange, item: Int)]) {
    let sorted = ranges.filter { !$0.range.isEmpty }.sorted { a, b in
      if a.range.low != b.range.low { return a.range.low < b.range.low }
      if a.range.high != b.range.high {
        guard let high = a.range.high else { return true }
        return b.range.high.map { $0 < high } ?? false
      }
      return a.item < b.item
    }
    var open: [Int] = []
    for (range, item) in sorted {
      while let top = open.last, let high = highs[top], !(range.low < high) { open.removeLast() }
      if let top = open.last, let outer = highs[top] {
        guard let high = range.high, high <= outer else {
          aside.append((range, item))
          continue
        }
      }
      lows.append(range.low)
      highs.append(range.high)
      items.append(item)
      around.append(open.last ?? -1)
      open.append(lows.count - 1)
    }
  }

  /// Calls `visit` for every range that holds `key`, always in the same order.
  func visit(_ key: Key, _ visit: (Int) -> Void) {
    var low = 0
    var high = lows.count
    while low < high {
      let middle = (low + high) >> 1
      if key < lows[middle] { high = middle } else { low = middle + 1 }
    }
    var i = low - 1
    while i >= 0 {
      if highs[i].map({ key < $0 }) ?? true { visit(items[i]) }
      i = around[i]
    }
    for (range, item) in aside where range.contains(key) { visit(item) }
  }
}
