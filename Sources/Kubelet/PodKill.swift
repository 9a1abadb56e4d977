import Basics
import ControllerRuntime
import KubeAPI

// The end of a pod (`SyncTerminatingPod`, `SyncTerminatedPod`, `killContainer`): preStop, SIGTERM,
// grace, SIGKILL, the sandbox, the final status, and the deletion from the API.
extension KubeletWork {
  /// The pod must stop: it was deleted, it is finished, or the API forgot it. May be called again,
  /// with a shorter grace.
  mutating func terminate(_ worker: inout PodWorker, _ step: inout Step) {
    switch worker.state {
    case .terminated:
      return finish(&worker, &step)
    case .terminating:
      shortenGrace(&worker, &step)
    case .syncing:
      worker.state = .terminating
      worker.killGrace = grace(of: worker)
      dropPull(of: worker.number, &step)
      switch worker.operation {
      case .none, .mounting, .pulling:
        // None of these has to be waited for.
        worker.operation = .none
        worker.awaited = 0
        requestSync(&worker, &step)
      default:
        worker.needsSync = true
      }
    }
    if worker.state == .terminating && worker.operation == .none && !worker.isInRelist {
      requestSync(&worker, &step)
    }
  }

  /// The pod's own, or what the deletion asked for.
  private func grace(of worker: PodWorker) -> Int64 {
    worker.pod.metadata.deletionGracePeriodSeconds
      ?? worker.pod.spec.terminationGracePeriodSeconds ?? 30
  }

  mutating func beginKill(_ worker: inout PodWorker, _ step: inout Step) {
    if worker.version > 0 || worker.hasRunning {
      let status = generateStatus(&worker, isTerminal: false, step)
      setStatus(&worker, status, &step)
    }
    worker.killGrace = grace(of: worker)
    var count = 0
    for at in worker.containers.indices where worker.containers[at].state == .running {
      count += 1
      record(worker, at, "Killing", "Stopping container \(worker.spec(at).name)", &step)
      worker.containers[at].probes.removeAll { $0.kind != .readiness }
      let pause = preStopTime(worker.spec(at), worker.killGrace)
      if pause > .zero {
        step.effects.arm(
          TimerID(tag: Timer.preStop, payload: worker.number << 8 | UInt64(at)), after: pause)
      } else {
        stop(worker, at, worker.killGrace, &step)
      }
    }
    worker.operation = .killing(count)
    if count == 0 { stopSandbox(&worker, &step) }
  }

  /// The least a container gets is 2 s (`minimumGracePeriodInSeconds`).
  private mutating func stop(
    _ worker: PodWorker, _ at: Int, _ grace: Int64, _ step: inout Step
  ) {
    guard let id = worker.containers[at].id else { return }
    call(
      .stopContainer(id, timeout: .seconds(Int(max(2, min(grace, 1 << 30))))),
      .kill(worker.number), &step)
  }

  /// How long `lifecycle.preStop` takes: a sleep action or a `sleep` command; other hooks pass at
  /// once. Never longer than the grace period, from which it is taken.
  private func preStopTime(_ spec: Container, _ grace: Int64) -> Span {
    guard grace > 0, let hook = spec.carried["lifecycle"]?["preStop"] else { return .zero }
    var span = Span.zero
    if case .integer(let seconds)? = hook["sleep"]?["seconds"] {
      span = .seconds(Int(min(max(seconds, 0), grace)))
    } else if let command = hook["exec"]?["command"]?.strings {
      span = ContainerCommand(command, image: "").duration ?? .seconds(Int(grace))
    }
    return min(span, .seconds(Int(grace)))
  }

  mutating func preStopDue(_ payload: UInt64, _ step: inout Step) {
    update(payload >> 8, &step) { kubelet, worker, step in
      let at = Int(payload & 0xFF)
      guard case .killing(let count) = worker.operation, at < worker.containers.count else {
        return
      }
      if worker.containers[at].state == .running {
        let spent = kubelet.preStopTime(worker.spec(at), worker.killGrace)
        kubelet.stop(worker, at, worker.killGrace - Int64(spent.wholeSeconds), &step)
      } else {
        // It ended during the hook: one less to wait for.
        worker.operation = .killing(count - 1)
        if count <= 1 { kubelet.stopSandbox(&worker, &step) }
      }
    }
  }

