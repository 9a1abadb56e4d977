import Basics
import ControllerRuntime
import KubeAPI

/// Deletes objects whose owners are gone, and carries out foreground and orphaning deletion
/// (`pkg/controller/garbagecollector`).
///
/// The graph of owners and dependents is in the informers' owner indices. The cache only raises a
/// suspicion: before anything is deleted the object and its owners are looked up live.
public struct GarbageCollectorController: Controller {
  static let foreground = "foregroundDeletion"
  static let orphan = "orphan"

  private enum Step {
    static let item = 1
    /// The live look-up of the owner at position `step - owner`.
    static let owner = 100
    static let dependent = 2
    static let finalizer = 3
    static let delete = 4
  }

  /// An object under suspicion, as it is now, and what is known of its owners.
  private struct Suspect: Sendable {
    var object: APIObject
    var unanswered = 0
    var solid: [UID] = []
    /// Owners that are gone.
    var dangling: [UID] = []
    /// Owners that wait for their dependents to go first.
    var waiting: [UID] = []
  }

  public let name = "garbage-collector-controller"
  /// `--concurrent-gc-syncs`
  public let workers = 20
  public let rateScale = (qps: 2, burst: 1)
  public let watches: [ResourceKind] = [
    .namespace, .node, .pod, .service, .endpointSlice, .configMap, .secret, .serviceAccount,
    .lease, .deployment, .replicaSet,
  ]
  private var suspects = LookupTable<ObjectReference, Suspect>()
  /// Identities known to be gone: the newest 500 (`ReferenceCache`).
  private var absent = LookupSet<UID>()
  private var absentOrder = BoundedQueue<UID>(capacity: 501)

  public init() {}

