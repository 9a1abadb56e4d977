import Basics
import ControllerRuntime
import KubeAPI

/// What the kubelet knows about its container runtime.
struct RuntimeState: Sendable {
  /// A `Status` was answered since the start.
  var hasStatus = false
  /// The pods that were there at the start are known.
  var hasList = false
  var isNetworkReady = false
  var networkMessage = ContainerRuntime.networkNotReady
  /// Since when nothing is heard of it; nil while it is connected.
  var lostAt: Tick?
  var podCIDR = ""
  var imagesChanged = false
  /// What the start's list held, until the pods of the API are known.
  var found: RuntimeSnapshot?
}

extension KubeletWork {
  @discardableResult
  mutating func call(
    _ call: CRIRequest.Call, _ tag: RuntimeCall, _ step: inout Step
  ) -> UInt64 {
    let id = nextRuntimeCall
    nextRuntimeCall += 1
    runtimeCalls[id] = tag
    step.runtime.append(CRIRequest(id: id, call: call, cause: step.effects.cause))
    return id
  }

  /// Gives the runtime the node's pod network, once.
  mutating func setNetwork(_ cidr: String, _ step: inout Step) {
    guard runtime.podCIDR != cidr else { return }
    runtime.podCIDR = cidr
    call(.updateRuntimeConfig(podCIDR: cidr), .network, &step)
  }

  mutating func handle(_ response: CRIResponse, _ step: inout Step) {
    // A call that nobody waits for any more was given up with the connection.
    guard let tag = runtimeCalls.removeValue(forKey: response.id) else { return }
    switch tag {
    case .worker(let number): workerAnswered(number, response, &step)
    case .kill(let number): killAnswered(number, &step)
    case .pull: pullAnswered(response.result, &step)
    case .status:
      guard case .status(let status) = response.result else { return }
      runtime.hasStatus = true
      setNetworkReady(status.isNetworkReady, status.networkMessage, &step)
    case .network:
      guard case .done = response.result else {
        runtime.podCIDR = ""
        return
      }
      setNetworkReady(true, "", &step)
    case .list:
      guard case .list(let snapshot) = response.result else { return }
      listed(snapshot, &step)
    case .orphanContainer(let sandbox): orphanContainerStopped(sandbox, &step)
    case .orphanSandbox(let sandbox): call(.removePodSandbox(sandbox), .collect, &step)
    case .collect: break
    }
  }

  private mutating func setNetworkReady(_ isReady: Bool, _ message: String, _ step: inout Step) {
    let wasReady = runtime.isNetworkReady
    runtime.isNetworkReady = isReady
    runtime.networkMessage = message
    if isReady && !wasReady { armFastStatus(&step) }
  }

  mutating func handle(_ event: ContainerEvent, _ step: inout Step) {
    switch event {
    case .exited(let id, let exit):
      guard let number = containerOwners[id] else { return }
      update(number, &step) { kubelet, worker, step in
        kubelet.exited(&worker, id, exit, &step)
      }
    case .sandboxStopped(let id):
      guard let (number, _) = workers.first(where: { $0.value.wrappedValue.sandbox == id }) else {
        return
      }
      update(number, &step) { kubelet, worker, step in
        worker.isSandboxReady = false
        kubelet.noteChange(&worker, &step)
      }
    case .probesChanged(let id, let faults):
      guard let number = containerOwners[id] else { return }
      update(number, &step) { kubelet, worker, step in
        kubelet.faultsChanged(&worker, id, faults, &step)
      }
    }
  }

  /// Takes a worker out, lets `body` change it and puts it back.
  mutating func update(
    _ number: UInt64, _ step: inout Step,
    _ body: (inout KubeletWork, inout PodWorker, inout Step) -> Void
  ) {
    guard var worker = workers[number]?.wrappedValue else { return }
    // Most steps change its containers: the list is moved out, or the first change would copy it.
    workers.modify(number) { $0.wrappedValue.containers = [] }
    body(&self, &worker, &step)
    if worker.state == .terminated && worker.isGone {
      forget(worker, &step)
    } else {
      workers.modify(number) { $0.wrappedValue = worker }
    }
  }

