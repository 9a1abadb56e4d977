import TerminalCore

/// A strip of time: how much happened when, what stands out, and the instant being looked at.
///
/// Times are in any one unit; the strip spans `start` to `end`.
public struct Timeline: Sendable {
  /// Something that stands out.
  public struct Mark: Hashable, Sendable {
    public var time: Int
    public var glyph: String
    public var role: Role

    public init(at time: Int, _ glyph: String, _ role: Role = .mark) {
      self.time = time
      self.glyph = glyph
      self.role = role
    }
  }

  public var start: Int
  public var end: Int
  /// The instant shown.
  public var position: Int
  /// The newest instant there is; what lies behind the position up to it is the known future.
  public var newest: Int
  /// Events in equal parts of the span; any number of parts.
  public var density: [Int]
  public var marks: [Mark]
  public var leading: String
  public var trailing: String

  public init(
    start: Int, end: Int, position: Int, newest: Int, density: [Int] = [], marks: [Mark] = [],
    leading: String = "", trailing: String = ""
  ) {
    self.start = start
    self.end = end
    self.position = position
    self.newest = newest
    self.density = density
    self.marks = marks
    self.leading = leading
    self.trailing = trailing
  }

  /// Draws it: one row of density with the marks over it, with two rows the marks above. Returns
  /// the area of the strip, for `time(at:in:)`.
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> Rect {
    guard !rect.isEmpty else { return .zero }
    let track = trackArea(in: rect)
    let row = track.bottom - 1
    if track != rect {
      let line = rect.cut(bottom: 1).bottom
      buffer.line(leading, in: line, style: theme[.text])
      buffer.line(trailing, in: line, style: theme[.dim], align: .right)
    }
    guard track.width > 0 else { return track }
    let most = max(density.max() ?? 0, 1)
    for column in 0..<track.width {
      let value = density.isEmpty ? 0 : densityValue(column, of: track.width)
      let steps = theme.glyphs.sparks.count - 1
      let level = value == 0 ? 0 : max(value * steps / most, 1)
      let glyph = level == 0 ? theme.glyphs.barEmpty : theme.glyphs.sparks[level]
      let isFuture = column > self.column(of: position, width: track.width)
      let style = level == 0 || isFuture ? theme[.barTrack] : theme[.graph]
      buffer.put(glyph, x: track.x + column, y: row, style: style)
    }
    let markRow = track.height > 1 ? row - 1 : row
    for mark in marks where mark.time >= start && mark.time <= end {
      let x = track.x + column(of: mark.time, width: track.width)
      buffer.text(mark.glyph, x: x, y: markRow, style: theme[mark.role], clip: track)
    }
    if position >= start && position <= end {
      let x = track.x + column(of: position, width: track.width)
      buffer.text(theme.glyphs.selected, x: x, y: row, style: theme[.borderFocused], clip: track)
    }
    return track
  }

  private func trackArea(in rect: Rect) -> Rect {
    let left = leading.isEmpty ? 0 : TextWidth.of(leading) + 1
    let right = trailing.isEmpty ? 0 : TextWidth.of(trailing) + 1
    guard left + right + 10 <= rect.width else { return rect }
    return rect.cut(left: left).rest.cut(right: right).rest
  }

  /// The largest count of the parts that fall into a column.
  private func densityValue(_ column: Int, of width: Int) -> Int {
    let first = column * density.count / width
    let last = max((column + 1) * density.count / width, first + 1)
    return density[first..<min(last, density.count)].max() ?? 0
  }

  private func column(of time: Int, width: Int) -> Int {
    guard end > start, width > 1 else { return 0 }
    let inside = min(max(time, start), end) - start
    let scaled = inside.multipliedReportingOverflow(by: width - 1)
    return scaled.overflow
      ? min(inside / max((end - start) / (width - 1), 1), width - 1)
      : scaled.partialValue / (end - start)
  }

  /// The instant that a column of the drawn strip stands for.
  public func time(at point: Point, in track: Rect) -> Int {
    guard track.width > 1 else { return start }
    let column = min(max(point.x - track.x, 0), track.width - 1)
    let span = (end - start).multipliedReportingOverflow(by: column)
    return span.overflow
      ? start + (end - start) / (track.width - 1) * column
      : start + span.partialValue / (track.width - 1)
  }
}
