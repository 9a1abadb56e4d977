/// Text whose tabs become columns, as Go's `text/tabwriter` makes them: a column is as wide as its
/// widest cell in neighbouring lines, and the last cell of a line belongs to none.
struct TabText {
  private let lines: [[String]]
  private let minimumWidth: Int
  private let padding: Int
  private var widths: [Int] = []
  private var out = ""

  /// - Parameters:
  ///   - minimumWidth: of a column, padding included; 0 in `describe`, 6 in tables.
  ///   - padding: blanks after the widest cell; 2 in `describe`, 3 in tables.
  static func aligned(_ text: String, minimumWidth: Int = 0, padding: Int = 2) -> String {
    var layout = TabText(text, minimumWidth, padding)
    layout.format(0, layout.lines.count)
    return layout.out
  }

  /// Rows of cells as kubectl's tables are laid out (`printers.GetNewTabWriter`).
  static func table(_ rows: [[String]]) -> String {
    aligned(
      rows.map { $0.joined(separator: "\t") + "\n" }.joined(), minimumWidth: 6, padding: 3)
  }

  /// The same where rows come one after the other: a column stays as wide as it ever was.
  static func table(_ rows: [[String]], remembering widths: inout [Int]) -> String {
    var text = ""
    for row in rows {
      for (column, cell) in row.dropLast().enumerated() {
        if column == widths.count { widths.append(6) }
        widths[column] = max(widths[column], cell.count + 3)
      }
    }
    for row in rows {
      for (width, cell) in zip(widths, row.dropLast()) {
        text += cell + String(repeating: " ", count: width - cell.count)
      }
      text += (row.last ?? "") + "\n"
    }
    return text
  }

  private init(_ text: String, _ minimumWidth: Int, _ padding: Int) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    self.minimumWidth = minimumWidth
    self.padding = padding
  }

  private mutating func format(_ start: Int, _ end: Int) {
    let column = widths.count
    var first = start
    var at = start
    while at < end {
      guard column < lines[at].count - 1 else {
        at += 1
        continue
      }
      write(first, at)
      first = at
      var width = minimumWidth
      while at < end, column < lines[at].count - 1 {
        width = max(width, lines[at][column].count + padding)
        at += 1
      }
      widths.append(width)
      format(first, at)
      widths.removeLast()
      first = at
    }
    write(first, end)
  }

  private mutating func write(_ start: Int, _ end: Int) {
    for index in start..<end {
      for (column, cell) in lines[index].enumerated() {
        out += cell
        if column < widths.count {
          out += String(repeating: " ", count: max(0, widths[column] - cell.count))
        }
      }
      if index < lines.count - 1 { out += "\n" }
    }
  }

  /// Tabs as a terminal shows them: to the next multiple of eight.
  static func expanded(_ text: String) -> String {
    var out = ""
    var column = 0
    for character in text {
      switch character {
      case "\t":
        let blanks = 8 - column % 8
        out += String(repeating: " ", count: blanks)
        column += blanks
      case "\n":
        out.append(character)
        column = 0
      default:
        out.append(character)
        column += 1
      }
    }
    return out
  }
}
