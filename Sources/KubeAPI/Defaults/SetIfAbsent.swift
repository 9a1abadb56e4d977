// Setters that say whether they set anything.

extension String {
  mutating func setIfEmpty(_ value: String) -> Bool {
    guard isEmpty else { return false }
    self = value
    return true
  }
}

extension Int32 {
  mutating func setIfZero(_ value: Int32) -> Bool {
    guard self == 0 else { return false }
    self = value
    return true
  }
}

extension Optional {
  mutating func setIfNil(_ value: Wrapped) -> Bool {
    guard self == nil else { return false }
    self = value
    return true
  }
}

extension Array {
  /// Applies `change` to each item, writing back those it changed: an array of which nothing
  /// changes stays shared.
  mutating func applyToEach(_ change: (inout Element) -> Bool) -> Bool {
    var changed = false
    for index in indices {
      var item = self[index]
      if change(&item) {
        self[index] = item
        changed = true
      }
    }
    return changed
  }
}
