/// A small terminal: takes bytes and shows what they draw. Tests compare it with the buffer that
/// was sent; recordings can be replayed on it.
public struct VTScreen: Sendable {
  public private(set) var buffer: CellBuffer
  /// Private modes that are on (`?25`, `?1049`, …).
  public private(set) var modes: Set<Int> = [7, 25]
  public private(set) var cursor = Point(x: 0, y: 0)
  /// The last title (OSC 0 or 2), and every other operating system command.
  public private(set) var title = ""
  public private(set) var commands: [String] = []
  private var pen = Style(foreground: .terminal, background: .terminal)
  private var saved = Point(x: 0, y: 0)
  private var wrapPending = false
  private var top = 0
  private var bottom: Int
  /// Whether G0 and G1 are the line drawing set; SO and SI choose between them.
  private var lineDrawing = [false, false]
  private var designated = 0
  private var shift = 0
  private var last = Cell.blank
  private var state = State.ground
  private var collected: [UInt8] = []
  private var utf8: [UInt8] = []

  private enum State { case ground, escape, charset, csi, osc, oscEscape }

  public init(width: Int, height: Int) {
    buffer = CellBuffer(
      width: width, height: height,
      style: Style(foreground: .terminal, background: .terminal))
    bottom = max(height, 1) - 1
  }

  public var width: Int { buffer.width }
  public var height: Int { buffer.height }

  /// Draws `bytes`; a sequence may be cut in two.
  public mutating func feed(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { feed(byte) }
  }

  public mutating func feed(_ text: String) { feed(text.utf8) }

  private mutating func feed(_ byte: UInt8) {
    switch state {
    case .ground: ground(byte)
    case .escape: escape(byte)
    case .charset:
      lineDrawing[designated] = byte == UInt8(ascii: "0")
      state = .ground
    case .csi:
      if byte >= 0x40 && byte <= 0x7E {
        state = .ground
        control(byte)
      } else {
        collected.append(byte)
      }
    case .osc:
      if byte == 7 {
        endCommand()
      } else if byte == 0x1B {
        state = .oscEscape
      } else {
        collected.append(byte)
      }
    case .oscEscape: endCommand()
    }
  }

  private mutating func endCommand() {
    state = .ground
    let text = String(decoding: collected, as: UTF8.self)
    if text.hasPrefix("0;") || text.hasPrefix("2;") {
      title = String(text.dropFirst(2))
    } else {
      commands.append(text)
    }
  }

  private mutating func ground(_ byte: UInt8) {
    switch byte {
    case 0x1B: state = .escape
    case 8: moveTo(x: cursor.x - 1, y: cursor.y)
    case 9: moveTo(x: (cursor.x / 8 + 1) * 8, y: cursor.y)
    case 10, 11, 12: lineFeed()
    case 13: moveTo(x: 0, y: cursor.y)
    case 14, 15: shift = byte == 14 ? 1 : 0
    case 0..<0x20, 0x7F: break
    case 0x20..<0x7F: put(lineDrawing[shift] ? Self.drawn(byte) : UInt32(byte))
    default: gather(byte)
    }
  }

  private mutating func gather(_ byte: UInt8) {
    if byte >= 0xC0 { utf8 = [] }
    utf8.append(byte)
    let length = utf8[0] >= 0xF0 ? 4 : utf8[0] >= 0xE0 ? 3 : 2
    guard utf8.count >= length else { return }
    for scalar in String(decoding: utf8, as: UTF8.self).unicodeScalars { put(scalar.value) }
    utf8 = []
  }

  /// DEC's line drawing set, as far as ncurses uses it.
  private static func drawn(_ byte: UInt8) -> UInt32 {
    let table: [UInt8: UInt32] = [
      0x6A: 0x2518, 0x6B: 0x2510, 0x6C: 0x250C, 0x6D: 0x2514, 0x6E: 0x253C, 0x71: 0x2500,
      0x74: 0x251C, 0x75: 0x2524, 0x76: 0x2534, 0x77: 0x252C, 0x78: 0x2502, 0x60: 0x25C6,
      0x61: 0x2592, 0x7E: 0xB7,
    ]
    return table[byte] ?? UInt32(byte)
  }

