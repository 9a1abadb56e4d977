import Basics
import Engine
import KubeAPI
import Kubectl
import Manifests

/// `timeline:` of a scenario: its steps, each a verb and what stands beside it.
extension ScenarioReading {
  private static let verbs = [
    "apply", "kubectl", "fail", "heal", "kill", "wait", "until", "expect", "reach", "fault",
    "request", "message", "client", "etcdClients", "etcdctl", "etcdutl", "etcd",
  ]

  func step(_ tree: YAMLTree) throws(ManifestProblem) -> ScenarioStep {
    guard case .object = tree.json, let first = tree.fields.first else {
      throw problem(tree, "expected a step: one of \(Self.verbs.joined(separator: ", "))")
    }
    func allow(_ known: [String]) throws(ManifestProblem) {
      for field in tree.fields.dropFirst()
      where !known.contains(field.key) && !["at", "events"].contains(field.key) {
        throw problem(
          field.place,
          "unknown field \"\(field.key)\" beside \(first.key)"
            + (known.isEmpty ? "" : "; expected \(known.joined(separator: ", "))"))
      }
    }
    let action: ScenarioStep.Action
    switch first.key {
    case "apply":
      try allow([])
      action = .apply(try manifests(first.tree))
    case "kubectl":
      try allow(["exitCode", "output"])
      let words = ShellWords.split(try text(first.tree))
      var code: Int32 = 0
      if let field = tree["exitCode"] { code = Int32(try integer(field, 0...255)) }
      action = .kubectl(words, exitCode: code)
    case "etcdctl", "etcdutl", "etcd":
      try allow(["exitCode", "output", "input"])
      let words = ShellWords.split(try text(first.tree))
      var code: Int32 = 0
      if let field = tree["exitCode"] { code = Int32(try integer(field, 0...255)) }
      action = .etcdctl(
        [first.key] + words, input: try optional(tree["input"], text), exitCode: code)
    case "fail":
      try allow(["how"] + Self.figures)
      action = .fail(try fault(first.tree, beside: tree))
    case "heal":
      try allow([])
      action = try text(first.tree) == "all" ? .healAll : .heal(try target(first.tree))
    case "kill":
      try allow([])
      guard case .process(let host, let name) = try target(first.tree) else {
        throw problem(first.tree, "expected process/HOST/NAME")
      }
      action = .kill(host: host, process: name)
    case "wait":
      try allow([])
      action = .wait(try span(first.tree))
    case "etcdClients":
      try allow(["seed"])
      switch try text(first.tree) {
      case "start":
        var seed = 1
        if let field = tree["seed"] { seed = try integer(field, 0...Int.max) }
        action = .etcdClients(.start(seed: UInt64(seed)))
      case "stop": action = .etcdClients(.stop)
      case "judge": action = .etcdClients(.judge)
      default: throw problem(first.tree, "expected start, stop or judge")
      }
    case "until":
      try allow(["timeout"])
      let timeout = try optional(tree["timeout"], span)
      let inner = try within(first.tree)
      action = .until(
        try predicate(first.tree),
        timeout: timeout ?? inner ?? ScenarioStep.defaultTimeout)
    case "expect":
      try allow(["within"])
      let within = try optional(tree["within"], span)
      let inner = try self.within(first.tree)
      action = .expect(
        try predicate(first.tree), within: within ?? inner ?? .zero)
    case "reach":
      try allow(["digest"])
      action = .reach(digest: try optional(tree["digest"], text))
    case "fault":
      try allow([])
      let words = try text(first.tree).split(separator: " ").map(String.init)
      do throws(FaultProblem) { action = .fail(try Fault(words: words)) } catch {
        throw problem(first.tree, error.message)
      }
    case "request":
      try allow([])
      do throws(RequestCoding.Problem) {
        action = .request(try RequestCoding.decode(first.tree.json))
      } catch {
        throw problem(first.tree, error.message)
      }
    case "client":
      try allow([])
      do throws(EtcdCoding.Problem) {
        action = .input(try EtcdCoding.decode(first.tree.json))
      } catch {
        throw problem(first.tree, error.message)
      }
    case "message":
      try allow([])
      action = .input(try message(first.tree))
    default:
      throw problem(
        first.place, "unknown step \"\(first.key)\"; expected \(Self.verbs.joined(separator: ", "))"
      )
    }
    var step = ScenarioStep(action, source: source(tree))
    step.at = try optional(first.key == "reach" ? first.tree : tree["at"], span).map { .zero + $0 }
    step.events = try optional(
      tree["events"],
      { tree throws(ManifestProblem) in
        UInt64(try integer(tree, 0...Int.max))
      })
    switch action {
    case .kubectl, .etcdctl: step.expectedOutput = try optional(tree["output"], text)
    default: break
    }
    return step
  }

  /// `[deliver | hold | drop, due in microseconds, order, process]`.
  private func message(_ tree: YAMLTree) throws(ManifestProblem) -> Input {
    guard tree.items.count == 4 else {
      throw problem(tree, "expected [deliver, due, order, process]")
    }
    let id = DeliveryID(
      due: Tick(microseconds: UInt64(try integer(tree.items[1], 0...Int.max))),
      order: try integer(tree.items[2], 0...Int.max),
      process: try integer(tree.items[3], 0...Int.max))
    switch try text(tree.items[0]) {
    case "deliver": return .deliver(id)
    case "hold": return .hold(id)
    case "drop": return .drop(id)
    default: throw problem(tree.items[0], "expected deliver, hold or drop")
    }
  }

  private func within(_ tree: YAMLTree) throws(ManifestProblem) -> Span? {
    guard let field = tree["within"] else { return nil }
    return try span(field)
  }

  /// A path beside this file, an object, or a list of objects.
  private func manifests(_ tree: YAMLTree) throws(ManifestProblem) -> [ManifestDocument] {
    switch tree.json {
    case .string(let path):
      let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      let whole =
        path.hasPrefix("/") || folder.isEmpty ? path : folder.joined(separator: "/") + "/" + path
      return try ManifestReader.read(path: whole)
    case .array:
      var all: [ManifestDocument] = []
      for item in tree.items { all += try manifests(item) }
      return all
    default: return try ManifestReader.objects(in: tree, file: file)
    }
  }

  private func target(_ tree: YAMLTree) throws(ManifestProblem) -> Fault.Target {
    let text = try text(tree)
    guard let target = Fault.Target(text) else {
      throw problem(tree, "\(Fault.Target.forms), not \"\(text)\"")
    }
    return target
  }

  private func fault(_ tree: YAMLTree, beside step: YAMLTree) throws(ManifestProblem) -> Fault {
    var fault = Fault(try target(tree))
    func set(_ words: [String], _ place: YAMLTree) throws(ManifestProblem) {
      do throws(FaultProblem) { fault.effect = try Fault.Effect(words: words) } catch {
        throw problem(place, error.message)
      }
    }
    if let how = step["how"] {
      let word = try text(how)
      guard !Self.figures.contains(word) else {
        throw problem(how, "\"\(word)\" needs a figure: write \(word): … instead of how")
      }
      try set([word], how)
    }
    for name in Self.figures {
      if let figure = step[name] { try set([name, try text(figure)], figure) }
    }
    return fault
  }

  /// Effects that have a figure.
  private static let figures = [
    "delay", "loss", "slow", "offset", "rate", "flap", "jump", "overload", "crash", "probes",
  ]
}
