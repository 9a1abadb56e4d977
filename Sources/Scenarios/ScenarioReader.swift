import Basics
import Engine
import KubeAPI
import Kubectl
import Manifests

/// Reads scenario files (`apiVersion: orrery/v1`, `kind: Scenario`), with the place of every error.
public enum ScenarioReader {
  /// True where the text is a scenario and no Kubernetes manifest.
  public static func isScenario(_ trees: [YAMLTree]) -> Bool {
    trees.contains { $0["apiVersion"]?.json == .string("orrery/v1") }
  }

  /// The scenario in the file at `path`; `-` is standard input.
  public static func read(path: String) throws(ManifestProblem) -> Scenario {
    try read(bytes: try ManifestReader.bytes(path: path), file: path)
  }

  public static func read(bytes: [UInt8], file: String) throws(ManifestProblem) -> Scenario {
    let trees = try YAMLTree.documents(bytes, file: file)
    guard let tree = trees.first, isScenario(trees) else {
      throw ManifestProblem(
        SourceLocation(file: file, line: 1, column: 1),
        "expected a scenario: apiVersion: orrery/v1, kind: Scenario")
    }
    return try Reading(file: file).scenario(tree)
  }
}

/// One reading of one file.
private struct Reading {
  let file: String

  func problem(_ tree: YAMLTree, _ message: String) -> ManifestProblem {
    problem(tree.place, message)
  }

  func problem(_ place: YAMLTree.Place, _ message: String) -> ManifestProblem {
    ManifestProblem(
      SourceLocation(file: file, line: place.line, column: place.column), message)
  }

  func source(_ tree: YAMLTree) -> String { "\(file):\(tree.place.line)" }

  /// Refuses fields that are not in `known`.
  func check(_ tree: YAMLTree, _ known: [String]) throws(ManifestProblem) {
    guard case .object = tree.json else {
      throw problem(tree, "expected a mapping of \(known.joined(separator: ", "))")
    }
    for field in tree.fields where !known.contains(field.key) {
      throw problem(
        field.place, "unknown field \"\(field.key)\"; expected \(known.joined(separator: ", "))")
    }
  }

  // MARK: Values

  /// The value of a field that may be absent.
  private func optional<T>(
    _ tree: YAMLTree?, _ read: (YAMLTree) throws(ManifestProblem) -> T
  ) throws(ManifestProblem) -> T? {
    guard let tree else { return nil }
    return try read(tree)
  }

  func text(_ tree: YAMLTree) throws(ManifestProblem) -> String {
    switch tree.json {
    case .string(let text): return text
    case .integer(let number): return String(number)
    case .bool(let value): return value ? "true" : "false"
    default: throw problem(tree, "expected a string")
    }
  }

