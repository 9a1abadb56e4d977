import Basics
import Kubelet

extension ClusterSpec.ComponentFlag {
  /// What a flag's value must be.
  private enum Value {
    /// In Go's form.
    case duration
    case count
    /// 0 is one: evicted at once.
    case seconds
    case truth
    case text

    func admits(_ text: String) -> Bool {
      switch self {
      case .duration: Span(goDuration: text).map { $0 > .zero } ?? false
      case .count: Int(text).map { $0 > 0 } ?? false
      case .seconds: Int64(text).map { $0 >= 0 } ?? false
      case .truth: text == "true" || text == "false"
      case .text: true
      }
    }

    var words: String {
      switch self {
      case .duration: "a duration such as 40s or 1m30s"
      case .count: "a number above 0"
      case .seconds: "whole seconds"
      case .truth: "true or false"
      case .text: "text"
      }
    }
  }

  private static let election: [(String, Value)] = [
    ("leader-elect-lease-duration", .duration), ("leader-elect-renew-deadline", .duration),
    ("leader-elect-retry-period", .duration),
  ]
  private static let client: [(String, Value)] = [
    ("kube-api-qps", .count), ("kube-api-burst", .count),
  ]
  /// The flags that the engine acts on, by the component's binary.
  private static let known: [(component: String, flags: [(String, Value)])] = [
    (
      "etcd",
      [
        ("heartbeat-interval", .duration), ("snapshot-count", .count),
        ("snapshot-catchup-entries", .count), ("corrupt-check-time", .duration),
        ("experimental-corrupt-check-time", .duration),
        ("experimental-initial-corrupt-check", .truth), ("feature-gates", .text),
        ("strict-reconfig-check", .truth), ("quota-backend-bytes", .count),
      ]
    ),
    (
      "kube-apiserver",
      [
        ("event-ttl", .duration), ("request-timeout", .duration),
        ("default-not-ready-toleration-seconds", .seconds),
        ("default-unreachable-toleration-seconds", .seconds),
      ]
    ),
    ("kube-scheduler", client + election),
    (
      "kube-controller-manager",
      [("node-monitor-grace-period", .duration), ("node-monitor-period", .duration)] + client
        + election
    ),
    ("cloud-controller-manager", client + election),
  ]

  /// Whether there is a flag of this name: what the engine asks for must be in the table.
  static func isKnown(_ component: String, _ name: String) -> Bool {
    known.contains { $0.component == component && $0.flags.contains { $0.0 == name } }
  }

  /// Why the engine can't act on the flag, in one line; nil where it does.
  public var problem: String? {
    if component == "kubelet" {
      var config = KubeletConfig(nodeName: "", seed: 0)
      return config.set(flag: name, to: value)
        ? nil : "kubelet has no flag \(name) here, or it can't be \"\(value)\""
    }
    guard let flags = Self.known.first(where: { $0.component == component })?.flags else {
      let names = Self.known.map(\.component) + ["kubelet"]
      return "no component \"\(component)\": expected \(names.joined(separator: ", "))"
    }
    guard let kind = flags.first(where: { $0.0 == name })?.1 else {
      let names = flags.map(\.0).joined(separator: ", ")
      return "\(component) has no flag \(name) here: expected \(names)"
    }
    return kind.admits(value)
      ? nil : "\(component)'s \(name) can't be \"\(value)\": expected \(kind.words)"
  }

  /// Reads `COMPONENT.NAME=VALUE`; nil where the text is none.
  public init?(_ text: String) {
    guard let equals = text.firstIndex(of: "="), let dot = text[..<equals].firstIndex(of: ".")
    else { return nil }
    self.init(
      component: String(text[..<dot]), name: String(text[text.index(after: dot)..<equals]),
      value: String(text[text.index(after: equals)...]))
  }
}
