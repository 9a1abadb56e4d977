extension RandomAccessCollection {
  /// The first index whose element satisfies `predicate`, where all that do come last; the end where
  /// none does. Costs a logarithm of looks.
  @inlinable
  public func partitioningIndex(where predicate: (Element) -> Bool) -> Index {
    var low = startIndex
    var left = count
    while left > 0 {
      let middle = index(low, offsetBy: left / 2)
      if predicate(self[middle]) {
        left /= 2
      } else {
        low = index(after: middle)
        left -= left / 2 + 1
      }
    }
    return low
  }
}