  private mutating func put(_ scalar: UInt32) {
    let columns = TextWidth.of(scalar)
    if columns < 0 { return }
    if columns == 0 {
      var x = wrapPending ? cursor.x : cursor.x - 1
      if x > 0 && buffer[x, cursor.y].width == 0 { x -= 1 }
      var cell = buffer[x, cursor.y]
      if x >= 0 && cell.mark == 0 {
        cell.mark = scalar
        buffer.set(cell, x: x, y: cursor.y)
      }
      return
    }
    if wrapPending || cursor.x + columns > width {
      cursor.x = 0
      wrapPending = false
      lineFeed()
    }
    last = Cell(
      scalar: scalar, foreground: pen.foreground, background: pen.background,
      attributes: pen.attributes, width: UInt8(columns))
    buffer.set(last, x: cursor.x, y: cursor.y)
    cursor.x += columns
    if cursor.x >= width {
      cursor.x = width - 1
      wrapPending = true
    }
  }

  private mutating func escape(_ byte: UInt8) {
    state = .ground
    collected = []
    switch byte {
    case UInt8(ascii: "["): state = .csi
    case UInt8(ascii: "]"): state = .osc
    case UInt8(ascii: "("), UInt8(ascii: ")"):
      designated = byte == UInt8(ascii: "(") ? 0 : 1
      state = .charset
    case UInt8(ascii: "7"): saved = cursor
    case UInt8(ascii: "8"): moveTo(x: saved.x, y: saved.y)
    case UInt8(ascii: "D"): lineFeed()
    case UInt8(ascii: "E"):
      cursor.x = 0
      lineFeed()
    case UInt8(ascii: "M"):
      wrapPending = false
      if cursor.y == top { scroll(down: 1) } else { cursor.y = max(cursor.y - 1, 0) }
    default: break
    }
  }

  private mutating func moveTo(x: Int, y: Int) {
    wrapPending = false
    cursor = Point(x: min(max(x, 0), max(width - 1, 0)), y: min(max(y, 0), max(height - 1, 0)))
  }

  private mutating func lineFeed() {
    wrapPending = false
    if cursor.y == bottom { scroll(up: 1) } else { cursor.y = min(cursor.y + 1, height - 1) }
  }

  private mutating func scroll(up count: Int) { shiftRows(from: top, by: count) }
  private mutating func scroll(down count: Int) { shiftRows(from: top, by: -count) }

  /// Moves the rows from `first` to the bottom of the region up (or down, when negative).
  private mutating func shiftRows(from first: Int, by count: Int) {
    guard first <= bottom else { return }
    let old = buffer
    for y in first...bottom {
      let source = y + count
      let inside = source >= first && source <= bottom
      for x in 0..<width {
        let cell = inside ? old[x, source] : erased
        if cell.width > 0 { buffer.set(cell, x: x, y: y) }
      }
    }
  }

  private var erased: Cell { Cell(background: pen.background) }

  private mutating func erase(_ x: Int, _ y: Int, _ count: Int) {
    for column in x..<min(x + max(count, 0), width) { buffer.set(erased, x: column, y: y) }
  }

