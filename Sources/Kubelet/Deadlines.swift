import Basics
import ControllerRuntime
import KubeAPI

// What a kubelet and its container runtime wait for, read off their states.

extension KubeletWork {
  func purpose(of timer: TimerID, _ heartbeat: Heartbeat) -> Deadline? {
    switch timer.tag {
    case Timer.client: return client.purpose(of: timer)
    case Timer.heartbeat: return heartbeat.client.purpose(of: timer)
    case Timer.events: return eventClient.purpose(of: timer)
    case Timer.podsInformer: return retry(of: pods)
    case Timer.nodeInformer: return retry(of: nodes)
    case Timer.register:
      guard !node.isRegistered else { return nil }
      return Deadline(.retry, me, "registers node \(config.nodeName)")
    case Timer.lease:
      return Deadline(
        .heartbeat, me,
        "renews lease kube-node-lease/\(config.nodeName) "
          + "(each \(config.leaseRenewInterval.brief))", isRoutine: true)
    case Timer.leaseBackoff:
      guard heartbeat.leaseCallID == nil, heartbeat.lease == nil else { return nil }
      return Deadline(.backoff, me, "looks for its lease again (\(heartbeat.leaseBackoff.brief))")
    case Timer.nodeStatus:
      return Deadline(
        .status, me,
        "computes the node's status (nodeStatusUpdateFrequency "
          + "\(config.nodeStatusUpdateFrequency.brief))", isRoutine: true)
    case Timer.fastStatus:
      guard !node.isFastDone else { return nil }
      return Deadline(.status, me, "tells the first Ready status at once")
    case Timer.relist:
      guard let first = relist.first else { return nil }
      let pod = workers[first.number]?.wrappedValue
      return Deadline(
        .relist, pod.map { ObjectReference(.pod, $0.key) },
        "PLEG relists and sees what changed in \(pod?.key.text ?? "its pods")")
    case Timer.statusBatch: return Deadline(.status, me, "status manager's batch of each 10s")
    case Timer.eventRetry: return events.purposeOfRetry(me)
    case Timer.runtimeCheck:
      return runtime.lostAt == nil ? nil : Deadline(.retry, me, "dials the container runtime again")
    default: return podPurpose(of: timer)
    }
  }

  private var me: ObjectReference { ObjectReference(.node, ObjectKey(name: config.nodeName)) }

  private func retry(of informer: Informer) -> Deadline? {
    guard informer.phase == .waiting else { return nil }
    return Deadline(
      .backoff, "lists or watches \(informer.kind.plural) again after its back-off")
  }

  private func tokenPurpose(_ timer: TimerID) -> Deadline? {
    guard timer == tokens else { return nil }
    let waiting = workers.values.map(\.wrappedValue).filter { $0.tokenDue != nil }
    guard let first = waiting.min(by: { ($0.tokenDue ?? .zero) < ($1.tokenDue ?? .zero) }) else {
      return nil
    }
    let more = waiting.count > 1 ? ", the first of \(waiting.count)" : ""
    return Deadline(
      .token, ObjectReference(.pod, first.key),
      "refreshes the service account token of \(first.key.text)\(more)", isRoutine: true)
  }

  private func podPurpose(of timer: TimerID) -> Deadline? {
    switch timer.tag {
    case Timer.podSync:
      guard let worker = workers[timer.payload]?.wrappedValue, worker.syncDue != nil else {
        return nil
      }
      return syncPurpose(worker)
    case Timer.probe:
      guard let worker = workers[timer.payload >> 10]?.wrappedValue else { return nil }
      let at = Int(timer.payload >> 2 & 0xFF)
      guard at < worker.containers.count,
        let probe = worker.containers[at].probes.first(where: {
          UInt64($0.kind.rawValue) == timer.payload & 3
        }), probe.due != nil
      else { return nil }
      return Deadline(
        .probe, ObjectReference(.pod, worker.key),
        "\(probe.kind) probe of container \(worker.spec(at).name) of \(worker.key.text)")
    case Timer.mount:
      guard let worker = workers[timer.payload]?.wrappedValue, worker.mountDue != nil else {
        return nil
      }
      return Deadline(
        .volume, ObjectReference(.pod, worker.key),
        "mounts the volumes of \(worker.key.text) again (back-off \(worker.mountBackoff.brief))")
    case Timer.tokens: return tokenPurpose(timer)
    case Timer.preStop:
      guard let worker = workers[timer.payload >> 8]?.wrappedValue, case .killing = worker.operation
      else {
        return nil
      }
      return Deadline(
        .container, ObjectReference(.pod, worker.key), "preStop hook of \(worker.key.text) ends")
    case Timer.deadline:
      guard let worker = workers[timer.payload]?.wrappedValue, worker.state == .syncing else {
        return nil
      }
      return Deadline(
        .container, ObjectReference(.pod, worker.key),
        "activeDeadlineSeconds of \(worker.key.text) is over")
    default: return nil
    }
  }

