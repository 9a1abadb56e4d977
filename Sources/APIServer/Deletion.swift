import Basics
import KubeAPI
import MVCC

/// DELETE, and eviction, which ends in one: grace for pods, finalizers, preconditions
/// (rest.BeforeDelete and the generic store's Delete).
extension APIServer {
  mutating func deletion(_ call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    guard let current = call.current else {
      return .refuse(.notFound(request.kind, request.name))
    }
    if request.subresource == .eviction, current.metadata.deletionTimestamp != nil {
      // Already on its way: the eviction has nothing to add.
      return .unchanged(current)
    }
    if let status = deletePrecondition(failedBy: current, request) { return .refuse(status) }
    if let namespace = current.namespace {
      if let outcome = deletion(of: namespace, request, time) { return outcome }
    }
    return deletion(of: current, request, time)
  }

  /// The texts of `BeforeDelete` differ from those of an update, and so does the name they give
  /// the resource.
  private func deletePrecondition(
    failedBy current: APIObject, _ request: APIRequest
  ) -> APIStatus? {
    let options = request.options
    let metadata = current.metadata
    let problem: String
    if let uid = options.preconditionUID, uid != metadata.uid {
      problem =
        "the UID in the precondition (\(uid.text)) does not match the UID in record "
        + "(\(metadata.uid.text)). The object might have been deleted and then recreated"
    } else if let revision = options.preconditionResourceVersion,
      revision != current.resourceVersion
    {
      problem =
        "the ResourceVersion in the precondition (\(revision)) does not match the "
        + "ResourceVersion in record (\(current.resourceVersion)). "
        + "The object might have been modified"
    } else {
      return nil
    }
    let kind = request.kind
    let resource = kind.group.isEmpty ? kind.kind : kind.kind + "." + kind.group
    return APIStatus(
      code: 409, reason: .conflict,
      message: "Operation cannot be fulfilled on \(resource) \"\(request.name)\": \(problem)",
      kind: kind.plural, name: request.name)
  }

  private func deletion(
    of current: APIObject, _ request: APIRequest, _ time: HostTime
  ) -> Outcome {
    var metadata = current.metadata
    let grace = gracefulDeletion(of: current, &metadata, request, time)
    if grace == .pending { return .unchanged(current) }
    metadata.finalizers = finalizers(metadata.finalizers, request.options.propagationPolicy)
    let isHeld = !metadata.finalizers.isEmpty
    guard grace == .graceful || isHeld else {
      var proposal = Proposal(
        action: .remove, object: current, expected: current.resourceVersion, deed: "deleted")
      proposal.releases = releases(current)
      return .propose(proposal)
    }
    if grace == .none { markAsDeleting(&metadata, time) }
    let marked = metadata
    let object = current.withMetadata { $0 = marked }
    if marked == current.metadata { return .unchanged(current) }
    let deed: String
    if isHeld {
      deed = "marked for deletion (finalizers \(marked.finalizers.joined(separator: ", ")))"
    } else {
      deed = "marked for deletion (grace \(marked.deletionGracePeriodSeconds ?? 0) s)"
    }
    var proposal = Proposal(
      action: .replace, object: object, expected: current.resourceVersion, deed: deed)
    proposal.isRemovedNext = !isHeld && marked.deletionGracePeriodSeconds == 0
    return .propose(proposal)
  }

  // MARK: Grace

  private enum Grace {
    /// The kind knows no grace, or it was over before.
    case none
    /// A deletion with at least as little grace is under way.
    case pending
    /// `metadata` now says until when.
    case graceful
  }

  /// Grace may only shrink; unscheduled and finished pods go at once; a negative one counts as 1 s.
  private func gracefulDeletion(
    of object: APIObject, _ metadata: inout ObjectMeta, _ request: APIRequest, _ time: HostTime
  ) -> Grace {
    guard let pod = object.pod else { return .none }
    let asked = request.options.gracePeriodSeconds.map { $0 < 0 ? 1 : $0 }
    if let deadline = metadata.deletionTimestamp {
      guard let given = metadata.deletionGracePeriodSeconds, given != 0 else { return .none }
      guard var period = asked, period < given else { return .pending }
      let now = time.wall.truncatedToSeconds
      var moved = deadline + .seconds(Int(period - given))
      if moved < now {
        moved = now
        if period != 0 { period = 1 }
      }
      metadata.deletionTimestamp = moved
      metadata.deletionGracePeriodSeconds = period
      return .graceful
    }
    var period = asked ?? pod.spec.terminationGracePeriodSeconds ?? 0
    if pod.spec.nodeName.isEmpty || pod.status.phase == "Failed" || pod.status.phase == "Succeeded"
    {
      period = 0
    }
    if period < 0 { period = 1 }
    metadata.deletionTimestamp = time.wall.truncatedToSeconds + .seconds(Int(period))
    metadata.deletionGracePeriodSeconds = period
    if metadata.generation > 0 { metadata.generation += 1 }
    return .graceful
  }

