import TerminalCore
import Widgets

/// Draws a menu: its lines, what the marked one costs, and how to choose.
struct MenuView {
  let menu: Menu

  func render(into frame: inout MainScreen.Frame, in area: Rect, theme: Theme) {
    // A long title with nothing behind it may reach into the other column.
    let titles =
      menu.items.filter { !$0.detail.isEmpty }.map { TextWidth.of($0.title) }.max() ?? 0
    let longest = menu.items.map { TextWidth.of($0.title) }.max() ?? 0
    let details = menu.items.map { TextWidth.of($0.detail) }.max() ?? 0
    let extra = menu.search == nil ? 2 : 3
    let wanted = max(
      4 + titles + (details > 0 ? min(details, 80) + 2 : 0) + 4, longest + 8,
      TextWidth.of(menu.title) + 8, 46)
    let width = min(wanted, area.width - (area.width > 66 ? 4 : 0))
    let rows = menu.search == nil ? menu.items.count : min(max(menu.items.count, 4), 14)
    let height = min(rows + 2 + extra, area.height)
    var footer = [Span("Enter", theme[.hintKey]), Span(" do it  ", theme[.dim])]
    if menu.topic != .themes {
      footer += [Span("Tab", theme[.hintKey]), Span(" edit  ", theme[.dim])]
    }
    footer += [Span("Esc", theme[.hintKey]), Span(" leave", theme[.dim])]
    let frameArea = area.centered(width: width, height: height)
    frame.geometry.menuFrame = frameArea
    var inner = Popup(menu.title, width: width, height: height, footer: footer)
      .renderFrame(into: &frame.buffer, area: frameArea, theme: theme)
    if let search = menu.search {
      let (top, rest) = inner.cut(top: 1)
      frame.cursor = search.render(
        into: &frame.buffer, in: top.inset(horizontal: 1), theme: theme, prompt: "> ")
      inner = rest
    }
    let (below, list) = (inner.cut(bottom: 2).bottom, inner.cut(bottom: 2).rest)
    let column = Self.detailColumn(titles: titles, details: details, in: list)
    renderList(into: &frame, in: list, titles: column, theme)
    let room = menu.current.map { Self.detailPlace($0, in: list, menu, column).width } ?? 0
    renderMarked(into: &frame.buffer, in: below, room: room, theme)
  }

  private func renderList(
    into frame: inout MainScreen.Frame, in list: Rect, titles: Int, _ theme: Theme
  ) {
    let cursor = menu.cursor.fitted(count: menu.shown.count, visible: list.height)
    frame.geometry.menu = list
    frame.geometry.menuOffset = cursor.offset
    if menu.shown.isEmpty {
      frame.buffer.line("nothing of that name", in: list.inset(horizontal: 2), style: theme[.dim])
    }
    for row in 0..<min(list.height, max(menu.shown.count - cursor.offset, 0)) {
      let index = cursor.offset + row
      let item = menu.shown[index]
      let line = list.row(row)
      let isMarked = index == cursor.selected && item.act != nil
      func drawn(_ role: Role) -> Style {
        isMarked ? theme.selected(theme[role], active: true) : theme[role]
      }
      if isMarked {
        frame.buffer.fill(line, theme.selected(theme[.text], active: true))
        frame.buffer.text(
          theme.glyphs.selected, x: line.x, y: line.y, style: drawn(.text), clip: line)
      }
      if let key = item.key {
        frame.buffer.text(
          String(Character(key)), x: line.x + 2, y: line.y,
          style: drawn(item.act == nil ? .dim : .hintKey), clip: line)
      }
      let role: Role = Self.isHeading(item) ? .title : item.act == nil ? .dim : .text
      frame.buffer.line(
        item.title, in: Self.place(item, in: line, menu), style: drawn(role),
        ellipsis: theme.glyphs.ellipsis)
      frame.buffer.line(
        item.detail, in: Self.detailPlace(item, in: line, menu, titles),
        style: drawn(item.warning.isEmpty || item.act == nil ? .dim : .warn),
        ellipsis: theme.glyphs.ellipsis)
    }
    ScrollBar(offset: cursor.offset, visible: list.height, total: menu.shown.count).render(
      into: &frame.buffer, in: list.cut(right: 1).right, theme: theme)
  }

  private static func isHeading(_ item: MenuItem) -> Bool { item.act == nil && item.key == nil }

  /// Where an item's words go in its line, behind its key.
  private static func place(_ item: MenuItem, in line: Rect, _ menu: Menu) -> Rect {
    let x = line.x + (menu.search == nil ? (isHeading(item) ? 1 : 4) : 2)
    return Rect(x: x, y: line.y, width: max(line.right - x - 1, 0), height: 1)
  }

  private static func detailPlace(
    _ item: MenuItem, in line: Rect, _ menu: Menu, _ titles: Int
  ) -> Rect {
    let own = item.detail.isEmpty ? 0 : TextWidth.of(item.title)
    return place(item, in: line, menu).cut(left: max(titles, own) + 2).rest
  }

  /// Where the details begin, behind the titles. The longest titles do not leave the others'
  /// details without room: they push their own aside.
  private static func detailColumn(titles: Int, details: Int, in list: Rect) -> Int {
    let room = list.width - 7
    return min(titles, max(room - min(details, 40), room * 2 / 5))
  }

  /// What doing the marked one costs, where its own line has no room for it, and how it is typed.
  private func renderMarked(
    into buffer: inout CellBuffer, in rect: Rect, room: Int, _ theme: Theme
  ) {
    guard let item = menu.current else { return }
    if TextWidth.of(item.detail) > room {
      let lines = TextWidth.wrapped(item.detail, columns: max(rect.width - 3, 1))
      let isAlone = item.warning.isEmpty && lines.count > 1
      for (row, line) in (isAlone ? Array(lines.prefix(2)) : [item.detail]).enumerated() {
        buffer.line(
          " " + line, in: rect, row: row, style: theme[.text], ellipsis: theme.glyphs.ellipsis)
      }
      if isAlone { return }
    }
    if !item.warning.isEmpty {
      buffer.spans(
        [Span(" \(theme.glyphs.warn) ", theme[.warn]), Span(item.warning, theme[.warn])],
        in: rect, row: 1)
    } else if let line = item.line {
      buffer.line(
        " :" + line, in: rect, row: 1, style: theme[.dim], ellipsis: theme.glyphs.ellipsis)
    }
  }
}
