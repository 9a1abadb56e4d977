import Basics
import ControllerRuntime
import KubeAPI

// The status manager: keeps the status each pod should show, and gets it to the API.
//
// The real one does a GET and a PATCH per change. This one puts the status with the revision it
// last saw and asks for the newest revision only after a conflict: the same writes with half of the
// requests. Conditions of others are taken from that revision, so none is lost. What failed is
// tried again at the next of the 10 s batches.
extension KubeletWork {
  private static let batchPeriod = Span.seconds(10)
  static let ownedConditions = [
    "PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled",
  ]

  /// Takes a new status; sends it when it differs from the last.
  mutating func setStatus(
    _ worker: inout PodWorker, _ status: PodStatus, _ step: inout Step
  ) {
    armProbes(&worker, &step)
    var status = status
    let old = worker.$status.wrappedValue
    let now = step.wall.truncatedToSeconds
    for at in status.conditions.indices
    where Self.ownedConditions.contains(status.conditions[at].type) {
      let before = old.conditions[status.conditions[at].type]
      status.conditions[at].lastTransitionTime =
        before?.status == status.conditions[at].status ? before?.lastTransitionTime : now
    }
    status.startTime = old.startTime ?? now
    if old.startTime != nil, Self.isEqualByKubelet(old, status) { return }
    worker.$status = Shared(wrappedValue: status)
    worker.version += 1
    sendStatus(&worker, &step)
  }

  /// `isPodStatusByKubeletEqual`: the conditions of others don't count.
  private static func isEqualByKubelet(_ a: PodStatus, _ b: PodStatus) -> Bool {
    guard a.phase == b.phase, a.reason == b.reason, a.message == b.message, a.podIP == b.podIP,
      a.hostIP == b.hostIP, a.observedGeneration == b.observedGeneration,
      a.containerStatuses == b.containerStatuses,
      a.initContainerStatuses == b.initContainerStatuses
    else { return false }
    return ownedConditions.allSatisfy { type in
      let x = a.conditions[type]
      let y = b.conditions[type]
      return x?.status == y?.status && x?.reason == y?.reason && x?.message == y?.message
    }
  }

  /// Sends the newest status unless one is on its way, or the deletion once that is due.
  mutating func sendStatus(_ worker: inout PodWorker, _ step: inout Step) {
    guard !worker.isGone, !worker.isSending, !worker.isDeleting else { return }
    guard worker.ackedVersion < worker.version else { return deleteIfDone(&worker, &step) }
    var pod = worker.pod
    pod.$status = merged(worker)
    var request = APIRequest(
      .update, .pod, namespace: worker.key.namespace, name: worker.key.name)
    request.subresource = .status
    request.body = .object(pod.boxed)
    request.options.preconditionUID = worker.uid
    worker.isSending = true
    worker.sentVersion = worker.version
    client.call(
      request, tag: .podStatus(worker.number, version: worker.version), now: step.now,
      into: &step.effects)
  }

  /// `mergePodStatus`: conditions of others from the API, ours from here; a final phase is held
  /// back while containers may still run.
  private func merged(_ worker: PodWorker) -> Shared<PodStatus> {
    let status = worker.status
    let shown = worker.pod.status
    let others = shown.conditions.filter { !Self.ownedConditions.contains($0.type) }
    let areAllOwn = status.conditions.allSatisfy { Self.ownedConditions.contains($0.type) }
    let isFinal = status.phase == "Succeeded" || status.phase == "Failed"
    let wasFinal = shown.phase == "Succeeded" || shown.phase == "Failed"
    let isHeldBack = isFinal && !wasFinal && worker.hasRunning
    // As a rule there is nothing to merge, and what is sent is what is kept.
    guard
      !others.isEmpty || !areAllOwn || isHeldBack
        || status.nominatedNodeName != shown.nominatedNodeName
    else { return worker.$status }
    var sent = status
    if !others.isEmpty || !areAllOwn {
      sent.conditions =
        others + status.conditions.filter { Self.ownedConditions.contains($0.type) }
    }
    sent.nominatedNodeName = shown.nominatedNodeName
    if isHeldBack {
      sent.phase = shown.phase
      sent.reason = shown.reason
      sent.message = shown.message
    }
    return Shared(wrappedValue: sent)
  }

