import Basics
import ControllerRuntime
import KubeAPI

// One sync of a pod that is to run (`SyncPod` of the kubelet and of its runtime manager): status
// first, then network, volumes, sandbox, init containers one by one, and the containers. Each step
// that waits for the runtime leaves the worker with an operation; the answer goes on from there.
extension KubeletWork {
  mutating func sync(_ worker: inout PodWorker, _ step: inout Step) {
    worker.needsSync = false
    worker.syncDue = nil
    worker.retryAt = nil
    worker.hasError = false
    switch worker.state {
    case .syncing: beginSync(&worker, &step)
    case .terminating: beginKill(&worker, &step)
    case .terminated: break
    }
  }

  private mutating func beginSync(_ worker: inout PodWorker, _ step: inout Step) {
    let status = generateStatus(&worker, isTerminal: false, step)
    if status.phase == "Succeeded" || status.phase == "Failed" {
      setStatus(&worker, status, &step)
      return terminate(&worker, &step)
    }
    let isNew = worker.status.startTime == nil
    setStatus(&worker, status, &step)
    if isNew { armDeadline(&worker, &step) }
    if !runtime.isNetworkReady && !worker.pod.spec.hostNetwork {
      let message = "network is not ready: container runtime network not ready: \(networkProblem)"
      record(worker, "NetworkNotReady", message, type: "Warning", &step)
      return finishSync(&worker, retryAfter: .seconds(1), &step)
    }
    for at in worker.containers.indices { worker.containers[at].wasTried = false }
    guard mount(&worker, &step) else {
      worker.operation = .mounting
      return
    }
    continueSync(&worker, &step)
  }

  /// Finds the next thing to do and does it; without one the sync is over.
  mutating func continueSync(_ worker: inout PodWorker, _ step: inout Step) {
    worker.operation = .none
    guard worker.state == .syncing else { return beginKill(&worker, &step) }
    if let at = worker.containers.firstIndex(where: { $0.killReason != nil }) {
      return killToRestart(&worker, at, &step)
    }
    guard worker.sandbox != nil, worker.isSandboxReady else {
      return startSandbox(&worker, &step)
    }
    if !worker.isInitialized || worker.containers.contains(where: \.isSidecar) {
      for at in 0..<worker.initCount {
        switch initAction(worker, at) {
        case .done: continue
        case .wait: return finishSync(&worker, &step)
        case .start:
          if startContainer(&worker, at, &step) { return }
          if !worker.isInitialized { return finishSync(&worker, &step) }
        }
      }
    }
    for at in worker.initCount..<worker.containers.count {
      guard shouldStart(worker, at), !worker.containers[at].wasTried else { continue }
      if startContainer(&worker, at, &step) { return }
    }
    finishSync(&worker, &step)
  }

  private enum InitAction { case done, wait, start }

  /// What an init container's state asks for. Sidecars let the next one go once they started.
  private func initAction(_ worker: PodWorker, _ at: Int) -> InitAction {
    let container = worker.containers[at]
    if container.isSidecar {
      if container.state == .running { return container.isStarted ? .done : .wait }
      return container.wasTried ? .wait : .start
    }
    if worker.isInitialized { return .done }
    switch container.state {
    case .running: return .wait
    case .exited where container.exit?.exitCode == 0: return .done
    default: return shouldStart(worker, at) && !container.wasTried ? .start : .wait
    }
  }

  /// `ShouldContainerBeRestarted`.
  func shouldStart(_ worker: PodWorker, _ at: Int) -> Bool {
    let container = worker.containers[at]
    guard worker.pod.metadata.deletionTimestamp == nil else { return false }
    switch container.state {
    case .none, .created: return true
    case .running: return false
    case .exited:
      if container.isSidecar { return true }
      switch worker.pod.spec.restartPolicy {
      case "Never": return false
      case "OnFailure": return container.exit?.exitCode != 0
      // A regular init container that succeeded is done whatever the policy.
      default: return !(container.isInit && container.exit?.exitCode == 0)
      }
    }
  }

  // MARK: Steps

