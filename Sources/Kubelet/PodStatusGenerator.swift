import Basics
import ControllerRuntime
import KubeAPI

// What a pod's status says (`generateAPIPodStatus`, `convertToAPIContainerStatuses`, `getPhase`,
// `status/generate.go`).
extension KubeletWork {
  mutating func generateStatus(
    _ worker: inout PodWorker, isTerminal: Bool, _ step: Step
  ) -> PodStatus {
    let pod = worker.pod
    var status = PodStatus()
    status.qosClass = pod.status.qosClass.isEmpty ? Self.qosClass(pod.spec) : pod.status.qosClass
    status.observedGeneration = pod.metadata.generation
    status.nominatedNodeName = pod.status.nominatedNodeName
    if worker.isRejected, let failure = worker.failure {
      status.phase = "Failed"
      status.reason = failure.reason
      status.message = failure.message
      return status
    }
    for at in worker.containers.indices { beginProbes(&worker, at, step) }
    let statuses = worker.containers.indices.map { containerStatus(worker, $0) }
    status.initContainerStatuses = Array(statuses[..<worker.initCount])
    status.containerStatuses = Array(statuses[worker.initCount...])
    status.phase = phase(worker, status, isTerminal)
    let shown = pod.status.phase
    if shown == "Succeeded" || shown == "Failed" { status.phase = shown }
    if status.phase == worker.status.phase {
      status.reason = worker.status.reason
      status.message = worker.status.message
    }
    if let failure = worker.failure {
      status.phase = "Failed"
      status.reason = failure.reason
      status.message = failure.message
    }
    status.hostIP = config.nodeIP
    // A stopped sandbox has no address any more; what was shown before stays.
    status.podIP =
      pod.spec.hostNetwork
      ? config.nodeIP
      : (worker.isSandboxReady ? worker.ip : isTerminal ? worker.status.podIP : "")
    status.carried = carriedIPs(&worker, status.podIP)
    status.conditions = conditions(worker, status)
    return status
  }

  /// `hostIPs` and `podIPs`.
  private func carriedIPs(_ worker: inout PodWorker, _ ip: String) -> Carried {
    if ip.isEmpty { return hostIPs }
    if worker.carriedFor == ip { return worker.carriedIPs }
    var object = hostIPs.object
    object["podIPs"] = Self.list(ip)
    worker.carriedFor = ip
    worker.carriedIPs = Carried(object)
    return worker.carriedIPs
  }

  /// What the status of every pod of the node carries.
  static func hostIPs(_ ip: String) -> Carried {
    ip.isEmpty ? Carried() : Carried(JSONObject([("hostIPs", list(ip))]))
  }

  private static func list(_ ip: String) -> JSONValue {
    .array([.object(JSONObject([("ip", .string(ip))]))])
  }

  private func containerStatus(_ worker: PodWorker, _ at: Int) -> ContainerStatus {
    let record = worker.containers[at]
    let spec = worker.spec(at)
    var status = ContainerStatus()
    status.name = spec.name
    status.image = spec.image
    status.restartCount = record.attempt
    status.started = record.isStarted
    status.lastState = record.last.map { .terminated($0) } ?? .none
    if let image = record.image, record.id != nil {
      status.image = image.reference
      status.imageID = image.repoDigest
    }
    status.containerID = record.fullID
    switch record.state {
    case .none, .created:
      status.state = .waiting(
        reason: worker.initCount > 0 ? "PodInitializing" : "ContainerCreating", message: "")
    case .running:
      status.state = .running(startedAt: record.startedAt?.truncatedToSeconds)
      // Of an init container that is no sidecar only its success counts (`UpdatePodStatus`).
      status.ready = record.isReady && (!record.isInit || record.isSidecar)
    case .exited:
      if let end = record.termination { status.state = .terminated(end) }
      status.ready = record.isInit && !record.isSidecar && record.exit?.exitCode == 0
    }
    if let waiting = record.waiting, record.state != .running, shouldStart(worker, at) {
      if case .terminated = status.state { status.lastState = status.state }
      status.state = .waiting(reason: waiting.reason, message: waiting.message)
    }
    return status
  }

  // MARK: Phase

  /// `getPhase`. A container that waits counts by how its last instance ended.
  private func phase(_ worker: PodWorker, _ status: PodStatus, _ isTerminal: Bool) -> String {
    var pendingInit = 0
    var pendingSidecars = 0
    var (running, waiting, stopped, succeeded, finished) = (0, 0, 0, 0, 0)
    for (at, container) in status.initContainerStatuses.enumerated() {
      let end = Self.end(of: container)
      if worker.containers[at].isSidecar {
        switch container.state {
        case .running:
          running += 1
          if container.started != true { pendingSidecars += 1 }
        case .terminated: break
        default:
          if end == nil {
            pendingSidecars += 1
            waiting += 1
          }
        }
        continue
      }
      if container.state.isRunning || end == nil { pendingInit += 1 }
      if let end, end.exitCode != 0, worker.pod.spec.restartPolicy == "Never" { return "Failed" }
    }
    for container in status.containerStatuses {
      if container.state.isRunning {
        running += 1
      } else if let end = Self.end(of: container) {
        stopped += 1
        if end.exitCode == 0, case .terminated = container.state { succeeded += 1 }
        if !Self.canRestart(worker.pod.spec, end.exitCode) { finished += 1 }
      } else {
        waiting += 1
      }
    }
    if pendingInit > 0 || pendingSidecars > 0 && !worker.isInitialized || waiting > 0 {
      return "Pending"
    }
    if running > 0 { return "Running" }
    guard stopped > 0 else { return "Pending" }
    if isTerminal { return stopped == succeeded ? "Succeeded" : "Failed" }
    if stopped != finished { return "Running" }
    return stopped == succeeded ? "Succeeded" : "Failed"
  }

