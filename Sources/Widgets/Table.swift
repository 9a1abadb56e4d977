import TerminalCore

/// A column of a table.
public struct Column: Hashable, Sendable {
  public var title: String
  /// Columns it needs.
  public var width: Int
  /// Its share of the width that is left over; 0 for a fixed column.
  public var weight: Int
  public var alignment: Alignment
  /// In a narrow table the columns with the lowest priority go first.
  public var priority: Int
  /// What is too long loses its middle: names that differ in their ends.
  public var cutsMiddle: Bool

  public init(
    _ title: String, width: Int, weight: Int = 0, alignment: Alignment = .left, priority: Int = 1,
    cutsMiddle: Bool = false
  ) {
    self.title = title
    self.width = max(width, 1)
    self.weight = max(weight, 0)
    self.alignment = alignment
    self.priority = priority
    self.cutsMiddle = cutsMiddle
  }
}

/// What stands in one cell of a table.
public enum TableCell: Sendable {
  case text(String, Style = .plain)
  case spans([Span])
  /// A bar, `value` of `total` full.
  case bar(value: Int, of: Int, Style)
  /// A tiny graph, newest value at the right.
  case spark([Int], Style)
}

/// Rows and columns, of which only the rows in sight are asked for.
public struct Table: Sendable {
  public var columns: [Column]
  public var rowCount: Int
  public var cursor: ListCursor
  /// Whether the cursor is drawn as active.
  public var focused: Bool
  /// Column that the rows are sorted by, marked in the header.
  public var sortColumn: Int?
  public var sortDescending = false
  /// Shown when there are no rows.
  public var placeholder = ""

  public init(
    columns: [Column], rowCount: Int, cursor: ListCursor = ListCursor(), focused: Bool = false
  ) {
    self.columns = columns
    self.rowCount = rowCount
    self.cursor = cursor
    self.focused = focused
  }

  /// Where a table was drawn; turns mouse positions into rows and columns.
  public struct Geometry: Hashable, Sendable {
    public var header = Rect.zero
    public var body = Rect.zero
    /// First row in sight.
    public var offset = 0
    public var rowCount = 0
    /// The columns shown: their index, and where.
    public var columns: [Placement] = []

    public struct Placement: Hashable, Sendable {
      public var index: Int
      public var x: Int
      public var width: Int
    }

    public init() {}

    public func row(at point: Point) -> Int? {
      guard body.contains(point) else { return nil }
      let row = offset + point.y - body.y
      return row < rowCount ? row : nil
    }

    public func headerColumn(at point: Point) -> Int? {
      guard header.contains(point) else { return nil }
      return columns.first { point.x >= $0.x && point.x < $0.x + $0.width }?.index
    }
  }

  /// Rows that fit into a table of this height, under its header.
  public static func visibleRows(height: Int) -> Int { max(height - 1, 0) }

  /// Draws the header and the rows in sight. The cursor is fitted first, so a stale one is fine.
  @discardableResult
  public func render(
    into buffer: inout CellBuffer, in rect: Rect, theme: Theme,
    rowStyle: (Int) -> Style = { _ in .plain }, cell: (Int, Int) -> TableCell
  ) -> Geometry {
    var geometry = Geometry()
    guard !rect.isEmpty else { return geometry }
    let (header, body) = rect.cut(top: 1)
    let fitted = cursor.fitted(count: rowCount, visible: body.height)
    geometry.header = header
    geometry.body = body
    geometry.offset = fitted.offset
    geometry.rowCount = rowCount
    let overflows = rowCount > body.height
    geometry.columns = placements(in: rect, scrollBar: overflows)
    renderHeader(into: &buffer, header, geometry, theme)
    if rowCount == 0 {
      buffer.line(placeholder, in: body, style: theme[.dim], align: .center)
    }
    for row in 0..<min(body.height, max(rowCount - fitted.offset, 0)) {
      let index = fitted.offset + row
      renderRow(
        index, into: &buffer, in: body.row(row), geometry, theme, rowStyle(index),
        isSelected: index == fitted.selected, cell)
    }
    if overflows {
      ScrollBar(offset: fitted.offset, visible: body.height, total: rowCount)
        .render(into: &buffer, in: body.cut(right: 1).right, theme: theme)
    }
    return geometry
  }

