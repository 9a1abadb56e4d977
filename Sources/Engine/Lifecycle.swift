import Basics
import KubeAPI
import SimulationKernel

/// Power, and the lives of processes.
extension World {
  /// Everything is switched on at once.
  public mutating func powerOn() {
    for host in hosts.indices { powerOn(host, cause: .none) }
  }

  mutating func powerOn(_ host: HostID, cause: TraceID) {
    guard !hosts[host].isPowered else { return }
    hosts[host].isPowered = true
    hosts[host].poweredAt = now
    let isNode = hosts[host].role == .master || hosts[host].role == .worker
    let cause =
      isNode || hosts[host].role == .etcd
      ? record(Note(.lifecycle, nil, "\(hosts[host].name) is powered on"), by: nil, cause: cause)
      : cause
    cloud.setState(hosts[host].name, .running)
    var at = now
    for (order, id) in hosts[host].processes.enumerated() {
      let delay = Process.bootDelay(processes[id].role, isFirst: order == 0)
      var draws = draws(.boot, id)
      at += draws.span(delay.low, delay.high)
      guard !processes[id].isHeldDown else { continue }
      processes[id].state = .starting
      schedule(.control(.start), to: id, at: at, cause: cause)
    }
    reviewConnections()
  }

  /// The plug is pulled: processes, memory and unsynced writes are gone, and nobody is told.
  mutating func powerOff(_ host: HostID, cause: TraceID) {
    guard hosts[host].isPowered else { return }
    hosts[host].isPowered = false
    hosts[host].isShuttingDown = false
    hosts[host].poweredAt = now
    cloud.setState(hosts[host].name, .shutdown)
    for id in hosts[host].processes {
      if processes[id].role == .etcd {
        var draws = draws(.power, id)
        disks[processes[id].index].losePower(draws: &draws)
        if sabotage != nil { sabotageDisk(processes[id].index) }
      }
      if processes[id].role == .kubeProxy {
        // The rules were the kernel's: they outlive the process and not the machine.
        proxies[processes[id].index] = makeProxy(host: host, process: id, incarnation: 0)
      }
      if processes[id].role == .containerRuntime {
        runtimes[processes[id].index].powerLost(at: time(of: id))
      }
      end(id, cause: cause)
    }
    reviewConnections()
    etcdServersReview()
  }

  /// What was meant for this life of a process is not delivered any more.
  mutating func endLife(of id: ProcessID) {
    processes[id].incarnation += 1
    lives[id].incarnation += 1
  }

  /// A process is dead: what was meant for it is void.
  private mutating func end(_ id: ProcessID, cause: TraceID) {
    processes[id].endedAt = now
    processes[id].endedBy = cause
    if processes[id].role == .etcd {
      let member = etcdMembers[processes[id].index]
      if member.config.clusterID == etcdClusterID,
        member.revision > (lastStore?.revision ?? 0)
      {
        lastStore = member.store
      }
      etcdMembers[processes[id].index].crash()
    }
    processes[id].state = .stopped
    endLife(of: id)
    processes[id].connection = 0
    processes[id].isDialing = false
    processes[id].backlog = []
    serverLoads[id]?.freeAt = .zero
  }

  /// A process dies on a live host (SIGKILL, a crash, its own exit). Its supervisor starts it again
  /// after a back-off unless a person holds it down.
  mutating func kill(_ id: ProcessID, cause: TraceID) {
    guard processes[id].isAlive || processes[id].state == .starting else { return }
    if processes[id].role == .etcd { disks[processes[id].index].loseWriter() }
    let ranFor = now - processes[id].startedAt
    closeConnections(of: id)
    if processes[id].role == .loadBalancer { closeConnections(throughBalancerTo: nil) }
    end(id, cause: cause)
    etcdProcessDied(id)
    if processes[id].role == .containerRuntime { runtimeDied(on: processes[id].host) }
    guard !processes[id].isHeldDown, !hosts[processes[id].host].isShuttingDown else { return }
    let delay = Process.restartDelay(processes[id].role)
    // The kubelet forgets a container's back-off when it has run for ten minutes.
    let backoff =
      processes[id].backoff == .zero || ranFor > .minutes(10)
      ? delay.first : min(delay.longest, max(.seconds(10), processes[id].backoff * 2))
    processes[id].backoff = backoff
    processes[id].state = .starting
    schedule(.control(.start), to: id, at: now + backoff, cause: cause)
  }

  /// A process ended itself.
  mutating func exit(_ id: ProcessID, code: Int, reason: String, cause: TraceID) {
    let host = hosts[processes[id].host].name
    let note = Note(
      .lifecycle, nil, "\(processes[id].role.name) on \(host) exits with code \(code): \(reason)")
    kill(id, cause: record(note, by: id, cause: cause))
  }

