import Basics
import KubeAPI

/// `kubectl rollout SUBCOMMAND`: which of its verbs is meant.
enum RolloutVerb {
  private static var subcommands: [String] { KubectlInvocation.rolloutSubcommands }

  static func parse(_ arguments: KubectlArguments) throws(KubectlProblem) -> any KubectlVerb {
    guard let word = arguments.words.first else {
      return HelpVerb(
        "Manage the rollout of one or many deployments: kubectl rollout SUBCOMMAND deployment/NAME\n"
          + "\nAvailable Commands:\n" + subcommands.map { "  \($0)\n" }.joined())
    }
    let rest = Array(arguments.words.dropFirst())
    let query = try { () throws(KubectlProblem) in
      guard subcommands.contains(word) else {
        throw KubectlProblem(
          message: "error: unknown command \"\(arguments.words.joined(separator: " "))\"\n"
            + "See 'kubectl rollout -h' for help and examples")
      }
      return try ObjectQuery(
        rest, arguments, nothing: "error: required resource not specified", takesAll: true)
    }()
    switch word {
    case "status": return try RolloutStatusVerb(query, arguments)
    case "history": return try RolloutHistoryVerb(query, arguments)
    case "undo": return try RolloutUndoVerb(query, arguments)
    case "pause": return RolloutChangeVerb(query, .pause)
    case "resume": return RolloutChangeVerb(query, .resume)
    default: return RolloutChangeVerb(query, .restart)
    }
  }
}

/// `kubectl rollout restart`, `pause` and `resume`: each a patch of the deployment.
struct RolloutChangeVerb: KubectlVerb {
  enum Change {
    case restart, pause, resume
  }

  private var query: ObjectQuery
  private let change: Change
  /// When pods of a deployment were last told to begin anew.
  static let restartedAt = "kubectl.kubernetes.io/restartedAt"

  init(_ query: ObjectQuery, _ change: Change) {
    self.query = query
    self.change = change
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if request.request.verb == .patch {
      switch response {
      case .object(let object): io.print(object.printedName + " " + done)
      case .status(let status): io.fail("error: failed to patch: " + status.message)
      default: break
      }
    } else if let objects = query.receive(request, response, &io) {
      if objects.isEmpty { query.sayNothingFound(&io) }
      for object in objects { patch(object, now, &io) }
    }
  }

  private var done: String {
    switch change {
    case .restart: "restarted"
    case .pause: "paused"
    case .resume: "resumed"
    }
  }

  private func patch(_ object: APIObject, _ now: Timestamp, _ io: inout KubectlIO) {
    let name = object.metadata.name
    do throws(KubectlProblem) {
      let spec = try spec(object, now)
      var request = APIRequest(
        .patch, object.kind, namespace: object.metadata.namespace, name: name)
      request.body = .patch(Patch(.strategicMerge, .object(JSONObject([("spec", spec)]))))
      request.options.fieldManager = "kubectl-rollout"
      io.send(request, tag: -1)
    } catch {
      io.fail(error.message)
    }
  }

  /// The part of the deployment's spec that is sent.
  private func spec(_ object: APIObject, _ now: Timestamp) throws(KubectlProblem) -> JSONValue {
    let resource = "error: \(object.kind.groupResource) \"\(object.metadata.name)\" "
    guard let deployment = object.deployment else {
      let word = change == .restart ? "restarting" : change == .pause ? "pausing" : "resuming"
      throw KubectlProblem(message: resource + word + " is not supported")
    }
    let isPaused = deployment.spec.paused
    switch change {
    case .pause where isPaused: throw KubectlProblem(message: resource + "is already paused")
    case .resume where !isPaused: throw KubectlProblem(message: resource + "is not paused")
    case .pause: return .object(JSONObject([("paused", .bool(true))]))
    case .resume: return .object(JSONObject([("paused", .null)]))
    case .restart:
      guard !isPaused else {
        throw KubectlProblem(
          message: resource + "can't restart paused deployment (run rollout resume first)")
      }
      let time = now.rfc3339
      guard deployment.spec.template.metadata.annotations[Self.restartedAt] != time else {
        throw KubectlProblem(
          message: "error: failed to create patch for \(object.metadata.name): if restart has "
            + "already been triggered within the past second, please wait before attempting to "
            + "trigger another")
      }
      let annotations = JSONValue.object(JSONObject([(Self.restartedAt, .string(time))]))
      let metadata = JSONValue.object(JSONObject([("annotations", annotations)]))
      let template = JSONValue.object(JSONObject([("metadata", metadata)]))
      return .object(JSONObject([("template", template)]))
    }
  }
}