  private mutating func control(_ final: UInt8) {
    let isPrivate = collected.first == UInt8(ascii: "?")
    let text = String(decoding: collected.drop { $0 >= 0x3C && $0 <= 0x3F }, as: UTF8.self)
    let numbers = text.split(omittingEmptySubsequences: false) { $0 == ";" || $0 == ":" }
      .map { Int($0) ?? 0 }
    let n = max(numbers.first ?? 1, 1)
    if collected.contains(where: { $0 < 0x30 }) { return }
    switch Character(Unicode.Scalar(final)) {
    case "h" where isPrivate: modes.formUnion(numbers)
    case "l" where isPrivate: modes.subtract(numbers)
    case _ where isPrivate: break
    case "A": moveTo(x: cursor.x, y: cursor.y - n)
    case "B", "e": moveTo(x: cursor.x, y: cursor.y + n)
    case "C", "a": moveTo(x: cursor.x + n, y: cursor.y)
    case "D": moveTo(x: cursor.x - n, y: cursor.y)
    case "G", "`": moveTo(x: n - 1, y: cursor.y)
    case "I": moveTo(x: (cursor.x / 8 + n) * 8, y: cursor.y)
    case "Z": moveTo(x: ((cursor.x + 7) / 8 - n) * 8, y: cursor.y)
    case "d": moveTo(x: cursor.x, y: n - 1)
    case "H", "f": moveTo(x: max(numbers.count > 1 ? numbers[1] : 1, 1) - 1, y: n - 1)
    case "J": eraseScreen(numbers.first ?? 0)
    case "K": eraseLine(numbers.first ?? 0)
    case "X": erase(cursor.x, cursor.y, n)
    case "P": shiftLine(by: n)
    case "@": shiftLine(by: -n)
    case "L": shiftRows(from: cursor.y, by: -n)
    case "M": shiftRows(from: cursor.y, by: n)
    case "S": scroll(up: n)
    case "T": scroll(down: n)
    case "b": for _ in 0..<min(n, width * height) { put(last.scalar) }
    case "r":
      top = n - 1
      bottom = min(max(numbers.count > 1 && numbers[1] > 0 ? numbers[1] : height, n), height) - 1
      moveTo(x: 0, y: 0)
    case "m": setPen(text, numbers)
    default: break
    }
  }

  private mutating func eraseScreen(_ mode: Int) {
    if mode == 0 { eraseLine(0) }
    if mode == 1 { eraseLine(1) }
    let rows =
      mode == 0
      ? min(cursor.y + 1, height)..<height : mode == 1 ? 0..<cursor.y : 0..<height
    for y in rows { erase(0, y, width) }
  }

  private mutating func eraseLine(_ mode: Int) {
    switch mode {
    case 0: erase(cursor.x, cursor.y, width - cursor.x)
    case 1: erase(0, cursor.y, cursor.x + 1)
    default: erase(0, cursor.y, width)
    }
  }

  private mutating func shiftLine(by count: Int) {
    let old = buffer
    for x in cursor.x..<max(width, cursor.x) {
      let source = x + count
      let inside = source >= cursor.x && source < width
      let cell = inside ? old[source, cursor.y] : erased
      if cell.width > 0 { buffer.set(cell, x: x, y: cursor.y) }
    }
  }

  private mutating func setPen(_ text: String, _ numbers: [Int]) {
    var at = 0
    while at < numbers.count {
      let code = numbers[at]
      switch code {
      case 0: pen = Style(foreground: .terminal, background: .terminal)
      case 1: pen.attributes.insert(.bold)
      case 2: pen.attributes.insert(.dim)
      case 3: pen.attributes.insert(.italic)
      case 4: pen.attributes.insert(.underline)
      case 5: pen.attributes.insert(.blink)
      case 7: pen.attributes.insert(.reverse)
      case 9: pen.attributes.insert(.strike)
      case 22: pen.attributes.subtract([.bold, .dim])
      case 23: pen.attributes.remove(.italic)
      case 24: pen.attributes.remove(.underline)
      case 25: pen.attributes.remove(.blink)
      case 27: pen.attributes.remove(.reverse)
      case 29: pen.attributes.remove(.strike)
      case 30...37: pen.foreground = .slot(UInt8(code - 30))
      case 38: pen.foreground = extended(numbers, &at) ?? pen.foreground
      case 39: pen.foreground = .terminal
      case 40...47: pen.background = .slot(UInt8(code - 40))
      case 48: pen.background = extended(numbers, &at) ?? pen.background
      case 49: pen.background = .terminal
      case 90...97: pen.foreground = .slot(UInt8(code - 82))
      case 100...107: pen.background = .slot(UInt8(code - 92))
      default: break
      }
      at += 1
    }
  }

  private func extended(_ numbers: [Int], _ at: inout Int) -> Color? {
    if at + 2 < numbers.count, numbers[at + 1] == 5 {
      at += 2
      return .slot(UInt8(truncatingIfNeeded: numbers[at]))
    }
    guard at + 4 < numbers.count, numbers[at + 1] == 2 else { return nil }
    let parts = numbers[(at + 2)...(at + 4)].map { UInt32(truncatingIfNeeded: $0) & 255 }
    at += 4
    return .rgb(parts[0] << 16 | parts[1] << 8 | parts[2])
  }
}
