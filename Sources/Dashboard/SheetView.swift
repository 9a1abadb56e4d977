import TerminalCore
import Widgets

/// Draws a popup to read.
struct SheetView {
  let sheet: Sheet
  let state: AppState

  func render(into frame: inout MainScreen.Frame, in area: Rect, theme: Theme) {
    let width = min(area.width - (area.width > 90 ? 8 : 0), 140)
    let lines = wrapped(columns: width - 4, theme)
    let needed = sheet.content == .help ? area.height : lines.count + 2
    let height = min(max(needed, 5), area.height - (area.height > 30 ? 4 : 0))
    let isTooWide = lines.contains { $0.spans.reduce(0) { $0 + $1.width } > width - 4 }
    let footer = footerSpans(theme, isTooWide: isTooWide)
    let inner = Popup(sheet.title, width: width, height: height, footer: footer)
      .render(into: &frame.buffer, in: area, theme: theme).inset(horizontal: 1)
    frame.geometry.sheet = area.centered(width: width, height: height)
    frame.geometry.sheetRows = inner.height
    frame.geometry.sheetOffset = sheet.offset
    if sheet.content == .help {
      frame.geometry.sheetLines = HelpScreen(
        state.keys.bindings(theme.glyphs, context: state.helpContext), filter: state.helpFilter,
        offset: sheet.offset
      )
      .render(into: &frame.buffer, in: inner, theme: theme)
      return
    }
    frame.geometry.sheetLines = lines.count
    let skipped = isWide ? sheet.column : 0
    let offset = offset(lines, visible: inner.height)
    frame.geometry.sheetOffset = offset
    for row in 0..<min(inner.height, max(lines.count - offset, 0)) {
      let line = lines[offset + row]
      let place = inner.row(row)
      frame.geometry.sheetSources[place.y] = line.source
      if line.source == sheet.selected {
        let style = theme.selected(theme[.text], active: true)
        frame.buffer.fill(place, style)
        frame.buffer.spans(
          line.spans.map {
            Span($0.text, theme.selected($0.style.over(theme[.text]), active: true))
          },
          in: place, skipping: skipped)
        frame.buffer.text(theme.glyphs.selected, x: place.x, y: place.y, style: style, clip: place)
      } else {
        frame.buffer.spans(line.spans, in: place, base: theme[.text], skipping: skipped)
      }
    }
    ScrollBar(offset: offset, visible: inner.height, total: lines.count).render(
      into: &frame.buffer, in: Rect(x: inner.right, y: inner.y, width: 1, height: inner.height),
      theme: theme)
  }

  private struct Wrapped {
    let source: Int
    let spans: [Span]
  }

  /// Tables are not wrapped: they scroll sideways. Refusals among them are.
  private var isWide: Bool { sheet.content == .command || sheet.content == .stream }

  private func wrapped(columns: Int, _ theme: Theme) -> [Wrapped] {
    sheet.lines.enumerated().flatMap { index, line in
      let spans = line.ink.map { Span($0.text, theme[$0.role]) }
      if isWide, line.ink.first?.role != .error {
        return [Wrapped(source: index, spans: spans)]
      }
      return TextPane.wrapped(spans, columns: max(columns, 1))
        .map { Wrapped(source: index, spans: $0) }
    }
  }

  /// The first line in sight: as scrolled, but the line that was just selected stays visible while
  /// nothing else was scrolled to.
  private func offset(_ lines: [Wrapped], visible: Int) -> Int {
    let last = max(lines.count - visible, 0)
    if sheet.followsEnd, state.isStreaming(sheet) { return last }
    let wanted = min(max(sheet.offset, 0), last)
    guard sheet.followsSelection,
      let selected = lines.firstIndex(where: { $0.source == sheet.selected })
    else { return wanted }
    return min(max(wanted, selected - visible + 2), max(selected - 1, 0))
  }

  private func footerSpans(_ theme: Theme, isTooWide: Bool) -> [Span] {
    [Span("Esc", theme[.hintKey]), Span(" back  ", theme[.dim])]
      + (isWide && isTooWide ? [Span("h l", theme[.hintKey]), Span(" sideways", theme[.dim])] : [])
      + (sheet.selectedTarget == nil
        ? [] : [Span("f", theme[.hintKey]), Span(" stop or start  ", theme[.dim])])
      + (sheet.selectedLink == nil
        ? [] : [Span("Enter", theme[.hintKey]), Span(" opens the line", theme[.dim])])
  }
}
