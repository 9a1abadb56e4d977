/// A reading of a host's wall clock: microseconds since 1970-01-01T00:00:00Z.
///
/// Objects carry these; two hosts may disagree about them.
@frozen
public struct Timestamp: Hashable, Comparable, Sendable {
  public var microseconds: Int64

  @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

  /// The wall-clock reading of a true clock at power-on: 2026-01-01T00:00:00Z.
  public static let powerOn = Timestamp(microseconds: 1_767_225_600_000_000)

  @inlinable public static func < (a: Timestamp, b: Timestamp) -> Bool {
    a.microseconds < b.microseconds
  }
  @inlinable public static func + (a: Timestamp, span: Span) -> Timestamp {
    Timestamp(microseconds: a.microseconds + span.microseconds)
  }
  @inlinable public static func - (a: Timestamp, b: Timestamp) -> Span {
    Span(microseconds: a.microseconds - b.microseconds)
  }

  /// The same moment cut to whole seconds, as `metav1.Time` serialises it.
  public var truncatedToSeconds: Timestamp {
    let second: Int64 = 1_000_000
    let remainder = ((microseconds % second) + second) % second
    return Timestamp(microseconds: microseconds - remainder)
  }

  /// `2026-01-01T00:00:00Z`, the form of `metav1.Time`.
  public var rfc3339: String { text(fraction: false) }
  /// `2026-01-01T00:00:00.000000Z`, the form of `metav1.MicroTime`.
  public var rfc3339Micro: String { text(fraction: true) }

  private func text(fraction: Bool) -> String {
    let day: Int64 = 86_400_000_000
    var days = microseconds / day
    var rest = microseconds % day
    if rest < 0 {
      rest += day
      days -= 1
    }
    let (year, month, dayOfMonth) = Self.civil(fromDays: days)
    let seconds = rest / 1_000_000
    var out = Self.pad(year, 4) + "-" + Self.pad(month, 2) + "-" + Self.pad(dayOfMonth, 2)
    out += "T" + Self.pad(seconds / 3600, 2) + ":" + Self.pad(seconds / 60 % 60, 2)
    out += ":" + Self.pad(seconds % 60, 2)
    if fraction { out += "." + Self.pad(rest % 1_000_000, 6) }
    return out + "Z"
  }

  /// Reads RFC 3339 with any fraction and offset; nil where the text is not of that form.
  public init?(rfc3339 text: String) {
    let bytes = Array(text.utf8)
    func number(_ from: Int, _ count: Int) -> Int64? {
      guard from + count <= bytes.count else { return nil }
      var value: Int64 = 0
      for byte in bytes[from..<from + count] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int64(byte - 48)
      }
      return value
    }
    guard bytes.count >= 20, bytes[4] == 45, bytes[7] == 45,
      bytes[10] == 84 || bytes[10] == 116, bytes[13] == 58, bytes[16] == 58,
      let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
      let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    var at = 19
    var micros: Int64 = 0
    if bytes[at] == 46 {
      at += 1
      var scale: Int64 = 100_000
      let start = at
      while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 {
        micros += Int64(bytes[at] - 48) * scale
        scale /= 10
        at += 1
      }
      guard at > start else { return nil }
    }
    guard at < bytes.count else { return nil }
    var offset: Int64 = 0
    switch bytes[at] {
    case 90, 122:
      guard at + 1 == bytes.count else { return nil }
    case 43, 45:
      guard at + 6 == bytes.count, bytes[at + 3] == 58, let h = number(at + 1, 2),
        let m = number(at + 4, 2)
      else { return nil }
      offset = (h * 60 + m) * (bytes[at] == 43 ? 60 : -60)
    default: return nil
    }
    let days = Self.days(year: year, month: month, day: day)
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    self.init(microseconds: seconds * 1_000_000 + micros)
  }

  // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": days_from_civil and back.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
