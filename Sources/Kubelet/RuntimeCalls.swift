import Basics
import ControllerRuntime
import KubeAPI

extension ContainerRuntime {
  static let networkNotReady = "Network plugin returns error: cni plugin not initialized"

  /// A call arrives: answered at once, or after the time the work takes.
  mutating func accept(
    _ request: CRIRequest, _ time: HostTime, _ effects: inout RuntimeEffects
  ) {
    switch request.call {
    case .status:
      effects.respond(request.id, .status(status))
    case .list:
      effects.respond(request.id, .list(snapshot))
    case .updateRuntimeConfig(let cidr):
      if addresses?.cidr != cidr { setNetwork(cidr) }
      effects.respond(request.id, .done)
    case .stopContainer(let id, let timeout):
      stop(id.rawValue, timeout, request, time, &effects)
    case .removeContainer(let id):
      effects.respond(request.id, remove(id.rawValue))
    case .removePodSandbox(let id):
      effects.respond(request.id, remove(sandbox: id.rawValue))
    case .runPodSandbox, .stopPodSandbox, .createContainer, .startContainer, .pullImage:
      delay(request, workTime(request.call, time), &effects)
    }
  }

  /// The work of a call is done.
  mutating func complete(
    _ request: CRIRequest, _ time: HostTime, _ effects: inout RuntimeEffects
  ) {
    switch request.call {
    case .runPodSandbox(let config):
      effects.respond(request.id, run(config, time, &effects))
    case .stopPodSandbox(let id):
      stop(sandbox: id.rawValue, time, &effects)
      effects.respond(request.id, .done)
    case .createContainer(let sandbox, let config):
      effects.respond(request.id, create(config, in: sandbox.rawValue))
    case .startContainer(let id):
      effects.respond(request.id, start(id.rawValue, time, &effects))
    case .pullImage(let image):
      switch ImageCatalogue.resolve(image) {
      case .success(let info):
        images[info.reference] = info
        effects.respond(request.id, .image(info))
      case .failure(let error):
        effects.respond(request.id, .failure(error))
      }
    case .status, .list, .updateRuntimeConfig, .stopContainer, .removeContainer, .removePodSandbox:
      preconditionFailure("answered at once, never delayed")
    }
  }

  private var status: RuntimeStatus {
    RuntimeStatus(
      isRuntimeReady: true, isNetworkReady: addresses != nil,
      networkMessage: addresses == nil ? Self.networkNotReady : "")
  }

  /// Addresses in use stay in use where the new network holds them.
  private mutating func setNetwork(_ cidr: String) {
    addresses = AddressPool(cidr: cidr)
    for (_, sandbox) in sandboxes where sandbox.isReady { addresses?.reserve(sandbox.address) }
  }

  /// How long the work of a call takes; its luck is that of the pod, or of the image, at this moment.
  private func workTime(_ call: CRIRequest.Call, _ time: HostTime) -> Span {
    switch call {
    case .runPodSandbox(let sandbox):
      var draws = draws(.run, sandbox, time)
      return draws.span(.milliseconds(150), .milliseconds(250))
    case .stopPodSandbox(let id):
      var draws = draws(.stop, sandboxes[id.rawValue]?.config, time)
      return draws.span(.milliseconds(40), .milliseconds(90))
    case .createContainer(let id, _):
      var draws = draws(.create, sandboxes[id.rawValue]?.config, time)
      return draws.span(.milliseconds(30), .milliseconds(70))
    case .startContainer(let id):
      var draws = draws(.start, config(of: id.rawValue), time)
      return draws.span(.milliseconds(50), .milliseconds(150))
    case .pullImage(let image): return pullTime(image, time)
    case .status, .list, .updateRuntimeConfig, .stopContainer, .removeContainer, .removePodSandbox:
      return .zero
    }
  }

  /// A manifest lookup of 0.3 to 0.8 s, the layers over the wire, and unpacking at about twice the
  /// wire's speed; an image that is there needs the lookup only.
  private func pullTime(_ image: String, _ time: HostTime) -> Span {
    var draws = Draws(
      config.seed ^ Hexadecimal.hash(image), Matter.pull.rawValue, time.monotonic.microseconds)
    let lookup = draws.span(.milliseconds(300), .milliseconds(800))
    guard case .success(let info) = ImageCatalogue.resolve(image), images[info.reference] == nil
    else { return lookup }
    let micros = info.sizeBytes * 1_500_000 / max(1, config.pullBandwidth)
    let transfer = Span(microseconds: micros)
    return lookup + draws.span(transfer * 9 / 10, transfer * 12 / 10)
  }

  private enum Matter: UInt64 { case run = 1, stop, create, start, pull, goodbye }

