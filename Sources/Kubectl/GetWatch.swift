import KubeAPI

/// `kubectl get --watch`: what of the changes is shown, and how wide the columns have become.
struct GetWatch: Sendable {
  private let kind: ResourceKind
  /// `--watch-only`: what is there at first is not shown.
  let isOnly: Bool
  private(set) var revision: Int64?
  /// What was in the selection so far: of an object that leaves it one more row is shown.
  private var known: Set<ObjectKey> = []
  var hasPrinted = false
  var widths: [Int] = []

  /// Nil where nothing is to be watched.
  init?(_ arguments: KubectlArguments, _ query: ObjectQuery) throws(KubectlProblem) {
    isOnly = arguments.isSet("watch-only")
    guard isOnly || arguments.isSet("watch") else { return nil }
    guard arguments.canFollow else {
      throw KubectlProblem(
        message: "error: --watch works on the dashboard's command line only; "
          + "`kubectl rollout status` waits for a rollout")
    }
    let kinds = Set(query.kinds + query.named.map(\.0))
    guard kinds.count == 1, let kind = kinds.first else {
      throw KubectlProblem(message: "error: you may only specify a single resource type")
    }
    guard query.named.count <= 1 else {
      throw KubectlProblem(
        message: "error: you may only watch a single resource or type of resource at a time")
    }
    self.kind = kind
  }

  var followed: (kind: ResourceKind, after: Int64)? { revision.map { (kind, $0) } }

  mutating func begin(_ objects: [APIObject], at revision: Int64) {
    self.revision = revision
    known = Set(objects.map(\.key))
  }

  /// The objects that get a row, in the order of the changes.
  mutating func shown(
    _ changes: [(object: APIObject, isDeleted: Bool)], to revision: Int64, _ query: ObjectQuery
  ) -> [APIObject] {
    self.revision = revision
    var shown: [APIObject] = []
    for (object, isDeleted) in changes {
      let matches = query.matches(object)
      guard matches || known.contains(object.key) else { continue }
      if matches, !isDeleted { known.insert(object.key) } else { known.remove(object.key) }
      shown.append(object)
    }
    return shown
  }
}
