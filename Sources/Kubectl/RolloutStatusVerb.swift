import Basics
import KubeAPI

/// `kubectl rollout status`: says how far a deployment's rollout is, until it is done.
///
/// kubectl watches the deployment; this one asks for it twice a second and speaks when it changed.
struct RolloutStatusVerb: KubectlVerb {
  static var isReading: Bool { true }

  private var query: ObjectQuery
  private let revision: Int64
  private let timeout: Span?
  private let watches: Bool
  /// Deployments whose turn comes later; the first is the one looked at.
  private var waiting: [APIObject] = []
  private var startedAt = Timestamp.powerOn
  private var seen: Int64 = -1

  private static let interval = Span.milliseconds(500)

  init(_ query: ObjectQuery, _ arguments: KubectlArguments) throws(KubectlProblem) {
    self.query = query
    revision = Int64(try arguments.integer("revision") ?? 0)
    guard revision >= 0 else {
      throw KubectlProblem(message: "error: revision must be a positive integer: \(revision)")
    }
    let limit = try arguments.duration("timeout") ?? .zero
    timeout = limit > .zero ? limit : nil
    watches = arguments["watch"] != "false"
  }

  mutating func begin(_ io: inout KubectlIO) { query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if request.tag >= 0 {
      guard let objects = query.receive(request, response, &io) else { return }
      if objects.isEmpty { query.sayNothingFound(&io) }
      waiting = objects
      return start(now, &io)
    }
    guard let current = waiting.first else { return }
    switch response {
    case .object(let object) where object.metadata.uid == current.metadata.uid:
      look(object, now, &io)
    case .object: end("error: object has been deleted", now, &io)
    case .status(let status) where status.isNotFound:
      end("error: object has been deleted", now, &io)
    // A watch that breaks is begun again.
    default: ask(now, &io)
    }
  }

  /// Begins with the first of those waiting.
  private mutating func start(_ now: Timestamp, _ io: inout KubectlIO) {
    startedAt = now
    seen = -1
    guard let first = waiting.first else { return }
    guard first.kind == .deployment else {
      return end(
        "error: no status viewer has been implemented for \(first.kind.groupKind)", now, &io)
    }
    look(first, now, &io)
  }

  private mutating func end(_ problem: String?, _ now: Timestamp, _ io: inout KubectlIO) {
    if let problem { io.fail(problem) }
    waiting.removeFirst()
    start(now, &io)
  }

  private mutating func look(_ object: APIObject, _ now: Timestamp, _ io: inout KubectlIO) {
    guard object.resourceVersion != seen, let deployment = object.deployment else {
      return ask(now, &io)
    }
    seen = object.resourceVersion
    do throws(KubectlProblem) {
      let (line, isDone) = try Self.status(of: deployment, revision: revision)
      io.print(line)
      if isDone || !watches { end(nil, now, &io) } else { ask(now, &io) }
    } catch {
      end(error.message, now, &io)
    }
  }

  private mutating func ask(_ now: Timestamp, _ io: inout KubectlIO) {
    guard let object = waiting.first else { return }
    var delay = Self.interval
    if let timeout {
      let left = startedAt + timeout - now
      guard left > .zero else {
        return end("error: timed out waiting for the condition", now, &io)
      }
      delay = min(delay, left)
    }
    let metadata = object.metadata
    io.send(
      APIRequest(.get, object.kind, namespace: metadata.namespace, name: metadata.name),
      tag: -1, after: delay)
  }

  /// One line, and whether there is nothing more to wait for (`DeploymentStatusViewer.Status`).
  static func status(
    of deployment: Deployment, revision: Int64
  ) throws(KubectlProblem) -> (line: String, isDone: Bool) {
    let name = deployment.metadata.name
    let status = deployment.status
    if revision > 0, deployment.metadata.deploymentRevision ?? 0 != revision {
      throw KubectlProblem(
        message: "error: desired revision (\(revision)) is different from the running revision "
          + "(\(deployment.metadata.deploymentRevision ?? 0))")
    }
    guard deployment.metadata.generation <= status.observedGeneration else {
      return ("Waiting for deployment spec update to be observed...", false)
    }
    if status.conditions["Progressing"]?.reason == "ProgressDeadlineExceeded" {
      throw KubectlProblem(
        message: "error: deployment \"\(name)\" exceeded its progress deadline")
    }
    let waits = "Waiting for deployment \"\(name)\" rollout to finish: "
    if let wanted = deployment.spec.replicas, status.updatedReplicas < wanted {
      return (
        "\(waits)\(status.updatedReplicas) out of \(wanted) new replicas have been updated...",
        false
      )
    }
    let old = status.replicas - status.updatedReplicas
    if old > 0 { return ("\(waits)\(old) old replicas are pending termination...", false) }
    if status.availableReplicas < status.updatedReplicas {
      return (
        "\(waits)\(status.availableReplicas) of \(status.updatedReplicas) updated replicas are "
          + "available...", false
      )
    }
    return ("deployment \"\(name)\" successfully rolled out", true)
  }
}