  private func markAsDeleting(_ metadata: inout ObjectMeta, _ time: HostTime) {
    let now = time.wall.truncatedToSeconds
    if metadata.deletionTimestamp == nil, metadata.generation > 0 { metadata.generation += 1 }
    if metadata.deletionTimestamp.map({ $0 > now }) ?? true { metadata.deletionTimestamp = now }
    metadata.deletionGracePeriodSeconds = 0
  }

  /// The garbage collector's own finalizers, as the propagation policy wants them; without one
  /// they stay.
  private func finalizers(_ current: [String], _ policy: String?) -> [String] {
    guard let policy else { return current }
    var kept = current.filter { $0 != "orphan" && $0 != "foregroundDeletion" }
    if policy == "Orphan" { kept.append("orphan") }
    if policy == "Foreground" { kept.append("foregroundDeletion") }
    return kept
  }

  // MARK: Namespaces

  /// The first deletion makes a namespace Terminating; it goes when its finalizers are gone. nil
  /// once it may go like anything else.
  private func deletion(
    of namespace: Namespace, _ request: APIRequest, _ time: HostTime
  ) -> Outcome? {
    if ["default", "kube-system", "kube-public"].contains(namespace.metadata.name) {
      return .refuse(
        .forbidden(
          .namespace, namespace.metadata.name, "this namespace may not be deleted"))
    }
    guard namespace.metadata.deletionTimestamp == nil else {
      return namespace.spec.finalizers.isEmpty ? nil : .unchanged(namespace.boxed)
    }
    var marked = namespace
    marked.metadata.deletionTimestamp = time.wall.truncatedToSeconds
    marked.status.phase = "Terminating"
    marked.metadata.finalizers = finalizers(
      marked.metadata.finalizers, request.options.propagationPolicy)
    return .propose(
      Proposal(
        action: .replace, object: marked.boxed, expected: namespace.resourceVersion,
        deed: "marked for deletion (Terminating)"))
  }

  // MARK: Collections

  /// DELETE of a collection: a consistent list, then one deletion after the other.
  mutating func startCollection(_ id: UInt64, _ time: HostTime, into effects: inout Effects) {
    startList(id, time, into: &effects)
  }

  mutating func collect(_ id: UInt64, _ items: [APIObject], into effects: inout Effects) {
    calls[id]?.stage = .collecting
    calls[id]?.remaining = items.reversed().map(\.key)
    calls[id]?.deleted = items
    deleteNext(id, into: &effects)
  }

  private mutating func deleteNext(_ id: UInt64, into effects: inout Effects) {
    guard let call = calls[id] else { return }
    guard let key = calls[id]?.remaining.popLast() else {
      let revision = cache(call.request.kind).revision
      finish(
        id, .list(call.deleted, resourceVersion: revision, continueToken: ""), into: &effects)
      return
    }
    var request = APIRequest(
      .delete, call.request.kind, namespace: key.namespace, name: key.name)
    request.user = call.request.user
    request.options = call.request.options
    request.options.resourceVersion = nil
    request.options.labelSelector = nil
    request.options.fieldSelector = nil
    effects.because(call.cause)
    let child = nextCall
    nextCall += 1
    calls[child] = Call(
      id: child, asker: .collection(id), request: request, cause: call.cause,
      deadline: call.deadline)
    readCurrent(child, into: &effects)
  }

  /// One object of a collection is dealt with; one that was gone already counts as deleted.
  mutating func deletedOne(
    _ parent: UInt64, _ response: APIResponse, into effects: inout Effects
  ) {
    if case .status(let status) = response, status.code >= 400, !status.isNotFound {
      finish(parent, response, into: &effects)
    } else {
      deleteNext(parent, into: &effects)
    }
  }
}