  private func syncPurpose(_ worker: PodWorker) -> Deadline {
    let pod = ObjectReference(.pod, worker.key)
    for at in worker.containers.indices {
      let record = worker.containers[at]
      guard let waiting = record.waiting, record.state != .running else { continue }
      let span = record.pullError.isEmpty ? record.backoff.span : record.pullBackoff.span
      let step = span > .zero ? " (back-off step \(span.brief))" : ""
      return Deadline(
        .backoff, pod,
        "tries container \(worker.spec(at).name) of \(worker.key.text) again: "
          + "\(waiting.reason)\(step)")
    }
    return Deadline(.sync, pod, "syncs \(worker.key.text) again")
  }
}

extension ContainerRuntime {
  /// What a timer in line for this runtime is for; nil where it ignores it when it comes.
  public func purpose(of timer: TimerID) -> Deadline? {
    if timer.tag == Self.operationTimer {
      return operations[timer.payload].map { purpose(of: $0) }
    }
    guard let container = containers[timer.payload], container.state == .running,
      container.exitAt != nil
    else { return nil }
    let pod = sandboxes[container.sandbox].map { ObjectReference(.pod, $0.config.pod) }
    let why =
      container.stops.isEmpty
      ? "ends by itself with exit code \(container.exitCode)"
      : container.exitCode == 137
        ? "gets SIGKILL at the end of its grace period" : "ends on SIGTERM"
    return Deadline(
      .container, pod,
      "container \(container.config.name) of \(pod?.key.text ?? "a removed pod") \(why)")
  }

  private func purpose(of request: CRIRequest) -> Deadline {
    func pod(_ sandbox: UInt64) -> ObjectReference? {
      sandboxes[sandbox].map { ObjectReference(.pod, $0.config.pod) }
    }
    func named(_ reference: ObjectReference?) -> String { reference?.key.text ?? "a removed pod" }
    switch request.call {
    case .runPodSandbox(let config):
      return Deadline(
        .runtime, ObjectReference(.pod, config.pod), "RunPodSandbox of \(config.pod.text) is done")
    case .stopPodSandbox(let id):
      let pod = pod(id.rawValue)
      return Deadline(.runtime, pod, "StopPodSandbox of \(named(pod)) is done")
    case .createContainer(let id, let config):
      let pod = pod(id.rawValue)
      return Deadline(
        .runtime, pod, "CreateContainer \(config.name) of \(named(pod)) is done")
    case .startContainer(let id):
      let container = containers[id.rawValue]
      let pod = container.flatMap { pod($0.sandbox) }
      return Deadline(
        .runtime, pod, "StartContainer \(container?.config.name ?? "") of \(named(pod)) is done")
    case .pullImage(let image): return Deadline(.image, nil, "PullImage \(image) is done")
    default: return Deadline(.runtime, nil, "\(request.name) is done")
    }
  }
}

extension CRIRequest {
  /// The call's name in the CRI.
  public var name: String {
    switch call {
    case .status: "Status"
    case .updateRuntimeConfig: "UpdateRuntimeConfig"
    case .runPodSandbox: "RunPodSandbox"
    case .stopPodSandbox: "StopPodSandbox"
    case .removePodSandbox: "RemovePodSandbox"
    case .createContainer: "CreateContainer"
    case .startContainer: "StartContainer"
    case .stopContainer: "StopContainer"
    case .removeContainer: "RemoveContainer"
    case .list: "ListContainers"
    case .pullImage: "PullImage"
    }
  }
}

extension KubeletWork {
  func cached(_ reference: ObjectReference) -> CachedObject? {
    switch reference.kind {
    case .node where reference.key.name == config.nodeName: nodes.cached(reference)
    case .pod:
      pods.cached(reference).flatMap { cached in
        // Asked of thousands of kubelets, most of which know nothing of it: `forEach` is the way
        // through the map that allocates nothing.
        cached.object == nil
          && workers.forEach { _, worker in worker.wrappedValue.key != reference.key }
          ? nil : cached
      }
    default: nil
    }
  }
}