  func integer(_ tree: YAMLTree, _ range: ClosedRange<Int>) throws(ManifestProblem) -> Int {
    guard case .integer(let number) = tree.json, let value = Int(exactly: number),
      range.contains(value)
    else {
      throw problem(
        tree, "expected a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  func bool(_ tree: YAMLTree) throws(ManifestProblem) -> Bool {
    guard case .bool(let value) = tree.json else { throw problem(tree, "expected true or false") }
    return value
  }

  func span(_ tree: YAMLTree) throws(ManifestProblem) -> Span {
    let text = try text(tree)
    guard let span = Span(goDuration: text), span >= .zero, span <= .hours(24 * 365) else {
      throw problem(tree, "expected a duration such as 300ms, 60s or 1h30m, not \"\(text)\"")
    }
    return span
  }

  func selector(_ tree: YAMLTree) throws(ManifestProblem) -> LabelSelector {
    let text = try text(tree)
    do throws(SelectorProblem) { return try LabelSelector(text: text) } catch {
      throw problem(tree, error.message)
    }
  }

  // MARK: The file

  func scenario(_ tree: YAMLTree) throws(ManifestProblem) -> Scenario {
    try check(tree, ["apiVersion", "kind", "metadata", "cluster", "start", "timeline"])
    guard tree["kind"]?.json == .string("Scenario") else {
      throw problem(tree["kind"] ?? tree, "expected kind: Scenario")
    }
    var scenario = Scenario(name: "")
    if let metadata = tree["metadata"] {
      try check(metadata, ["name", "title", "description", "labels", "annotations"])
      if let name = metadata["name"] { scenario.name = try text(name) }
      if let title = metadata["title"] { scenario.title = try text(title) }
    }
    if let cluster = tree["cluster"] { scenario.cluster = try self.cluster(cluster) }
    if let start = tree["start"] {
      switch try text(start) {
      case "power-on": scenario.startsAtPowerOn = true
      case "at-rest": break
      default: throw problem(start, "expected power-on or at-rest")
      }
    }
    if let timeline = tree["timeline"] {
      guard case .array = timeline.json else {
        throw problem(timeline, "expected a list of steps")
      }
      for step in timeline.items { scenario.steps.append(try self.step(step)) }
    }
    return scenario
  }

  func cluster(_ tree: YAMLTree) throws(ManifestProblem) -> ClusterSpec {
    try check(
      tree, ["masters", "workers", "zones", "etcd", "etcdMembers", "seed", "machines", "flags"])
    var topology = ClusterSpec.EtcdTopology.stacked
    if let etcd = tree["etcd"] {
      guard let found = ClusterSpec.EtcdTopology(rawValue: try text(etcd)) else {
        throw problem(etcd, "expected stacked or external")
      }
      topology = found
    }
    func number(
      _ name: String, _ range: ClosedRange<Int>, _ fallback: Int
    ) throws(ManifestProblem) -> Int {
      guard let tree = tree[name] else { return fallback }
      return try integer(tree, range)
    }
    var spec = ClusterSpec(
      masters: try number("masters", topology == .external ? 0...7 : 1...7, 3),
      workers: try number("workers", 0...5000, 5),
      zones: try number("zones", 1...16, 1), etcd: topology,
      etcdMembers: try number("etcdMembers", 1...7, 3),
      seed: UInt64(try number("seed", 0...Int.max, 1)))
    if let machines = tree["machines"] {
      spec.machines = try self.machines(machines, topology)
    }
    if let flags = tree["flags"] {
      for component in flags.fields {
        for flag in component.tree.fields {
          spec.flags.append(
            ClusterSpec.ComponentFlag(
              component: component.key, name: flag.key, value: try text(flag.tree)))
        }
      }
    }
    return spec
  }

  private func machines(
    _ tree: YAMLTree, _ topology: ClusterSpec.EtcdTopology
  ) throws(ManifestProblem) -> [ClusterSpec.Machine] {
    var machines: [ClusterSpec.Machine] = []
    for item in tree.items {
      try check(item, ["name", "role", "cpu", "memory", "pods", "zone", "labels", "taints"])
      guard let nameTree = item["name"] else { throw problem(item, "a machine needs a name") }
      let name = try text(nameTree)
      if machines.contains(where: { $0.name == name }) {
        throw problem(nameTree, "there is another machine \"\(name)\"")
      }
      guard
        let role = ClusterSpec.Machine.Role(
          rawValue: try optional(item["role"], text)
            ?? "worker")
      else { throw problem(item["role"] ?? item, "expected master, worker or etcd") }
      var machine = ClusterSpec.Machine(name: name, role: role)
      if let cpu = item["cpu"] { machine.cpu = try quantity(cpu) }
      if let memory = item["memory"] { machine.memory = try quantity(memory) }
      if let pods = item["pods"] { machine.pods = try integer(pods, 1...100_000) }
      machine.zone =
        try optional(item["zone"], text)
        ?? "zone-1"
      for field in item["labels"]?.fields ?? [] {
        machine.labels[field.key] = try text(field.tree)
      }
      for taint in item["taints"]?.items ?? [] { machine.taints.append(try self.taint(taint)) }
      machines.append(machine)
    }
    guard machines.contains(where: { $0.role == .master }) else {
      throw problem(tree, "expected at least one machine with role: master")
    }
    if topology == .external, !machines.contains(where: { $0.role == .etcd }) {
      throw problem(tree, "external etcd needs machines with role: etcd")
    }
    return machines
  }

  private func quantity(_ tree: YAMLTree) throws(ManifestProblem) -> Quantity {
    guard let quantity = Quantity(try text(tree)) else {
      throw problem(tree, "expected a quantity such as 4, 500m or 16Gi")
    }
    return quantity
  }

  /// `key=value:Effect` or `{key, value, effect}`.
  private func taint(_ tree: YAMLTree) throws(ManifestProblem) -> Taint {
    if case .object = tree.json {
      try check(tree, ["key", "value", "effect"])
      var taint = Taint()
      if let key = tree["key"] { taint.key = try text(key) }
      if let value = tree["value"] { taint.value = try text(value) }
      if let effect = tree["effect"] { taint.effect = try text(effect) }
      return taint
    }
    let words = try text(tree).split(separator: ":", maxSplits: 1).map(String.init)
    guard words.count == 2, ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(words[1])
    else {
      throw problem(tree, "expected key=value:Effect with NoSchedule or NoExecute")
    }
    let pair = words[0].split(separator: "=", maxSplits: 1).map(String.init)
    return Taint(key: pair[0], value: pair.count > 1 ? pair[1] : "", effect: words[1])
  }

  // MARK: Steps

  private static let verbs = [
    "apply", "kubectl", "fail", "heal", "kill", "wait", "until", "expect", "reach", "fault",
    "request", "message", "etcdClients", "etcdctl", "etcdutl", "etcd",
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
      action = .apply(try objects(first.tree))
    case "kubectl":
      try allow(["exitCode", "output"])
      let words = KubectlInvocation.split(try text(first.tree))
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
  private func objects(_ tree: YAMLTree) throws(ManifestProblem) -> [APIObject] {
    switch tree.json {
    case .string(let path):
      let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      let whole =
        path.hasPrefix("/") || folder.isEmpty ? path : folder.joined(separator: "/") + "/" + path
      return try ManifestReader.read(path: whole).map(\.object)
    case .array:
      var all: [APIObject] = []
      for item in tree.items { all += try objects(item) }
      return all
    default: return try ManifestReader.objects(in: tree, file: file).map(\.object)
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

  // MARK: Predicates

  func predicate(_ tree: YAMLTree) throws(ManifestProblem) -> Predicate {
    if case .string("converged") = tree.json { return .converged }
    guard case .object = tree.json else { throw problem(tree, predicates) }
    let fields = tree.fields.filter { $0.key != "within" }
    guard let first = fields.first else { throw problem(tree, predicates) }
    switch first.key {
    case "pods": return .pods(try pods(first.tree))
    case "node": return try node(tree)
    case "deployment":
      try check(tree, ["deployment", "namespace", "available", "within"])
      guard let available = tree["available"] else {
        throw problem(tree, "a deployment's predicate needs available: N")
      }
      return .deployment(
        try key(first.tree, tree), available: try integer(available, 0...1_000_000))
    case "endpoints":
      try check(tree, ["endpoints", "namespace", "ready", "within"])
      guard let ready = tree["ready"] else {
        throw problem(tree, "an endpoints predicate needs ready: N")
      }
      return .endpoints(try key(first.tree, tree), ready: try integer(ready, 0...1_000_000))
    case "leader": return .leader(try leader(first.tree, tree))
    case "etcd": return .etcd(try etcd(first.tree))
    case "apiserver":
      try check(tree, ["apiserver", "ready", "within"])
      let ready = try optional(tree["ready"], bool)
      return .apiServer(host: try text(first.tree), isReady: ready ?? true)
    case "phantoms":
      try check(tree, ["phantoms", "within"])
      return .phantoms(try integer(first.tree, 0...1_000_000))
    case "proxy":
      try check(tree, ["proxy", "service", "namespace", "endpoints", "within"])
      guard let service = tree["service"], let endpoints = tree["endpoints"] else {
        throw problem(tree, "a proxy predicate needs service and endpoints")
      }
      return .proxy(
        node: try text(first.tree), service: try key(service, tree),
        endpoints: try integer(endpoints, 0...1_000_000))
    case "object", "field": return try field(tree)
    default: throw problem(first.place, "unknown predicate \"\(first.key)\"; " + predicates)
    }
  }

  private var predicates: String {
    "expected converged, pods, node, deployment, endpoints, leader, etcd, apiserver, phantoms, proxy, object or field"
  }

  private func key(_ name: YAMLTree, _ tree: YAMLTree) throws(ManifestProblem) -> ObjectKey {
    let namespace = try optional(tree["namespace"], text)
    return ObjectKey(namespace: namespace ?? "default", name: try text(name))
  }

  private func pods(_ tree: YAMLTree) throws(ManifestProblem) -> PodsPredicate {
    try check(
      tree,
      [
        "selector", "namespace", "name", "count", "ready", "terminating", "phase", "node",
        "notOnNode",
      ])
    var pods = PodsPredicate()
    if let tree = tree["selector"] { pods.selector = try selector(tree) }
    if let tree = tree["namespace"] { pods.namespace = try text(tree) }
    if let tree = tree["name"] { pods.name = try text(tree) }
    if let tree = tree["count"] { pods.count = try integer(tree, 0...1_000_000) }
    if let tree = tree["ready"] { pods.ready = try integer(tree, 0...1_000_000) }
    if let tree = tree["terminating"] { pods.terminating = try integer(tree, 0...1_000_000) }
    if let tree = tree["phase"] { pods.phase = try text(tree) }
    if let tree = tree["node"] { pods.node = try text(tree) }
    if let tree = tree["notOnNode"] { pods.notOnNode = try text(tree) }
    return pods
  }

  private func node(_ tree: YAMLTree) throws(ManifestProblem) -> Predicate {
    try check(tree, ["node", "condition", "status", "taint", "effect", "present", "within"])
    guard let nameTree = tree["node"] else { throw problem(tree, "expected a node's name") }
    let name = try text(nameTree)
    if let taint = tree["taint"] {
      return .taint(
        node: name, key: try text(taint),
        effect: try optional(tree["effect"], text),
        isPresent: try optional(tree["present"], bool)
          ?? true)
    }
    guard let condition = tree["condition"], let status = tree["status"] else {
      throw problem(tree, "a node's predicate needs condition and status, or taint")
    }
    return .node(name, condition: try text(condition), status: try text(status))
  }

  private func leader(
    _ tree: YAMLTree, _ step: YAMLTree
  ) throws(ManifestProblem) -> LeaderPredicate {
    try check(step, ["leader", "is", "isNot", "exists", "within"])
    let known = ["etcd", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"]
    let name = try text(tree)
    guard known.contains(name) else {
      throw problem(tree, "expected one of \(known.joined(separator: ", "))")
    }
    var leader = LeaderPredicate(of: name)
    if let host = step["is"] { leader.host = try text(host) }
    if let host = step["isNot"] { leader.notHost = try text(host) }
    if let exists = step["exists"] { leader.exists = try bool(exists) }
    return leader
  }

  private func etcd(_ tree: YAMLTree) throws(ManifestProblem) -> EtcdPredicate {
    try check(tree, ["quorum", "healthy", "revisionAtLeast"])
    var etcd = EtcdPredicate()
    if let tree = tree["quorum"] { etcd.quorum = try bool(tree) }
    if let tree = tree["healthy"] { etcd.healthy = try integer(tree, 0...7) }
    if let tree = tree["revisionAtLeast"] {
      etcd.revisionAtLeast = Int64(try integer(tree, 0...Int.max))
    }
    return etcd
  }

  /// `field: {kind, name, namespace, path, equals | exists | atLeast}` or `object: {kind, name}`.
  private func field(_ step: YAMLTree) throws(ManifestProblem) -> Predicate {
    try check(step, ["field", "object", "within"])
    guard let tree = step["field"] ?? step["object"] else { throw problem(step, predicates) }
    try check(
      tree, ["kind", "name", "namespace", "path", "equals", "exists", "atLeast", "present"])
    guard let kindTree = tree["kind"], let nameTree = tree["name"] else {
      throw problem(tree, "expected kind and name")
    }
    guard let kind = ResourceKind(commandLineName: try text(kindTree)) else {
      throw problem(kindTree, "unknown kind \"\(try text(kindTree))\"")
    }
    var key = try self.key(nameTree, tree)
    if !kind.isNamespaced { key.namespace = "" }
    guard let pathTree = tree["path"] else {
      let isPresent = try optional(tree["present"] ?? tree["exists"], bool)
      return .object(kind, key, isPresent: isPresent ?? true)
    }
    let path = try text(pathTree)
    do throws(JSONPathProblem) { _ = try JSONPath(path) } catch {
      throw problem(pathTree, "\"\(path)\" is no path such as status.conditions[0].status")
    }
    if let value = tree["equals"] { return .field(kind, key, path: path, .equals(value.json)) }
    if let value = tree["atLeast"] {
      return .field(kind, key, path: path, .atLeast(Int64(try integer(value, Int.min...Int.max))))
    }
    let exists = try optional(tree["exists"], bool)
    return .field(kind, key, path: path, .exists(exists ?? true))
  }
}
