import TerminalCore

/// All commands with their keys, by group, made from the key table.
public struct HelpScreen: Sendable {
  public var bindings: [KeyBinding]
  /// Shows only what contains it, in title, key or group.
  public var filter: String
  public var offset: Int

  public init(_ bindings: [KeyBinding], filter: String = "", offset: Int = 0) {
    self.bindings = bindings
    self.filter = filter
    self.offset = offset
  }

  /// The help as lines, in as many columns as fit.
  func lines(width: Int, theme: Theme) -> [[Span]] {
    let needle = filter.lowercased()
    let shown = bindings.filter { binding in
      needle.isEmpty || binding.title.lowercased().contains(needle)
        || binding.group.lowercased().contains(needle)
        || binding.keyLabel(theme.glyphs).lowercased().contains(needle)
    }
    var groups: [String] = []
    for binding in shown where !groups.contains(binding.group) { groups.append(binding.group) }
    let keyWidth = min(shown.map { TextWidth.of($0.keyLabel(theme.glyphs)) }.max() ?? 0, 16)
    let blocks = groups.map { group in
      block(group, shown.filter { $0.group == group }, keyWidth, theme)
    }
    // Keys, their gaps, and the longest title, reasons aside.
    let columnWidth = keyWidth + 5 + min(shown.map { TextWidth.of($0.title) }.max() ?? 0, 30)
    let columns = min(max(width / max(columnWidth, 1), 1), max(blocks.count, 1))
    return Self.sideBySide(blocks, columns: columns, width: width / columns)
  }

  private func block(
    _ group: String, _ bindings: [KeyBinding], _ keyWidth: Int, _ theme: Theme
  ) -> [[Span]] {
    var lines = [[Span(group, theme[.title])]]
    for binding in bindings {
      let key = TextWidth.truncated(
        binding.keyLabel(theme.glyphs), columns: keyWidth, ellipsis: theme.glyphs.ellipsis)
      let pad = String(repeating: " ", count: keyWidth - TextWidth.of(key))
      var line = [
        Span("  \(pad)"), Span(key, theme[.hintKey]), Span("  "),
        Span(binding.title, theme[binding.disabledReason == nil ? .text : .dim]),
      ]
      if let reason = binding.disabledReason { line.append(Span(" (\(reason))", theme[.dim])) }
      lines.append(line)
    }
    return lines + [[]]
  }

  /// Fills the columns in order, keeping them about equally high.
  private static func sideBySide(_ blocks: [[[Span]]], columns: Int, width: Int) -> [[Span]] {
    let total = blocks.reduce(0) { $0 + $1.count }
    let target = (total + columns - 1) / max(columns, 1)
    var stacks = [[[Span]]](repeating: [], count: columns)
    var at = 0
    for block in blocks {
      if !stacks[at].isEmpty, stacks[at].count + block.count / 2 > target, at + 1 < columns {
        at += 1
      }
      stacks[at] += block
    }
    return (0..<(stacks.map(\.count).max() ?? 0)).map { row in
      var line: [Span] = []
      for stack in stacks {
        let cell = row < stack.count ? cut(stack[row], to: width - 1) : []
        let used = cell.reduce(0) { $0 + $1.width }
        line += cell + [Span(String(repeating: " ", count: max(width - used, 0)))]
      }
      return line
    }
  }

  private static func cut(_ spans: [Span], to columns: Int) -> [Span] {
    var left = max(columns, 0)
    return spans.map { span in
      let piece = TextWidth.prefix(span.text, columns: left)
      left -= piece.width
      return Span(String(piece.text), span.style)
    }
  }

  /// Draws the help; returns how many lines it has.
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> Int {
    let lines = lines(width: rect.width - 1, theme: theme)
    return TextPane(lines: lines, offset: offset, wraps: false)
      .render(into: &buffer, in: rect, theme: theme)
  }
}
