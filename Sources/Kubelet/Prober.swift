import Basics
import ControllerRuntime
import KubeAPI

/// One probe of one container instance (`prober/worker.go`).
struct ProbeWorker: Sendable {
  enum Kind: UInt8, Sendable { case liveness, readiness, startup }
  let kind: Kind
  /// The tick times are this plus whole periods.
  var phase: Tick
  /// How often in a row the last outcome came, as the thresholds count.
  var wasSuccess: Bool?
  var run: Int32 = 0
  /// When it probes next; nil while it rests.
  var due: Tick?
  /// Done until the next instance: a startup probe that passed, a liveness probe that failed.
  var isOnHold = false
}

// Probes. The real prober probes each period for ever. Here what a probe would find is known: it
// succeeds unless a fault was put on the container or its command says otherwise. So a probe that
// has succeeded often enough rests, and costs nothing, until the runtime says that this changed;
// then it goes on at its next tick, which is when the real one would notice.
extension KubeletWork {
  /// The container runs, as its status is about to say: its probes begin.
  mutating func beginProbes(_ worker: inout PodWorker, _ at: Int, _ step: Step) {
    guard worker.containers[at].state == .running, worker.containers[at].probes.isEmpty else {
      return
    }
    let spec = worker.spec(at)
    if spec.startupProbe == nil && spec.livenessProbe == nil && spec.readinessProbe == nil {
      worker.containers[at].isStarted = true
      worker.containers[at].isReady = true
      return
    }
    if spec.startupProbe == nil { worker.containers[at].isStarted = true }
    let isStarted = worker.containers[at].isStarted
    if spec.readinessProbe == nil && isStarted { worker.containers[at].isReady = true }
    for kind in [ProbeWorker.Kind.startup, .liveness, .readiness] where probe(spec, kind) != nil {
      worker.containers[at].probes.append(ProbeWorker(kind: kind, phase: worker.addedAt))
    }
    // The timers are armed by `armProbes`, which has the step's effects.
    worker.needsProbes = true
  }

  private func probe(_ spec: Container, _ kind: ProbeWorker.Kind) -> Probe? {
    switch kind {
    case .startup: spec.startupProbe
    case .liveness: spec.livenessProbe
    case .readiness: spec.readinessProbe
    }
  }

  /// Arms what `beginProbes` made.
  mutating func armProbes(_ worker: inout PodWorker, _ step: inout Step) {
    guard worker.needsProbes else { return }
    worker.needsProbes = false
    for at in worker.containers.indices {
      for index in worker.containers[at].probes.indices
      where worker.containers[at].probes[index].due == nil {
        // Readiness is probed at once when a container has just started (`manualTriggerCh`).
        let isNow =
          worker.containers[at].probes[index].kind == .readiness
          && worker.containers[at].isStarted && !worker.containers[at].isReady
        schedule(&worker, at, index, isNow: isNow, &step)
      }
    }
  }

  /// Sets the time of the next probe, if there is to be one.
  private mutating func schedule(
    _ worker: inout PodWorker, _ at: Int, _ index: Int, isNow: Bool = false, _ step: inout Step
  ) {
    let record = worker.containers[at]
    var probeWorker = record.probes[index]
    guard let spec = probe(worker.spec(at), probeWorker.kind), !probeWorker.isOnHold,
      record.state == .running
    else { return }
    // Before a container has started only its startup probe is at work.
    guard probeWorker.kind == .startup || record.isStarted else { return }
    let age = record.startedAt.map { step.wall - $0 } ?? .zero
    let delay = Span.seconds(Int(spec.initialDelaySeconds)) - age
    var earliest = step.now + max(delay, .zero)
    let outcome = outcome(worker, at, probeWorker.kind, step.wall)
    if outcome.isSuccess, isSettled(record, probeWorker, spec) {
      // At rest; a script may change its mind by itself.
      guard let change = outcome.changesAt else { return }
      earliest = max(earliest, step.now + (change - step.wall))
    }
    let period = Int64(max(1, spec.periodSeconds)) * 1_000_000
    if isNow && delay <= .zero {
      probeWorker.phase = step.now
      probeWorker.due = step.now
    } else {
      let passed = max(0, (earliest - probeWorker.phase).microseconds)
      let ticks = passed / period + (passed % period == 0 && earliest > step.now ? 0 : 1)
      probeWorker.due = probeWorker.phase + Span(microseconds: ticks * period)
    }
    worker.containers[at].probes[index] = probeWorker
    let due = probeWorker.due ?? step.now
    step.effects.arm(
      TimerID(
        tag: Timer.probe,
        payload: worker.number << 10 | UInt64(at) << 2 | UInt64(probeWorker.kind.rawValue)),
      after: due - step.now)
  }

  /// Whether one more success changes nothing.
  private func isSettled(
    _ record: ContainerRecord, _ worker: ProbeWorker, _ spec: Probe
  ) -> Bool {
    switch worker.kind {
    case .startup: record.isStarted
    case .readiness: record.isReady && worker.wasSuccess != false
    case .liveness: worker.wasSuccess != false
    }
  }

  mutating func probeDue(_ payload: UInt64, _ step: inout Step) {
    update(payload >> 10, &step) { kubelet, worker, step in
      let at = Int(payload >> 2 & 0xFF)
      guard at < worker.containers.count, worker.containers[at].state == .running,
        let index = worker.containers[at].probes.firstIndex(where: {
          UInt64($0.kind.rawValue) == payload & 3
        }),
        let due = worker.containers[at].probes[index].due, step.now >= due
      else { return }
      worker.containers[at].probes[index].due = nil
      kubelet.run(&worker, at, index, &step)
      // The result may have stopped all probes.
      if index < worker.containers[at].probes.count,
        worker.containers[at].probes[index].due == nil
      {
        kubelet.schedule(&worker, at, index, &step)
      }
    }
  }

