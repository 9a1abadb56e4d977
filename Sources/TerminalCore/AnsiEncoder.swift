/// Turns cells into ANSI escape sequences: whole pictures, or what differs from the last one.
///
/// Used for recordings and exports, and to drive a terminal without ncurses.
public struct AnsiEncoder: Sendable {
  public let depth: ColorDepth
  /// Bytes since they were last taken.
  public private(set) var bytes: [UInt8] = []
  private var pen = Style(foreground: .terminal, background: .terminal)
  private var cursor: Point?

  public init(depth: ColorDepth) { self.depth = depth }

  /// Hands over what has gathered, and starts anew.
  public mutating func take() -> [UInt8] {
    defer { bytes.removeAll(keepingCapacity: true) }
    return bytes
  }

  /// Draws `new` over a screen that shows `old`; nil means that nothing is known of the screen.
  public mutating func draw(_ new: CellBuffer, over old: CellBuffer?) {
    let same = old.map { $0.width == new.width && $0.height == new.height } ?? false
    if !same {
      append("\u{1B}[0m\u{1B}[H\u{1B}[2J")
      pen = Style(foreground: .terminal, background: .terminal)
      cursor = nil
    }
    for y in 0..<new.height {
      let row = new.row(y)
      if same, let old, old.row(y) == row { continue }
      for x in 0..<new.width {
        let cell = row[row.startIndex + x]
        if cell.width == 0 { continue }
        if same, let old, old[x, y] == cell { continue }
        if !same && cell == .blank { continue }
        move(x, y)
        put(cell)
        // At the right edge terminals differ in where the cursor is.
        cursor = x + Int(cell.width) < new.width ? Point(x: x + Int(cell.width), y: y) : nil
      }
    }
  }

  /// Writes the rows as lines, for a pipe or a file: each ends with a reset and a newline.
  public mutating func lines(_ buffer: CellBuffer) {
    for y in 0..<buffer.height {
      let row = buffer.row(y)
      let end = row.lastIndex { $0 != .blank } ?? row.startIndex - 1
      if end >= row.startIndex {
        for cell in row[row.startIndex...end] where cell.width > 0 { put(cell) }
      }
      setPen(Style(foreground: .terminal, background: .terminal))
      append("\n")
    }
  }

  private mutating func move(_ x: Int, _ y: Int) {
    guard cursor != Point(x: x, y: y) else { return }
    append("\u{1B}[\(y + 1);\(x + 1)H")
  }

  private mutating func put(_ cell: Cell) {
    setPen(cell.style)
    appendUTF8(cell.scalar)
    if cell.mark != 0 { appendUTF8(cell.mark) }
  }

  private mutating func setPen(_ style: Style) {
    let wanted = Style(
      foreground: style.foreground.reduced(to: depth),
      background: style.background.reduced(to: depth), attributes: style.attributes)
    guard wanted != pen else { return }
    var codes: [String] = []
    var from = pen
    if !from.attributes.subtracting(wanted.attributes).isEmpty {
      codes.append("0")
      from = Style(foreground: .terminal, background: .terminal)
    }
    for (attribute, code) in Self.attributeCodes
    where wanted.attributes.contains(attribute) && !from.attributes.contains(attribute) {
      codes.append(code)
    }
    if wanted.foreground != from.foreground { codes.append(code(wanted.foreground, 30)) }
    if wanted.background != from.background { codes.append(code(wanted.background, 40)) }
    append("\u{1B}[" + codes.joined(separator: ";") + "m")
    pen = wanted
  }

  private static let attributeCodes: [(Attributes, String)] = [
    (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.blink, "5"),
    (.reverse, "7"), (.strike, "9"),
  ]

  private func code(_ color: Color, _ base: Int) -> String {
    if let rgb = color.rgbValue {
      return "\(base + 8);2;\(rgb >> 16);\(rgb >> 8 & 255);\(rgb & 255)"
    }
    guard let slot = color.slotIndex else { return "\(base + 9)" }
    if slot < 8 { return "\(base + Int(slot))" }
    return slot < 16 ? "\(base + 52 + Int(slot))" : "\(base + 8);5;\(slot)"
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func appendUTF8(_ value: UInt32) {
    guard let scalar = Unicode.Scalar(value) else { return }
    if value < 0x80 {
      bytes.append(UInt8(value))
    } else {
      bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }
}
