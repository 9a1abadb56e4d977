import Basics
import ControllerRuntime
import KubeAPI

// What a node's status says (`nodestatus/setters.go`).
extension KubeletWork {
  /// Overwrites the parts of the status that are the kubelet's; conditions of others stay.
  mutating func setNodeStatus(_ object: inout Node, _ step: inout Step) {
    var status = object.status
    let capacity = config.fullCapacity
    if status.capacity != capacity { status.capacity = capacity }
    let allocatable = config.allocatable
    if status.allocatable != allocatable { status.allocatable = allocatable }
    if !config.isCloudProviderExternal || status.addresses.isEmpty {
      var addresses: [NodeAddress] = []
      if !config.nodeIP.isEmpty {
        addresses.append(NodeAddress(type: "InternalIP", address: config.nodeIP))
      }
      addresses.append(NodeAddress(type: "Hostname", address: config.nodeName))
      if status.addresses != addresses { status.addresses = addresses }
    }
    setNodeInfo(&status, &step)
    status.kubeletPort = 10250
    setImages(&status)
    setCondition(
      &status, "MemoryPressure", "KubeletHasSufficientMemory",
      "kubelet has sufficient memory available", "NodeHasSufficientMemory", &step)
    setCondition(
      &status, "DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure",
      "NodeHasNoDiskPressure", &step)
    setCondition(
      &status, "PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available",
      "NodeHasSufficientPID", &step)
    setReady(&status, &step)
    object.status = status
  }

  /// A pressure condition. The model's hosts never run short, so it is False.
  private mutating func setCondition(
    _ status: inout NodeStatus, _ type: String, _ reason: String, _ message: String,
    _ event: String, _ step: inout Step
  ) {
    let now = step.wall.truncatedToSeconds
    var condition = status.conditions[type] ?? Condition(type: type, status: "Unknown")
    condition.lastHeartbeatTime = now
    if condition.status != "False" {
      condition.status = "False"
      condition.reason = reason
      condition.message = message
      condition.lastTransitionTime = now
      recordNodeEvent(event, "Node \(config.nodeName) status is now: \(event)", &step)
    }
    put(condition, &status)
  }

  private mutating func setReady(_ status: inout NodeStatus, _ step: inout Step) {
    let now = step.wall.truncatedToSeconds
    let problems = readyProblems(step.now)
    var ready = Condition(type: "Ready", status: problems.isEmpty ? "True" : "False")
    ready.reason = problems.isEmpty ? "KubeletReady" : "KubeletNotReady"
    switch problems.count {
    case 0: ready.message = "kubelet is posting ready status"
    case 1: ready.message = problems[0]
    default: ready.message = "[" + problems.joined(separator: ", ") + "]"
    }
    ready.lastHeartbeatTime = now
    ready.lastTransitionTime = now
    if let old = status.conditions["Ready"] {
      if old.status == ready.status {
        ready.lastTransitionTime = old.lastTransitionTime
      } else {
        let event = problems.isEmpty ? "NodeReady" : "NodeNotReady"
        recordNodeEvent(event, "Node \(config.nodeName) status is now: \(event)", &step)
        step.effects.note(
          .observation, ObjectReference(.node, ObjectKey(name: config.nodeName)),
          "node \(config.nodeName) is \(problems.isEmpty ? "ready" : "not ready"): \(ready.message)"
        )
      }
    }
    put(ready, &status)
  }

  private func put(_ condition: Condition, _ status: inout NodeStatus) {
    if let at = status.conditions.firstIndex(where: { $0.type == condition.type }) {
      status.conditions[at] = condition
    } else {
      status.conditions.append(condition)
    }
  }

  /// Why the node isn't ready, in the order of the real checks: runtime, PLEG, network.
  func readyProblems(_ now: Tick) -> [String] {
    var problems: [String] = []
    if !runtime.hasStatus {
      problems.append("container runtime status check may not have completed yet")
    } else if let lostAt = runtime.lostAt {
      let silence = now - lostAt
      if silence >= .seconds(30) { problems.append("container runtime is down") }
      if silence >= .minutes(3) {
        problems.append(
          "PLEG is not healthy: pleg was last seen active \(GoDuration.text(silence)) ago;"
            + " threshold is 3m0s")
      }
    }
    if !runtime.isNetworkReady {
      problems.append("container runtime network not ready: \(networkProblem)")
    }
    return problems
  }

  var networkProblem: String {
    "NetworkReady=false reason:NetworkPluginNotReady message:\(runtime.networkMessage)"
  }

  private mutating func setNodeInfo(_ status: inout NodeStatus, _ step: inout Step) {
    let bootID = Hexadecimal.uuid(
      Hexadecimal.hash(config.nodeName) &+ config.seed &+ config.bootNumber)
    if let before = status.nodeInfo["bootID"] {
      if before == bootID && status.nodeInfo["kubeletVersion"] == config.version { return }
      if before != bootID {
        recordNodeEvent(
          "Rebooted", "Node \(config.nodeName) has been rebooted, boot id: \(bootID)", &step,
          type: "Warning")
      }
    }
    status.nodeInfo = [
      "architecture": "amd64", "bootID": bootID, "containerRuntimeVersion": "containerd://2.2.1",
      "kernelVersion": "6.12.41", "kubeProxyVersion": "", "kubeletVersion": config.version,
      "machineID": String(Hexadecimal.text(Hexadecimal.hash(config.nodeName)).prefix(32)),
      "operatingSystem": "linux", "osImage": "Debian GNU/Linux 13 (trixie)",
      "systemUUID": Hexadecimal.uuid(Hexadecimal.hash(config.nodeName) &+ 1),
    ]
  }

  /// The 50 largest images (`nodeStatusMaxImages`).
  private mutating func setImages(_ status: inout NodeStatus) {
    guard runtime.imagesChanged || status.images.count != min(50, images.count) else { return }
    runtime.imagesChanged = false
    var list = images.map { $0.value }
    list.sort { ($0.sizeBytes, $1.reference) > ($1.sizeBytes, $0.reference) }
    status.images = list.prefix(50).map { info in
      var image = ContainerImage()
      image.names = [info.repoDigest, info.reference]
      image.sizeBytes = info.sizeBytes
      return image
    }
  }

  mutating func recordNodeEvent(
    _ reason: String, _ message: String, _ step: inout Step, type: String = "Normal"
  ) {
    var target = TargetReference()
    target.kind = "Node"
    target.name = config.nodeName
    // The kubelet names its node by name: the UID in its events is no UID and stays empty here.
    target.apiVersion = "v1"
    let turn = events.record(
      target, type: type, reason: reason, message: message, at: step.time,
      because: step.effects.cause)
    send(turn, &step)
  }
}
