import Basics
import KubeAPI

/// The text of a description as it grows: lines at a depth, with tabs between what is to stand in
/// columns (kubectl's `PrefixWriter`).
struct DescriptionText {
  /// With the tabs still in it.
  private(set) var raw = ""

  /// The text laid out.
  var text: String { TabText.aligned(raw) }

  mutating func line(_ depth: Int, _ text: String) {
    raw += String(repeating: " ", count: depth * 2) + text + "\n"
  }

  /// The head of a table: titles with tabs between them, and a line under each.
  mutating func heading(_ titles: String) {
    line(1, titles)
    line(1, String(titles.map { $0 == "\t" ? "\t" : "-" }))
  }

  /// `Name:` and a value in the next column.
  mutating func field(_ name: String, _ value: String, depth: Int = 0) {
    line(depth, name + ":\t" + value)
  }

  /// Values below one another; `title` brings its own indentation.
  mutating func list(_ title: String, _ values: [String]) {
    line(0, title + ":\t" + (values.first ?? "<none>"))
    for value in values.dropFirst() { line(0, "\t" + value) }
  }

  mutating func pairs(_ title: String, _ map: StringMap) {
    list(title, map.entries.map { $0.key + "=" + $0.value })
  }

  /// Long ones stand below their key, in lines cut to this length.
  private static let longest = 140

  /// Annotations, but for the one that repeats the whole object.
  mutating func annotations(_ title: String, _ map: StringMap) {
    var values: [String] = []
    for entry in map.entries where entry.key != ClientSideApply.annotation {
      let value = entry.value.hasSuffix("\n") ? String(entry.value.dropLast()) : entry.value
      guard value.utf8.count + entry.key.utf8.count + 2 > Self.longest || value.contains("\n")
      else {
        values.append(entry.key + ": " + value)
        continue
      }
      values.append(entry.key + ":")
      for part in value.split(separator: "\n", omittingEmptySubsequences: false) {
        let limit = Self.longest - 2
        values.append("  " + (part.count > limit ? part.prefix(limit) + "..." : part))
      }
    }
    list(title, values)
  }

  mutating func tolerations(_ title: String, _ tolerations: [Toleration]) {
    let sorted = tolerations.enumerated().sorted {
      ($0.element.key, $0.offset) < ($1.element.key, $1.offset)
    }
    list(title, sorted.map { Self.words($0.element) })
  }

  private static func words(_ toleration: Toleration) -> String {
    var text = toleration.key
    if !toleration.value.isEmpty { text += "=" + toleration.value }
    if !toleration.effect.isEmpty { text += ":" + toleration.effect }
    if toleration.operatorName == "Exists", toleration.value.isEmpty {
      text += text.isEmpty ? "op=Exists" : " op=Exists"
    }
    if let seconds = toleration.tolerationSeconds { text += " for \(seconds)s" }
    return text
  }

  mutating func spread(_ constraints: [TopologySpreadConstraint], depth: Int) {
    guard !constraints.isEmpty else { return }
    let sorted = constraints.enumerated().sorted {
      ($0.element.topologyKey, $0.offset) < ($1.element.topologyKey, $1.offset)
    }
    let values = sorted.map { _, constraint in
      "\(constraint.topologyKey):\(constraint.whenUnsatisfiable) when max skew "
        + "\(constraint.maxSkew) is exceeded"
        + (constraint.labelSelector.map { " for selector " + $0.formatted } ?? "")
    }
    list(String(repeating: " ", count: depth * 2) + "Topology Spread Constraints", values)
  }

  /// Events about an object, in the order they happened last.
  mutating func events(_ events: [Event], _ now: Timestamp) {
    guard !events.isEmpty else { return line(0, "Events:\t<none>") }
    line(0, "Events:")
    line(1, "Type\tReason\tAge\tFrom\tMessage")
    // The line under an age is one too long in kubectl too.
    line(1, "----\t------\t----\t----\t-------")
    let sorted = events.sorted {
      ($0.lastTimestamp?.microseconds ?? .min, $0.metadata.name)
        < ($1.lastTimestamp?.microseconds ?? .min, $1.metadata.name)
    }
    for event in sorted {
      let path = event.involvedObject.fieldPath
      let message = (path.isEmpty ? "" : path + ": ") + event.message.trimmed
      line(
        1,
        [event.type, event.reason, event.interval(now), event.component, message].joined(
          separator: "\t")
      )
    }
  }
}

extension String {
  /// Without the white space around it.
  fileprivate var trimmed: String {
    let rest = drop(while: \.isWhitespace)
    guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(rest[...last])
  }
}

extension LabelSelector {
  /// As `metav1.FormatLabelSelector` prints it.
  var formatted: String { text.isEmpty ? "<none>" : text }
}

extension Timestamp? {
  /// The time as `describe` prints it; a time that is not set is the year 1, as in Go.
  var rfc1123Z: String { self?.rfc1123Z ?? "Mon, 01 Jan 0001 00:00:00 +0000" }
}

extension Timestamp {
  /// `Thu, 01 Jan 2026 00:00:05 +0000` (Go's `time.RFC1123Z`).
  var rfc1123Z: String {
    let day: Int64 = 86_400_000_000
    let days = microseconds >= 0 ? microseconds / day : (microseconds - day + 1) / day
    // The first of January 1970 was a Thursday.
    let weekday = Int(((days + 3) % 7 + 7) % 7)
    let text = rfc3339
    let parts = text.prefix(10).split(separator: "-").map(String.init)
    guard parts.count == 3, let month = Int(parts[1]), (1...12).contains(month) else { return text }
    let clock = text.dropFirst(11).prefix(8)
    return "\(Self.weekdays[weekday]), \(parts[2]) \(Self.months[month - 1]) \(parts[0]) \(clock) "
      + "+0000"
  }

  private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
}