  private func draws(_ matter: Matter, _ sandbox: SandboxConfig?, _ time: HostTime) -> Draws {
    Draws(
      config.seed ^ (sandbox?.uid.low ?? 0), matter.rawValue, time.monotonic.microseconds)
  }

  private func config(of container: UInt64) -> SandboxConfig? {
    containers[container].flatMap { sandboxes[$0.sandbox]?.config }
  }

  // MARK: Sandboxes

  private mutating func run(
    _ sandbox: SandboxConfig, _ time: HostTime, _ effects: inout RuntimeEffects
  ) -> CRIResponse.Result {
    var address: UInt32 = 0
    if !sandbox.hostNetwork {
      guard addresses != nil else {
        return .failure(CRIError("failed to setup network for sandbox: cni plugin not initialized"))
      }
      guard let taken = addresses?.take() else {
        let problem = addresses?.exhausted ?? ""
        return .failure(
          CRIError(
            "failed to setup network for sandbox: plugin type=\"ptp\" failed (add): " + problem))
      }
      address = taken
    }
    let number = nextNumber()
    let ip = sandbox.hostNetwork ? "" : AddressPool.text(address)
    sandboxes[number] = Sandbox(
      config: sandbox, isReady: true, ip: ip, address: address, createdAt: time.wall)
    if !sandbox.hostNetwork, let pool = addresses {
      effects.note(
        .lifecycle, sandbox.pod, "sandbox of pod \(sandbox.pod.text) has the address \(ip)",
        basis: Basis(
          "host-local",
          inputs: [
            Basis.Input("next free address of \(pool.cidr)", ip, .memory),
            Basis.Input("addresses in use", String(pool.usedCount), .memory),
          ]))
    }
    return .sandbox(SandboxID(rawValue: number), ip: ip)
  }

  /// Ends what still runs in it, without grace, and frees its address.
  private mutating func stop(
    sandbox number: UInt64, _ time: HostTime, _ effects: inout RuntimeEffects
  ) {
    guard let sandbox = sandboxes[number], sandbox.isReady else { return }
    for container in sandbox.containers where containers[container]?.state == .running {
      exit(container, code: 137, reason: "Error", time, &effects)
    }
    addresses?.release(sandbox.address)
    sandboxes.modify(number) { $0.isReady = false }
  }

  private mutating func remove(sandbox number: UInt64) -> CRIResponse.Result {
    guard let sandbox = sandboxes[number] else { return .done }
    guard !sandbox.isReady else {
      return .failure(
        CRIError("sandbox container \"\(SandboxID(rawValue: number).text)\" is not fully stopped"))
    }
    for container in sandbox.containers { containers[container] = nil }
    sandboxes[number] = nil
    return .done
  }

  // MARK: Containers

  private mutating func create(
    _ container: ContainerConfig, in sandbox: UInt64
  ) -> CRIResponse.Result {
    guard sandboxes[sandbox]?.isReady == true else {
      let id = SandboxID(rawValue: sandbox).text
      return .failure(CRIError(code: "NotFound", "failed to find sandbox id \"\(id)\": not found"))
    }
    let number = nextNumber()
    containers[number] = Container(config: container, sandbox: sandbox)
    sandboxes.modify(sandbox) { $0.containers.append(number) }
    return .container(ContainerID(rawValue: number))
  }

  private mutating func start(
    _ number: UInt64, _ time: HostTime, _ effects: inout RuntimeEffects
  ) -> CRIResponse.Result {
    guard let container = containers[number], container.state == .created,
      let sandbox = sandboxes[container.sandbox], sandbox.isReady
    else {
      let id = ContainerID(rawValue: number).text
      return .failure(
        CRIError(
          code: "NotFound", "an error occurred when try to find container \"\(id)\": not found"))
    }
    let command = ContainerCommand(
      container.config.command + container.config.args, image: container.config.image)
    if let problem = command.startError {
      containers.modify(number) {
        $0.state = .exited
        $0.exit = ContainerExit(
          exitCode: 128, reason: "StartError", message: problem, finishedAt: time.wall)
      }
      return .failure(CRIError(problem))
    }
    let exitAt = command.duration.map { time.monotonic + $0 }
    let cause = effects.cause
    containers.modify(number) {
      $0.state = .running
      $0.startedAt = time.wall
      $0.exitAt = exitAt
      $0.exitCode = command.exitCode
      $0.ignoresTerm = command.ignoresTerm
      $0.cause = cause
    }
    if let exitAt {
      effects.arm(TimerID(tag: Self.exitTimer, payload: number), after: exitAt - time.monotonic)
    }
    return .started(at: time.wall)
  }