  private mutating func startSandbox(_ worker: inout PodWorker, _ step: inout Step) {
    guard worker.containers.indices.contains(where: { shouldStart(worker, $0) }) else {
      return finishSync(&worker, &step)
    }
    if worker.sandbox != nil {
      record(
        worker, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.", &step)
    }
    worker.operation = .sandbox
    let config = SandboxConfig(
      pod: worker.key, uid: worker.uid, hostNetwork: worker.pod.spec.hostNetwork,
      attempt: worker.sandboxAttempt)
    worker.awaited = call(.runPodSandbox(config), .worker(worker.number), &step)
  }

  /// Begins to start a container; false where it can't be started now.
  private mutating func startContainer(
    _ worker: inout PodWorker, _ at: Int, _ step: inout Step
  ) -> Bool {
    worker.containers[at].wasTried = true
    let container = worker.containers[at]
    let ceiling = config.maxContainerRestartPeriod
    if container.state == .exited {
      if let end = container.backoff.end(since: container.exitedAt, now: step.now, ceiling: ceiling)
      {
        let name = worker.spec(at).name
        record(
          worker, at, "BackOff",
          "Back-off restarting failed container \(name) in pod \(worker.text)", type: "Warning",
          &step)
        worker.containers[at].waiting = (
          "CrashLoopBackOff",
          "back-off \(GoDuration.text(container.backoff.span)) restarting failed container=\(name)"
            + " pod=\(worker.text)"
        )
        worker.fail(retryAt: end)
        return false
      }
      worker.containers[at].backoff.next(container.exitedAt, now: step.now, ceiling: ceiling)
    }
    return ensureImage(&worker, at, &step)
  }

  /// The image is there: create the container from it.
  mutating func create(_ worker: inout PodWorker, _ at: Int, _ step: inout Step) -> Bool {
    let spec = worker.spec(at)
    if let problem = missingReference(worker, spec) {
      record(worker, at, "Failed", "Error: \(problem)", type: "Warning", &step)
      worker.containers[at].waiting = ("CreateContainerConfigError", problem)
      worker.isMounted = false
      worker.fail()
      return false
    }
    guard let sandbox = worker.sandbox else { return false }
    let container = worker.containers[at]
    let attempt = container.state == .exited ? container.attempt + 1 : container.attempt
    let config = ContainerConfig(
      name: spec.name, image: spec.image, command: spec.command, args: spec.args,
      attempt: attempt,
      gracePeriodSeconds: worker.pod.spec.terminationGracePeriodSeconds ?? 30)
    worker.operation = .creating(at)
    worker.awaited = call(.createContainer(sandbox, config), .worker(worker.number), &step)
    return true
  }

  /// The runtime answered the call the worker waits for.
  mutating func workerAnswered(_ number: UInt64, _ response: CRIResponse, _ step: inout Step) {
    update(number, &step) { kubelet, worker, step in
      guard worker.awaited == response.id else { return kubelet.late(worker, response, &step) }
      worker.awaited = 0
      switch worker.operation {
      case .sandbox: kubelet.sandboxAnswered(&worker, response.result, &step)
      case .creating(let at): kubelet.createAnswered(&worker, at, response.result, &step)
      case .starting(let at): kubelet.startAnswered(&worker, at, response.result, &step)
      case .restarting(let at): kubelet.restartKilled(&worker, at, &step)
      case .stoppingSandbox: kubelet.sandboxStopped(&worker, &step)
      case .none, .mounting, .pulling, .killing: break
      }
    }
  }

  /// An answer nobody waits for: what it made is taken away again.
  private mutating func late(
    _ worker: PodWorker, _ response: CRIResponse, _ step: inout Step
  ) {
    if case .sandbox(let id, _) = response.result {
      call(.stopPodSandbox(id), .orphanSandbox(id), &step)
    }
  }

  private mutating func sandboxAnswered(
    _ worker: inout PodWorker, _ result: CRIResponse.Result, _ step: inout Step
  ) {
    guard case .sandbox(let id, let ip) = result else {
      let problem = result.problem
      record(
        worker, "FailedCreatePodSandBox", "Failed to create pod sandbox: \(problem)",
        type: "Warning", &step)
      worker.fail()
      return finishSync(&worker, &step)
    }
    if let old = worker.sandbox { call(.removePodSandbox(old), .collect, &step) }
    worker.sandbox = id
    worker.isSandboxReady = true
    worker.sandboxAttempt += 1
    worker.ip = ip
    noteChange(&worker, &step)
    continueSync(&worker, &step)
  }

  private mutating func createAnswered(
    _ worker: inout PodWorker, _ at: Int, _ result: CRIResponse.Result, _ step: inout Step
  ) {
    guard case .container(let id) = result else {
      record(worker, at, "Failed", "Error: \(result.problem)", type: "Warning", &step)
      worker.containers[at].waiting = ("CreateContainerError", result.problem)
      worker.fail()
      return continueSync(&worker, &step)
    }
    if let ended = worker.containers[at].id { containerOwners.removeValue(forKey: ended) }
    worker.containers[at].replace(with: id)
    if let dead = worker.containers[at].takeCollected() {
      // One dead instance of each container is kept (`maxPerPodContainerCount`).
      call(.removeContainer(dead), .collect, &step)
    }
    containerOwners[id] = worker.number
    record(worker, at, "Created", "Container created", &step)
    guard worker.state == .syncing else { return continueSync(&worker, &step) }
    worker.operation = .starting(at)
    worker.awaited = call(.startContainer(id), .worker(worker.number), &step)
  }

  private mutating func startAnswered(
    _ worker: inout PodWorker, _ at: Int, _ result: CRIResponse.Result, _ step: inout Step
  ) {
    noteChange(&worker, &step)
    if case .started(let time) = result {
      // It may be gone already: the event of a short life can be faster than this answer.
      if worker.containers[at].state == .created {
        worker.containers[at].state = .running
      }
      worker.containers[at].startedAt = time
      worker.containers[at].waiting = nil
      record(worker, at, "Started", "Container started", &step)
      step.effects.note(
        .lifecycle, ObjectReference(.pod, worker.key),
        "container \(worker.spec(at).name) of pod \(worker.key.text) started")
    } else {
      let problem = result.problem
      record(worker, at, "Failed", "Error: \(problem)", type: "Warning", &step)
      worker.containers[at].state = .exited
      worker.containers[at].exitedAt = step.now
      worker.containers[at].exit = ContainerExit(
        exitCode: 128, reason: "StartError", message: problem, finishedAt: step.wall)
      worker.containers[at].waiting = ("RunContainerError", problem)
      worker.fail()
    }
    continueSync(&worker, &step)
  }

  // MARK: Ends of a sync

  /// The sync is over. A retry waits for a back-off met, or 10 s after another error, each
  /// stretched by up to half (`completeWork`).
  mutating func finishSync(
    _ worker: inout PodWorker, retryAfter: Span? = nil, _ step: inout Step
  ) {
    worker.operation = .none
    worker.lastSyncEnd = step.now
    if worker.state != .syncing { return requestSync(&worker, &step) }
    var wait = retryAfter
    if let retryAt = worker.retryAt {
      wait = min(max(retryAt - step.now, .zero), .seconds(60))
    } else if worker.hasError {
      wait = .seconds(10)
    }
    if let wait {
      var draws = draws(.podSync, worker.uid, step.now)
      let span = draws.jitter(wait, by: Ratio(1, 2))
      worker.syncDue = step.now + span
      step.effects.arm(TimerID(tag: Timer.podSync, payload: worker.number), after: span)
    }
    if worker.needsSync { requestSync(&worker, &step) }
  }

  mutating func podSyncDue(_ number: UInt64, _ step: inout Step) {
    update(number, &step) { kubelet, worker, step in
      guard let due = worker.syncDue, step.now >= due else { return }
      worker.syncDue = nil
      kubelet.requestSync(&worker, &step)
    }
  }

  // MARK: Deadline

  private mutating func armDeadline(_ worker: inout PodWorker, _ step: inout Step) {
    guard let seconds = worker.pod.spec.activeDeadlineSeconds, seconds >= 0 else { return }
    step.effects.arm(
      TimerID(tag: Timer.deadline, payload: worker.number), after: .seconds(Int(seconds)))
  }

  mutating func deadlineDue(_ number: UInt64, _ step: inout Step) {
    update(number, &step) { kubelet, worker, step in
      guard worker.state == .syncing, worker.failure == nil else { return }
      let message = "Pod was active on the node longer than the specified deadline"
      kubelet.record(worker, "DeadlineExceeded", message, &step)
      worker.failure = ("DeadlineExceeded", message)
      kubelet.terminate(&worker, &step)
    }
  }
}

extension PodWorker {
  /// The sync under way met a problem; `retryAt` when a back-off says when it may be tried again.
  mutating func fail(retryAt end: Tick? = nil) {
    hasError = true
    if let end { retryAt = retryAt.map { min($0, end) } ?? end }
  }
}

extension ContainerRecord {
  /// A new instance takes the place of the newest one.
  mutating func replace(with id: ContainerID) {
    if let end = termination { last = end }
    if state != .none {
      attempt += state == .exited ? 1 : 0
      collected = previousID
      previousID = self.id
    }
    self.id = id
    state = .created
    exit = nil
    startedAt = nil
    isStarted = false
    isReady = false
    killReason = nil
    faults = []
    probes = []
  }

  /// The dead instance that is one too many.
  mutating func takeCollected() -> ContainerID? {
    defer { collected = nil }
    return collected
  }
}

extension CRIResponse.Result {
  /// The error's text; empty where it is none.
  var problem: String {
    if case .failure(let error) = self { return error.text }
    return ""
  }
}
