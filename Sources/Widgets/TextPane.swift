import TerminalCore

/// Styled lines to read and scroll through, wrapped to the width.
public struct TextPane: Sendable {
  public var lines: [[Span]]
  /// First wrapped line in sight.
  public var offset: Int
  public var wraps: Bool

  public init(lines: [[Span]], offset: Int = 0, wraps: Bool = true) {
    self.lines = lines
    self.offset = offset
    self.wraps = wraps
  }

  /// Draws it. Returns the number of wrapped lines, from which the caller limits its offset.
  @discardableResult
  public func render(into buffer: inout CellBuffer, in rect: Rect, theme: Theme) -> Int {
    guard !rect.isEmpty else { return lines.count }
    let bar = rect.width > 8 ? 1 : 0
    let area = rect.cut(right: bar).rest
    let shown = wraps ? lines.flatMap { Self.wrapped($0, columns: area.width) } : lines
    let first = min(max(offset, 0), max(shown.count - rect.height, 0))
    for row in 0..<min(rect.height, max(shown.count - first, 0)) {
      buffer.spans(shown[first + row], in: area, row: row, base: theme[.text])
    }
    if bar == 1 {
      ScrollBar(offset: first, visible: rect.height, total: shown.count)
        .render(into: &buffer, in: rect.cut(right: 1).right, theme: theme)
    }
    return shown.count
  }

  /// Breaks one styled line at spaces; what continues is indented like the line's beginning.
  public static func wrapped(_ spans: [Span], columns: Int) -> [[Span]] {
    let width = spans.reduce(0) { $0 + $1.width }
    guard width > columns, columns > 0 else { return [spans] }
    let start = spans.first?.text.prefix { $0 == " " }.count ?? 0
    let indent = min(start, columns / 2)
    var result: [[Span]] = []
    var line: [Span] = []
    var used = 0
    func isFresh() -> Bool { used <= (result.isEmpty ? 0 : indent) }
    func breakLine() {
      result.append(line)
      line = indent > 0 ? [Span(String(repeating: " ", count: indent))] : []
      used = indent
    }
    for span in spans {
      for word in words(span.text) {
        var rest = word
        var wordWidth = TextWidth.of(rest)
        if used + wordWidth > columns && !isFresh() {
          breakLine()
          if rest.allSatisfy({ $0 == " " }) { continue }
        }
        while used + wordWidth > columns {
          let room = TextWidth.prefix(rest, columns: columns - used).text
          if room.isEmpty { break }
          let piece = Self.breaking(room)
          line.append(Span(String(piece), span.style))
          rest = String(rest[piece.endIndex...])
          wordWidth = TextWidth.of(rest)
          breakLine()
        }
        // Only a wide character in a column of one is left over: it cannot be shown.
        if used + wordWidth > columns { continue }
        line.append(Span(rest, span.style))
        used += wordWidth
      }
    }
    if !line.isEmpty { result.append(line) }
    return result
  }

  /// What of a word that is longer than a line goes before the break: up to a mark between its
  /// parts, as of a path or a field, if one is not far from the end.
  private static func breaking(_ room: Substring) -> Substring {
    guard let mark = room.lastIndex(where: { "./,:=]}&?".contains($0) }),
      room.distance(from: room.startIndex, to: mark) >= room.count / 2
    else { return room }
    return room[...mark]
  }

  /// Runs of spaces and runs of other characters, by turns.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for character in text {
      if let last = words.last?.last, (last == " ") == (character == " ") {
        words[words.count - 1].append(character)
      } else {
        words.append(String(character))
      }
    }
    return words
  }
}