  /// A process begins a new life with empty memory.
  private mutating func start(_ id: ProcessID, cause: TraceID) {
    guard hosts[processes[id].host].isPowered, !processes[id].isHeldDown,
      !hosts[processes[id].host].isShuttingDown
    else { return }
    let process = processes[id]
    processes[id].state = .running
    processes[id].startedAt = now
    if process.incarnation > 0 { processes[id].restarts += 1 }
    var cause = cause
    if process.role != .user && process.role != .cloud && process.role != .loadBalancer {
      let host = hosts[process.host].name
      cause = record(
        Note(.lifecycle, nil, "\(process.role.name) on \(host) started"), by: id, cause: cause)
    }
    processes[id].startedBy = cause
    let host = process.host
    let life = process.incarnation
    switch process.role {
    case .etcd: startEtcd(id, cause: cause)
    case .apiServer:
      etcdSilent[process.index] = false
      apiServers[process.index] = makeAPIServer(process.index, host: host, incarnation: life)
      stepAPIServer(id, .started, cause: cause)
    case .scheduler:
      schedulers[process.index] = makeScheduler(host: host, process: id, incarnation: life)
      stepClient(id, .started, cause: cause)
    case .controllerManager:
      controllerManagers[process.index] = makeControllerManager(
        host: host, process: id, incarnation: life)
      stepClient(id, .started, cause: cause)
    case .cloudControllerManager:
      cloudControllerManagers[process.index] = makeCloudControllerManager(
        host: host, process: id, incarnation: life)
      stepCloudControllerManager(id, .started, cause: cause)
    case .containerRuntime: startRuntime(id, cause: cause)
    case .kubelet:
      kubelets[process.index] = makeKubelet(host: host, process: id, incarnation: life)
      stepKubelet(id, .client(.started), cause: cause)
    case .kubeProxy:
      proxies[process.index] = makeProxy(
        host: host, process: id, incarnation: life, rules: proxies[process.index].rules)
      stepClient(id, .started, cause: cause)
    case .loadBalancer:
      loadBalancer.restart()
      schedule(.control(.healthCheck), to: id, at: now, cause: cause)
    case .cloud, .user: break
    }
  }

  /// The kernel's own deliveries.
  mutating func perform(_ control: Control, on id: ProcessID, cause: TraceID) {
    switch control {
    case .start: start(id, cause: cause)
    case .dialFailed:
      processes[id].isDialing = false
      let reason = dialFailures.removeValue(forKey: id) ?? "connection refused"
      guard processes[id].isRunning else { return }
      lose(id, reason, cause: cause)
    case .connectionSilent(let connection): silenceOver(connection)
    case .powerOn(let host): powerOn(HostID(host), cause: cause)
    case .shutdownOver(let host):
      if hosts[HostID(host)].isShuttingDown { powerOff(HostID(host), cause: cause) }
    case .flap(let number): turnFlap(number)
    case .healthCheck: checkBackends(id)
    }
  }

  /// Tells a client that its dial failed.
  private mutating func lose(_ id: ProcessID, _ reason: String, cause: TraceID) {
    switch processes[id].role {
    case .kubelet: stepKubelet(id, .client(.disconnected(reason)), cause: cause)
    case .cloudControllerManager:
      stepCloudControllerManager(id, .disconnected(reason), cause: cause)
    default: stepClient(id, .disconnected(reason), cause: cause)
    }
  }

  // MARK: Pausing

  /// SIGSTOP: the process holds what it has and does nothing.
  mutating func pause(_ id: ProcessID) {
    guard processes[id].isRunning else { return }
    processes[id].state = .paused
  }

  /// SIGCONT: what came meanwhile is handled now, in order, and before anything else that is due at
  /// this microsecond: that came later.
  mutating func unpause(_ id: ProcessID) {
    guard processes[id].state == .paused else { return }
    processes[id].state = .running
    let backlog = processes[id].backlog
    processes[id].backlog = []
    for delivery in backlog { deliver(delivery) }
  }

  // MARK: The load balancer's checks

  private mutating func checkBackends(_ id: ProcessID) {
    for index in loadBalancer.backends.indices where !loadBalancer.backends[index].isProbing {
      let server = processes[loadBalancer.backends[index].server]
      loadBalancer.backends[index].isProbing = true
      let isReachable = hosts[server.host].isPowered && isOpen(0, server.host)
      guard isReachable, server.state != .paused else {
        // No answer: the check's own time-out, its interval, ends it.
        send(
          .healthProbe(backend: index, isReady: false), to: id, after: LoadBalancer.interval,
          cause: .none)
        continue
      }
      let isReady = server.isRunning
      let roundTrip = network.transit(from: 0, to: server.host, at: now) * 2
      send(.healthProbe(backend: index, isReady: isReady), to: id, after: roundTrip, cause: .none)
    }
    schedule(.control(.healthCheck), to: id, at: now + LoadBalancer.interval, cause: .none)
  }

  mutating func stepLoadBalancer(_ payload: Payload, cause: TraceID) {
    guard case .parcel(let parcel) = payload,
      case .healthProbe(let index, let isReady) = parcel.content
    else { return }
    guard loadBalancer.checked(index, isReady: isReady, at: now) else { return }
    let backend = loadBalancer.backends[index]
    let server = processes[backend.server]
    let name = hosts[server.host].name
    // Down: since its end, where it has one that was noticed; else what came between tells itself.
    let since = backend.isUp || server.isRunning ? server.startedBy : server.endedBy
    _ = record(
      Note(
        .observation, nil,
        backend.isUp
          ? "load balancer: kube-apiserver on \(name) is up"
          : "load balancer: kube-apiserver on \(name) is down after \(LoadBalancer.fall) failed checks",
        basis: checkBasis(backend, name)),
      by: process(.loadBalancer, on: 0)?.id, cause: cause == .none ? since : cause)
    if !backend.isUp { closeConnections(throughBalancerTo: backend.server) }
  }

  private func checkBasis(_ backend: LoadBalancer.Backend, _ name: String) -> Basis {
    let inARow = backend.isUp ? backend.successes : backend.failures
    return Basis(
      "health check",
      inputs: [
        Basis.Input(
          backend.isUp ? "checks passed in a row" : "checks failed in a row", String(inARow),
          .memory)
      ],
      parameters: [
        Basis.Parameter("inter", LoadBalancer.interval.brief),
        Basis.Parameter("fall", String(LoadBalancer.fall)),
        Basis.Parameter("rise", String(LoadBalancer.rise)),
      ],
      absence: backend.isUp
        ? nil
        : Basis.Absence(
          "a TCP connection to port 6443", from: "kube-apiserver@\(name)",
          silence: LoadBalancer.interval * (LoadBalancer.fall + 1)))
  }
}
