import Basics
import KubeAPI

/// The objects that a command line names, by name, kind or selector, asked of the API server and
/// handed out in the order of the line (`resource.Builder`).
struct ObjectQuery {
  let kinds: [ResourceKind]
  let named: [(ResourceKind, String)]
  private let namespace: String
  private let isEverywhere: Bool
  private let labels: LabelSelector?
  private let fields: FieldSelector?
  private var found: [[APIObject]] = []
  private var pending = 0
  /// Whether something could not be had.
  private(set) var hasFailed = false
  /// What the newest answer is consistent with.
  private(set) var revision: Int64 = 0
  /// Whether names that are none are passed over.
  var ignoresNotFound: Bool

  /// Tags from here on are free for what a verb asks afterwards.
  static let firstFreeTag = 1_000_000

  /// Whether the line names one object.
  var isSingle: Bool { named.count == 1 }

  /// - Parameters:
  ///   - nothing: the error where the line names no resource at all.
  ///   - takesAll: whether a kind alone means all of its objects.
  init(
    _ words: [String], _ arguments: KubectlArguments, nothing: String, takesAll: Bool
  ) throws(KubectlProblem) {
    guard !words.isEmpty else { throw KubectlProblem(message: nothing) }
    (kinds, named) = try KubectlArguments.targets(words)
    namespace = arguments.namespace
    isEverywhere = arguments.isSet("all-namespaces")
    labels = try arguments.labelSelector()
    fields = try arguments.fieldSelector()
    ignoresNotFound = arguments.isSet("ignore-not-found")
    let isAsked = takesAll || labels != nil || fields != nil || arguments.isSet("all")
    guard isAsked || !named.isEmpty else {
      throw KubectlProblem(
        message: "error: resource(s) were provided, but no name was specified")
    }
  }

  /// Sends the requests, under tags from 0 on.
  mutating func begin(_ io: inout KubectlIO, after delay: Span = .zero) {
    if named.isEmpty {
      for (index, kind) in kinds.enumerated() {
        let place = isEverywhere || !kind.isNamespaced ? "" : namespace
        var request = APIRequest(.list, kind, namespace: place)
        request.options.labelSelector = labels
        request.options.fieldSelector = fields
        io.send(request, tag: index, after: delay)
      }
    } else {
      for (index, (kind, name)) in named.enumerated() {
        let place = kind.isNamespaced ? namespace : ""
        io.send(APIRequest(.get, kind, namespace: place, name: name), tag: index, after: delay)
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
    case .object(let object):
      found[request.tag] = [object]
      revision = object.resourceVersion
    case .list(let objects, let listed, _):
      found[request.tag] = objects
      revision = listed
    case .status(let status) where status.isNotFound && ignoresNotFound: break
    case .status(let status):
      hasFailed = true
      io.fail(status)
    case .token: break
    }
    return pending == 0 ? found.flatMap { $0 } : nil
  }

  /// A watch of what was found, from the newest answer on. What is named is watched by its name.
  func watch(_ kind: ResourceKind) -> APIRequest {
    let place = (isEverywhere && named.isEmpty) || !kind.isNamespaced ? "" : namespace
    var request = APIRequest(.watch, kind, namespace: place)
    request.options.labelSelector = named.isEmpty ? labels : nil
    request.options.fieldSelector = named.first.map { .name($0.1) } ?? fields
    request.options.resourceVersion = revision
    return request
  }

  /// Says that there is nothing, unless it was said what went wrong.
  ///
  /// - Parameter isInNamespace: whether the kinds were looked for in one namespace; most verbs do
  ///   not ask whether they have any.
  func sayNothingFound(_ io: inout KubectlIO, isInNamespace: Bool = true) {
    guard !hasFailed, named.isEmpty else { return }
    io.warn(
      isInNamespace && !isEverywhere
        ? "No resources found in \(namespace) namespace." : "No resources found")
  }
}

extension ResourceKind {
  /// The kind as Go prints a `schema.GroupKind`: `Pod`, `ReplicaSet.apps`.
  var groupKind: String { group.isEmpty ? kind : kind + "." + group }
}
