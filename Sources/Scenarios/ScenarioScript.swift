import Basics
import Engine

/// Writes down a run as a scenario: what was done, with the time between, so that the file does the
/// same again.
struct ScenarioScript: Sendable {
  private var steps: [String] = []
  private var waited = Span.zero

  mutating func wait(_ span: Span) { waited = waited + span }

  mutating func add(_ step: String) {
    if waited > .zero { steps.append("- wait: \(waited.microseconds)us") }
    waited = .zero
    steps.append(step)
  }

  mutating func give(_ input: Input) {
    switch input {
    case .fail(let fault): add(Self.text(fault))
    case .heal(let target): add("- heal: \(target.text)")
    case .healAll: add("- heal: all")
    case .kill(let host, let process): add("- kill: process/\(host)/\(process)")
    default: preconditionFailure("no step says this input")
    }
  }

  private static func text(_ fault: Fault) -> String {
    let words = fault.effect.words
    let how = words.count > 1 ? "\(words[0]): \(words[1])" : "how: \(words[0])"
    return "- fail: \(fault.target.text)\n    \(how)"
  }

  /// The whole file. The cluster is one of members alone.
  func text(_ spec: ClusterSpec, name: String) -> String {
    var lines = [
      "apiVersion: orrery/v1", "kind: Scenario", "metadata: {name: \(name)}", "cluster:",
      "  masters: 0", "  workers: 0", "  etcd: external",
      "  etcdMembers: \(spec.etcdMachines.count)", "  seed: \(spec.seed)",
    ]
    if !spec.flags.isEmpty {
      let flags = spec.flags.map { "\($0.name): \"\($0.value)\"" }.joined(separator: ", ")
      lines.append("  flags: {etcd: {\(flags)}}")
    }
    lines.append("timeline:")
    var tail = steps
    if waited > .zero { tail.append("- wait: \(waited.microseconds)us") }
    for step in tail { lines.append("  " + step) }
    return lines.joined(separator: "\n") + "\n"
  }
}
