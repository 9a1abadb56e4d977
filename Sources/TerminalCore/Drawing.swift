extension CellBuffer {
  /// Draws the frame of `rect`. One cell or row is drawn as far as it goes.
  public mutating func box(_ rect: Rect, lines: BoxLines, style: Style = .plain) {
    guard rect.width >= 2, rect.height >= 2 else { return }
    let (right, bottom) = (rect.right - 1, rect.bottom - 1)
    for x in clamped(rect.x + 1, right, bounds.width) {
      put(lines.horizontal, x: x, y: rect.y, style: style)
      put(lines.horizontal, x: x, y: bottom, style: style)
    }
    for y in clamped(rect.y + 1, bottom, bounds.height) {
      put(lines.vertical, x: rect.x, y: y, style: style)
      put(lines.vertical, x: right, y: y, style: style)
    }
    put(lines.topLeft, x: rect.x, y: rect.y, style: style)
    put(lines.topRight, x: right, y: rect.y, style: style)
    put(lines.bottomLeft, x: rect.x, y: bottom, style: style)
    put(lines.bottomRight, x: right, y: bottom, style: style)
  }

  /// Draws a horizontal line over the top row of `rect`.
  public mutating func rule(_ rect: Rect, _ stroke: Unicode.Scalar, style: Style = .plain) {
    guard rect.height > 0 else { return }
    for x in clamped(rect.x, rect.right, width) { put(stroke, x: x, y: rect.y, style: style) }
  }

  private func clamped(_ low: Int, _ high: Int, _ limit: Int) -> Range<Int> {
    let start = max(low, 0)
    return start..<max(min(high, limit), start)
  }

  /// Puts one scalar, one column wide, over what is there.
  public mutating func put(_ scalar: Unicode.Scalar, x: Int, y: Int, style: Style = .plain) {
    guard bounds.contains(Point(x: x, y: y)) else { return }
    let old = self[x, y]
    var cell = Cell(
      scalar: scalar.value, foreground: old.foreground, background: old.background,
      attributes: style.attributes)
    cell.apply(colors: style)
    set(cell, x: x, y: y)
  }

  /// A horizontal bar over the top row of `rect`, `value` of `total` full, in eighths of a cell
  /// where the glyphs have them; a thin one in halves.
  public mutating func bar(
    _ rect: Rect, value: Int, of total: Int, glyphs: Glyphs, style: Style,
    trackStyle: Style = .plain, thin: Bool = false
  ) {
    guard rect.width > 0, rect.height > 0 else { return }
    let parts = thin ? glyphs.lines : glyphs.bars
    let steps = parts.count - 1
    let units = rect.width * steps
    var filled = 0
    if total > 0 && value > 0 {
      // A bar that is not empty shows at least its first sliver.
      let scaled = value.multipliedReportingOverflow(by: units)
      filled = scaled.overflow ? value / max(total / units, 1) : scaled.partialValue / total
      filled = min(max(filled, 1), units)
    }
    for column in 0..<rect.width {
      let part = min(max(filled - column * steps, 0), steps)
      if part == 0 {
        put(glyphs.barEmpty, x: rect.x + column, y: rect.y, style: trackStyle)
      } else {
        put(parts[part], x: rect.x + column, y: rect.y, style: style)
      }
    }
  }

  /// A graph of `values`, newest at the right edge, over the whole height of `rect`.
  ///
  /// `styles` run from bottom to top by height reached; one is enough. Values above `ceiling`
  /// are cut; a ceiling of 0 means the largest shown value. A `gap` keeps the topmost eighth free,
  /// so that graphs in neighbouring rows stay apart.
  public mutating func sparkline(
    _ rect: Rect, values: some RandomAccessCollection<Int>, ceiling: Int = 0, glyphs: Glyphs,
    styles: [Style], gap: Bool = false
  ) {
    guard !rect.isEmpty else { return }
    let shown = Array(values.suffix(rect.width))
    let top = max(ceiling > 0 ? ceiling : shown.max() ?? 0, 1)
    let steps = glyphs.sparks.count - 1
    let units = max(rect.height * steps - (gap ? 1 : 0), 1)
    let left = rect.right - shown.count
    for (column, value) in shown.enumerated() {
      let level = Self.level(value, of: top, in: units)
      for row in 0..<rect.height {
        let part = min(max(level - row * steps, 0), steps)
        guard part > 0 else { continue }
        let style = styles.isEmpty ? .plain : styles[row * styles.count / rect.height]
        put(glyphs.sparks[part], x: left + column, y: rect.bottom - 1 - row, style: style)
      }
    }
  }

  /// The same graph in braille dots: two values a cell, four levels a row. Falls back to
  /// `sparkline` (of the newest values) where braille cannot be drawn.
  public mutating func brailleGraph(
    _ rect: Rect, values: some RandomAccessCollection<Int>, ceiling: Int = 0, glyphs: Glyphs,
    styles: [Style]
  ) {
    guard glyphs.hasBraille else {
      sparkline(rect, values: values, ceiling: ceiling, glyphs: glyphs, styles: styles)
      return
    }
    guard !rect.isEmpty else { return }
    let shown = Array(values.suffix(rect.width * 2))
    let top = max(ceiling > 0 ? ceiling : shown.max() ?? 0, 1)
    let units = rect.height * 4
    let offset = rect.width * 2 - shown.count
    // Dots of a braille cell, bottom to top, in its left and its right column.
    let dots: [[UInt32]] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]]
    for row in 0..<rect.height {
      let style = styles.isEmpty ? .plain : styles[row * styles.count / rect.height]
      for column in 0..<rect.width {
        var pattern: UInt32 = 0
        for side in 0..<2 {
          let index = column * 2 + side - offset
          guard index >= 0, index < shown.count else { continue }
          let level = Self.level(shown[index], of: top, in: units) - row * 4
          for dot in 0..<min(max(level, 0), 4) { pattern |= dots[side][dot] }
        }
        guard pattern != 0, let scalar = Unicode.Scalar(0x2800 + pattern) else { continue }
        put(scalar, x: rect.x + column, y: rect.bottom - 1 - row, style: style)
      }
    }
  }

  /// `value` of `top` in `units`; anything above 0 shows at least one unit.
  private static func level(_ value: Int, of top: Int, in units: Int) -> Int {
    guard value > 0 else { return 0 }
    if value >= top { return units }
    let scaled = value.multipliedReportingOverflow(by: units)
    return max(scaled.overflow ? value / max(top / units, 1) : scaled.partialValue / top, 1)
  }
}
