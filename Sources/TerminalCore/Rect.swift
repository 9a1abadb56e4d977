/// A cell position; x to the right, y down, from 0.
public struct Point: Hashable, Sendable {
  public var x: Int
  public var y: Int
  public init(x: Int, y: Int) {
    self.x = x
    self.y = y
  }
}

/// An area of cells; may be empty, never negative.
public struct Rect: Hashable, Sendable {
  public let x: Int
  public let y: Int
  public let width: Int
  public let height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = max(width, 0)
    self.height = max(height, 0)
  }

  public static let zero = Rect(x: 0, y: 0, width: 0, height: 0)

  public var isEmpty: Bool { width == 0 || height == 0 }
  /// The first column right of it.
  public var right: Int { x + width }
  /// The first row below it.
  public var bottom: Int { y + height }

  public func contains(_ point: Point) -> Bool {
    point.x >= x && point.x < right && point.y >= y && point.y < bottom
  }

  public func intersection(_ other: Rect) -> Rect {
    let (left, top) = (max(x, other.x), max(y, other.y))
    return Rect(
      x: left, y: top, width: min(right, other.right) - left,
      height: min(bottom, other.bottom) - top)
  }

  public func inset(horizontal: Int = 0, vertical: Int = 0) -> Rect {
    let (dx, dy) = (min(horizontal, width / 2), min(vertical, height / 2))
    return Rect(
      x: x + dx, y: y + dy, width: width - 2 * horizontal, height: height - 2 * vertical)
  }

  /// Its row `index`, one cell high; empty when there is no such row.
  public func row(_ index: Int) -> Rect {
    Rect(x: x, y: y + index, width: width, height: index >= 0 && index < height ? 1 : 0)
  }

  /// A rectangle of at most this size in the middle of this one.
  public func centered(width w: Int, height h: Int) -> Rect {
    let (cw, ch) = (min(max(w, 0), width), min(max(h, 0), height))
    return Rect(x: x + (width - cw) / 2, y: y + (height - ch) / 2, width: cw, height: ch)
  }

  /// Cuts off the first `rows` rows: (those, the rest).
  public func cut(top rows: Int) -> (top: Rect, rest: Rect) {
    let n = min(max(rows, 0), height)
    return (
      Rect(x: x, y: y, width: width, height: n),
      Rect(x: x, y: y + n, width: width, height: height - n)
    )
  }

  /// Cuts off the last `rows` rows: (the rest, those).
  public func cut(bottom rows: Int) -> (rest: Rect, bottom: Rect) {
    let n = min(max(rows, 0), height)
    let parts = cut(top: height - n)
    return (parts.top, parts.rest)
  }

  /// Cuts off the first `columns` columns: (those, the rest).
  public func cut(left columns: Int) -> (left: Rect, rest: Rect) {
    let n = min(max(columns, 0), width)
    return (
      Rect(x: x, y: y, width: n, height: height),
      Rect(x: x + n, y: y, width: width - n, height: height)
    )
  }

  /// Cuts off the last `columns` columns: (the rest, those).
  public func cut(right columns: Int) -> (rest: Rect, right: Rect) {
    let n = min(max(columns, 0), width)
    let parts = cut(left: width - n)
    return (parts.left, parts.rest)
  }
}
