import Basics
import ControllerRuntime
import KubeAPI
import PersistentCollections

/// Rolls each deployment's replica sets over from one template to the next
/// (`pkg/controller/deployment`).
public struct DeploymentController: Controller {
  private enum Step {
    static let create = 1
    static let update = 2
    static let status = 3
    static let delete = 4
    static let adopt = 5
  }

  /// What is told when a replica set's new size has been written.
  private struct Told: Sendable {
    var deployment: Deployment
    var scalings: [Rollout.Scaling]
    var created: ReplicaSet?
  }

  public let name = "deployment-controller"
  public let workers = 5
  public let watches: [ResourceKind] = [.pod, .deployment, .replicaSet]
  /// `maxRetries` of deployment_controller.go.
  public let maxRetries: Int? = 15
  private var told = LookupTable<ObjectReference, Told>()
  /// Replica sets without a controller, that a deployment might adopt.
  private var orphans = PersistentMap<ObjectKey, Bool>()

  public init() {}

  // MARK: Changes

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .deployment: context.enqueue(delta.object.reference)
    case .replicaSet(let set): observe(delta, set, &context)
    case .pod(let pod): observe(delta, pod, &context)
    default: break
    }
  }

  private mutating func observe(
    _ delta: Delta, _ set: ReplicaSet, _ context: inout ControllerContext
  ) {
    if case .updated(let old, _) = delta, let before = old.metadata.controller,
      before != set.metadata.controller
    {
      enqueueOwner(before, set.metadata.namespace, &context)
    }
    if let owner = set.metadata.controller {
      orphans[set.key] = nil
      return enqueueOwner(owner, set.metadata.namespace, &context)
    }
    if case .deleted = delta {
      orphans[set.key] = nil
      return
    }
    orphans[set.key] = true
    var found: [ObjectReference] = []
    context[.deployment].forEach(inNamespace: set.metadata.namespace) { object in
      guard let selector = object.deployment?.spec.selector, !selector.isEmpty,
        selector.matches(set.metadata.labels)
      else { return }
      found.append(object.reference)
    }
    for reference in found { context.enqueue(reference) }
  }

  private func enqueueOwner(
    _ owner: OwnerReference, _ namespace: String, _ context: inout ControllerContext
  ) {
    guard owner.kind == "Deployment" else { return }
    let key = ObjectKey(namespace: namespace, name: owner.name)
    guard context[.deployment][key]?.metadata.uid == owner.uid else { return }
    context.enqueue(ObjectReference(.deployment, key))
  }

  /// A Recreate deployment waits for the last old pod to go.
  private func observe(_ delta: Delta, _ pod: Pod, _ context: inout ControllerContext) {
    guard case .deleted = delta, let owner = pod.metadata.controller, owner.kind == "ReplicaSet"
    else { return }
    let key = ObjectKey(namespace: pod.metadata.namespace, name: owner.name)
    guard let set = context.get(key, as: ReplicaSet.self),
      let reference = set.metadata.controller,
      let deployment = context.get(
        ObjectKey(namespace: key.namespace, name: reference.name), as: Deployment.self),
      deployment.spec.strategyType == "Recreate"
    else { return }
    context.enqueue(deployment.reference)
  }

  // MARK: Sync

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let deployment = context.get(key.key, as: Deployment.self) else { return }
    let selector = deployment.spec.selector ?? LabelSelector()
    if selector.isEmpty {
      context.event(
        deployment.boxed, type: "Warning", reason: "SelectingAll",
        message: "This deployment is selecting all pods. A non-empty selector is required.")
      return
    }
    let sets = claim(deployment, selector, &context)
    var rollout = Rollout(deployment, sets, now: context.time.wall.truncatedToSeconds)
    if deployment.metadata.deletionTimestamp != nil {
      return write(rollout, status: rollout.countedStatus(), &context)
    }
    notePause(&rollout)
    if deployment.spec.paused || rollout.isScalingEvent {
      rollout.syncRevision()
      rollout.scaleProportionally()
      if deployment.spec.paused { cleanUp(rollout, &context) }
      return write(rollout, status: rollout.countedStatus(), &context)
    }
    if deployment.isRollingUpdate {
      roll(&rollout, &context)
    } else {
      recreate(&rollout, &context)
    }
  }

  private mutating func roll(_ rollout: inout Rollout, _ context: inout ControllerContext) {
    guard rollout.current != nil else { return create(rollout, &context) }
    rollout.syncRevision()
    if !rollout.roll() { finishIfComplete(rollout, &context) }
    write(rollout, status: rollout.rolloutStatus(), &context)
  }

  private mutating func recreate(_ rollout: inout Rollout, _ context: inout ControllerContext) {
    rollout.syncRevision()
    if rollout.shrinkAllOld() || hasOldPods(rollout, context) {
      return write(rollout, status: rollout.rolloutStatus(), &context)
    }
    guard let current = rollout.current else { return create(rollout, &context) }
    rollout.scale(
      current, to: rollout.deployment.wanted, why: "want \(rollout.deployment.wanted)")
    finishIfComplete(rollout, &context)
    write(rollout, status: rollout.rolloutStatus(), &context)
  }

  private func finishIfComplete(_ rollout: Rollout, _ context: inout ControllerContext) {
    if rollout.deployment.isComplete(rollout.deployment.status) { cleanUp(rollout, &context) }
  }

  /// Whether a pod of an old replica set may still run.
  private func hasOldPods(_ rollout: Rollout, _ context: ControllerContext) -> Bool {
    rollout.old.contains { at in
      var isFound = false
      context[.pod].owned(by: rollout.sets[at].metadata.uid).forEach { _, object in
        if let pod = object.pod, !pod.isFinished { isFound = true }
        return !isFound
      }
      return isFound
    }
  }

  /// The deployment's replica sets; adopts orphans that match and lets go of those that no longer
  /// do.
  private func claim(
    _ deployment: Deployment, _ selector: LabelSelector, _ context: inout ControllerContext
  ) -> [ReplicaSet] {
    var sets: [ReplicaSet] = []
    var released: [ReplicaSet] = []
    context[.replicaSet].owned(by: deployment.metadata.uid).forEach { _, object in
      guard let set = object.replicaSet, set.metadata.isControlled(by: deployment.metadata.uid)
      else { return true }
      if selector.matches(set.metadata.labels) { sets.append(set) } else { released.append(set) }
      return true
    }
    guard deployment.metadata.deletionTimestamp == nil else { return sets }
    for set in released {
      var copy = set
      copy.metadata.ownerReferences.removeAll { $0.uid == deployment.metadata.uid }
      context.call(.update(copy), step: Step.adopt)
    }
    let namespace = deployment.metadata.namespace
    for (key, _) in orphans.range(from: ObjectKey(namespace: namespace, name: "")) {
      guard key.namespace == namespace else { break }
      guard let set = context.get(key, as: ReplicaSet.self), set.metadata.controller == nil,
        set.metadata.deletionTimestamp == nil, selector.matches(set.metadata.labels)
      else { continue }
      var copy = set
      copy.metadata.ownerReferences.append(.controller(of: deployment))
      context.decide(set.reference, "\(name) adopts replica set \(key.name): its labels match")
      context.call(.update(copy), step: Step.adopt)
    }
    return sets
  }

  /// While paused no progress is expected (`checkPausedConditions`).
  private func notePause(_ rollout: inout Rollout) {
    guard rollout.deployment.progressDeadline != nil else { return }
    let condition = rollout.deployment.status.conditions["Progressing"]
    if condition?.reason == "ProgressDeadlineExceeded" { return }
    let wasPaused = condition?.reason == "DeploymentPaused"
    guard rollout.deployment.spec.paused != wasPaused else { return }
    rollout.deployment.status.conditions.setDeployment(
      Condition(
        type: "Progressing", status: "Unknown",
        reason: wasPaused ? "DeploymentResumed" : "DeploymentPaused",
        message: wasPaused ? "Deployment is resumed" : "Deployment is paused"),
      now: rollout.now)
  }

  /// Keeps the last `revisionHistoryLimit` old replica sets (`cleanupDeployment`).
  private func cleanUp(_ rollout: Rollout, _ context: inout ControllerContext) {
    guard let limit = rollout.deployment.spec.revisionHistoryLimit, limit != .max else { return }
    let alive = rollout.old.map { rollout.sets[$0] }
      .filter { $0.metadata.deletionTimestamp == nil }
    let excess = alive.count - Int(limit)
    guard excess > 0 else { return }
    let ordered = alive.sorted { a, b in
      a.revision == b.revision ? ReplicaSet.isOlder(a, b) : a.revision < b.revision
    }
    for set in ordered.prefix(excess) {
      guard set.status.replicas == 0, set.wanted == 0,
        set.metadata.generation <= set.status.observedGeneration
      else { continue }
      context.decide(
        set.reference,
        "\(name) deletes old replica set \(set.metadata.name): history is limited to \(limit)")
      context.call(.delete(.replicaSet, set.key), step: Step.delete)
    }
  }

  // MARK: Writing

  private mutating func create(_ rollout: Rollout, _ context: inout ControllerContext) {
    let set = rollout.newSet()
    let reference = rollout.deployment.reference
    told[reference] = Told(deployment: rollout.deployment, scalings: [], created: set)
    context.decide(
      reference,
      "\(name) creates replica set \(set.metadata.name) with \(set.wanted): "
        + "no replica set has this template"
    )
    context.call(.create(set), step: Step.create)
  }

  /// Writes the changed replica sets, then the status where it differs.
  private mutating func write(
    _ rollout: Rollout, status: DeploymentStatus, _ context: inout ControllerContext
  ) {
    let reference = rollout.original.reference
    if !rollout.scalings.isEmpty {
      told[reference] = Told(
        deployment: rollout.deployment, scalings: rollout.scalings, created: nil)
    }
    for at in rollout.changed { context.then(.update(rollout.sets[at]), step: Step.update) }
    var copy = rollout.deployment
    copy.status = status
    if copy.status != rollout.original.status
      || copy.metadata.annotations != rollout.original.metadata.annotations
    {
      // The real controller too writes the revision annotation with the status.
      context.then(.update(copy, .status), step: Step.status)
    } else if let wait = rollout.nextProgressCheck(status) {
      context.enqueue(reference, after: wait)
    }
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key else { return .ok }
    switch call.step {
    case Step.create: return created(key, response, &context)
    case Step.update:
      if response.refusal == nil { tellScalings(key, of: call.target.name, &context) }
      return .usual(response)
    case Step.delete, Step.adopt: return .unlessGone(response)
    default: return .usual(response)
    }
  }

  private func tellScalings(
    _ key: ObjectReference, of set: String, _ context: inout ControllerContext
  ) {
    guard let item = told[key] else { return }
    for scaling in item.scalings where scaling.name == set {
      let direction = scaling.to > scaling.from ? "up" : "down"
      let text = "replica set \(set) from \(scaling.from) to \(scaling.to)"
      context.decide(
        key, "\(name) scaled \(direction) \(text): \(scaling.why)",
        Basis(
          "rollout",
          inputs: [
            Basis.Input(
              "spec.replicas", String(item.deployment.spec.replicas ?? 1),
              of: item.deployment.reference),
            Basis.Input("rule", scaling.why, .memory),
          ]))
      context.event(
        item.deployment.boxed, reason: "ScalingReplicaSet",
        message: "Scaled \(direction) \(text)")
    }
  }

  private mutating func created(
    _ key: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let item = told[key], let set = item.created else { return .ok }
    guard let refusal = response.refusal else {
      if set.wanted > 0 {
        context.event(
          item.deployment.boxed, reason: "ScalingReplicaSet",
          message: "Scaled up replica set \(set.metadata.name) from 0 to \(set.wanted)")
      }
      var deployment = item.deployment
      deployment.metadata.annotations[DeploymentAnnotation.revision] =
        set.metadata.annotations[DeploymentAnnotation.revision]
      setProgressing(
        &deployment, "True", "NewReplicaSetCreated",
        "Created new replica set \"\(set.metadata.name)\"", context)
      context.call(.update(deployment, .status), step: Step.status)
      return .ok
    }
    if refusal.isAlreadyExists { return collided(set, item.deployment, &context) }
    if refusal.causes.contains(where: { $0.reason == "NamespaceTerminating" }) { return .ok }
    let message = "Failed to create new replica set \"\(set.metadata.name)\": \(refusal.message)"
    context.event(
      item.deployment.boxed, type: "Warning", reason: "ReplicaSetCreateError", message: message)
    var deployment = item.deployment
    setProgressing(&deployment, "False", "ReplicaSetCreateError", message, context)
    if deployment.status != item.deployment.status {
      context.call(.update(deployment, .status), step: Step.status)
    }
    return .retry(refusal.message)
  }

  private func setProgressing(
    _ deployment: inout Deployment, _ status: String, _ reason: String, _ message: String,
    _ context: ControllerContext
  ) {
    guard deployment.progressDeadline != nil else { return }
    deployment.status.conditions.setDeployment(
      Condition(type: "Progressing", status: status, reason: reason, message: message),
      now: context.time.wall.truncatedToSeconds)
  }

  /// The name is taken: by ours, which the cache does not show yet, or by another template with
  /// the same hash, which the collision count tells apart.
  private func collided(
    _ set: ReplicaSet, _ deployment: Deployment, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let other = context.get(set.key, as: ReplicaSet.self) else {
      return .retry("replicaset.apps \"\(set.metadata.name)\" not found")
    }
    if other.metadata.isControlled(by: deployment.metadata.uid),
      deployment.spec.template.isSame(as: other.spec.template)
    {
      return .ok
    }
    var copy = deployment
    copy.status.collisionCount = (deployment.status.collisionCount ?? 0) + 1
    context.notice(
      deployment.reference, "\(name) found a hash collision on \(set.metadata.name)")
    context.call(.update(copy, .status), step: Step.status)
    return .retry("replica set \(set.metadata.name) exists with another template")
  }

  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {
    told.removeValue(forKey: key)
  }
}