  // MARK: Changes

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta {
    case .added(let object):
      let metadata = object.metadata
      if metadata.deletionTimestamp != nil && !metadata.finalizers.isEmpty {
        startDeleting(object, metadata, &context)
      }
      if !metadata.ownerReferences.isEmpty && isSuspicious(metadata, context) {
        context.enqueue(object.reference)
      }
    case .updated(let old, let new): updated(old.metadata, new, &context)
    case .deleted(let object): deleted(object, &context)
    }
  }

  private func updated(
    _ old: ObjectMeta, _ object: APIObject, _ context: inout ControllerContext
  ) {
    let new = object.metadata
    if new.deletionTimestamp != nil && !new.finalizers.isEmpty
      && (old.deletionTimestamp == nil || old.finalizers != new.finalizers)
    {
      startDeleting(object, new, &context)
    }
    guard old.ownerReferences != new.ownerReferences else { return }
    if !new.ownerReferences.isEmpty && isSuspicious(new, context) {
      context.enqueue(object.reference)
    }
    // An owner may be waiting for just this reference to go.
    unblock(old.ownerReferences, new.namespace, &context)
  }

  private mutating func deleted(_ object: APIObject, _ context: inout ControllerContext) {
    let metadata = object.metadata
    noteAbsent(metadata.uid)
    for reference in dependents(of: metadata.uid, context) { context.enqueue(reference) }
    unblock(metadata.ownerReferences, metadata.namespace, &context)
  }

  private func startDeleting(
    _ object: APIObject, _ metadata: ObjectMeta, _ context: inout ControllerContext
  ) {
    let isForeground = metadata.finalizers.contains(Self.foreground)
    guard isForeground || metadata.finalizers.contains(Self.orphan) else { return }
    if isForeground {
      for reference in dependents(of: metadata.uid, context) { context.enqueue(reference) }
    }
    context.enqueue(object.reference)
  }

  private func unblock(
    _ owners: [OwnerReference], _ namespace: String, _ context: inout ControllerContext
  ) {
    for owner in owners {
      guard let cached = cachedOwner(owner, namespace, context) else { continue }
      let metadata = cached.metadata
      guard metadata.deletionTimestamp != nil, metadata.finalizers.contains(Self.foreground)
      else { continue }
      context.enqueue(cached.reference)
    }
  }

  /// Whether an owner is not in the cache, or waits for its dependents to go.
  private func isSuspicious(_ metadata: ObjectMeta, _ context: ControllerContext) -> Bool {
    metadata.ownerReferences.contains { owner in
      guard ResourceKind(apiVersion: owner.apiVersion, kind: owner.kind) != nil else {
        return false
      }
      guard let cached = cachedOwner(owner, metadata.namespace, context) else { return true }
      let its = cached.metadata
      return its.deletionTimestamp != nil && its.finalizers.contains(Self.foreground)
    }
  }

  private func cachedOwner(
    _ owner: OwnerReference, _ namespace: String, _ context: ControllerContext
  ) -> APIObject? {
    guard let reference = reference(owner, namespace), reference.kind != .event,
      let object = context[reference.kind][reference.key], object.metadata.uid == owner.uid
    else { return nil }
    return object
  }

  private func reference(_ owner: OwnerReference, _ namespace: String) -> ObjectReference? {
    ResourceKind(apiVersion: owner.apiVersion, kind: owner.kind).map { kind in
      ObjectReference(
        kind, ObjectKey(namespace: kind.isNamespaced ? namespace : "", name: owner.name))
    }
  }

  private func dependents(of uid: UID, _ context: ControllerContext) -> [ObjectReference] {
    var found: [ObjectReference] = []
    for kind in watches {
      context[kind].owned(by: uid).forEach { key, _ in
        found.append(ObjectReference(kind, key))
        return true
      }
    }
    return found
  }

  private mutating func noteAbsent(_ uid: UID) {
    guard absent.insert(uid) else { return }
    absentOrder.push(uid)
    if absentOrder.count > 500, let oldest = absentOrder.pop() { absent.remove(oldest) }
  }

  // MARK: Sync

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let object = context[key.kind][key.key] else { return }
    let metadata = object.metadata
    if metadata.deletionTimestamp != nil {
      if metadata.finalizers.contains(Self.orphan) {
        return orphanDependents(object, metadata, &context)
      }
      if metadata.finalizers.contains(Self.foreground) {
        return waitForDependents(object, metadata, &context)
      }
      return
    }
    guard isSuspicious(metadata, context) else { return }
    context.call(.get(key.kind, key.key), step: Step.item)
  }

  /// `attemptToOrphan`: takes the owner out of its dependents, then lets it go.
  private func orphanDependents(
    _ object: APIObject, _ metadata: ObjectMeta, _ context: inout ControllerContext
  ) {
    var count = 0
    for reference in dependents(of: metadata.uid, context) {
      guard let dependent = context[reference.kind][reference.key] else { continue }
      let freed = dependent.withMetadata { $0.ownerReferences.removeAll { $0.uid == metadata.uid } }
      context.call(.update(object: freed), step: Step.dependent)
      count += 1
    }
    context.decide(
      object.reference, "\(name) orphans \(counted(count, "dependent")) of \(metadata.name)")
    context.then(
      .update(object: without(Self.orphan, object)), step: Step.finalizer)
  }

  /// `processDeletingDependentsItem`: the owner goes when no dependent blocks it any more.
  private func waitForDependents(
    _ object: APIObject, _ metadata: ObjectMeta, _ context: inout ControllerContext
  ) {
    var blocking = 0
    for reference in dependents(of: metadata.uid, context) {
      guard let dependent = context[reference.kind][reference.key]?.metadata else { continue }
      let blocks = dependent.ownerReferences.contains {
        $0.uid == metadata.uid && $0.blockOwnerDeletion == true
      }
      if blocks { blocking += 1 }
      if dependent.deletionTimestamp == nil { context.enqueue(reference) }
    }
    guard blocking == 0 else {
      context.notice(
        object.reference, "\(name): \(metadata.name) waits for \(counted(blocking, "dependent"))")
      return
    }
    context.decide(object.reference, "\(name) lets \(metadata.name) go: no dependent is left")
    context.call(.update(object: without(Self.foreground, object)), step: Step.finalizer)
  }

  private func without(_ finalizer: String, _ object: APIObject) -> APIObject {
    object.withMetadata { $0.finalizers.removeAll { $0 == finalizer } }
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key else { return .ok }
    switch call.step {
    case Step.item: return examine(key, response, &context)
    case Step.owner...: return ownerAnswered(key, call.step - Step.owner, response, &context)
    case Step.dependent, Step.delete:
      // Recreated under the same name meanwhile: not the one we meant.
      if call.verb == .delete, response.refusal?.isConflict == true { return .ok }
      return .unlessGone(response)
    default: return .unlessGone(response)
    }
  }

  /// `attemptToDeleteItem`: the object as it is now; its owners are looked up where the cache of
  /// absent ones does not know.
  private mutating func examine(
    _ key: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let object = response.object else { return .unlessGone(response) }
    let metadata = object.metadata
    guard metadata.uid == context[key.kind][key.key]?.metadata.uid ?? metadata.uid,
      metadata.deletionTimestamp == nil || metadata.finalizers.contains(Self.foreground)
    else { return .ok }
    var suspect = Suspect(object: object)
    for (position, owner) in metadata.ownerReferences.enumerated() {
      if absent.contains(owner.uid) {
        suspect.dangling.append(owner.uid)
      } else if let reference = reference(owner, metadata.namespace) {
        suspect.unanswered += 1
        context.call(.get(reference.kind, reference.key), step: Step.owner + position)
      } else {
        // A kind we know nothing of: better to keep the object.
        suspect.solid.append(owner.uid)
      }
    }
    suspects[key] = suspect
    if suspect.unanswered == 0 { judge(key, &context) }
    return .ok
  }

  private mutating func ownerAnswered(
    _ key: ObjectReference, _ position: Int, _ response: APIResponse,
    _ context: inout ControllerContext
  ) -> CallOutcome {
    guard var suspect = suspects[key] else { return .ok }
    let owners = suspect.object.metadata.ownerReferences
    guard owners.indices.contains(position) else { return .ok }
    let uid = owners[position].uid
    suspect.unanswered -= 1
    if let owner = response.object?.metadata, owner.uid == uid {
      let isWaiting =
        owner.deletionTimestamp != nil && owner.finalizers.contains(Self.foreground)
      if isWaiting { suspect.waiting.append(uid) } else { suspect.solid.append(uid) }
    } else if response.object != nil || response.refusal?.isNotFound == true {
      suspect.dangling.append(uid)
      noteAbsent(uid)
    } else {
      suspects.removeValue(forKey: key)
      return .usual(response)
    }
    suspects[key] = suspect
    if suspect.unanswered == 0 { judge(key, &context) }
    return .ok
  }

  private mutating func judge(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let suspect = suspects.removeValue(forKey: key) else { return }
    let gone = suspect.dangling + suspect.waiting
    guard !gone.isEmpty else { return }
    let metadata = suspect.object.metadata
    if !suspect.solid.isEmpty {
      context.decide(
        key, "\(name) keeps \(key.name): another owner is there; the absent ones are struck out")
      let kept = suspect.object.withMetadata {
        $0.ownerReferences.removeAll { gone.contains($0.uid) }
      }
      context.call(.update(object: kept), step: Step.dependent)
      return
    }
    let hasDependents = !dependents(of: metadata.uid, context).isEmpty
    let policy: String
    if !suspect.waiting.isEmpty && hasDependents {
      policy = "Foreground"
    } else if metadata.finalizers.contains(Self.orphan) {
      policy = "Orphan"
    } else {
      policy = metadata.finalizers.contains(Self.foreground) ? "Foreground" : "Background"
    }
    let owner = metadata.ownerReferences.first { gone.contains($0.uid) }
    let owned = owner.map { "\($0.kind) \($0.name)" } ?? "its owner"
    let why = suspect.waiting.isEmpty ? "\(owned) is gone" : "\(owned) waits to be deleted"
    context.decide(key, "\(name) deletes \(key.kind.singular) \(key.name) (\(policy)): \(why)")
    var request = APIRequest.delete(key.kind, key.key, uid: metadata.uid)
    request.options.propagationPolicy = policy
    context.call(request, step: Step.delete)
  }

  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {
    suspects.removeValue(forKey: key)
  }
}