  mutating func podStatusAnswered(
    _ number: UInt64, _ version: UInt64, _ response: APIResponse, _ step: inout Step
  ) {
    update(number, &step) { kubelet, worker, step in
      worker.isSending = false
      switch response {
      case .object(let object):
        worker.take(object)
        worker.writtenVersion = object.resourceVersion
        worker.ackedVersion = max(worker.ackedVersion, version)
        kubelet.sendStatus(&worker, &step)
      case .status(let status) where status.isConflict:
        worker.isSending = true
        let get = APIRequest(
          .get, .pod, namespace: worker.key.namespace, name: worker.key.name)
        kubelet.client.call(
          get, tag: .podForStatus(number), now: step.now, into: &step.effects)
      case .status(let status) where status.isNotFound:
        // The informer will say so too, or has a pod of that name with another identity.
        worker.ackedVersion = max(worker.ackedVersion, version)
      default:
        kubelet.armStatusBatch(&step)
      }
    }
  }

  mutating func podForStatusAnswered(
    _ number: UInt64, _ response: APIResponse, _ step: inout Step
  ) {
    update(number, &step) { kubelet, worker, step in
      worker.isSending = false
      guard case .object(let object) = response else {
        if kubelet.isFailure(response)?.isNotFound != true { kubelet.armStatusBatch(&step) }
        return
      }
      // Another identity under the name: this pod is gone.
      guard object.metadata.uid == worker.uid else { return }
      worker.take(object)
      kubelet.sendStatus(&worker, &step)
    }
  }

  /// The last act: the pod shows its final status, so the API may forget it.
  private mutating func deleteIfDone(_ worker: inout PodWorker, _ step: inout Step) {
    let phase = worker.pod.status.phase
    guard worker.isFinished, worker.pod.metadata.deletionTimestamp != nil,
      phase == "Succeeded" || phase == "Failed"
    else { return }
    worker.isDeleting = true
    var request = APIRequest(
      .delete, .pod, namespace: worker.key.namespace, name: worker.key.name)
    request.options.gracePeriodSeconds = 0
    request.options.preconditionUID = worker.uid
    client.call(request, tag: .podDelete(worker.number), now: step.now, into: &step.effects)
  }

  mutating func podDeleteAnswered(_ number: UInt64, _ response: APIResponse, _ step: inout Step) {
    guard let status = isFailure(response), !status.isNotFound, !status.isConflict else { return }
    update(number, &step) { kubelet, worker, step in
      worker.isDeleting = false
      kubelet.armStatusBatch(&step)
    }
  }

  /// Somebody else wrote the pod's status: at the next batch it is put right (`needsReconcile`).
  mutating func compareStatus(_ worker: inout PodWorker, _ step: inout Step) {
    guard worker.status.startTime != nil, !worker.isSending, worker.ackedVersion == worker.version,
      worker.object.resourceVersion != worker.writtenVersion,
      !Self.isEqualByKubelet(worker.pod.status, worker.status)
    else { return }
    worker.version += 1
    armStatusBatch(&step)
  }

  /// Batches come each 10 s from the kubelet's start; one is waited for only when there is
  /// something in it.
  mutating func armStatusBatch(_ step: inout Step) {
    guard !isStatusBatchArmed else { return }
    isStatusBatchArmed = true
    let period = Self.batchPeriod.microseconds
    let passed = max(0, (step.now - startedAt).microseconds)
    let wait = period - passed % period
    step.effects.arm(TimerID(tag: Timer.statusBatch), after: Span(microseconds: wait))
  }

  mutating func statusBatchDue(_ step: inout Step) {
    isStatusBatchArmed = false
    for number in Array(workers.keys) {
      update(number, &step) { kubelet, worker, step in kubelet.sendStatus(&worker, &step) }
    }
  }
}
