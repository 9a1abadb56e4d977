extension CellBuffer {
  /// The characters, row by row, without trailing spaces; what golden tests compare.
  public func plainText() -> String {
    var text = ""
    for y in 0..<height {
      var line = ""
      for cell in row(y) where cell.width > 0 { line += cell.character }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }

  /// The picture as lines with escape sequences, for a terminal or a pager.
  public func ansiText(depth: ColorDepth) -> String {
    var encoder = AnsiEncoder(depth: depth)
    encoder.lines(self)
    return String(decoding: encoder.take(), as: UTF8.self)
  }

  /// The picture as an SVG of its own; `background` and `foreground` stand for the terminal's.
  public func svg(foreground: UInt32 = 0xD0D0D0, background: UInt32 = 0x101010) -> String {
    let (cellWidth, cellHeight) = (9, 18)
    var out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width * cellWidth)\""
      + " height=\"\(height * cellHeight)\" font-family=\"monospace\" font-size=\"15\""
      + " xml:space=\"preserve\">\n"
      + "<rect width=\"100%\" height=\"100%\" fill=\"\(Self.hex(background))\"/>\n"
    for y in 0..<height {
      let line = row(y)
      var x = 0
      while x < width {
        let first = line[line.startIndex + x]
        var end = x
        var text = ""
        while end < width {
          let cell = line[line.startIndex + end]
          guard cell.width == 0 || cell.style == first.style else { break }
          text += cell.character
          end += 1
        }
        out += Self.svgRun(
          text, first.style, x: x * cellWidth, y: y * cellHeight,
          width: (end - x) * cellWidth, height: cellHeight, foreground: foreground,
          background: background)
        x = end
      }
    }
    return out + "</svg>\n"
  }

  private static func svgRun(
    _ text: String, _ style: Style, x: Int, y: Int, width: Int, height: Int,
    foreground: UInt32, background: UInt32
  ) -> String {
    var ink = rgb(style.foreground, otherwise: foreground)
    var ground = rgb(style.background, otherwise: background)
    if style.attributes.contains(.reverse) { swap(&ink, &ground) }
    var out = ""
    if ground != background {
      out +=
        "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width)\" height=\"\(height)\""
        + " fill=\"\(hex(ground))\"/>\n"
    }
    if text.allSatisfy({ $0 == " " }) { return out }
    var more = ""
    if style.attributes.contains(.bold) { more += " font-weight=\"bold\"" }
    if style.attributes.contains(.italic) { more += " font-style=\"italic\"" }
    if style.attributes.contains(.underline) { more += " text-decoration=\"underline\"" }
    if style.attributes.contains(.dim) { more += " opacity=\"0.6\"" }
    return out
      + "<text x=\"\(x)\" y=\"\(y + 14)\" textLength=\"\(width)\" fill=\"\(hex(ink))\"\(more)>"
      + escaped(text) + "</text>\n"
  }

  private static func rgb(_ color: Color, otherwise: UInt32) -> UInt32 {
    color.rgbValue ?? color.slotIndex.map(Color.rgbOfSlot) ?? otherwise
  }

  private static func hex(_ rgb: UInt32) -> String {
    let digits = String(rgb, radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for character in text {
      switch character {
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "&": out += "&amp;"
      default: out.append(character)
      }
    }
    return out
  }
}

/// A recording in asciicast version 2, which asciinema plays.
public struct Asciicast: Sendable {
  private var encoder: AnsiEncoder
  private var last: CellBuffer?

  public init(depth: ColorDepth = .trueColor) { encoder = AnsiEncoder(depth: depth) }

  /// The file's first line.
  public func header(width: Int, height: Int, title: String) -> String {
    "{\"version\": 2, \"width\": \(width), \"height\": \(height), \"title\": "
      + Self.quoted(Array(title.utf8)) + "}\n"
  }

  /// The line for a picture shown at `milliseconds` since the start; empty when nothing changed.
  public mutating func frame(_ buffer: CellBuffer, milliseconds: Int) -> String {
    encoder.draw(buffer, over: last)
    last = buffer
    let bytes = encoder.take()
    if bytes.isEmpty { return "" }
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "[\(milliseconds / 1000).\(fraction), \"o\", \(Self.quoted(bytes))]\n"
  }

  private static func quoted(_ bytes: [UInt8]) -> String {
    var out = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
