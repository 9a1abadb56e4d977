import TerminalCore

/// A row of tabs, one of them active.
public struct Tabs: Sendable {
  public var titles: [String]
  public var active: Int

  public init(_ titles: [String], active: Int) {
    self.titles = titles
    self.active = active
  }

  /// Draws them, scrolled so that the active one is in sight; returns where each is (empty when
  /// out of sight).
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> [Rect] {
    let widths = titles.map { TextWidth.of($0) + 2 }
    let line = rect.cut(top: 1).top
    var first = 0
    let chosen = min(max(active, 0), max(titles.count - 1, 0))
    while first < chosen, widths[first...chosen].reduce(0, +) > line.width { first += 1 }
    var x = line.x
    return titles.indices.map { index in
      guard index >= first, x < line.right else { return .zero }
      let place = Rect(
        x: x, y: line.y, width: min(widths[index], line.right - x), height: line.height)
      let style = theme[index == active ? .tabActive : .tab]
      buffer.text(" \(titles[index]) ", x: x, y: line.y, style: style, clip: place)
      x += widths[index]
      return place
    }
  }
}
