/// A grid of cells, drawn by pure functions and then shown by a terminal or exported.
///
/// Every drawing call clips: no position and no size makes it trap.
public struct CellBuffer: Hashable, Sendable {
  public private(set) var width: Int
  public private(set) var height: Int
  /// Row after row; `width * height` of them.
  public private(set) var cells: [Cell]

  /// A buffer of blanks; negative sizes count as 0.
  public init(width: Int, height: Int, style: Style = .plain) {
    self.width = max(width, 0)
    self.height = max(height, 0)
    cells = Array(repeating: Cell(blank: style), count: self.width * self.height)
  }

  public var bounds: Rect { Rect(x: 0, y: 0, width: width, height: height) }

  /// Blanks everything, and takes a new size; keeps its storage when the size is the same.
  public mutating func reset(width w: Int, height h: Int, style: Style = .plain) {
    if w == width && h == height {
      fill(bounds, style)
    } else {
      self = CellBuffer(width: w, height: h, style: style)
    }
  }

  /// The cell at a position; a blank outside.
  public subscript(x: Int, y: Int) -> Cell {
    bounds.contains(Point(x: x, y: y)) ? cells[y * width + x] : .blank
  }

  /// The cells of row `y`.
  public func row(_ y: Int) -> ArraySlice<Cell> {
    y >= 0 && y < height ? cells[y * width..<(y + 1) * width] : []
  }

  /// Puts one cell; a wide character whose other half it covers turns into blanks.
  public mutating func set(_ cell: Cell, x: Int, y: Int) {
    guard bounds.contains(Point(x: x, y: y)) else { return }
    let index = y * width + x
    if cell.width == 2 && x + 1 >= width {
      place(Cell(foreground: cell.foreground, background: cell.background), at: index, x: x)
      return
    }
    place(cell, at: index, x: x)
    if cell.width == 2 {
      var trail = cell
      trail.scalar = 0x20
      trail.mark = 0
      trail.width = 0
      place(trail, at: index + 1, x: x + 1, keepingLeft: true)
    }
  }

  private mutating func place(_ cell: Cell, at index: Int, x: Int, keepingLeft: Bool = false) {
    let old = cells[index]
    if old.width == 0 && !keepingLeft && x > 0 { unpair(index - 1) }
    // A wide character over a wide one in the same place overwrites its trail next.
    if old.width == 2 && x + 1 < width && cell.width != 2 { unpair(index + 1) }
    cells[index] = cell
  }

  private mutating func unpair(_ index: Int) {
    cells[index].scalar = 0x20
    cells[index].mark = 0
    cells[index].width = 1
  }

  /// Blanks `rect` in `style`.
  public mutating func fill(_ rect: Rect, _ style: Style = .plain) {
    let area = rect.intersection(bounds)
    guard !area.isEmpty else { return }
    let blank = Cell(blank: style)
    for y in area.y..<area.bottom {
      detachEdges(area, y)
      let start = y * width + area.x
      for index in start..<start + area.width { cells[index] = blank }
    }
  }

  /// Changes colours and attributes of `rect`, and no character.
  public mutating func restyle(_ rect: Rect, _ style: Style) {
    let area = rect.intersection(bounds)
    guard !area.isEmpty else { return }
    for y in area.y..<area.bottom {
      for index in y * width + area.x..<y * width + area.right {
        cells[index].apply(colors: style)
        cells[index].attributes.formUnion(style.attributes)
      }
    }
  }

  private mutating func detachEdges(_ area: Rect, _ y: Int) {
    let start = y * width + area.x
    if cells[start].width == 0 && area.x > 0 { unpair(start - 1) }
    let end = y * width + area.right
    if area.right < width && cells[end].width == 0 { unpair(end) }
  }

  /// Draws `text` from (`x`, `y`), clipped to `clip` and to the buffer. Returns the columns that
  /// the text takes, clipped ones included.
  ///
  /// Control characters are dropped: names and messages come from outside.
  @discardableResult
  public mutating func text(
    _ text: some StringProtocol, x: Int, y: Int, style: Style = .plain, clip: Rect? = nil
  ) -> Int {
    let area = (clip ?? bounds).intersection(bounds)
    var column = x
    let visible = y >= area.y && y < area.bottom
    for scalar in text.unicodeScalars {
      let columns = TextWidth.of(scalar.value)
      if columns < 0 { continue }
      if columns == 0 {
        if visible { addMark(scalar.value, leftOf: column, y: y, area: area, start: x) }
        continue
      }
      if visible && column >= area.x && column + columns <= area.right {
        let index = y * width + column
        var cell = Cell(
          scalar: scalar.value, foreground: cells[index].foreground,
          background: cells[index].background, attributes: style.attributes,
          width: UInt8(columns))
        cell.apply(colors: style)
        set(cell, x: column, y: y)
      }
      column += columns
    }
    return column - x
  }

  private mutating func addMark(
    _ mark: UInt32, leftOf column: Int, y: Int, area: Rect, start: Int
  ) {
    var x = column - 1
    guard x >= max(area.x, start), x < area.right else { return }
    if cells[y * width + x].width == 0 && x > area.x { x -= 1 }
    // One mark a cell; a second one is dropped.
    if cells[y * width + x].mark == 0 { cells[y * width + x].mark = mark }
  }

  /// Draws one line of `rect`: aligned, cut with an ellipsis when too long.
  public mutating func line(
    _ text: String, in rect: Rect, row: Int = 0, style: Style = .plain,
    align: Alignment = .left, ellipsis: String = "…"
  ) {
    guard row >= 0, row < rect.height, rect.width > 0 else { return }
    let shown = TextWidth.truncated(text, columns: rect.width, ellipsis: ellipsis)
    let space = align == .left ? 0 : rect.width - TextWidth.of(shown)
    let offset = align == .right ? space : align == .center ? space / 2 : 0
    self.text(shown, x: rect.x + offset, y: rect.y + row, style: style, clip: rect)
  }

  /// Draws spans one after the other in a row of `rect`. Returns the columns they take.
  @discardableResult
  public mutating func spans(
    _ spans: [Span], in rect: Rect, row: Int = 0, base: Style = .plain, skipping: Int = 0
  ) -> Int {
    guard row >= 0, row < rect.height else { return 0 }
    var x = rect.x - skipping
    for span in spans {
      if x >= rect.right { break }
      x += text(span.text, x: x, y: rect.y + row, style: span.style.over(base), clip: rect)
    }
    return x - rect.x + skipping
  }

  /// Copies `source` to (`x`, `y`), clipped.
  public mutating func blit(_ source: CellBuffer, x: Int, y: Int) {
    for (row, line) in (0..<source.height).map({ ($0, source.row($0)) }) {
      for (column, cell) in line.enumerated() where cell.width > 0 {
        set(cell, x: x + column, y: y + row)
      }
    }
  }

  /// Reads the cells in place, for terminals; rows follow each other.
  public func withCells<R>(_ body: (UnsafeBufferPointer<Cell>) throws -> R) rethrows -> R {
    try cells.withUnsafeBufferPointer(body)
  }
}

/// Where a text stands in its line.
public enum Alignment: Hashable, Sendable {
  case left, center, right
}
