import Basics
import KubeAPI
import Kubelet
import SimulationKernel

/// An API server that is short of processor time: requests wait for one another.
struct ServerLoad: Sendable {
  /// Processor time a request takes.
  var cost: Span
  /// When what has arrived so far will have been read.
  var freeAt = Tick.zero

  /// Requests that wait before more are refused: `--max-requests-inflight`.
  static let limit: Int64 = 400
}

/// A link that comes and goes.
struct Flap: Sendable {
  let number: UInt32
  let from: HostID
  let to: HostID
  let isOneWay: Bool
  let up: Span
  let down: Span
  var isDown: Bool
}

/// How the faults that are more than a switch do their work.
extension World {
  // MARK: Machines and processes that are asked to end

  /// What systemd gives the processes of a machine before the power goes.
  private static let shutdownTime = Span.seconds(5)

  /// `shutdown -h`: each process is asked to end, then the power goes. The kubelet tells nobody:
  /// its graceful node shutdown is off by default (`shutdownGracePeriod: 0`).
  mutating func shutDown(_ host: HostID, cause: TraceID) {
    guard hosts[host].isPowered, !hosts[host].isShuttingDown else { return }
    hosts[host].isShuttingDown = true
    for id in hosts[host].processes.reversed() { askToEnd(id, cause: cause) }
    guard let first = hosts[host].processes.first else { return powerOff(host, cause: cause) }
    schedule(
      .control(.shutdownOver(Int32(host))), to: first, at: now + Self.shutdownTime, cause: cause)
  }

  /// SIGTERM, and nobody starts it again until it is healed.
  mutating func terminate(_ id: ProcessID, cause: TraceID) {
    processes[id].isHeldDown = true
    guard processes[id].state != .stopped else { return }
    guard processes[id].isRunning else {
      // What has not begun, or is stopped by SIGSTOP, has no handler that could run.
      if processes[id].state == .starting { endLife(of: id) }
      kill(id, cause: cause)
      processes[id].state = .stopped
      return
    }
    askToEnd(id, cause: cause)
  }

  /// A leader of etcd hands over and ends then; kube-scheduler gives up its lease; all others just
  /// end, and their connections are closed.
  private mutating func askToEnd(_ id: ProcessID, cause: TraceID) {
    guard processes[id].isAlive else { return }
    switch processes[id].role {
    case .etcd where processes[id].isRunning: stepMember(id, .stop, cause: cause)
    case .scheduler where processes[id].isRunning:
      effects.reset(cause: cause)
      schedulers[processes[id].index].terminate(at: time(of: id), into: &effects)
      route(id, cause: cause)
    default: kill(id, cause: cause)
    }
    if !processes[id].isAlive { processes[id].state = .stopped }
  }

  // MARK: Zones

  /// Cuts the machines of a zone off from all others, and not from one another.
  mutating func setZone(_ zone: String, isCut: Bool) {
    // Named after its first machine; 0 is where everybody else is.
    let island = isCut ? (hosts.firstIndex { $0.zone == zone } ?? 0) + 1 : 0
    for host in hosts where host.zone == zone { network.setIsland(island, host: host.id) }
    reviewConnections()
    etcdServersReview()
  }

  // MARK: Links that flap

  mutating func flap(
    from: HostID, to: HostID, isOneWay: Bool, up: Span, down: Span
  ) throws(FaultProblem) {
    guard up >= .milliseconds(10), down >= .milliseconds(10) else {
      throw FaultProblem(message: "a link flaps in steps of 10 ms or more")
    }
    stopFlapping(from: from, to: to)
    let number = nextFlap
    nextFlap += 1
    flaps.append(
      Flap(
        number: number, from: from, to: to, isOneWay: isOneWay, up: up, down: down, isDown: false))
    turnFlap(number)
  }

  mutating func stopFlapping(from: HostID, to: HostID) {
    flaps.removeAll { $0.from == from && $0.to == to }
  }

