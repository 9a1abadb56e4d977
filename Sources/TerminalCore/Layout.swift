/// What one part of a split area asks for, in cells along the split.
public enum Extent: Hashable, Sendable {
  /// Exactly so many cells, while they last.
  case fixed(Int)
  /// At least so many, and an equal share (weight 1) of what is left over.
  case min(Int)
  /// Only a share, by weight, of what is left over.
  case ratio(Int)

  var floor: Int {
    switch self {
    case .fixed(let n), .min(let n): max(n, 0)
    case .ratio: 0
    }
  }

  var weight: Int {
    switch self {
    case .fixed: 0
    case .min: 1
    case .ratio(let w): max(w, 0)
    }
  }
}

/// Shares `total` cells among `extents`, in order; the sum never exceeds `total`.
///
/// Floors are served first, from the front, so that in a tiny area the first parts survive.
public func shares(of total: Int, among extents: [Extent], spacing: Int = 0) -> [Int] {
  var left = max(total - spacing * max(extents.count - 1, 0), 0)
  var sizes = extents.map { extent in
    let size = Swift.min(extent.floor, left)
    left -= size
    return size
  }
  var weights = extents.reduce(0) { $0 + $1.weight }
  guard weights > 0 else { return sizes }
  for (index, extent) in extents.enumerated() where extent.weight > 0 {
    let share = left * extent.weight / weights
    sizes[index] += share
    left -= share
    weights -= extent.weight
  }
  return sizes
}

extension Rect {
  /// Parts from top to bottom, one an extent.
  public func rows(_ extents: [Extent], spacing: Int = 0) -> [Rect] {
    var top = y
    return shares(of: height, among: extents, spacing: spacing).map { size in
      let part = Rect(x: x, y: top, width: width, height: Swift.min(size, bottom - top))
      top = Swift.min(top + size + spacing, bottom)
      return part
    }
  }

  /// Parts from left to right, one an extent.
  public func columns(_ extents: [Extent], spacing: Int = 0) -> [Rect] {
    var left = x
    return shares(of: width, among: extents, spacing: spacing).map { size in
      let part = Rect(x: left, y: y, width: Swift.min(size, right - left), height: height)
      left = Swift.min(left + size + spacing, right)
      return part
    }
  }
}
