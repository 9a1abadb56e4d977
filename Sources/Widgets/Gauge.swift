import TerminalCore

/// A labelled bar with a figure behind it: `cpu ━━━━╸──── 1.2/4`.
public struct Gauge: Sendable {
  public var label: String
  public var value: Int
  public var total: Int
  /// The figure; nil for a percentage.
  public var text: String?
  /// Columns kept for the label, so that gauges under each other line up.
  public var labelWidth: Int
  /// Columns kept for the figure.
  public var textWidth: Int
  /// The bar's style; nil takes it from the theme's heat scale.
  public var style: Style?

  public init(
    _ label: String, value: Int, of total: Int, text: String? = nil, labelWidth: Int = 0,
    textWidth: Int = 4, style: Style? = nil
  ) {
    self.label = label
    self.value = value
    self.total = total
    self.text = text
    self.labelWidth = labelWidth
    self.textWidth = textWidth
    self.style = style
  }

  /// Draws it over one row. When narrow the bar goes first, then the label.
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    guard !rect.isEmpty else { return }
    let figure = text ?? Self.percentage(value, of: total)
    let figureWidth = max(TextWidth.of(figure), textWidth)
    var rest = rect.cut(top: 1).top
    let labelColumns = label.isEmpty ? 0 : max(TextWidth.of(label), labelWidth) + 1
    if labelColumns + figureWidth <= rest.width {
      buffer.line(label, in: rest, style: theme[.dim])
      rest = rest.cut(left: labelColumns).rest
    }
    let (bar, end) = rest.cut(right: figureWidth)
    buffer.line(
      figure, in: end, style: theme[.text], align: .right, ellipsis: theme.glyphs.ellipsis)
    let track = bar.cut(right: 1).rest
    guard track.width >= 3 else { return }
    buffer.bar(
      track, value: value, of: total, glyphs: theme.glyphs,
      style: style ?? theme.heat(value, of: total), trackStyle: theme[.barTrack],
      thin: true)
  }

  static func percentage(_ value: Int, of total: Int) -> String {
    guard total > 0 else { return "-" }
    let scaled = value.multipliedReportingOverflow(by: 100)
    return "\(scaled.overflow ? value / max(total / 100, 1) : scaled.partialValue / total)%"
  }
}

/// A graph of the newest values, with its ceiling written in the corner.
public struct Graph: Sendable {
  public var values: [Int]
  /// Value at the top; 0 for the largest in sight.
  public var ceiling: Int
  /// Written at the top left, for instance the ceiling with its unit.
  public var label: String
  public var braille: Bool
  /// Colours by height from the heat scale, or the one `graph` role.
  public var heat: Bool

  public init(
    values: [Int], ceiling: Int = 0, label: String = "", braille: Bool = true, heat: Bool = false
  ) {
    self.values = values
    self.ceiling = ceiling
    self.label = label
    self.braille = braille
    self.heat = heat
  }

  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) {
    let styles = heat ? theme.heat : [theme[.graph]]
    if braille {
      buffer.brailleGraph(
        rect, values: values, ceiling: ceiling, glyphs: theme.glyphs, styles: styles)
    } else {
      buffer.sparkline(
        rect, values: values, ceiling: ceiling, glyphs: theme.glyphs, styles: styles)
    }
    if rect.height > 1 { buffer.line(label, in: rect, style: theme[.dim]) }
  }
}
