import KubeAPI

/// The objects that a command line names, by name, kind or selector, asked of the API server and
/// handed out in the order of the line (`resource.Builder`).
struct ObjectQuery {
  private let kinds: [ResourceKind]
  private let named: [(ResourceKind, String)]
  private let namespace: String
  private let isEverywhere: Bool
  private let labels: LabelSelector?
  private let fields: FieldSelector?
  private var found: [[APIObject]] = []
  private var pending = 0

  /// Whether the line names one object.
  var isSingle: Bool { named.count == 1 }

  /// - Parameters:
  ///   - nothing: what is said where the line names no resource at all.
  ///   - takesAll: whether a kind alone means all of its objects.
  init(
    _ words: [String], _ arguments: KubectlArguments, nothing: String, takesAll: Bool
  ) throws(KubectlProblem) {
    guard !words.isEmpty else { throw KubectlProblem(message: "error: " + nothing) }
    (kinds, named) = try KubectlArguments.targets(words)
    namespace = arguments.namespace
    isEverywhere = arguments.isSet("all-namespaces")
    labels = try arguments.labelSelector()
    fields = try arguments.fieldSelector()
    let isAsked = takesAll || labels != nil || fields != nil || arguments.isSet("all")
    guard isAsked || !named.isEmpty else {
      throw KubectlProblem(
        message: "error: resource(s) were provided, but no name was specified")
    }
  }

  /// Sends the requests, under tags from 0 on.
  mutating func begin(_ io: inout KubectlIO) {
    if named.isEmpty {
      for (index, kind) in kinds.enumerated() {
        let place = isEverywhere || !kind.isNamespaced ? "" : namespace
        var request = APIRequest(.list, kind, namespace: place)
        request.options.labelSelector = labels
        request.options.fieldSelector = fields
        io.send(request, tag: index)
      }
    } else {
      for (index, (kind, name)) in named.enumerated() {
        let place = kind.isNamespaced ? namespace : ""
        io.send(APIRequest(.get, kind, namespace: place, name: name), tag: index)
      }
    }
    pending = named.isEmpty ? kinds.count : named.count
    found = Array(repeating: [], count: pending)
  }

  /// Takes an answer; the objects once the last one is there, nil before and for an answer to
  /// something else.
  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, _ io: inout KubectlIO
  ) -> [APIObject]? {
    guard pending > 0, found.indices.contains(request.tag) else { return nil }
    pending -= 1
    switch response {
    case .object(let object): found[request.tag] = [object]
    case .list(let objects, _, _): found[request.tag] = objects
    case .status(let status): io.fail(status)
    case .token: break
    }
    return pending == 0 ? found.flatMap { $0 } : nil
  }
}

extension ResourceKind {
  /// The kind as Go prints a `schema.GroupKind`: `Pod`, `ReplicaSet.apps`.
  var groupKind: String { group.isEmpty ? kind : kind + "." + group }
}
