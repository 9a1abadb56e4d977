import Basics
import ControllerRuntime
import KubeAPI

// Pods come, change and go (`pod_workers.go`, `syncLoopIteration`).
extension KubeletWork {
  mutating func podsChanged(_ deltas: [Delta], _ step: inout Step) {
    // Nothing is decided before both the API's pods and the runtime's are known.
    guard pods.hasSynced, runtime.hasList else { return }
    guard runtime.found == nil else { return admitFirstPods(&step) }
    for delta in deltas {
      switch delta {
      case .added(let object): added(object, &step)
      case .deleted(let object): removed(object.metadata.uid, &step)
      case .updated(let old, let new):
        if old.metadata.uid == new.metadata.uid {
          updated(old, new, &step)
        } else {
          // The name was given away while nobody watched.
          removed(old.metadata.uid, &step)
          added(new, &step)
        }
      }
    }
  }

  /// After the start: the API's pods by age, each with what the runtime holds of it; the rest of
  /// what the runtime holds is nobody's.
  mutating func admitFirstPods(_ step: inout Step) {
    guard let found = runtime.found else { return }
    runtime.found = nil
    let none = Timestamp(microseconds: 0)
    var list = pods.store.objects.map { $0.value }
    list.sort {
      ($0.metadata.creationTimestamp ?? none, $0.key)
        < ($1.metadata.creationTimestamp ?? none, $1.key)
    }
    for object in list { added(object, found: found, &step) }
    for sandbox in found.sandboxes where numbers[sandbox.uid] == nil {
      killOrphan(sandbox, found, &step)
    }
  }

  private mutating func added(
    _ object: APIObject, found: RuntimeSnapshot? = nil, _ step: inout Step
  ) {
    guard let pod = object.pod, numbers[pod.metadata.uid] == nil else { return }
    let number = nextNumber
    nextNumber += 1
    var worker = PodWorker(
      number: number, key: object.key, uid: pod.metadata.uid, object: object, pod: pod,
      addedAt: step.now)
    numbers[worker.uid] = number
    worker.initCount = pod.spec.initContainers.count
    worker.containers =
      pod.spec.initContainers.map {
        ContainerRecord(isInit: true, isSidecar: $0.restartPolicy == "Always")
      } + pod.spec.containers.map { _ in ContainerRecord(isInit: false, isSidecar: false) }
    worker.requests = PodRequests(pod)
    worker.volumes = VolumeNeeds(pod.spec)
    worker.$status = pod.$status
    if let found { adopt(found, &worker, &step) }
    workers[number] = Shared(wrappedValue: worker)
    let isDone = pod.status.phase == "Succeeded" || pod.status.phase == "Failed"
    update(number, &step) { kubelet, worker, step in
      if pod.metadata.deletionTimestamp != nil || isDone {
        kubelet.terminate(&worker, &step)
      } else if let rejection = kubelet.admit(&worker) {
        kubelet.reject(&worker, rejection, &step)
      } else {
        kubelet.requestSync(&worker, &step)
      }
    }
  }

  private mutating func updated(_ old: APIObject, _ new: APIObject, _ step: inout Step) {
    guard let number = numbers[new.metadata.uid] else { return added(new, &step) }
    update(number, &step) { kubelet, worker, step in
      worker.take(new)
      if new.metadata.deletionTimestamp != nil {
        kubelet.terminate(&worker, &step)
        return
      }
      kubelet.compareStatus(&worker, &step)
      let before = old.metadata
      let after = new.metadata
      // A new status alone is no work; real kubelets call that update "reconcile".
      if before.generation != after.generation || before.labels != after.labels
        || before.annotations != after.annotations || worker.gatesChanged(since: old)
      {
        kubelet.requestSync(&worker, &step)
      }
    }
  }

  private mutating func removed(_ uid: UID, _ step: inout Step) {
    guard let number = numbers[uid] else { return }
    update(number, &step) { kubelet, worker, step in
      worker.isGone = true
      kubelet.terminate(&worker, &step)
    }
  }

  /// The worker is done and so is the API: what is left in the runtime is collected.
  mutating func forget(_ worker: PodWorker, _ step: inout Step) {
    if let sandbox = worker.sandbox { call(.removePodSandbox(sandbox), .collect, &step) }
    for container in worker.containers {
      if let id = container.id { containerOwners.removeValue(forKey: id) }
    }
    numbers.removeValue(forKey: worker.uid)
    workers[worker.number] = nil
  }

