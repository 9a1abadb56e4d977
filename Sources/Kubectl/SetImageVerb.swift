import Basics
import KubeAPI

/// `kubectl set image deployment/web nginx=nginx:1.28`.
struct SetImageVerb: KubectlVerb {
  private let named: [(ResourceKind, String)]
  private let namespace: String
  private let dryRun: DryRun
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
    dryRun = try DryRun(arguments)
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
    case (_, .object(let object)): said(object, &io)
    case (_, .status(let status)): io.fail(status)
    default: break
    }
  }

  private func said(_ object: APIObject, _ io: inout KubectlIO) {
    io.print("\(object.printedName) image updated\(dryRun.suffix)")
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
    if dryRun == .client { return said(object, &io) }
    var body = JSONValue.object(JSONObject([("containers", .array(list))]))
    if object.kind != .pod {
      body = .object(JSONObject([("template", .object(JSONObject([("spec", body)])))]))
    }
    var patch = APIRequest(
      .patch, object.kind, namespace: object.metadata.namespace, name: object.metadata.name)
    patch.body = .patch(Patch(.strategicMerge, .object(JSONObject([("spec", body)]))))
    patch.options.dryRun = dryRun == .server
    io.send(patch)
  }
}