  /// Chooses the columns that fit, by priority, and shares what is left by weight. One column is
  /// kept free at the left for the mark of the selected row.
  func placements(in rect: Rect, scrollBar: Bool) -> [Geometry.Placement] {
    let room = max(rect.width - 1 - (scrollBar ? 1 : 0), 1)
    var kept = Array(columns.indices)
    func needed() -> Int { kept.reduce(0) { $0 + columns[$1].width + 1 } - 1 }
    while kept.count > 1, needed() > room {
      // Of equals the rightmost goes.
      var victim = kept.count - 1
      for position in kept.indices.reversed()
      where columns[kept[position]].priority < columns[kept[victim]].priority {
        victim = position
      }
      kept.remove(at: victim)
    }
    var left = max(room - needed(), 0)
    var weights = kept.reduce(0) { $0 + columns[$1].weight }
    var x = rect.x + 1
    return kept.map { index in
      let column = columns[index]
      let share = weights > 0 ? left * column.weight / weights : 0
      left -= share
      weights -= column.weight
      let width = min(column.width + share, max(rect.right - x, 0))
      defer { x += width + 1 }
      return Geometry.Placement(index: index, x: x, width: width)
    }
  }

  private func renderHeader(
    into buffer: inout CellBuffer, _ rect: Rect, _ geometry: Geometry, _ theme: Theme
  ) {
    for place in geometry.columns {
      let column = columns[place.index]
      var title = column.title
      if place.index == sortColumn {
        title += sortDescending ? theme.glyphs.down : theme.glyphs.up
      }
      let area = Rect(x: place.x, y: rect.y, width: place.width, height: 1)
      buffer.line(
        title, in: area, style: theme[.header], align: column.alignment,
        ellipsis: theme.glyphs.ellipsis)
    }
  }

  private func renderRow(
    _ row: Int, into buffer: inout CellBuffer, in rect: Rect, _ geometry: Geometry,
    _ theme: Theme, _ rowStyle: Style, isSelected: Bool, _ cell: (Int, Int) -> TableCell
  ) {
    let ground = rowStyle.over(theme[.text])
    if isSelected {
      let style = theme.selected(ground, active: focused)
      buffer.fill(rect, style)
      // The mark stands in one table only: where the keys go.
      if focused {
        buffer.text(
          theme.glyphs.selected, x: rect.x, y: rect.y,
          style: theme[.borderFocused].on(style.background), clip: rect)
      }
    }
    func drawn(_ style: Style) -> Style {
      let full = style.over(ground)
      return isSelected ? theme.selected(full, active: focused) : full
    }
    for place in geometry.columns where place.width > 0 {
      let area = Rect(x: place.x, y: rect.y, width: place.width, height: 1)
      switch cell(row, place.index) {
      case .text(let text, let style):
        let column = columns[place.index]
        let shown =
          column.cutsMiddle
          ? TextWidth.truncatedMiddle(text, columns: area.width, ellipsis: theme.glyphs.ellipsis)
          : text
        buffer.line(
          shown, in: area, style: drawn(style), align: column.alignment,
          ellipsis: theme.glyphs.ellipsis)
      case .spans(let spans):
        buffer.spans(spans.map { Span($0.text, drawn($0.style)) }, in: area)
      case .bar(let value, let total, let style):
        buffer.bar(
          area, value: value, of: total, glyphs: theme.glyphs, style: drawn(style),
          trackStyle: drawn(theme[.barTrack]), thin: true)
      case .spark(let values, let style):
        buffer.sparkline(
          area, values: values, glyphs: theme.glyphs, styles: [drawn(style)], gap: true)
      }
    }
  }
}
