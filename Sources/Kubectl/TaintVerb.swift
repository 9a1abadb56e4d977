import Basics
import KubeAPI

/// `kubectl taint nodes NAME KEY=VALUE:EFFECT … KEY:EFFECT- KEY-`.
struct TaintVerb: KubectlVerb {
  private var query: ObjectQuery
  private let changes: TaintChanges
  private let overwrites: Bool
  private let dryRun: DryRun
  /// What was done to each node, by its name.
  private var words = LookupTable<String, String>()

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    overwrites = arguments.isSet("overwrite")
    dryRun = try DryRun(arguments)
    let (resources, specs) = try Self.split(arguments.words)
    guard let type = resources.first else {
      throw KubectlProblem(
        message: "error: one or more resources must be specified as <resource> <name>")
    }
    guard !specs.isEmpty else {
      throw KubectlProblem(message: "error: at least one taint update is required")
    }
    do throws(KubectlProblem) { changes = try TaintChanges(specs) } catch {
      throw .usage("taint", error.message)
    }
    guard try KubectlArguments.kinds(type.lowercased()) == [.node] else {
      throw KubectlProblem(
        message: "error: invalid resource type \(type.lowercased()), only node types are supported")
    }
    let both = changes.conflicts
    guard both.isEmpty else {
      throw KubectlProblem(
        message: "error: can not both modify and remove the following taint(s) in the same "
          + "command: " + both.map { $0.key + "=" + $0.effect }.joined(separator: ", "))
    }
    let (isAll, selects) = (arguments.isSet("all"), arguments.nonEmpty("selector") != nil)
    guard !isAll || !selects else {
      throw KubectlProblem(
        message: "error: setting 'all' parameter with a non empty selector is prohibited")
    }
    guard isAll || selects || resources.count > 1 else {
      throw KubectlProblem(
        message: "error: at least one resource name must be specified since 'all' parameter is "
          + "not set")
    }
    // Of all, or by labels, kubectl looks at no name.
    query = try ObjectQuery(
      isAll || selects ? [type] : resources, arguments, nothing: "", takesAll: false)
  }

  /// Resources come first, then the taints.
  private static func split(
    _ words: [String]
  ) throws(KubectlProblem) -> (resources: [String], specs: [String]) {
    var resources: [String] = []
    var specs: [String] = []
    for word in words {
      if word.contains("=") || word.contains(":") || word.hasSuffix("-") {
        specs.append(word)
      } else if specs.isEmpty {
        resources.append(word)
      } else {
        throw KubectlProblem(
          message: "error: all resources must be specified before taint changes: \(word)")
      }
    }
    return (resources, specs)
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    guard request.request.verb == .patch else {
      for object in query.receive(request, response, &io) ?? [] { change(object, &io) }
      return
    }
    switch response {
    case .object(let object):
      io.print(object.printedName + " " + (words[object.metadata.name] ?? "") + dryRun.suffix)
    case .status(let status): io.fail(status)
    default: break
    }
  }

  private mutating func change(_ object: APIObject, _ io: inout KubectlIO) {
    guard let node = object.node else { return }
    let name = node.metadata.name
    let old = node.spec.taints
    let added = changes.added
    let there = added.filter { taint in old.contains(where: taint.matches) }.map(\.key)
    guard overwrites || there.isEmpty else {
      return io.fail(
        "error: node \(name) already has \(there.joined(separator: ",")) taint(s) with same "
          + "effect(s) and --overwrite is false")
    }
    // The new ones stand before those that were there (`reorganizeTaints`).
    var taints = added + old.filter { taint in !added.contains(where: taint.matches) }
    let grows = taints.count != old.count
    var shrinks = false
    var missing: [KubectlIO.Failure] = []
    for gone in changes.removed {
      let before = taints.count
      taints.removeAll { TaintChanges.takesOff(gone, $0) }
      shrinks = taints.count != before
      if !shrinks { missing.append(.words("taint \"\(gone.text)\" not found")) }
    }
    guard missing.isEmpty else { return io.failAll(missing) }
    let word = overwrites || (grows && shrinks) ? "modified" : grows ? "tainted" : "untainted"
    if dryRun == .client { return io.print("node/\(name) \(word)\(dryRun.suffix)") }
    words[name] = word
    var patch = APIRequest(.patch, .node, name: name)
    let list = taints.map { taint in
      var fields = JSONObject([("effect", .string(taint.effect)), ("key", .string(taint.key))])
      if !taint.value.isEmpty { fields["value"] = .string(taint.value) }
      if let since = taint.timeAdded { fields["timeAdded"] = .string(since.rfc3339) }
      return JSONValue.object(fields)
    }
    let spec = JSONValue.object(JSONObject([("taints", .array(list))]))
    patch.body = .patch(Patch(.merge, .object(JSONObject([("spec", spec)]))))
    patch.options.fieldManager = "kubectl-taint"
    patch.options.dryRun = dryRun == .server
    io.send(patch, tag: -1)
  }
}

/// What a command line wants of taints.
private struct TaintChanges {
  private(set) var added: [Taint] = []
  /// Those to be taken off; without an effect, with any.
  private(set) var removed: [Taint] = []

  private static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

  init(_ specs: [String]) throws(KubectlProblem) {
    for spec in specs { try take(spec) }
  }

  /// Those that are to be taken off and put on.
  var conflicts: [Taint] {
    added.flatMap { taint in removed.filter { Self.takesOff($0, taint) } }
  }

  static func takesOff(_ gone: Taint, _ taint: Taint) -> Bool {
    taint.key == gone.key && (gone.effect.isEmpty || taint.effect == gone.effect)
  }

  private mutating func take(_ spec: String) throws(KubectlProblem) {
    if spec.hasSuffix("-") {
      var taint = try Self.taint(String(spec.dropLast()))
      taint.value = ""
      return removed.append(taint)
    }
    let taint = try Self.taint(spec)
    guard !taint.effect.isEmpty else {
      throw KubectlProblem(message: "invalid taint spec: \(spec)")
    }
    guard !added.contains(where: taint.matches) else {
      throw KubectlProblem(
        message: "duplicated taints with the same key and effect: "
          + "{\(taint.key) \(taint.value) \(taint.effect) <nil>}")
    }
    added.append(taint)
  }

  /// `KEY=VALUE:EFFECT`, `KEY:EFFECT` or `KEY`.
  private static func taint(_ text: String) throws(KubectlProblem) -> Taint {
    func invalid(_ problems: [String] = []) -> KubectlProblem {
      let why = problems.isEmpty ? "" : ", " + problems.joined(separator: "; ")
      return KubectlProblem(message: "invalid taint spec: \(text)" + why)
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2 else { throw invalid() }
    guard parts.count == 2 else {
      let problems = LabelText.problems(ofKey: text)
      guard problems.isEmpty else { throw invalid(problems) }
      return Taint(key: text, value: "", effect: "")
    }
    guard effects.contains(parts[1]) else {
      throw KubectlProblem(
        message: "invalid taint effect: \(parts[1]), unsupported taint effect")
    }
    let pair = parts[0].split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard pair.count <= 2 else { throw invalid() }
    let value = pair.count == 2 ? pair[1] : ""
    for problems in [LabelText.problems(ofValue: value), LabelText.problems(ofKey: pair[0])]
    where !problems.isEmpty {
      throw invalid(problems)
    }
    return Taint(key: pair[0], value: value, effect: parts[1])
  }
}