  private mutating func exited(
    _ worker: inout PodWorker, _ id: ContainerID, _ exit: ContainerExit, _ step: inout Step
  ) {
    guard let at = worker.containers.firstIndex(where: { $0.id == id }),
      worker.containers[at].state != .exited
    else { return }
    worker.containers[at].state = .exited
    worker.containers[at].exit = exit
    worker.containers[at].exitedAt = step.now
    worker.containers[at].isReady = false
    worker.containers[at].isStarted = false
    worker.containers[at].probes = []
    if worker.state == .syncing { noteChange(&worker, &step) }
  }

  // MARK: Loss and return

  /// The runtime is gone. Workers can do nothing until it is back; containers run on.
  mutating func runtimeLost(_ step: inout Step) {
    if runtime.lostAt == nil {
      runtime.lostAt = step.now
      step.effects.arm(TimerID(tag: Timer.runtimeCheck), after: .seconds(1))
    }
    runtimeCalls.removeAll()
    runtime.podCIDR = ""
    pulls = PullQueue()
    orphans.removeAll()
    for number in Array(workers.keys) {
      update(number, &step) { kubelet, worker, step in
        guard worker.operation != .none && worker.operation != .mounting else { return }
        worker.operation = .none
        worker.needsSync = true
      }
    }
  }

  /// The relist of each second goes on, and fails, until the runtime is back.
  mutating func checkRuntime(_ step: inout Step) {
    guard runtime.lostAt != nil else { return }
    runtimeCalls.removeAll()
    call(.list, .list, &step)
    step.effects.arm(TimerID(tag: Timer.runtimeCheck), after: .seconds(1))
  }

  private mutating func listed(_ snapshot: RuntimeSnapshot, _ step: inout Step) {
    images.removeAll()
    for image in snapshot.images { images[image.reference] = image }
    runtime.imagesChanged = true
    let isReturn = runtime.lostAt != nil
    runtime.lostAt = nil
    if isReturn {
      call(.status, .status, &step)
      let cidr = config.podCIDR.isEmpty ? node.object?.spec.podCIDR ?? "" : config.podCIDR
      if !cidr.isEmpty { setNetwork(cidr, &step) }
    }
    if !runtime.hasList {
      runtime.hasList = true
      runtime.found = snapshot
      if pods.hasSynced { admitFirstPods(&step) }
    } else if isReturn {
      compare(snapshot, &step)
    }
  }

  /// After a gap: what the runtime says replaces what was known, and every pod is looked at.
  private mutating func compare(_ snapshot: RuntimeSnapshot, _ step: inout Step) {
    var sandboxes = LookupTable<SandboxID, RuntimeSnapshot.Sandbox>()
    for sandbox in snapshot.sandboxes { sandboxes[sandbox.id] = sandbox }
    var containers = LookupTable<ContainerID, RuntimeSnapshot.Container>()
    for container in snapshot.containers { containers[container.id] = container }
    for number in Array(workers.keys) {
      update(number, &step) { kubelet, worker, step in
        if let id = worker.sandbox { worker.isSandboxReady = sandboxes[id]?.isReady ?? false }
        for at in worker.containers.indices {
          guard let id = worker.containers[at].id else { continue }
          if let found = containers[id] {
            if found.state == .exited, let exit = found.exit {
              kubelet.exited(&worker, id, exit, &step)
            } else if found.state == .running, worker.containers[at].state == .created {
              worker.containers[at].state = .running
              worker.containers[at].startedAt = found.startedAt
            }
          } else if worker.containers[at].state == .running {
            let exit = ContainerExit(
              exitCode: 137, reason: "ContainerStatusUnknown",
              message: "The container could not be located when the pod was terminated",
              finishedAt: step.wall)
            kubelet.exited(&worker, id, exit, &step)
          }
        }
        worker.isInRelist = false
        kubelet.requestSync(&worker, &step)
      }
    }
  }
}