  /// SIGTERM: a process that handles it is gone in 0.1 to 1 s, one that doesn't gets SIGKILL at
  /// the end of `timeout`.
  private mutating func stop(
    _ number: UInt64, _ timeout: Span, _ request: CRIRequest, _ time: HostTime,
    _ effects: inout RuntimeEffects
  ) {
    guard let container = containers[number], container.state == .running else {
      effects.respond(request.id, .done)
      return
    }
    let killAt = time.monotonic + timeout
    var draws = draws(.goodbye, sandboxes[container.sandbox]?.config, time)
    let goodbye =
      container.ignoresTerm
      ? killAt : time.monotonic + draws.span(.milliseconds(100), .milliseconds(1000))
    let stopAt = min(goodbye, killAt)
    let code: Int32 = goodbye < killAt ? 0 : 137
    containers.modify(number) {
      $0.stops.append(request.id)
      if $0.exitAt.map({ $0 <= stopAt }) != true {
        $0.exitAt = stopAt
        $0.exitCode = code
        $0.cause = request.cause
      }
    }
    effects.arm(TimerID(tag: Self.exitTimer, payload: number), after: stopAt - time.monotonic)
  }

  /// The process has ended.
  mutating func exit(
    _ number: UInt64, code: Int32, reason: String, message: String = "", _ time: HostTime,
    _ effects: inout RuntimeEffects
  ) {
    guard let container = containers[number] else { return }
    let end = ContainerExit(
      exitCode: code, reason: reason, message: message, finishedAt: time.wall)
    containers.modify(number) {
      $0.state = .exited
      $0.exit = end
      $0.exitAt = nil
      $0.stops = []
      $0.probeFaults = []
    }
    if let pod = sandboxes[container.sandbox]?.config.pod {
      effects.note(
        .lifecycle, pod, "container \(container.config.name) exited with code \(code) (\(reason))")
    }
    effects.event(.exited(ContainerID(rawValue: number), end))
    for id in container.stops { effects.respond(id, .done) }
  }

  private mutating func remove(_ number: UInt64) -> CRIResponse.Result {
    guard let container = containers[number] else { return .done }
    guard container.state != .running else {
      return .failure(CRIError("container \"\(ContainerID(rawValue: number).text)\" is running"))
    }
    containers[number] = nil
    sandboxes.modify(container.sandbox) { $0.containers.removeAll { $0 == number } }
    return .done
  }

  // MARK: Faults

  /// What somebody does to a container; nothing where it doesn't run.
  mutating func inflict(
    _ fault: ContainerFault, _ time: HostTime, _ effects: inout RuntimeEffects
  ) {
    guard let number = running(fault.container, of: fault.pod) else { return }
    switch fault.kind {
    case .crash(let code):
      exit(number, code: code, reason: code == 0 ? "Completed" : "Error", time, &effects)
    case .oomKill:
      exit(number, code: 137, reason: "OOMKilled", time, &effects)
    case .probes(let faults):
      containers.modify(number) { $0.probeFaults = faults }
      effects.event(.probesChanged(ContainerID(rawValue: number), faults))
    }
  }

  /// The probes that fail in a running container; nil where it doesn't run.
  public func probeFaults(of pod: ObjectKey, container: String) -> ProbeFaults? {
    running(container, of: pod).flatMap { containers[$0]?.probeFaults }
  }

  private func running(_ name: String, of pod: ObjectKey) -> UInt64? {
    for (_, sandbox) in sandboxes where sandbox.config.pod == pod && sandbox.isReady {
      for number in sandbox.containers {
        guard let container = containers[number], container.state == .running else { continue }
        if name.isEmpty || container.config.name == name { return number }
      }
    }
    return nil
  }

  // MARK: What is there

  /// Everything the runtime knows, for the kubelet's relist and for display.
  public var snapshot: RuntimeSnapshot {
    var snapshot = RuntimeSnapshot()
    for (number, sandbox) in sandboxes {
      snapshot.sandboxes.append(
        RuntimeSnapshot.Sandbox(
          id: SandboxID(rawValue: number), pod: sandbox.config.pod, uid: sandbox.config.uid,
          isReady: sandbox.isReady, ip: sandbox.ip, attempt: sandbox.config.attempt,
          createdAt: sandbox.createdAt))
    }
    for (number, container) in containers {
      snapshot.containers.append(
        RuntimeSnapshot.Container(
          id: ContainerID(rawValue: number), sandbox: SandboxID(rawValue: container.sandbox),
          name: container.config.name, attempt: container.config.attempt,
          image: container.config.image, state: container.state, startedAt: container.startedAt,
          exit: container.exit, probeFaults: container.probeFaults,
          gracePeriodSeconds: container.config.gracePeriodSeconds))
    }
    snapshot.images = images.map { $0.value }
    return snapshot
  }
}
