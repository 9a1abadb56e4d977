import Basics

/// How Go and the libraries etcdctl is made with put things into text.
enum GoText {
  /// `time.Duration.String()`: `1.5s`, `2.345ms`, `350µs`, `1m30s`.
  static func duration(_ span: Span) -> String {
    let micros = span.microseconds
    if micros == 0 { return "0s" }
    if micros < 0 { return "-" + duration(Span(microseconds: -micros)) }
    if micros < 1_000 { return "\(micros)µs" }
    if micros < 1_000_000 { return decimal(micros, per: 1_000) + "ms" }
    let hours = micros / 3_600_000_000
    let minutes = micros / 60_000_000 % 60
    let seconds = decimal(micros % 60_000_000, per: 1_000_000) + "s"
    if hours > 0 { return "\(hours)h\(minutes)m\(seconds)" }
    return minutes > 0 ? "\(minutes)m\(seconds)" : seconds
  }

  private static func decimal(_ value: Int64, per unit: Int64) -> String {
    var fraction = String(value % unit + unit).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(value / unit)" : "\(value / unit).\(fraction)"
  }

  /// `humanize.Bytes`: powers of a thousand, one decimal below ten.
  static func bytes(_ count: Int) -> String {
    if count < 10 { return "\(count) B" }
    var unit = 1
    var index = 0
    let names = ["B", "kB", "MB", "GB", "TB", "PB"]
    while index < names.count - 1, count / unit >= 1000 {
      unit *= 1000
      index += 1
    }
    guard unit > 1 else { return "\(count) B" }
    let tenths = (count * 10 + unit / 2) / unit
    if tenths < 100 { return "\(tenths / 10).\(tenths % 10) \(names[index])" }
    // Go rounds a half to the even number.
    let whole = tenths / 10
    let rest = tenths % 10
    let isUp = rest > 5 || (rest == 5 && whole % 2 == 1)
    return "\(isUp ? whole + 1 : whole) \(names[index])"
  }

  /// `%q` of a string.
  static func quoted(_ bytes: [UInt8]) -> String {
    var out = "\""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          out += "\\x" + (digits.count < 2 ? "0" : "") + digits
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }

  /// `%016x`.
  static func hexadecimal16(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// `%16x`.
  static func padded16(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: " ", count: 16 - digits.count) + digits
  }

  /// A table as tablewriter draws it: headings in capitals and centred, cells to the right, long
  /// ones broken at blanks.
  static func table(_ headings: [String], _ rows: [[String]]) -> [String] {
    let heads = headings.map { $0.replacing("_", with: " ").uppercased() }
    let cells = rows.map { $0.map(wrapped) }
    let widths = heads.indices.map { column in
      max(
        heads[column].count,
        cells.map { $0[column].map(\.count).max() ?? 0 }.max() ?? 0)
    }
    let rule =
      "+" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "+"
    func line(_ parts: [String]) -> String { "| " + parts.joined(separator: " | ") + " |" }
    var out = [rule]
    out.append(
      line(
        zip(heads, widths).map { text, width in
          let gap = width - text.count
          return String(repeating: " ", count: gap / 2) + text
            + String(repeating: " ", count: gap - gap / 2)
        }))
    out.append(rule)
    for row in cells {
      for number in 0..<(row.map(\.count).max() ?? 0) {
        out.append(
          line(
            zip(row, widths).map { lines, width in
              let text = number < lines.count ? lines[number] : ""
              return String(repeating: " ", count: width - text.count) + text
            }))
      }
    }
    out.append(rule)
    return out
  }

  /// tablewriter's MAX_ROW_WIDTH.
  private static let maximumWidth = 30

  private static func wrapped(_ text: String) -> [String] {
    let words = text.split(separator: " ").map(String.init)
    guard text.count > maximumWidth else { return [text] }
    let limit = max(maximumWidth, words.map(\.count).max() ?? 0)
    var lines: [String] = []
    var current = ""
    for word in words {
      if current.isEmpty {
        current = word
      } else if current.count + 1 + word.count <= limit {
        current += " " + word
      } else {
        lines.append(current)
        current = word
      }
    }
    return lines + [current]
  }
}
