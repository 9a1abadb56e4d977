import Basics
import ControllerRuntime
import KubeAPI

// Volumes made from the API: ConfigMaps, Secrets and the service account token.
//
// A real kubelet opens one watch per object that its pods refer to, and posts one TokenRequest per
// pod. Here the token is asked for in the same way; the objects are fetched by GET and kept for a
// minute, shared by all pods of the node (what the real one does with
// `configMapAndSecretChangeDetectionStrategy: Cache`). 10,000 pods that mount `kube-root-ca.crt` so
// cost one GET a node and minute in which pods start, not 10,000 watches.
extension KubeletWork {
  private static let objectTTL = Span.minutes(1)

  /// True when all the pod needs is here; otherwise what is missing was asked for.
  mutating func mount(_ worker: inout PodWorker, _ step: inout Step) -> Bool {
    if worker.isMounted { return true }
    var isComplete = true
    for need in worker.volumes.mounts + worker.volumes.references {
      let reference = reference(need, worker.key.namespace)
      if let entry = objects.entries[reference], step.now - entry.fetchedAt < Self.objectTTL,
        entry.isPresent
      {
        continue
      }
      isComplete = false
      fetch(reference, for: worker.number, &step)
    }
    if !worker.volumes.tokenVolume.isEmpty && !worker.hasToken {
      isComplete = false
      requestToken(worker, &step)
    }
    if isComplete { worker.isMounted = true }
    return isComplete
  }

  private func reference(_ need: VolumeNeeds.Object, _ namespace: String) -> ObjectReference {
    ObjectReference(need.kind, ObjectKey(namespace: namespace, name: need.name))
  }

  private mutating func fetch(
    _ reference: ObjectReference, for number: UInt64, _ step: inout Step
  ) {
    let isAsked = objects.waiters.contains(reference)
    objects.waiters[reference, default: []].append(number)
    if isAsked { return }
    let get = APIRequest(
      .get, reference.kind, namespace: reference.key.namespace, name: reference.key.name)
    client.call(get, tag: .volumeObject(reference), now: step.now, into: &step.effects)
  }

  mutating func volumeObjectAnswered(
    _ reference: ObjectReference, _ response: APIResponse, _ step: inout Step
  ) {
    let waiters = objects.waiters.removeValue(forKey: reference) ?? []
    var problem: String?
    if let status = isFailure(response) {
      problem = status.message
      if status.isNotFound {
        problem = "\(reference.kind.singular) \"\(reference.key.name)\" not found"
        objects.entries[reference] = ObjectCache.Entry(isPresent: false, fetchedAt: step.now)
      }
    } else {
      objects.entries[reference] = ObjectCache.Entry(isPresent: true, fetchedAt: step.now)
    }
    let isAbsent = isFailure(response)?.isNotFound ?? false
    for number in waiters {
      update(number, &step) { kubelet, worker, step in
        guard worker.operation == .mounting else { return }
        kubelet.objectArrived(&worker, reference, problem, isAbsent: isAbsent, &step)
      }
    }
  }

  private mutating func objectArrived(
    _ worker: inout PodWorker, _ reference: ObjectReference, _ problem: String?, isAbsent: Bool,
    _ step: inout Step
  ) {
    if let problem {
      let need = worker.volumes.mounts.first {
        self.reference($0, worker.key.namespace) == reference
      }
      if let need, !(need.isOptional && isAbsent) {
        return mountFailed(&worker, need.volume, problem, &step)
      }
    }
    resumeMount(&worker, &step)
  }

  /// Goes on when everything has been answered; what a reference or an optional volume lacks does
  /// not hold the pod's volumes back.
  private mutating func resumeMount(_ worker: inout PodWorker, _ step: inout Step) {
    for need in worker.volumes.mounts + worker.volumes.references {
      let reference = reference(need, worker.key.namespace)
      guard let entry = objects.entries[reference], !objects.waiters.contains(reference) else {
        return
      }
      if !entry.isPresent && !need.volume.isEmpty && !need.isOptional { return }
    }
    guard worker.volumes.tokenVolume.isEmpty || worker.hasToken else { return }
    worker.isMounted = true
    worker.mountBackoff = .zero
    continueSync(&worker, &step)
  }

  /// The volume manager tries again after 0.5 s, doubled up to 2 min 2 s.
  private mutating func mountFailed(
    _ worker: inout PodWorker, _ volume: String, _ problem: String, _ step: inout Step
  ) {
    record(
      worker, "FailedMount", "MountVolume.SetUp failed for volume \"\(volume)\" : \(problem)",
      type: "Warning", &step)
    worker.mountBackoff =
      worker.mountBackoff == .zero
      ? .milliseconds(500) : min(worker.mountBackoff * 2, .seconds(122))
    worker.mountDue = step.now + worker.mountBackoff
    step.effects.arm(
      TimerID(tag: Timer.mount, payload: worker.number), after: worker.mountBackoff)
  }

