/// How many columns text takes on a terminal.
public enum TextWidth {
  /// Columns of one scalar: 0 for a combining mark, 1 or 2; -1 when it must not be drawn
  /// (control characters, unassigned), as `wcwidth` has it.
  @inlinable public static func of(_ scalar: UInt32) -> Int {
    if scalar < 0x7F { return scalar >= 0x20 ? 1 : -1 }
    // Box drawing, blocks, braille and what lies between: the dashboard's own glyphs.
    if scalar >= 0x2500 && scalar < 0x25FD { return 1 }
    if scalar >= 0x2800 && scalar < 0x2900 { return 1 }
    return lookUp(scalar)
  }

  @usableFromInline static func lookUp(_ scalar: UInt32) -> Int {
    if scalar < 0xA0 { return -1 }
    if WidthTable.contains(WidthTable.zero, scalar) { return 0 }
    if WidthTable.contains(WidthTable.wide, scalar) { return 2 }
    return WidthTable.contains(WidthTable.undrawable, scalar) ? -1 : 1
  }

  /// Columns of a text, without what is not drawn.
  public static func of(_ text: some StringProtocol) -> Int {
    var columns = 0
    for scalar in text.unicodeScalars { columns += max(of(scalar.value), 0) }
    return columns
  }

  /// The longest beginning of `text` that fits in `columns`, and the columns it takes.
  public static func prefix(_ text: String, columns: Int) -> (text: Substring, width: Int) {
    var used = 0
    var index = text.unicodeScalars.startIndex
    while index < text.unicodeScalars.endIndex {
      let width = max(of(text.unicodeScalars[index].value), 0)
      if used + width > columns { break }
      used += width
      index = text.unicodeScalars.index(after: index)
    }
    return (text[text.startIndex..<index], used)
  }

  /// `text`, or as much of it as fits with `ellipsis` behind.
  public static func truncated(_ text: String, columns: Int, ellipsis: String = "…") -> String {
    if columns <= 0 { return "" }
    // Most texts are short ASCII: their byte count bounds their width.
    if text.utf8.count <= columns || of(text) <= columns { return text }
    let tail = of(ellipsis)
    if columns <= tail { return String(prefix(text, columns: columns).text) }
    return prefix(text, columns: columns - tail).text + ellipsis
  }

  /// `text`, or its beginning and its end with `ellipsis` between them.
  public static func truncatedMiddle(
    _ text: String, columns: Int, ellipsis: String = "…"
  ) -> String {
    if text.utf8.count <= columns || of(text) <= columns { return text }
    let room = columns - of(ellipsis)
    guard room >= 4 else { return truncated(text, columns: columns, ellipsis: ellipsis) }
    var tail = text.unicodeScalars.endIndex
    var used = 0
    while tail > text.unicodeScalars.startIndex {
      let before = text.unicodeScalars.index(before: tail)
      let width = max(of(text.unicodeScalars[before].value), 0)
      if used + width > room / 2 { break }
      used += width
      tail = before
    }
    return prefix(text, columns: room - used).text + ellipsis + text[tail...]
  }

  /// Breaks `text` at spaces into lines of at most `columns`; a longer word is cut.
  public static func wrapped(_ text: String, columns: Int) -> [String] {
    guard columns > 0 else { return [] }
    var lines: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
      var line = ""
      var used = 0
      for word in paragraph.split(separator: " ", omittingEmptySubsequences: false) {
        var rest = String(word)
        var width = of(rest)
        if used > 0 && used + 1 + width > columns {
          lines.append(line)
          line = ""
          used = 0
        } else if !line.isEmpty || used > 0 {
          line += " "
          used += 1
        }
        while width > columns {
          let piece = prefix(rest, columns: columns)
          // A wide character that does not fit in one column is dropped, else this never ends.
          if piece.text.isEmpty {
            rest = ""
            width = 0
            break
          }
          lines.append(String(piece.text))
          rest = String(rest[piece.text.endIndex...])
          width = of(rest)
        }
        line += rest
        used += width
      }
      lines.append(line)
    }
    return lines
  }
}
