import Basics
import Engine
import KubeAPI

/// Virtual time since power-on as `0:01:23.4`.
func clockText(_ tick: Tick) -> String { tick.clock }

/// The same to the millisecond, for records.
func preciseClockText(_ tick: Tick) -> String {
  let milliseconds = tick.microseconds / 1000
  let rest = String(1000 + milliseconds % 1000).dropFirst()
  let seconds = milliseconds / 1000
  let minutes = twoDigits(seconds / 60 % 60)
  return "\(seconds / 3600):\(minutes):\(twoDigits(seconds % 60)).\(rest)"
}

private func twoDigits(_ value: UInt64) -> String { value < 10 ? "0\(value)" : String(value) }

/// `text` with blanks up to a width, for columns in running text.
func padded(_ text: String, _ columns: Int) -> String {
  text + String(repeating: " ", count: max(columns - text.count, 0))
}

/// `1250m` of `8000m` as `1.2`: processors, for people.
func coresText(_ milli: Int64) -> String {
  milli % 1000 == 0 ? String(milli / 1000) : "\(milli / 1000).\(milli % 1000 / 100)"
}

/// Bytes as `512Mi`, `1.5Gi`.
func bytesText(_ bytes: Int64) -> String {
  let units = ["", "Ki", "Mi", "Gi", "Ti"]
  var unit = 0
  var tenths = max(bytes, 0) * 10
  while tenths >= 10240, unit + 1 < units.count {
    tenths /= 1024
    unit += 1
  }
  return tenths % 10 == 0 || tenths >= 1000
    ? "\(tenths / 10)\(units[unit])" : "\(tenths / 10).\(tenths % 10)\(units[unit])"
}

extension Process.State {
  var word: String {
    switch self {
    case .stopped: "stopped"
    case .starting: "starting"
    case .running: "running"
    case .paused: "paused"
    }
  }
}

extension Process.Role {
  /// As the narrow columns have it.
  var shortName: String {
    switch self {
    case .apiServer: "api-server"
    case .scheduler: "scheduler"
    case .controllerManager: "controller-mgr"
    case .cloudControllerManager: "cloud-ctrl-mgr"
    default: name
    }
  }
}

/// A record as a sentence: who did what.
struct ActionText: Sendable {
  let who: String
  let text: String
  /// What is dimmed behind it.
  let tail: String

  init(_ action: Observation.Action) {
    who = action.who
    if let deed = Self.deed(of: action.note) {
      text = deed
      tail = "rev \(action.note.revision)"
      return
    }
    tail = ""
    let message = Self.withoutIdentities(action.note.message)
    let names = [action.role?.name ?? "", "load balancer"]
    let namesItself =
      names.contains { !$0.isEmpty && message.hasPrefix($0) }
      || message.prefix { $0 != " " }.hasSuffix("-controller")
    text = action.role == nil || namesItself ? message : "\(action.role?.name ?? "") \(message)"
  }

  /// `master-1_692adedb-f11a-8883-187a-e4af567c0123` is master-1 to a person.
  private static func withoutIdentities(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "_")) else { return text }
    var result = ""
    var rest = text[...]
    while let mark = rest.firstIndex(of: "_") {
      let tail = rest[rest.index(after: mark)...]
      let id = tail.prefix { $0.isHexDigit || $0 == "-" }
      result += rest[..<mark]
      if id.count == 36 {
        rest = tail[id.endIndex...]
      } else {
        result += "_"
        rest = tail
      }
    }
    return result + rest
  }

  /// A write, without its revision: that stands beside it. Who asked for it is its author, the API
  /// server only carried it out.
  static func deed(of note: Note) -> String? {
    note.write.map { author($0.user) + " " + withoutIdentities($0.deed) }
  }

  /// Whose request a write was, where a component or a person asked for it.
  static func author(of note: Note) -> Process.Role? {
    guard let user = note.writer else { return nil }
    if user.hasPrefix("system:node:") { return .kubelet }
    let name = author(user)
    return name == "you" ? .user : Process.Role.allCases.first { $0.name == name }
  }

  private static func author(_ user: String) -> String {
    if user.hasPrefix("system:node:") { return "kubelet on " + user.dropFirst(12) }
    if user == "system:apiserver" { return "kube-apiserver" }
    if user.hasPrefix("system:") { return String(user.dropFirst(7)) }
    return user == "kubernetes-admin" ? "you" : user
  }
}