  /// Takes over what the runtime holds of the pod, and from the API what it doesn't.
  private mutating func adopt(
    _ found: RuntimeSnapshot, _ worker: inout PodWorker, _ step: inout Step
  ) {
    let sandboxes = found.sandboxes.filter { $0.uid == worker.uid }
    if let newest = sandboxes.last {
      worker.sandbox = newest.id
      worker.isSandboxReady = newest.isReady
      worker.sandboxAttempt = newest.attempt + 1
      worker.ip = newest.ip
    }
    for at in worker.containers.indices {
      let name = worker.spec(at).name
      let list =
        at < worker.initCount
        ? worker.status.initContainerStatuses : worker.status.containerStatuses
      let shown = list.first { $0.name == name }
      let mine = found.containers.filter { container in
        container.name == name && sandboxes.contains { $0.id == container.sandbox }
      }
      worker.containers[at].adopt(mine, shown, step.now)
      if let id = worker.containers[at].id { containerOwners[id] = worker.number }
    }
  }

  // MARK: Orphans

  /// A sandbox of a pod the API doesn't know: its containers get their grace, then it goes.
  private mutating func killOrphan(
    _ sandbox: RuntimeSnapshot.Sandbox, _ found: RuntimeSnapshot, _ step: inout Step
  ) {
    let running = found.containers.filter { $0.sandbox == sandbox.id && $0.state == .running }
    orphans[sandbox.id] = running.count
    for container in running {
      call(
        .stopContainer(
          container.id, timeout: .seconds(max(2, Int(container.gracePeriodSeconds)))),
        .orphanContainer(sandbox.id), &step)
    }
    if running.isEmpty { call(.stopPodSandbox(sandbox.id), .orphanSandbox(sandbox.id), &step) }
    step.effects.note(
      .decision, ObjectReference(.pod, sandbox.pod),
      "pod \(sandbox.pod.text) is not in the API any more: kill it")
  }

  mutating func orphanContainerStopped(_ sandbox: SandboxID, _ step: inout Step) {
    guard let count = orphans[sandbox] else { return }
    orphans[sandbox] = count - 1
    guard count <= 1 else { return }
    orphans.removeValue(forKey: sandbox)
    call(.stopPodSandbox(sandbox), .orphanSandbox(sandbox), &step)
  }
}

extension PodWorker {
  /// Holds `object` if it is newer than what is held.
  mutating func take(_ object: APIObject) {
    guard object.resourceVersion > self.object.resourceVersion, let pod = object.pod else { return }
    self.object = object
    self.pod = pod
  }

  /// A readiness gate's condition was changed by its owner.
  func gatesChanged(since old: APIObject) -> Bool {
    guard !pod.spec.readinessGates.isEmpty, let before = old.pod?.status.conditions else {
      return false
    }
    return pod.spec.readinessGates.contains {
      before[$0]?.status != pod.status.conditions[$0]?.status
    }
  }
}

extension ContainerRecord {
  /// The newest instance the runtime holds, the one before it, and what the API shows of it.
  mutating func adopt(
    _ found: [RuntimeSnapshot.Container], _ shown: ContainerStatus?, _ now: Tick
  ) {
    if case .terminated(let end)? = shown?.lastState { last = end }
    guard let newest = found.last else {
      attempt = shown?.restartCount ?? 0
      switch shown?.state {
      case .terminated(let end)?:
        state = .exited
        startedAt = end.startedAt
        exit = ContainerExit(
          exitCode: end.exitCode, reason: end.reason, message: end.message,
          finishedAt: end.finishedAt ?? Timestamp(microseconds: 0))
        exitedAt = now
      case .running?:
        // It ran when it was last seen, and nothing is left of it.
        var end = ContainerTermination()
        end.exitCode = 137
        end.reason = "ContainerStatusUnknown"
        end.message =
          "The container could not be located when the pod was deleted.  The container used to be"
          + " Running"
        last = end
        attempt += 1
      default: break
      }
      return
    }
    if found.count > 1 {
      let before = found[found.count - 2]
      var old = ContainerRecord(isInit: isInit, isSidecar: isSidecar)
      old.id = before.id
      old.state = .exited
      old.startedAt = before.startedAt
      old.exit = before.exit
      last = old.termination
      previousID = before.id
    }
    id = newest.id
    attempt = newest.attempt
    startedAt = newest.startedAt
    exit = newest.exit
    faults = newest.probeFaults
    if case .success(let info) = ImageCatalogue.resolve(newest.image) { image = info }
    switch newest.state {
    case .created: state = .created
    case .running:
      state = .running
      // A restart of the kubelet makes no running container unready.
      isStarted = shown?.started ?? true
      isReady = shown?.ready ?? false
    case .exited:
      state = .exited
      exitedAt = now
    }
  }
}
