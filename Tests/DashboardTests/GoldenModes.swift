import TerminalCore

/// One picture in all colour modes as a text that can be reviewed: the picture, the ASCII picture by
/// what differs, then the style of every cell, with what each style is in each mode.
enum GoldenModes {
  static let depths: [ColorDepth] = [.trueColor, .ansi16, .mono]

  /// - Parameter buffers: the picture at each of `depths`.
  static func text(_ buffers: [CellBuffer], ascii: [String]) -> String {
    guard let first = buffers.first else { return "" }
    var text = first.plainText()
    for (depth, buffer) in zip(depths, buffers).dropFirst() {
      text += differences(buffer.plainText(), from: first.plainText(), "in \(depth)")
    }
    text += "\n--- in ASCII\n" + substitutions(lines(first.plainText()), ascii)
    text += "--- styles: \(depths.map { "\($0)" }.joined(separator: " | "))\n"
    return text + styles(buffers)
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Rows that other colours show with other characters.
  private static func differences(_ text: String, from other: String, _ title: String) -> String {
    let rows = zip(lines(text), lines(other)).enumerated().filter { $0.element.0 != $0.element.1 }
    guard !rows.isEmpty else { return "" }
    return "\n--- rows \(title)\n"
      + rows.map { "\($0.offset): \($0.element.0)\n" }.joined()
  }

  /// What each character becomes; rows where the same one becomes another, in full.
  private static func substitutions(_ rows: [String], _ ascii: [String]) -> String {
    var known: [Character: Character] = [:]
    var odd = ""
    for (index, (row, plain)) in zip(rows, ascii).enumerated() {
      var table = known
      let follows =
        row.count == plain.count
        && zip(row, plain).allSatisfy { a, b in
          if let old = table[a] { return old == b }
          table[a] = b
          return true
        }
      if follows { known = table } else { odd += "\(index): \(plain)\n" }
    }
    let pairs = known.filter { $0.key != $0.value }.sorted { $0.key < $1.key }
    return pairs.map { "\($0.key)\($0.value)" }.joined(separator: " ") + "\n" + odd
  }

  /// A line for each row: how many cells of which style, by letters; then the letters.
  private static func styles(_ buffers: [CellBuffer]) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    func name(_ index: Int) -> String {
      let round = index / letters.count
      return (round == 0 ? "" : "'\(round)") + String(letters[index % letters.count])
    }
    var known: [[Style]: Int] = [:]
    var text = ""
    var before = ""
    var repeated = 0
    func flush() {
      if repeated > 0 { text += "  the same, \(repeated)\n" }
      repeated = 0
    }
    for y in 0..<(buffers.first?.height ?? 0) {
      let rows = buffers.map { buffer in buffer.row(y).map(\.style) }
      var runs: [(index: Int, count: Int)] = []
      for x in 0..<(rows.first?.count ?? 0) {
        let look = rows.map { $0[x] }
        let index = known[look] ?? known.count
        known[look] = index
        if runs.last?.index == index {
          runs[runs.count - 1].count += 1
        } else {
          runs.append((index, 1))
        }
      }
      let line = runs.map { name($0.index) + "\($0.count)" }.joined(separator: " ")
      if line == before {
        repeated += 1
        continue
      }
      flush()
      before = line
      text += line + "\n"
    }
    flush()
    for (look, index) in known.sorted(by: { $0.value < $1.value }) {
      text += name(index) + " " + look.map(describe).joined(separator: " | ") + "\n"
    }
    return text
  }

  private static func describe(_ style: Style) -> String {
    let names: [(Attributes, String)] = [
      (.bold, "bold"), (.dim, "dim"), (.italic, "italic"), (.underline, "underline"),
      (.reverse, "reverse"), (.blink, "blink"),
    ]
    let attributes = names.filter { style.attributes.contains($0.0) }.map(\.1)
    var words = [color(style.foreground)]
    if style.background != .terminal { words.append("on " + color(style.background)) }
    return (words + attributes).joined(separator: " ")
  }

  private static func color(_ color: Color) -> String {
    if let rgb = color.rgbValue {
      let digits = String(rgb, radix: 16)
      return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }
    return color.slotIndex.map { "\($0)" } ?? "default"
  }
}
