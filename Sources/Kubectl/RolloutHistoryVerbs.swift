import Basics
import KubeAPI

/// What `rollout history` and `rollout undo` begin with: deployments, and the replica sets of each.
private struct DeploymentsWithSets {
  var query: ObjectQuery
  private var objects: [APIObject] = []

  init(_ query: ObjectQuery) { self.query = query }

  /// A deployment with its revisions, when an answer completes one. `refuse` says what is wrong
  /// with an object of another kind.
  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, _ io: inout KubectlIO,
    refuse: (ResourceKind) -> String
  ) -> (Deployment, APIObject, RolloutRevisions)? {
    if let found = query.receive(request, response, &io) {
      objects = found
      for (index, object) in found.enumerated() {
        guard let deployment = object.deployment else {
          io.fail("error: " + refuse(object.kind))
          continue
        }
        var list = APIRequest(.list, .replicaSet, namespace: deployment.metadata.namespace)
        list.options.labelSelector = deployment.spec.selector
        io.send(list, tag: ObjectQuery.firstFreeTag + index)
      }
      return nil
    }
    let index = request.tag - ObjectQuery.firstFreeTag
    guard objects.indices.contains(index), let deployment = objects[index].deployment else {
      return nil
    }
    switch response {
    case .list(let sets, _, _):
      return (deployment, objects[index], RolloutRevisions(deployment, sets))
    case .status(let status):
      io.fail(status)
      return nil
    default: return nil
    }
  }
}

/// `kubectl rollout history`.
struct RolloutHistoryVerb: KubectlVerb {
  static var isReading: Bool { true }

  private var source: DeploymentsWithSets
  private let revision: Int64

  init(_ query: ObjectQuery, _ arguments: KubectlArguments) throws(KubectlProblem) {
    source = DeploymentsWithSets(query)
    revision = Int64(try arguments.integer("revision") ?? 0)
    guard revision >= 0 else {
      throw KubectlProblem(message: "error: revision must be a positive integer: \(revision)")
    }
  }

  mutating func begin(_ io: inout KubectlIO) { source.query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    let answer = source.receive(request, response, &io) {
      "no history viewer has been implemented for \"\($0.groupKind)\""
    }
    guard let (_, object, revisions) = answer else { return }
    guard revision > 0 else {
      return io.print(object.printedName + " \n" + Self.table(revisions))
    }
    let title = object.printedName + " with revision #\(revision)\n"
    guard !revisions.sets.isEmpty else { return io.print(title + Self.nothing) }
    guard let set = revisions[revision] else {
      return io.fail("error: unable to find the specified revision")
    }
    var template = set.spec.template
    if let cause = set.metadata.annotations[RolloutRevisions.changeCause], !cause.isEmpty {
      template.metadata.annotations[RolloutRevisions.changeCause] = cause
    }
    var text = DescriptionText()
    text.template(template)
    // kubectl writes this one with bare tabs.
    io.print(title + TabText.expanded(text.raw))
  }

  private static let nothing = "No rollout history found."

  private static func table(_ revisions: RolloutRevisions) -> String {
    guard !revisions.sets.isEmpty else { return nothing }
    var text = "REVISION\tCHANGE-CAUSE\n"
    for (revision, set) in revisions.sets {
      let cause = set.metadata.annotations[RolloutRevisions.changeCause] ?? ""
      text += "\(revision)\t\(cause.isEmpty ? "<none>" : cause)\n"
    }
    return TabText.aligned(text)
  }
}

/// `kubectl rollout undo`: gives a deployment the template of an older replica set.
struct RolloutUndoVerb: KubectlVerb {
  private var source: DeploymentsWithSets
  private let revision: Int64
  private let dryRun: DryRun

  init(_ query: ObjectQuery, _ arguments: KubectlArguments) throws(KubectlProblem) {
    source = DeploymentsWithSets(query)
    dryRun = try DryRun(arguments)
    revision = Int64(try arguments.integer("to-revision") ?? 0)
  }

  mutating func begin(_ io: inout KubectlIO) { source.query.begin(&io) }

  mutating func receive(
    _ request: KubectlRequest, _ response: APIResponse, now: Timestamp, _ io: inout KubectlIO
  ) {
    if request.request.verb == .patch {
      switch response {
      case .object(let object): io.print(object.printedName + " rolled back" + dryRun.suffix)
      case .status(let status):
        io.fail("error: failed restoring revision \(revision): " + status.message)
      default: break
      }
      return
    }
    let answer = source.receive(request, response, &io) {
      "no rollbacker has been implemented for \"\($0.groupKind)\""
    }
    if let (deployment, object, revisions) = answer {
      undo(deployment, object, revisions, &io)
    }
  }

  private func undo(
    _ deployment: Deployment, _ object: APIObject, _ revisions: RolloutRevisions,
    _ io: inout KubectlIO
  ) {
    if deployment.metadata.annotations[ClientSideApply.annotation] != nil {
      let name = "\(object.kind.plural)/\(object.metadata.name)"
      io.warn(
        "Warning: resource \(name) was previously managed with 'kubectl apply'. Rolling back will "
          + "not update the \(ClientSideApply.annotation) annotation, which may cause unexpected "
          + "behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with "
          + "your previous configuration file instead.")
    }
    let found = revision == 0 ? revisions.previous : revisions[revision]
    guard let set = found else {
      return io.fail(
        revision == 0
          ? "error: no rollout history found for deployment \"\(object.metadata.name)\""
          : "error: unable to find specified revision \(revision) in history")
    }
    if dryRun == .client {
      // What would be rolled back to takes the place of what was done.
      var text = DescriptionText()
      text.template(set.spec.template)
      return io.print(
        object.printedName + " " + TabText.expanded(text.raw) + dryRun.suffix)
    }
    guard !deployment.spec.paused else {
      return io.fail(
        "error: you cannot rollback a paused deployment; resume it first with 'kubectl rollout "
          + "resume' and try again")
    }
    guard !set.spec.template.isSame(as: deployment.spec.template) else {
      return io.print(
        object.printedName
          + " skipped rollback (current template already matches revision \(revision))"
          + dryRun.suffix)
    }
    send(deployment, set, &io)
  }

  private func send(_ deployment: Deployment, _ set: ReplicaSet, _ io: inout KubectlIO) {
    var clean = set
    clean.spec.template = set.spec.template.withoutHash
    guard let template = clean.boxed.json()["spec"]?["template"] else { return }
    var annotations = JSONObject()
    for entry in deployment.metadata.annotations.entries
    where DeploymentAnnotation.notCopied.contains(entry.key) {
      annotations[entry.key] = .string(entry.value)
    }
    for entry in set.metadata.annotations.entries
    where !DeploymentAnnotation.notCopied.contains(entry.key) {
      annotations[entry.key] = .string(entry.value)
    }
    func replace(_ path: String, _ value: JSONValue) -> JSONValue {
      .object(
        JSONObject([("op", .string("replace")), ("path", .string(path)), ("value", value)]))
    }
    var request = APIRequest(
      .patch, .deployment, namespace: deployment.metadata.namespace,
      name: deployment.metadata.name)
    request.body = .patch(
      Patch(
        .json,
        .array([
          replace("/spec/template", template),
          replace("/metadata/annotations", .object(annotations)),
        ])))
    request.options.dryRun = dryRun == .server
    io.send(request, tag: -1)
  }
}