  /// How the container ended, now or the last time.
  private static func end(of status: ContainerStatus) -> ContainerTermination? {
    if case .terminated(let end) = status.state { return end }
    if status.state.isRunning { return nil }
    if case .terminated(let end) = status.lastState { return end }
    return nil
  }

  private static func canRestart(_ spec: PodSpec, _ exitCode: Int32) -> Bool {
    switch spec.restartPolicy {
    case "Never": false
    case "OnFailure": exitCode != 0
    default: true
    }
  }

  // MARK: Conditions

  private func conditions(_ worker: PodWorker, _ status: PodStatus) -> [Condition] {
    var list = worker.pod.status.conditions.filter { !Self.ownedConditions.contains($0.type) }
    let generation = worker.pod.metadata.generation
    func make(_ type: String, _ isTrue: Bool, _ reason: String = "", _ message: String = "")
      -> Condition
    {
      var condition = Condition(
        type: type, status: isTrue ? "True" : "False", reason: reason, message: message)
      condition.observedGeneration = generation > 0 ? generation : nil
      return condition
    }
    let sandbox = worker.isSandboxReady && worker.sandbox != nil
    list.append(make("PodReadyToStartContainers", sandbox))
    let initialized = initializedProblem(worker, status)
    list.append(make("Initialized", initialized.isTrue, initialized.reason, initialized.message))
    let ready = readyProblem(worker, status)
    var gates: [String] = []
    if ready.isTrue {
      for gate in worker.pod.spec.readinessGates {
        switch list[gate]?.status {
        case "True"?: break
        case let other?:
          gates.append("the status of pod readiness gate \"\(gate)\" is not \"True\", but \(other)")
        case nil:
          gates.append("corresponding condition of pod readiness gate \"\(gate)\" does not exist.")
        }
      }
    }
    if gates.isEmpty {
      list.append(make("Ready", ready.isTrue, ready.reason, ready.message))
    } else {
      list.append(make("Ready", false, "ReadinessGatesNotReady", gates.joined(separator: ", ")))
    }
    list.append(make("ContainersReady", ready.isTrue, ready.reason, ready.message))
    list.append(make("PodScheduled", true))
    return list
  }

  private typealias Verdict = (isTrue: Bool, reason: String, message: String)

  private func initializedProblem(_ worker: PodWorker, _ status: PodStatus) -> Verdict {
    if worker.initCount == 0 {
      return (true, status.phase == "Succeeded" ? "PodCompleted" : "", "")
    }
    if status.phase == "Succeeded" { return (true, "PodCompleted", "") }
    if worker.isInitialized { return (true, "", "") }
    var missing: [String] = []
    for (at, container) in status.initContainerStatuses.enumerated() {
      let isDone =
        worker.containers[at].isSidecar ? container.started == true : container.ready
      if !isDone { missing.append(container.name) }
    }
    if missing.isEmpty { return (true, "", "") }
    let names = missing.joined(separator: " ")
    return (false, "ContainersNotInitialized", "containers with incomplete status: [\(names)]")
  }

  private func readyProblem(_ worker: PodWorker, _ status: PodStatus) -> Verdict {
    if status.phase == "Succeeded" { return (false, "PodCompleted", "") }
    if status.phase == "Failed" { return (false, "PodFailed", "") }
    var unready: [String] = []
    for (at, container) in status.initContainerStatuses.enumerated()
    where worker.containers[at].isSidecar && !container.ready {
      unready.append(container.name)
    }
    for container in status.containerStatuses where !container.ready {
      unready.append(container.name)
    }
    if unready.isEmpty { return (true, "", "") }
    let names = unready.joined(separator: " ")
    return (false, "ContainersNotReady", "containers with unready status: [\(names)]")
  }

  /// `qos.ComputePodQOS`.
  private static func qosClass(_ spec: PodSpec) -> String {
    var isAny = false
    var isGuaranteed = true
    for container in spec.containers + spec.initContainers {
      let limits = container.resources.limits
      let requests = container.resources.requests
      for name in ["cpu", "memory"] {
        let limit = limits[name]?.milliValue ?? 0
        let request = requests[name]?.milliValue ?? limit
        if limit > 0 || request > 0 { isAny = true }
        if limit == 0 || request != limit { isGuaranteed = false }
      }
    }
    return !isAny ? "BestEffort" : isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
