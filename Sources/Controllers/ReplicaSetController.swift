import Basics
import ControllerRuntime
import KubeAPI
import PersistentCollections

/// Keeps as many pods of each replica set as it wants (`pkg/controller/replicaset`).
public struct ReplicaSetController: Controller {
  /// Where a key stands between its first call and its status.
  private struct Work: Sendable {
    var set: ReplicaSet
    /// The status as counted before anything was created or deleted.
    var status: ReplicaSetStatus
    var have: Int
    var toCreate: Int
    var batch: Int
    var outstanding = 0
    var failure: String?
  }

  /// `BurstReplicas`: the most pods created or deleted in one go.
  static let burstReplicas = 500

  private enum Step {
    static let create = 1
    static let delete = 2
    static let status = 3
    static let adopt = 4
  }

  public let name = "replicaset-controller"
  public let workers = 5
  public let watches: [ResourceKind] = [.pod, .replicaSet]
  private var expectations = ControllerExpectations()
  private var work = LookupTable<ObjectReference, Work>()
  /// Pods without a controller: the few that a replica set might adopt.
  private var orphans = PersistentMap<ObjectKey, Bool>()

  public init() {}

  // MARK: Changes

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta {
    case .added(let object):
      if let pod = object.pod { return added(pod, &context) }
      context.enqueue(object.reference)
    case .updated(let old, let new):
      if let before = old.pod, let after = new.pod { return updated(before, after, &context) }
      context.enqueue(new.reference)
    case .deleted(let object):
      if let pod = object.pod {
        orphans[pod.key] = nil
        return deleted(pod, &context)
      }
      expectations.delete(object.key)
      context.enqueue(object.reference)
    }
  }

  private mutating func added(_ pod: Pod, _ context: inout ControllerContext) {
    guard pod.metadata.deletionTimestamp == nil else { return deleted(pod, &context) }
    if let owner = owner(of: pod, context) {
      expectations.creationObserved(owner.key)
      context.enqueue(owner)
    } else if pod.metadata.controller == nil {
      orphans[pod.key] = true
      enqueueMatching(pod, &context)
    }
  }

  private mutating func updated(_ old: Pod, _ new: Pod, _ context: inout ControllerContext) {
    if new.metadata.deletionTimestamp != nil && old.metadata.deletionTimestamp == nil {
      return deleted(new, &context)
    }
    let hasNewOwner = old.metadata.controller != new.metadata.controller
    if hasNewOwner, let before = owner(of: old, context) { context.enqueue(before) }
    if new.metadata.controller == nil {
      orphans[new.key] = true
      if hasNewOwner || old.metadata.labels != new.metadata.labels {
        enqueueMatching(new, &context)
      }
      return
    }
    if hasNewOwner { orphans[new.key] = nil }
    // A change that no count depends on, such as a binding or an address, is not worth a sync.
    let isReady = new.isReady
    guard
      hasNewOwner || old.isReady != isReady || old.isFinished != new.isFinished
        || old.metadata.deletionTimestamp != new.metadata.deletionTimestamp
        || old.metadata.labels != new.metadata.labels || old.readySince != new.readySince
    else { return }
    guard let owner = owner(of: new, context) else { return }
    context.enqueue(owner)
    // The pod becomes available by the passing of time alone.
    guard isReady, !old.isReady, let set = context.get(owner.key, as: ReplicaSet.self),
      set.spec.minReadySeconds > 0
    else { return }
    context.enqueue(owner, after: .seconds(Int(set.spec.minReadySeconds) + 1))
  }

  private mutating func deleted(_ pod: Pod, _ context: inout ControllerContext) {
    guard let owner = owner(of: pod, context) else { return }
    expectations.deletionObserved(owner.key, pod: pod.key)
    context.enqueue(owner)
  }

  /// The replica set that controls the pod, if the cache has that very one.
  private func owner(of pod: Pod, _ context: ControllerContext) -> ObjectReference? {
    guard let reference = pod.metadata.controller, reference.kind == "ReplicaSet" else {
      return nil
    }
    let key = ObjectKey(namespace: pod.metadata.namespace, name: reference.name)
    guard let set = context.get(key, as: ReplicaSet.self), set.metadata.uid == reference.uid
    else { return nil }
    return ObjectReference(.replicaSet, key)
  }

  private func enqueueMatching(_ pod: Pod, _ context: inout ControllerContext) {
    var found: [ObjectReference] = []
    context[.replicaSet].forEach(inNamespace: pod.metadata.namespace) { object in
      guard let selector = object.replicaSet?.spec.selector, !selector.isEmpty,
        selector.matches(pod.metadata.labels)
      else { return }
      found.append(object.reference)
    }
    for reference in found { context.enqueue(reference) }
  }

  // MARK: Sync

  public mutating func reconcile(
    _ key: ObjectReference, _ context: inout ControllerContext
  ) {
    guard let set = context.get(key.key, as: ReplicaSet.self) else {
      expectations.delete(key.key)
      return
    }
    let needsSync = expectations.isSatisfied(key.key, now: context.now)
    let (active, terminating) = claim(set, &context)
    let status = count(set, active, terminating, context.time.wall)
    let want = Int(set.spec.replicas ?? 1)
    var item = Work(
      set: set, status: status, have: active.count, toCreate: 0, batch: 1)
    if needsSync && set.metadata.deletionTimestamp == nil && active.count != want {
      if active.count < want {
        item.toCreate = min(want - active.count, Self.burstReplicas)
        expectations.expectCreations(key.key, item.toCreate, now: context.now)
        createBatch(&item, &context)
      } else {
        delete(min(active.count - want, Self.burstReplicas), of: active, &item, &context)
      }
    } else {
      updateStatus(item, &context)
      return
    }
    work[key] = item
  }

  /// The active and the terminating pods of the set. Adopts orphans that match, and lets go of pods
  /// that no longer do (`PodControllerRefManager`).
  private mutating func claim(
    _ set: ReplicaSet, _ context: inout ControllerContext
  ) -> (active: [Pod], terminating: Int) {
    guard let selector = set.spec.selector else { return ([], 0) }
    var active: [Pod] = []
    var released: [Pod] = []
    var terminating = 0
    let owned = context[.pod].owned(by: set.metadata.uid)
    active.reserveCapacity(owned.count)
    owned.forEach { _, object in
      guard let pod = object.pod, pod.metadata.isControlled(by: set.metadata.uid) else {
        return true
      }
      let matches = selector.matches(pod.metadata.labels)
      if pod.isActive {
        if matches { active.append(pod) } else { released.append(pod) }
      } else if matches && pod.metadata.deletionTimestamp != nil && !pod.isFinished {
        terminating += 1
      }
      return true
    }
    guard set.metadata.deletionTimestamp == nil else { return (active, terminating) }
    for pod in released {
      var copy = pod
      copy.metadata.ownerReferences.removeAll { $0.uid == set.metadata.uid }
      context.decide(
        pod.reference,
        "\(name) lets go of pod \(pod.metadata.name): "
          + "its labels no longer match \(set.metadata.name)"
      )
      context.call(.update(copy), step: Step.adopt)
    }
    adopt(set, selector, &active, &context)
    return (active, terminating)
  }

  private mutating func adopt(
    _ set: ReplicaSet, _ selector: LabelSelector, _ active: inout [Pod],
    _ context: inout ControllerContext
  ) {
    guard !orphans.isEmpty else { return }
    let namespace = set.metadata.namespace
    for (key, _) in orphans.range(from: ObjectKey(namespace: namespace, name: "")) {
      guard key.namespace == namespace else { break }
      guard let pod = context.get(key, as: Pod.self), pod.metadata.controller == nil,
        pod.isActive, selector.matches(pod.metadata.labels)
      else { continue }
      var copy = pod
      copy.metadata.ownerReferences.append(.controller(of: set))
      context.decide(
        pod.reference, "\(name) adopts pod \(key.name) for \(set.metadata.name): its labels match")
      context.call(.update(copy), step: Step.adopt)
      active.append(pod)
    }
  }

  private func count(
    _ set: ReplicaSet, _ active: [Pod], _ terminating: Int, _ now: Timestamp
  ) -> ReplicaSetStatus {
    var status = set.status
    var labelled: Int32 = 0
    var ready: Int32 = 0
    var available: Int32 = 0
    let labels = set.spec.template.metadata.labels
    for pod in active {
      if labels.isSubset(of: pod.metadata.labels) { labelled += 1 }
      guard pod.isReady else { continue }
      ready += 1
      if pod.isAvailable(minReadySeconds: set.spec.minReadySeconds, now: now) { available += 1 }
    }
    status.replicas = Int32(active.count)
    status.fullyLabeledReplicas = labelled
    status.readyReplicas = ready
    status.availableReplicas = available
    status.terminatingReplicas = Int32(terminating)
    return status
  }

  // MARK: Creating

  /// Slow start: 1, 2, 4, … at a time, and no further batch after a failure.
  private func createBatch(_ item: inout Work, _ context: inout ControllerContext) {
    let count = min(item.batch, item.toCreate)
    let pod = stamp(item.set)
    let request = APIRequest.create(pod)
    for _ in 0..<count { context.call(request, step: Step.create) }
    item.outstanding += count
    item.toCreate -= count
    item.batch *= 2
  }

  /// A pod of the set's template; it shares the template's spec.
  private func stamp(_ set: ReplicaSet) -> Pod {
    let template = set.spec.template
    var pod = Pod()
    pod.metadata.generateName = set.metadata.name + "-"
    pod.metadata.namespace = set.metadata.namespace
    pod.metadata.labels = template.metadata.labels
    pod.metadata.annotations = template.metadata.annotations
    pod.metadata.finalizers = template.metadata.finalizers
    pod.metadata.ownerReferences = [.controller(of: set)]
    pod.$spec = template.$spec
    return pod
  }

  private func basis(_ item: Work) -> Basis {
    Basis(
      "manageReplicas",
      inputs: [
        Basis.Input("spec.replicas", String(item.set.spec.replicas ?? 1), of: item.set.reference),
        Basis.Input("active pods", String(item.have), .cache),
      ],
      parameters: [Basis.Parameter("burstReplicas", String(Self.burstReplicas))])
  }

  // MARK: Deleting

  private mutating func delete(
    _ count: Int, of active: [Pod], _ item: inout Work, _ context: inout ControllerContext
  ) {
    let set = item.set
    let doomed = PodDeletionOrder(now: context.time.wall).choose(
      count, of: active, related: related(to: set, active, context))
    expectations.expectDeletions(set.key, doomed.map(\.key), now: context.now)
    for pod in doomed {
      context.decide(
        pod.reference,
        "\(name) deletes pod \(pod.metadata.name): "
          + "want \(set.spec.replicas ?? 1), have \(item.have)", basis(item)
      )
      context.call(
        .delete(.pod, pod.key, uid: pod.metadata.uid), step: Step.delete)
    }
    item.outstanding = doomed.count
  }

  /// The pods of every replica set with the same controller (`getIndirectlyRelatedPods`).
  private func related(
    to set: ReplicaSet, _ active: [Pod], _ context: ControllerContext
  ) -> [Pod] {
    guard let owner = set.metadata.controller else { return active }
    var pods: [Pod] = []
    context[.replicaSet].owned(by: owner.uid).forEach { _, sibling in
      context[.pod].owned(by: sibling.metadata.uid).forEach { _, object in
        if let pod = object.pod { pods.append(pod) }
        return true
      }
      return true
    }
    return pods
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key else { return .ok }
    switch call.step {
    case Step.create: created(key, response, &context)
    case Step.delete: removed(key, call.target, response, &context)
    default: return call.step == Step.adopt ? .unlessGone(response) : .usual(response)
    }
    guard let item = work[key], item.outstanding == 0 else { return .ok }
    return continueWork(key, &context)
  }

  private mutating func created(
    _ key: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) {
    guard var item = work[key] else { return }
    item.outstanding -= 1
    if let pod = response.object {
      let name = pod.metadata.name
      context.decide(
        pod.reference,
        "\(self.name) created pod \(name): want \(item.set.spec.replicas ?? 1), have \(item.have)",
        basis(item))
      context.event(
        item.set.boxed, reason: "SuccessfulCreate", message: "Created pod: \(name)")
    } else if let refusal = response.refusal {
      expectations.creationObserved(key.key)
      // In a namespace on its way out no creation can succeed: not an error.
      if !refusal.causes.contains(where: { $0.reason == "NamespaceTerminating" }) {
        item.failure = refusal.message
        context.event(
          item.set.boxed, type: "Warning", reason: "FailedCreate",
          message: "Error creating: \(refusal.message)")
      }
    }
    work[key] = item
  }

  private mutating func removed(
    _ key: ObjectReference, _ pod: ObjectReference, _ response: APIResponse,
    _ context: inout ControllerContext
  ) {
    guard var item = work[key] else { return }
    item.outstanding -= 1
    if let refusal = response.refusal {
      expectations.deletionObserved(key.key, pod: pod.key)
      if !refusal.isNotFound {
        item.failure = refusal.message
        context.event(
          item.set.boxed, type: "Warning", reason: "FailedDelete",
          message: "Error deleting: \(refusal.message)")
      }
    } else {
      context.event(
        item.set.boxed, reason: "SuccessfulDelete", message: "Deleted pod: \(pod.name)")
    }
    work[key] = item
  }

  private mutating func continueWork(
    _ key: ObjectReference, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard var item = work[key] else { return .ok }
    if item.failure == nil && item.toCreate > 0 {
      createBatch(&item, &context)
      work[key] = item
      return .ok
    }
    // What was skipped must not be expected.
    for _ in 0..<item.toCreate { expectations.creationObserved(key.key) }
    work.removeValue(forKey: key)
    updateStatus(item, &context)
    return item.failure.map { .retry($0) } ?? .ok
  }

  // MARK: Status

  private func updateStatus(_ item: Work, _ context: inout ControllerContext) {
    let set = item.set
    var status = item.status
    setFailure(item, &status, context.time.wall)
    planAvailability(item, &context)
    status.observedGeneration = set.metadata.generation
    guard status != set.status else { return }
    var copy = set
    copy.status = status
    let request = APIRequest.update(copy, .status)
    // After a failed batch the key goes back at once when this call is answered.
    context.call(request, step: Step.status)
  }

  private func setFailure(_ item: Work, _ status: inout ReplicaSetStatus, _ now: Timestamp) {
    guard let failure = item.failure else {
      status.conditions.removeAll { $0.type == "ReplicaFailure" }
      return
    }
    guard status.conditions["ReplicaFailure"] == nil else { return }
    let want = Int(item.set.spec.replicas ?? 1)
    status.conditions.set(
      Condition(
        type: "ReplicaFailure", status: "True",
        reason: item.have < want ? "FailedCreate" : "FailedDelete", message: failure), now: now)
  }

  /// Ready pods become available without an event.
  private func planAvailability(_ item: Work, _ context: inout ControllerContext) {
    let seconds = item.set.spec.minReadySeconds
    guard seconds > 0, item.status.readyReplicas != item.status.availableReplicas else { return }
    var soonest: Span?
    context[.pod].owned(by: item.set.metadata.uid).forEach { _, object in
      guard let since = object.pod?.readySince else { return true }
      let wait = since + .seconds(Int(seconds)) - context.time.wall
      if wait >= .zero { soonest = min(soonest ?? wait, wait) }
      return true
    }
    let key = item.set.reference
    context.enqueue(key, after: (soonest ?? .seconds(Int(seconds))) + .milliseconds(1))
  }

  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {
    work.removeValue(forKey: key)
  }
}
