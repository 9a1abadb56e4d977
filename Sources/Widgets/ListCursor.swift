import TerminalCore

/// Which row of a list is selected, and which is the first one shown.
public struct ListCursor: Hashable, Sendable {
  public var selected: Int
  public var offset: Int

  public init(selected: Int = 0, offset: Int = 0) {
    self.selected = selected
    self.offset = offset
  }

  /// Keeps both within a list of `count` rows of which `visible` show, and the selection in sight.
  public mutating func fit(count: Int, visible: Int) {
    let window = max(visible, 1)
    selected = min(max(selected, 0), max(count - 1, 0))
    if selected < offset { offset = selected }
    if selected >= offset + window { offset = selected - window + 1 }
    offset = min(max(offset, 0), max(count - window, 0))
  }

  public func fitted(count: Int, visible: Int) -> ListCursor {
    var cursor = self
    cursor.fit(count: count, visible: visible)
    return cursor
  }

  /// Moves the selection for a key that moves in lists (arrows, hjkl, g G, half and whole pages,
  /// the wheel); false for any other key.
  public mutating func handle(_ key: Key, count: Int, visible: Int) -> Bool {
    let page = max(visible - 1, 1)
    switch key {
    case .up, .char("k"): selected -= 1
    case .down, .char("j"): selected += 1
    case .pageUp, .ctrl("b"): selected -= page
    case .pageDown, .ctrl("f"): selected += page
    case .ctrl("u"): selected -= max(visible / 2, 1)
    case .ctrl("d"): selected += max(visible / 2, 1)
    case .home, .char("g"): selected = 0
    case .end, .char("G"): selected = count - 1
    case .mouse(let mouse) where mouse.action == .wheelUp: selected -= 3
    case .mouse(let mouse) where mouse.action == .wheelDown: selected += 3
    default: return false
    }
    fit(count: count, visible: visible)
    return true
  }
}

/// Shows where in a long list one is; one column wide.
public struct ScrollBar: Sendable {
  public var offset: Int
  public var visible: Int
  public var total: Int

  public init(offset: Int, visible: Int, total: Int) {
    self.offset = offset
    self.visible = visible
    self.total = total
  }

  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    guard total > visible, visible > 0, !rect.isEmpty else { return }
    let length = min(max(rect.height * visible / total, 1), rect.height)
    let span = max(total - visible, 1)
    let start = min(max(offset, 0), span) * (rect.height - length) / span
    for row in 0..<rect.height {
      let inside = row >= start && row < start + length
      buffer.text(
        inside ? theme.glyphs.scrollThumb : theme.glyphs.scrollTrack, x: rect.right - 1,
        y: rect.y + row, style: theme[inside ? .dim : .barTrack], clip: rect)
    }
  }
}
