import Basics
import KubeAPI

/// `kubectl label` and `kubectl annotate`: `TYPE NAME KEY=VALUE KEY-`.
struct LabelVerb: KubectlVerb {
  enum Kind: String {
    case label, annotation
  }

  private let kind: Kind
  private var query: ObjectQuery
  private var added = StringMap()
  private var removed: [String] = []
  private let overwrites: Bool
  private let lists: Bool
  private let resourceVersion: String?
  private let dryRun: DryRun
  /// What was changed by the patch of each tag.
  private var words: [Int: String] = [:]
  private var failures: [KubectlIO.Failure] = []
  private var pending = 0

  init(_ arguments: KubectlArguments, _ kind: Kind) throws(KubectlProblem) {
    self.kind = kind
    overwrites = arguments.isSet("overwrite")
    lists = arguments.isSet("list")
    dryRun = try DryRun(arguments)
    resourceVersion = arguments.nonEmpty("resource-version")
    let (resources, pairs) = try Self.split(arguments.words, kind)
    query = try ObjectQuery(
      resources, arguments,
      nothing: "error: one or more resources must be specified as <resource> <name> or "
        + "<resource>/<name>", takesAll: false)
    for pair in pairs { if kind == .label { try label(pair) } else { annotation(pair) } }
    let both = removed.filter { added[$0] != nil }
    if !both.isEmpty {
      throw KubectlProblem(
        message: kind == .label
          ? "error: can not both modify and remove a label in the same command"
          : "error: can not both modify and remove the following annotation(s) in the same "
            + "command: " + both.joined(separator: ", "))
    }
    guard lists || !added.isEmpty || !removed.isEmpty else {
      throw KubectlProblem(message: "error: at least one \(kind.rawValue) update is required")
    }
    if resourceVersion != nil, !query.isSingle {
      throw KubectlProblem(
        message: "error: --resource-version may only be used with a single resource")
    }
  }

  /// Resources come first, then the changes (`cmdutil.GetResourcesAndPairs`).
  private static func split(
    _ words: [String], _ kind: Kind
  ) throws(KubectlProblem) -> (resources: [String], pairs: [String]) {
    var resources: [String] = []
    var pairs: [String] = []
    for word in words {
      let isPair =
        (word.contains("=") && word.first != "=") || (word.hasSuffix("-") && word != "-")
      if isPair {
        pairs.append(word)
      } else if pairs.isEmpty {
        resources.append(word)
      } else {
        throw KubectlProblem(
          message: "error: all resources must be specified before \(kind.rawValue) changes: "
            + word)
      }
    }
    return (resources, pairs)
  }

  private mutating func label(_ pair: String) throws(KubectlProblem) {
    let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1 else { return removed.append(String(pair.dropLast())) }
    guard parts.count == 2 else {
      throw KubectlProblem(message: "error: invalid label spec: \(pair)")
    }
    let problems = LabelText.problems(ofValue: parts[1])
    guard problems.isEmpty else {
      throw KubectlProblem(
        message: "error: invalid label value: \"\(pair)\": " + problems.joined(separator: ";"))
    }
    added[parts[0]] = parts[1]
  }

  private mutating func annotation(_ pair: String) {
    guard let sign = pair.firstIndex(of: "="), sign > pair.startIndex else {
      return removed.append(String(pair.dropLast()))
    }
    added[String(pair[..<sign])] = String(pair[pair.index(after: sign)...])
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if request.tag >= ObjectQuery.firstFreeTag {
      pending -= 1
      switch response {
      case .object(let object):
        io.print(object.printedName + " " + (words[request.tag] ?? "") + dryRun.suffix)
      case .status(let status): failures.append(.status(status))
      default: break
      }
    } else if let objects = query.receive(request, response, &io) {
      for object in objects { lists ? list(object, &io) : change(object, &io) }
    } else {
      return
    }
    guard pending == 0 else { return }
    io.failAll(failures)
    failures = []
  }

  private func present(_ object: APIObject) -> StringMap {
    kind == .label ? object.metadata.labels : object.metadata.annotations
  }

  private func list(_ object: APIObject, _ io: inout KubectlIO) {
    if !query.isSingle {
      io.print(
        "Listing \(kind.rawValue)s for \(object.kind.kind).\(object.kind.group)/"
          + "\(object.metadata.name):")
    }
    for entry in present(object).entries {
      io.print((query.isSingle ? "" : " ") + entry.key + "=" + entry.value)
    }
  }

  private mutating func change(_ object: APIObject, _ io: inout KubectlIO) {
    let present = present(object)
    for key in removed where kind == .label && present[key] == nil && dryRun != .client {
      io.print("label \"\(key)\" not found.")
    }
    let refusals = refusals(present)
    guard refusals.isEmpty else {
      return failures += refusals.map { .words($0) }
    }
    let new = added.entries.filter { present[$0.key] != $0.value }
    let gone = removed.filter { present[$0] != nil }
    let word: String
    switch (kind, new.isEmpty, gone.isEmpty) {
    case (.annotation, _, _): word = "annotated"
    case (_, false, false): word = "modified"
    case (_, false, true): word = "labeled"
    case (_, true, false): word = "unlabeled"
    case (_, true, true): return io.print(object.printedName + " not labeled" + dryRun.suffix)
    }
    if dryRun == .client {
      return io.print(object.printedName + " " + word + dryRun.suffix)
    }
    var fields = JSONObject(new.map { ($0.key, .string($0.value)) })
    for key in gone { fields[key] = .null }
    var metadata = JSONObject([(kind.rawValue + "s", .object(fields))])
    if let resourceVersion { metadata["resourceVersion"] = .string(resourceVersion) }
    var request = APIRequest(
      .patch, object.kind, namespace: object.metadata.namespace, name: object.metadata.name)
    request.body = .patch(Patch(.merge, .object(JSONObject([("metadata", .object(metadata))]))))
    request.options.fieldManager = kind == .label ? "kubectl-label" : "kubectl-annotate"
    request.options.dryRun = dryRun == .server
    let tag = ObjectQuery.firstFreeTag + words.count
    words[tag] = word
    pending += 1
    io.send(request, tag: tag)
  }

  /// Values that are there already and not to be overwritten.
  private func refusals(_ present: StringMap) -> [String] {
    guard !overwrites else { return [] }
    let taken = added.entries.compactMap { entry -> (key: String, value: String)? in
      // Why a rollout was made may always be said anew.
      guard kind == .label || entry.key != RolloutRevisions.changeCause,
        let value = present[entry.key], value != entry.value
      else { return nil }
      return (entry.key, value)
    }
    if kind == .label {
      return taken.map {
        "'\($0.key)' already has a value (\($0.value)), and --overwrite is false"
      }
    }
    guard !taken.isEmpty else { return [] }
    let words = taken.map { "'\($0.key)' already has a value (\($0.value))" }
    return [
      "--overwrite is false but found the following declared annotation(s): "
        + words.joined(separator: "; ")
    ]
  }
}