  mutating func mountDue(_ number: UInt64, _ step: inout Step) {
    update(number, &step) { kubelet, worker, step in
      guard worker.operation == .mounting, let due = worker.mountDue, step.now >= due else {
        return
      }
      worker.mountDue = nil
      if kubelet.mount(&worker, &step) { kubelet.continueSync(&worker, &step) }
    }
  }

  /// What keeps a container from being made: a ConfigMap or Secret its environment refers to that
  /// isn't there (`CreateContainerConfigError`).
  func missingReference(_ worker: PodWorker, _ spec: Container) -> String? {
    guard !worker.volumes.references.isEmpty else { return nil }
    for need in VolumeNeeds.references(of: spec) where !need.isOptional {
      let entry = objects.entries[reference(need, worker.key.namespace)]
      if entry?.isPresent != true { return "\(need.kind.singular) \"\(need.name)\" not found" }
    }
    return nil
  }

  // MARK: Service account tokens

  private mutating func requestToken(_ worker: PodWorker, _ step: inout Step) {
    let account = worker.pod.spec.serviceAccountName
    var request = APIRequest(
      .create, .serviceAccount, namespace: worker.key.namespace,
      name: account.isEmpty ? "default" : account)
    request.subresource = .token
    request.body = .tokenRequest(
      expirationSeconds: worker.volumes.tokenSeconds, boundPod: worker.key, podUID: worker.uid)
    client.call(request, tag: .token(worker.number), now: step.now, into: &step.effects)
  }

  mutating func tokenAnswered(_ number: UInt64, _ response: APIResponse, _ step: inout Step) {
    update(number, &step) { kubelet, worker, step in
      if case .token = response {
        // Refreshed when 80 % of its life is over, with up to 10 s of jitter (`token_manager.go`).
        let life = Span.seconds(Int(worker.volumes.tokenSeconds)) * 8 / 10
        var draws = kubelet.draws(.tokenRefresh, worker.uid, step.now)
        let wait = life - draws.span(.zero, .seconds(10))
        if worker.state != .terminated { worker.tokenDue = step.now + wait }
        worker.hasToken = true
        if worker.operation == .mounting { kubelet.resumeMount(&worker, &step) }
      } else if worker.operation == .mounting {
        let problem = kubelet.isFailure(response)?.message ?? "unexpected answer"
        kubelet.mountFailed(
          &worker, worker.volumes.tokenVolume, "failed to fetch token: " + problem, &step)
      } else if worker.state != .terminated {
        // A refresh that failed: the old token still has a fifth of its life.
        worker.tokenDue = step.now + .seconds(60)
      }
      if let due = worker.tokenDue { kubelet.armTokens(for: due, &step) }
    }
  }

  /// One timer for all the pods' tokens, set for the first of them: hundreds of thousands that wait
  /// for most of an hour would be a burden for the queue. One that is due a little sooner waits for
  /// it, as in the real kubelet, which looks at a token when it syncs its pod.
  private mutating func armTokens(for due: Tick, _ step: inout Step) {
    if let wake = tokenWake, wake <= due + .seconds(10) { return }
    tokenWake = due
    tokenTimers += 1
    let timer = TimerID(tag: Timer.tokens, payload: tokenTimers)
    tokens = timer
    step.effects.arm(timer, after: due - step.now)
  }

  /// A pod that is over needs its token no more; where it was the last that had one, the timer is
  /// of no use.
  mutating func dropToken(of worker: inout PodWorker) {
    worker.tokenDue = nil
    let number = worker.number
    guard tokenWake != nil,
      !workers.contains(where: { $0.key != number && $0.value.wrappedValue.tokenDue != nil })
    else { return }
    (tokenWake, tokens) = (nil, nil)
  }

  mutating func tokensDue(_ timer: TimerID, _ step: inout Step) {
    // An older one was armed before a sooner one was needed.
    guard timer == tokens else { return }
    (tokenWake, tokens) = (nil, nil)
    var next: Tick?
    var due: [UInt64] = []
    for (number, worker) in workers {
      guard let at = worker.wrappedValue.tokenDue else { continue }
      if at <= step.now { due.append(number) } else { next = min(next ?? at, at) }
    }
    for number in due {
      update(number, &step) { kubelet, worker, step in
        worker.tokenDue = nil
        kubelet.requestToken(worker, &step)
      }
    }
    if let next { armTokens(for: next, &step) }
  }
}
