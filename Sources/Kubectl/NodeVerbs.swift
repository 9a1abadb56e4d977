import Basics
import KubeAPI

/// `kubectl taint nodes NAME KEY=VALUE:EFFECT … KEY:EFFECT- KEY-`.
struct TaintVerb: KubectlVerb {
  private var names: [String] = []
  private var added: [Taint] = []
  /// A key to be taken off, with one effect or with any.
  private var removed: [(key: String, effect: String)] = []
  private let overwrites: Bool

  private static let effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"]

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    overwrites = arguments.isSet("overwrite")
    var words = arguments.words
    if let first = words.first, ["node", "nodes", "no"].contains(first) { words.removeFirst() }
    for word in words {
      if word.hasSuffix("-") && word.count > 1 && (word.contains(":") || !names.isEmpty) {
        let parts = word.dropLast().split(separator: ":", maxSplits: 1).map(String.init)
        let key = String(parts[0].prefix { $0 != "=" })
        removed.append((key, parts.count > 1 ? parts[1] : ""))
      } else if word.contains(":") || word.contains("=") {
        added.append(try Self.taint(word))
      } else {
        names.append(word.hasPrefix("node/") ? String(word.dropFirst(5)) : word)
      }
    }
    guard !names.isEmpty else {
      throw KubectlProblem(
        message:
          "error: one or more resources must be specified as <resource> <name> or <resource>/<name>"
      )
    }
    guard !added.isEmpty || !removed.isEmpty else {
      throw KubectlProblem(message: "error: at least one taint update is required")
    }
  }

  private static func taint(_ text: String) throws(KubectlProblem) -> Taint {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw KubectlProblem(message: "error: invalid taint spec: \(text)")
    }
    guard effects.contains(parts[1]) else {
      throw KubectlProblem(
        message: "error: invalid taint effect: \(parts[1]), unsupported taint effect")
    }
    let pair = parts[0].split(separator: "=", maxSplits: 1).map(String.init)
    return Taint(key: pair[0], value: pair.count > 1 ? pair[1] : "", effect: parts[1])
  }

  mutating func begin(_ io: inout KubectlIO) {
    for name in names { io.send(APIRequest(.get, .node, name: name)) }
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch (request.request.verb, response) {
    case (.get, .object(let object)): change(object, &io)
    case (_, .object(let object)):
      let word = added.isEmpty ? "untainted" : removed.isEmpty ? "tainted" : "modified"
      io.print("node/\(object.metadata.name) \(word)")
    case (_, .status(let status)): io.fail(status)
    default: break
    }
  }

  private func change(_ object: APIObject, _ io: inout KubectlIO) {
    guard let node = object.node else { return }
    let name = object.metadata.name
    var taints = node.spec.taints
    for (key, effect) in removed {
      let before = taints.count
      taints.removeAll { $0.key == key && (effect.isEmpty || $0.effect == effect) }
      if taints.count == before {
        let text = effect.isEmpty ? key : key + ":" + effect
        return io.fail("error: taint \"\(text)\" not found")
      }
    }
    for taint in added {
      if let index = taints.firstIndex(where: { $0.key == taint.key && $0.effect == taint.effect })
      {
        guard overwrites else {
          return io.fail(
            "error: node \(name) already has \(taint.key) taint(s) with same effect(s) and "
              + "--overwrite is false")
        }
        taints[index] = taint
      } else {
        taints.append(taint)
      }
    }
    var patch = APIRequest(.patch, .node, name: name)
    let list = taints.map { taint in
      var fields = JSONObject([("effect", .string(taint.effect)), ("key", .string(taint.key))])
      if !taint.value.isEmpty { fields["value"] = .string(taint.value) }
      if let since = taint.timeAdded { fields["timeAdded"] = .string(since.rfc3339) }
      return JSONValue.object(fields)
    }
    let spec = JSONValue.object(JSONObject([("taints", .array(list))]))
    patch.body = .patch(Patch(.merge, .object(JSONObject([("spec", spec)]))))
    io.send(patch)
  }
}

/// `kubectl set image deployment/web nginx=nginx:1.28`.
struct SetImageVerb: KubectlVerb {
  private let named: [(ResourceKind, String)]
  private let namespace: String
  private var images: [(container: String, image: String)] = []

  init(_ arguments: KubectlArguments) throws(KubectlProblem) {
    guard arguments.words.first == "image" else {
      throw KubectlProblem(message: "error: only `set image` is known here")
    }
    var words = Array(arguments.words.dropFirst())
    while let last = words.last, let mark = last.firstIndex(of: "="), mark > last.startIndex {
      images.insert((String(last[..<mark]), String(last[last.index(after: mark)...])), at: 0)
      words.removeLast()
    }
    guard !images.isEmpty else {
      throw KubectlProblem(message: "error: at least one image update is required")
    }
    named = try KubectlArguments.targets(words).named
    namespace = arguments.namespace
    guard !named.isEmpty else {
      throw KubectlProblem(
        message: "error: one or more resources must be specified as <resource> <name> or "
          + "<resource>/<name>")
    }
  }

  mutating func begin(_ io: inout KubectlIO) {
    for (kind, name) in named {
      io.send(APIRequest(.get, kind, namespace: namespace, name: name))
    }
  }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    switch (request.request.verb, response) {
    case (.get, .object(let object)): change(object, &io)
    case (_, .object(let object)): io.print("\(object.printedName) image updated")
    case (_, .status(let status)): io.fail(status)
    default: break
    }
  }

  private func change(_ object: APIObject, _ io: inout KubectlIO) {
    let containers: [Container]
    switch object.kind {
    case .pod: containers = object.pod?.spec.containers ?? []
    case .deployment: containers = object.deployment?.spec.template.spec.containers ?? []
    case .replicaSet: containers = object.replicaSet?.spec.template.spec.containers ?? []
    default: return io.fail("error: \(object.printedName) has no images")
    }
    var list: [JSONValue] = []
    for (name, image) in images {
      let found = name == "*" ? containers.map(\.name) : [name]
      for name in found {
        guard containers.contains(where: { $0.name == name }) else {
          return io.fail("error: unable to find container named \"\(name)\"")
        }
        list.append(.object(JSONObject([("image", .string(image)), ("name", .string(name))])))
      }
    }
    var body = JSONValue.object(JSONObject([("containers", .array(list))]))
    if object.kind != .pod {
      body = .object(JSONObject([("template", .object(JSONObject([("spec", body)])))]))
    }
    var patch = APIRequest(
      .patch, object.kind, namespace: object.metadata.namespace, name: object.metadata.name)
    patch.body = .patch(Patch(.strategicMerge, .object(JSONObject([("spec", body)]))))
    io.send(patch)
  }
}