  /// The link changes its state, and will again.
  mutating func turnFlap(_ number: UInt32) {
    guard let index = flaps.firstIndex(where: { $0.number == number }) else { return }
    flaps[index].isDown.toggle()
    let flap = flaps[index]
    func set(_ from: HostID, _ to: HostID) {
      var state = network.fault(from: from, to: to)
      state.isCut = flap.isDown
      network.setFault(state, from: from, to: to)
    }
    set(flap.from, flap.to)
    if !flap.isOneWay { set(flap.to, flap.from) }
    reviewConnections()
    etcdServersReview()
    schedule(
      .control(.flap(number)), to: userProcess, at: now + (flap.isDown ? flap.down : flap.up),
      cause: .none)
  }

  // MARK: Overload

  mutating func overload(_ id: ProcessID, by cost: Span) throws(FaultProblem) {
    guard processes[id].role == .apiServer else {
      throw FaultProblem(message: "only a kube-apiserver can be overloaded")
    }
    guard cost > .zero else { throw FaultProblem(message: "an overload is a time above 0") }
    serverLoads[id] = ServerLoad(cost: cost)
  }

  /// When a request that arrives then is read; nil where too many wait.
  mutating func queue(at server: ProcessID, arriving at: Tick) -> Tick? {
    guard let load = serverLoads[server] else { return at }
    let start = max(at, load.freeAt)
    guard (start - at).microseconds / load.cost.microseconds < ServerLoad.limit else { return nil }
    serverLoads[server]?.freeAt = start + load.cost
    return start + load.cost
  }

  mutating func turnAway(_ connection: ConnectionID, _ request: UInt64, cause: TraceID) {
    let status = APIStatus(
      code: 429, reason: .tooManyRequests, message: "Too many requests, please try again later.",
      retryAfterSeconds: 1)
    sendToClient(connection, .apiResponse(connection, request, .status(status)), cause: cause)
  }

  // MARK: Containers

  /// The runtime of the pod's node.
  func runtime(of pod: ObjectKey, container: String) throws(FaultProblem) -> ProcessID {
    guard let object = object(.pod, pod)?.pod else {
      throw FaultProblem(message: "no pod \"\(pod.text)\"")
    }
    if !container.isEmpty, !object.spec.containers.contains(where: { $0.name == container }) {
      let known = object.spec.containers.map(\.name).joined(separator: ", ")
      throw FaultProblem(
        message: "no container \"\(container)\" in pod \(pod.text); it has \(known)")
    }
    guard let host = host(named: object.spec.nodeName),
      let runtime = process(.containerRuntime, on: host.id)
    else { throw FaultProblem(message: "pod \(pod.text) is on no node") }
    guard host.isPowered, runtime.isAlive else {
      throw FaultProblem(
        message: host.isPowered
          ? "containerd on \(host.name) is down" : "\(host.name) has no power: nothing runs there")
    }
    return runtime.id
  }

  mutating func inflict(
    _ effect: Fault.Effect, on pod: ObjectKey, container: String, cause: TraceID
  ) throws(FaultProblem) {
    let kind: ContainerFault.Kind
    switch effect {
    case .crash(let code): kind = .crash(exitCode: code)
    case .oomKill: kind = .oomKill
    case .probes(let probes): kind = .probes(probes)
    default: throw FaultProblem(message: "a container can crash, run out of memory or fail probes")
    }
    let runtime = try runtime(of: pod, container: container)
    harm(runtime, ContainerFault(pod: pod, container: container, kind: kind), cause: cause)
  }

  /// The probes of a container succeed again; nothing where it is gone.
  mutating func heal(container: String, of pod: ObjectKey, cause: TraceID) {
    guard let runtime = try? runtime(of: pod, container: container) else { return }
    harm(runtime, ContainerFault(pod: pod, container: container, kind: .probes([])), cause: cause)
  }

  private mutating func harm(_ runtime: ProcessID, _ fault: ContainerFault, cause: TraceID) {
    stepRuntime(runtime, .fault(fault), cause: cause)
  }

  /// Probes that are to fail fail in the containers that come after, too.
  mutating func keepProbesFailing(on runtime: ProcessID, cause: TraceID) {
    for fault in activeFaults {
      guard case .container(let pod, let name) = fault.target,
        case .probes(let probes) = fault.effect,
        let now = runtimes[processes[runtime].index].probeFaults(of: pod, container: name),
        now != probes
      else { continue }
      harm(runtime, ContainerFault(pod: pod, container: name, kind: .probes(probes)), cause: cause)
    }
  }
}