  private mutating func run(
    _ worker: inout PodWorker, _ at: Int, _ index: Int, _ step: inout Step
  ) {
    let kind = worker.containers[at].probes[index].kind
    guard let spec = probe(worker.spec(at), kind) else { return }
    let outcome = outcome(worker, at, kind, step.wall)
    var probeWorker = worker.containers[at].probes[index]
    probeWorker.run = probeWorker.wasSuccess == outcome.isSuccess ? probeWorker.run + 1 : 1
    probeWorker.wasSuccess = outcome.isSuccess
    let threshold = outcome.isSuccess ? spec.successThreshold : spec.failureThreshold
    let isDecided = probeWorker.run >= max(1, threshold)
    worker.containers[at].probes[index] = probeWorker
    if !outcome.isSuccess {
      let name = ["Liveness", "Readiness", "Startup"][Int(kind.rawValue)]
      record(
        worker, at, "Unhealthy", "\(name) probe failed: \(outcome.message)", type: "Warning", &step)
    }
    guard isDecided else { return }
    decided(&worker, at, index, kind, outcome.isSuccess, &step)
  }

  /// A threshold was reached.
  private mutating func decided(
    _ worker: inout PodWorker, _ at: Int, _ index: Int, _ kind: ProbeWorker.Kind,
    _ isSuccess: Bool, _ step: inout Step
  ) {
    let name = worker.spec(at).name
    switch (kind, isSuccess) {
    case (.readiness, _):
      guard worker.containers[at].isReady != isSuccess else { return }
      worker.containers[at].isReady = isSuccess
      refreshStatus(&worker, &step)
    case (.startup, true):
      worker.containers[at].probes[index].isOnHold = true
      worker.containers[at].isStarted = true
      if worker.spec(at).readinessProbe == nil { worker.containers[at].isReady = true }
      worker.needsProbes = true
      refreshStatus(&worker, &step)
      armProbes(&worker, &step)
      requestSync(&worker, &step)
    case (.liveness, true): break
    case (.liveness, false), (.startup, false):
      worker.containers[at].probes[index].isOnHold = true
      guard worker.state == .syncing else { return }
      let what = kind == .liveness ? "liveness" : "startup"
      worker.containers[at].killReason =
        "Container \(name) failed \(what) probe, will be restarted"
      requestSync(&worker, &step)
    }
  }

  /// A probe's result goes to the API at once, without a sync.
  private mutating func refreshStatus(_ worker: inout PodWorker, _ step: inout Step) {
    guard worker.state != .terminated else { return }
    let status = generateStatus(&worker, isTerminal: false, step)
    setStatus(&worker, status, &step)
  }

  /// The runtime says the container answers its probes otherwise now.
  mutating func faultsChanged(
    _ worker: inout PodWorker, _ id: ContainerID, _ faults: ProbeFaults, _ step: inout Step
  ) {
    guard let at = worker.containers.firstIndex(where: { $0.id == id }) else { return }
    worker.containers[at].faults = faults
    for index in worker.containers[at].probes.indices
    where worker.containers[at].probes[index].due == nil {
      schedule(&worker, at, index, &step)
    }
  }

  // MARK: Outcomes

  private struct Outcome {
    var isSuccess: Bool
    var message = ""
    /// When a script makes the outcome another one by itself.
    var changesAt: Timestamp?
  }

  /// What probing now would find.
  private func outcome(
    _ worker: PodWorker, _ at: Int, _ kind: ProbeWorker.Kind, _ wall: Timestamp
  ) -> Outcome {
    let record = worker.containers[at]
    let container = worker.spec(at)
    guard let spec = probe(container, kind) else { return Outcome(isSuccess: true) }
    let fault: ProbeFaults = [.liveness, .readiness, .startup][Int(kind.rawValue)]
    if record.faults.contains(fault) {
      return Outcome(isSuccess: false, message: failureText(spec, worker))
    }
    guard let command = spec.carried["exec"]?["command"]?.strings, !command.isEmpty else {
      return Outcome(isSuccess: true)
    }
    if command.count == 2, command[0].hasSuffix("cat"), let startedAt = record.startedAt {
      let script = ContainerCommand(container.command + container.args, image: container.image)
      let age = wall - startedAt
      if let exists = script.file(command[1], after: age) {
        let next = script.files.first { $0.path == command[1] && $0.after > age }
        return Outcome(
          isSuccess: exists,
          message: exists ? "" : "cat: can't open '\(command[1])': No such file or directory\n",
          changesAt: next.map { startedAt + $0.after })
      }
    }
    return Outcome(isSuccess: ContainerCommand(command, image: "").exitCode == 0)
  }

  /// What the kubelet says of a failure, by handler.
  private func failureText(_ spec: Probe, _ worker: PodWorker) -> String {
    if spec.carried["httpGet"] != nil { return "HTTP probe failed with statuscode: 500" }
    let ip = worker.pod.spec.hostNetwork ? config.nodeIP : worker.ip
    if let port = spec.carried["tcpSocket"]?["port"] {
      var text = port.text ?? ""
      if case .integer(let number) = port { text = String(number) }
      return "dial tcp \(ip):\(text): connect: connection refused"
    }
    if spec.carried["grpc"] != nil {
      return "service unhealthy (responded with \"NOT_SERVING\")"
    }
    return ""
  }
}