  /// A second deletion may shorten the grace of the kill under way.
  private mutating func shortenGrace(_ worker: inout PodWorker, _ step: inout Step) {
    guard case .killing = worker.operation else { return }
    let grace = grace(of: worker)
    guard grace < worker.killGrace else { return }
    worker.killGrace = grace
    for at in worker.containers.indices where worker.containers[at].state == .running {
      guard let id = worker.containers[at].id else { continue }
      // The call that is counted is still open and will be answered when the container is gone.
      call(.stopContainer(id, timeout: .seconds(Int(max(2, grace)))), .collect, &step)
    }
  }

  mutating func killAnswered(_ number: UInt64, _ step: inout Step) {
    update(number, &step) { kubelet, worker, step in
      guard case .killing(let count) = worker.operation else { return }
      worker.operation = .killing(count - 1)
      if count <= 1 { kubelet.stopSandbox(&worker, &step) }
    }
  }

  private mutating func stopSandbox(_ worker: inout PodWorker, _ step: inout Step) {
    guard let sandbox = worker.sandbox, worker.isSandboxReady else {
      return terminated(&worker, &step)
    }
    worker.operation = .stoppingSandbox
    worker.awaited = call(.stopPodSandbox(sandbox), .worker(worker.number), &step)
  }

  mutating func sandboxStopped(_ worker: inout PodWorker, _ step: inout Step) {
    worker.isSandboxReady = false
    terminated(&worker, &step)
  }

  /// Nothing runs any more: the last status, with the exit codes.
  private mutating func terminated(_ worker: inout PodWorker, _ step: inout Step) {
    worker.operation = .none
    worker.lastSyncEnd = step.now
    worker.state = .terminated
    uncount(&worker)
    dropToken(of: &worker)
    if !worker.isGone {
      var status = generateStatus(&worker, isTerminal: true, step)
      if !worker.isRejected { Self.closeStatus(&status, worker) }
      setStatus(&worker, status, &step)
    }
    step.effects.note(
      .lifecycle, ObjectReference(.pod, worker.key), "pod \(worker.key.text) is terminated")
    finish(&worker, &step)
  }

  /// `TerminatePod`: no container of a pod that is over may look as if it could still run.
  private static func closeStatus(_ status: inout PodStatus, _ worker: PodWorker) {
    var lost = ContainerTermination()
    lost.exitCode = 137
    lost.reason = "ContainerStatusUnknown"
    lost.message = "The container could not be located when the pod was terminated"
    if worker.initCount == 0 || worker.isInitialized {
      for at in status.containerStatuses.indices {
        if case .terminated = status.containerStatuses[at].state { continue }
        status.containerStatuses[at].state = .terminated(lost)
      }
    }
    if status.phase != "Succeeded" && status.phase != "Failed" { status.phase = "Failed" }
  }

  /// The worker has nothing left to do; the API may forget the pod once it shows the last status.
  private mutating func finish(_ worker: inout PodWorker, _ step: inout Step) {
    worker.isFinished = true
    sendStatus(&worker, &step)
  }

  // MARK: One container

  /// Stops a running container that must be replaced.
  mutating func killToRestart(_ worker: inout PodWorker, _ at: Int, _ step: inout Step) {
    let reason = worker.containers[at].killReason ?? ""
    worker.containers[at].killReason = nil
    guard worker.containers[at].state == .running, let id = worker.containers[at].id else {
      return continueSync(&worker, &step)
    }
    record(worker, at, "Killing", reason, &step)
    worker.operation = .restarting(at)
    let spec = worker.spec(at)
    let grace =
      spec.livenessProbe?.terminationGracePeriodSeconds
      ?? worker.pod.spec.terminationGracePeriodSeconds ?? 30
    worker.awaited = call(
      .stopContainer(id, timeout: .seconds(Int(max(2, min(grace, 1 << 30))))),
      .worker(worker.number), &step)
  }

  mutating func restartKilled(_ worker: inout PodWorker, _ at: Int, _ step: inout Step) {
    continueSync(&worker, &step)
  }
}

extension JSONValue {
  /// A field of an object; nil where this is none.
  subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { return object[key] }
    return nil
  }
  /// The text of a string.
  var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }
  /// The elements of an array.
  var elements: [JSONValue] {
    if case .array(let elements) = self { return elements }
    return []
  }
  /// The texts of an array of strings.
  var strings: [String] { elements.compactMap(\.text) }
}
