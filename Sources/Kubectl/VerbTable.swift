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
    typealias Maker = @Sendable (KubectlArguments) throws(KubectlProblem) -> any KubectlVerb
    let make: Maker

    /// What `kubectl VERB -h` says.
    var help: String { "kubectl \(name): \(summary)\n" }

    init(_ name: String, _ summary: String, _ make: @escaping Maker) {
      self.name = name
      self.summary = summary
      self.make = make
    }
  }

  private static let table: [Entry] = [
    Entry(
      "create",
      "-f FILE, or deployment, namespace, serviceaccount, configmap NAME, secret generic NAME",
      CreateVerb.init),
    Entry("expose", "a service before deployment NAME: --port=80", ExposeVerb.init),
    Entry("run", "a pod: run NAME --image=nginx", CreateVerb.run),
    Entry("set", "image deployment/NAME CONTAINER=IMAGE", SetImageVerb.init),
    Entry(
      "get", "objects, as a table, -o wide, yaml, json, name, jsonpath=...; -w follows",
      GetVerb.init),
    Entry("delete", "TYPE NAME, -l SELECTOR, --all, or -f FILE", DeleteVerb.init),
    Entry(
      "rollout", "status, history, undo, restart, pause, resume deployment/NAME", RolloutVerb.parse),
    Entry("scale", "deployment NAME --replicas=3", ScaleVerb.init),
    Entry("cluster-info", "where the API servers are reached") {
      (a) throws(KubectlProblem) in try DiscoveryVerb(a, .clusterInfo)
    },
    Entry("top", "node or pod: needs a metrics-server, of which there is none") {
      (a) throws(KubectlProblem) in try DiscoveryVerb(a, .top)
    },
    Entry("cordon", "marks a node unschedulable") { (a) throws(KubectlProblem) in
      try CordonVerb(a, isCordon: true)
    },
    Entry("uncordon", "marks it schedulable") { (a) throws(KubectlProblem) in
      try CordonVerb(a, isCordon: false)
    },
    Entry("drain", "empties a node, for maintenance", DrainVerb.init),
    Entry("taint", "nodes NAME KEY=VALUE:EFFECT, or KEY:EFFECT-", TaintVerb.init),
    Entry("describe", "an object with its events, in detail", DescribeVerb.init),
    Entry(
      "events", "in the order of time; --for TYPE/NAME, --types Warning; -w follows",
      EventsVerb.init),
    Entry("apply", "-f FILE: makes the objects there what the file says", ApplyVerb.init),
    Entry("patch", "TYPE NAME -p PATCH [--type merge|strategic|json]", PatchVerb.init),
    Entry(
      "wait", "TYPE NAME --for=condition=Ready, delete, create or jsonpath=...; --timeout=30s",
      WaitVerb.init),
    Entry("label", "TYPE NAME KEY=VALUE, or KEY-") { (a) throws(KubectlProblem) in
      try LabelVerb(a, .label)
    },
    Entry("annotate", "TYPE NAME KEY=VALUE, or KEY-") { (a) throws(KubectlProblem) in
      try LabelVerb(a, .annotation)
    },
    Entry("api-resources", "the kinds there are, with their short names") {
      (a) throws(KubectlProblem) in try DiscoveryVerb(a, .resources)
    },
    Entry("api-versions", "the API groups and versions there are") {
      (a) throws(KubectlProblem) in try DiscoveryVerb(a, .versions)
    },
    Entry("version", "of kubectl and of the API servers") {
      (a) throws(KubectlProblem) in try DiscoveryVerb(a, .version)
    },
  ]

  static func parse(
    _ words: [String], canFollow: Bool
  ) throws(KubectlProblem) -> any KubectlVerb {
    guard let verb = words.first, !["--help", "-h"].contains(verb) else { return HelpVerb(help) }
    if verb == "help" {
      let topic = words.dropFirst().first { !$0.hasPrefix("-") }
      return HelpVerb(try topic.map(entry)?.help ?? help)
    }
    let entry = try entry(verb)
    var arguments = try KubectlArguments(Array(words.dropFirst()), of: verb)
    arguments.canFollow = canFollow
    return arguments.isSet("help") ? HelpVerb(entry.help) : try entry.make(arguments)
  }

  private static func entry(_ verb: String) throws(KubectlProblem) -> Entry {
    if let entry = table.first(where: { $0.name == verb }) { return entry }
    throw KubectlProblem(
      message: Unsimulated.refusal(ofVerb: verb)
        ?? "error: unknown command \"\(verb)\" for \"kubectl\"")
  }

  private static var help: String {
    let lines = table.map { "  \($0.name)\t\($0.summary)\n" }.joined()
    return "kubectl controls the simulated cluster. Commands:\n" + TabText.aligned(lines)
      + "\nFlags of most: -n NAMESPACE, -A (all namespaces), -l SELECTOR, -o FORMAT\n"
  }
}

extension APIObject {
  /// How kubectl names an object when it has done something: `deployment.apps/web`.
  var printedName: String { kind.printed(metadata.name) }
}

extension ResourceKind {
  /// How kubectl names an object of this kind.
  func printed(_ name: String) -> String {
    (group.isEmpty ? singular : singular + "." + group) + "/" + name
  }
}
