import KubeAPI

/// `kubectl get --watch`: which kind, and how wide the columns have become.
struct GetWatch: Sendable {
  let kind: ResourceKind
  /// `--watch-only`: what is there at first is not shown.
  let isOnly: Bool
  var hasPrinted = false
  var widths: [Int] = []

  /// Nil where nothing is to be watched.
  init?(_ arguments: KubectlArguments, _ query: ObjectQuery) throws(KubectlProblem) {
    isOnly = arguments.isSet("watch-only")
    guard isOnly || arguments.isSet("watch") else { return nil }
    guard arguments.canFollow else { throw Self.refusal }
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

  /// Where nobody could tell it what changes.
  static let refusal = KubectlProblem(
    message: "error: --watch works on the dashboard's command line only; "
      + "`kubectl rollout status` waits for a rollout")
}
