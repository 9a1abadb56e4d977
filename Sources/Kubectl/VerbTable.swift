import Basics
import KubeAPI
import Manifests

extension KubectlInvocation {
  /// The verbs there are, in the order of `kubectl help`.
  public static let verbs = table.map(\.name)

  /// What follows `rollout`.
  public static let rolloutSubcommands = [
    "history", "pause", "restart", "resume", "status", "undo",
  ]

  private struct Entry {
    let name: String
    let summary: String
    let make: @Sendable (KubectlArguments) throws(KubectlProblem) -> any KubectlVerb
  }

  private static let table: [Entry] = [
    Entry(name: "create", summary: "-f FILE, or deployment, namespace, serviceaccount NAME") {
      (a) throws(KubectlProblem) in try CreateVerb(a)
    },
    Entry(name: "expose", summary: "a service before deployment NAME: --port=80") {
      (a) throws(KubectlProblem) in try ExposeVerb(a)
    },
    Entry(name: "run", summary: "a pod: run NAME --image=nginx") {
      (a) throws(KubectlProblem) in try RunVerb(a)
    },
    Entry(name: "set", summary: "image deployment/NAME CONTAINER=IMAGE") {
      (a) throws(KubectlProblem) in try SetImageVerb(a)
    },
    Entry(name: "get", summary: "objects, as a table, -o wide, yaml, json, name, jsonpath=...") {
      (a) throws(KubectlProblem) in try GetVerb(a)
    },
    Entry(name: "delete", summary: "TYPE NAME, -l SELECTOR, --all, or -f FILE") {
      (a) throws(KubectlProblem) in try DeleteVerb(a)
    },
    Entry(name: "rollout", summary: "status, history, undo, restart, pause, resume deployment/NAME")
    {
      (a) throws(KubectlProblem) in try RolloutVerb.parse(a)
    },
    Entry(name: "scale", summary: "deployment NAME --replicas=3") {
      (a) throws(KubectlProblem) in try ScaleVerb(a)
    },
    Entry(name: "cordon", summary: "marks a node unschedulable") {
      (a) throws(KubectlProblem) in try CordonVerb(a, isCordon: true)
    },
    Entry(name: "uncordon", summary: "marks it schedulable") {
      (a) throws(KubectlProblem) in try CordonVerb(a, isCordon: false)
    },
    Entry(name: "drain", summary: "empties a node, for maintenance") {
      (a) throws(KubectlProblem) in try DrainVerb(a)
    },
    Entry(name: "taint", summary: "nodes NAME KEY=VALUE:EFFECT, or KEY:EFFECT-") {
      (a) throws(KubectlProblem) in try TaintVerb(a)
    },
    Entry(name: "describe", summary: "an object with its events, in detail") {
      (a) throws(KubectlProblem) in try DescribeVerb(a)
    },
    Entry(name: "apply", summary: "-f FILE: makes the objects there what the file says") {
      (a) throws(KubectlProblem) in try ApplyVerb(a)
    },
    Entry(name: "patch", summary: "TYPE NAME -p PATCH [--type merge|strategic|json]") {
      (a) throws(KubectlProblem) in try PatchVerb(a)
    },
    Entry(name: "label", summary: "TYPE NAME KEY=VALUE, or KEY-") {
      (a) throws(KubectlProblem) in try LabelVerb(a, .label)
    },
    Entry(name: "annotate", summary: "TYPE NAME KEY=VALUE, or KEY-") {
      (a) throws(KubectlProblem) in try LabelVerb(a, .annotation)
    },
  ]

  static func parse(_ words: [String]) throws(KubectlProblem) -> any KubectlVerb {
    guard let verb = words.first, !["help", "--help", "-h"].contains(verb) else {
      return HelpVerb(help)
    }
    guard let entry = table.first(where: { $0.name == verb }) else {
      throw KubectlProblem(message: "error: unknown command \"\(verb)\" for \"kubectl\"")
    }
    return try entry.make(try KubectlArguments(Array(words.dropFirst()), of: verb))
  }

  private static var help: String {
    let lines = table.map { "  \($0.name)\t\($0.summary)\n" }.joined()
    return "kubectl controls the simulated cluster. Commands:\n" + TabText.aligned(lines)
      + "\nFlags of most: -n NAMESPACE, -A (all namespaces), -l SELECTOR, -o FORMAT\n"
  }
}

extension APIObject {
  /// How kubectl names an object when it has done something: `deployment.apps/web`.
  var printedName: String {
    kind.group.isEmpty
      ? kind.singular + "/" + metadata.name
      : kind.singular + "." + kind.group + "/" + metadata.name
  }
}
