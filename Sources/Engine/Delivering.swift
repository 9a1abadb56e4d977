import APIServer
import Basics
import ControllerRuntime
import Controllers
import Etcd
import KubeAPI
import KubeProxy
import KubeScheduler
import Kubelet
import SimulationKernel

extension World {
  /// One delivery: the addressee takes a step, and its effects go on their ways.
  mutating func deliver(_ delivery: Delivery) {
    let id = ProcessID(delivery.target)
    events += 1
    rolling.combine(now.microseconds)
    rolling.combine(UInt64(id) << 8 | delivery.payload.code)

    if case .control(let control) = delivery.payload {
      guard control.outlivesProcess || processes[id].incarnation == delivery.incarnation else {
        return
      }
      perform(control, on: id, cause: delivery.cause)
      return
    }
    guard processes[id].incarnation == delivery.incarnation else { return }
    switch processes[id].state {
    case .running: break
    case .paused:
      processes[id].backlog.append(delivery)
      return
    case .stopped, .starting: return
    }
    hand(delivery.payload, to: id, cause: delivery.cause)
  }

  /// Gives `payload` to a running process.
  private mutating func hand(_ payload: Payload, to id: ProcessID, cause: TraceID) {
    switch processes[id].role {
    case .etcd: stepEtcd(id, payload, cause: cause)
    case .apiServer: stepAPIServer(id, payload, cause: cause)
    case .containerRuntime: stepRuntime(id, payload, cause: cause)
    case .cloud: stepCloud(id, payload, cause: cause)
    case .loadBalancer: stepLoadBalancer(payload, cause: cause)
    case .kubelet:
      if case .parcel(let parcel) = payload, case .criMessage(let message) = parcel.content {
        stepKubelet(id, .runtime(message), cause: cause)
      } else if case .parcel(let parcel) = payload, case .runtimeGone = parcel.content {
        stepKubelet(id, .runtimeConnectionLost, cause: cause)
      } else if let event = clientEvent(payload, to: id) {
        stepKubelet(id, .client(event), cause: cause)
      }
    case .cloudControllerManager:
      if case .parcel(let parcel) = payload, case .cloudResponse(let response) = parcel.content {
        stepCloudControllerManager(id, response, cause: cause)
      } else if let event = clientEvent(payload, to: id) {
        stepCloudControllerManager(id, event, cause: cause)
      }
    case .user:
      if case .parcel(let parcel) = payload,
        case .etcdClientEvent(let client, let epoch, let event, let header) = parcel.content
      {
        hearEtcd(client, epoch, event, header)
      } else if case .parcel(let parcel) = payload,
        case .etcdClientPing(let client) = parcel.content
      {
        pingEtcd(client)
      } else if let event = clientEvent(payload, to: id) {
        stepClient(id, event, cause: cause)
      }
    case .scheduler, .controllerManager, .kubeProxy:
      if let event = clientEvent(payload, to: id) { stepClient(id, event, cause: cause) }
    }
  }

  /// What a payload is to an API client; nil where it came on a connection it has given up.
  private mutating func clientEvent(_ payload: Payload, to id: ProcessID) -> ClientEvent? {
    switch payload {
    case .timer(let raw): return .timer(timerID(raw))
    case .parcel(let parcel):
      switch parcel.content {
      case .apiResponse(let connection, let request, let response):
        return processes[id].connection == connection ? .response(request, response) : nil
      case .watchEvents(let connection, let request, let events):
        return processes[id].connection == connection ? .watch(request, events) : nil
      case .watchClosed(let connection, let request, let status):
        return processes[id].connection == connection ? .watchClosed(request, status) : nil
      case .disconnected(let connection, let reason):
        guard processes[id].connection == connection else { return nil }
        processes[id].connection = 0
        return .disconnected(reason)
      default: return nil
      }
    case .diskDone, .control: return nil
    }
  }

  func time(of id: ProcessID) -> HostTime { hosts[processes[id].host].clock.read(at: now) }

  // MARK: API clients

  mutating func stepClient(_ id: ProcessID, _ event: ClientEvent, cause: TraceID) {
    effects.reset(cause: cause)
    let index = processes[id].index
    let time = time(of: id)
    switch processes[id].role {
    case .scheduler: schedulers[index].step(event, at: time, into: &effects)
    case .controllerManager: controllerManagers[index].step(event, at: time, into: &effects)
    case .kubeProxy: proxies[index].step(event, at: time, into: &effects)
    case .user: user.step(event, at: now, into: &effects)
    default: preconditionFailure("\(processes[id].role) is no plain API client")
    }
    route(id, cause: cause)
  }

  mutating func stepKubelet(_ id: ProcessID, _ event: KubeletEvent, cause: TraceID) {
    effects.reset(cause: cause)
    criRequests.removeAll(keepingCapacity: true)
    kubelets[processes[id].index].step(
      event, at: time(of: id), into: &effects, runtime: &criRequests)
    let cause = route(id, cause: cause)
    guard !criRequests.isEmpty,
      let runtime = Self.find(.containerRuntime, hosts[processes[id].host].processes, processes)
    else { return }
    if processes[runtime].isAlive {
      for request in criRequests {
        send(
          .cri(request), to: runtime, after: loopback(on: processes[runtime].host), cause: cause)
      }
    } else {
      send(.runtimeGone, to: id, after: loopback(on: processes[id].host), cause: cause)
    }
  }

  mutating func stepCloudControllerManager(
    _ id: ProcessID, _ event: ClientEvent, cause: TraceID
  ) {
    effects.reset(cause: cause)
    cloudRequests.removeAll(keepingCapacity: true)
    cloudControllerManagers[processes[id].index].step(
      event, at: time(of: id), into: &effects, cloud: &cloudRequests)
    routeCloud(id, cause: cause)
  }

  private mutating func stepCloudControllerManager(
    _ id: ProcessID, _ response: CloudResponse, cause: TraceID
  ) {
    effects.reset(cause: cause)
    cloudRequests.removeAll(keepingCapacity: true)
    cloudControllerManagers[processes[id].index].step(
      response, at: time(of: id), into: &effects, cloud: &cloudRequests)
    routeCloud(id, cause: cause)
  }

  private mutating func routeCloud(_ id: ProcessID, cause: TraceID) {
    let cause = route(id, cause: cause)
    guard !cloudRequests.isEmpty else { return }
    for request in cloudRequests {
      send(.cloud(id, request), to: cloudProcess, after: cloudLatency(id), cause: cause)
    }
  }

  /// Sends the effects of an API client's step on their ways; returns the cause they ended with.
  @discardableResult
  mutating func route(_ id: ProcessID, cause: TraceID) -> TraceID {
    var cause = cause
    // Taken out of the world while they are carried out, or the buffer would be copied each time.
    var taken = Effects()
    swap(&taken, &effects)
    defer { swap(&taken, &effects) }
    for effect in taken.list {
      switch effect {
      case .request(let request, let body):
        sendToServer(id, .apiRequest(0, request, body), cause: cause)
      case .cancel(let request): sendToServer(id, .apiCancel(0, request), cause: cause)
      case .hangUp: hangUp(id)
      case .arm(let timer, let span): arm(id, timer.rawValue, after: span, cause: cause)
      case .note(let note): cause = record(note, by: id, cause: cause)
      case .because(let other): cause = other
      case .exit(let code, let reason): exit(id, code: code, reason: reason, cause: cause)
      }
    }
    return cause
  }

  // MARK: API servers

  mutating func stepAPIServer(_ id: ProcessID, _ payload: Payload, cause: TraceID) {
    let event: APIServer.Event
    var cause = cause
    switch payload {
    case .timer(let raw): event = .timer(APIServer.TimerID(rawValue: raw))
    case .parcel(let parcel):
      switch parcel.content {
      case .apiRequest(let connection, let request, let body):
        event = .request(connection, request, body)
      case .apiCancel(let connection, let request): event = .cancel(connection, request)
      case .connectionClosed(let connection): event = .connectionClosed(connection)
      case .etcdEvent(let inner, let revision):
        event = inner
        if let known = causeOf(revision: revision) { cause = known }
      case .etcdDisconnected:
        reconnectEtcd(processes[id].index)
        event = .etcdDisconnected
      default: return
      }
    case .diskDone, .control: return
    }
    stepAPIServer(id, event, cause: cause)
  }

  mutating func stepAPIServer(_ id: ProcessID, _ event: APIServer.Event, cause: TraceID) {
    var taken = APIServer.Effects()
    swap(&taken, &serverEffects)
    defer { swap(&taken, &serverEffects) }
    taken.reset(cause: cause)
    let index = processes[id].index
    let time = time(of: id)
    apiServers[index].exchange(&recentObjects)
    apiServers[index].step(event, at: time, into: &taken)
    apiServers[index].exchange(&recentObjects)
    var cause = cause
    for effect in taken.list {
      switch effect {
      case .respond(let connection, let request, let response):
        sendToClient(connection, .apiResponse(connection, request, response), cause: cause)
      case .watchEvents(let connection, let request, let events):
        let events = sabotage == nil ? events : sabotaged(events)
        monitor.watchSent(connection, request, events, at: now)
        sendToClient(connection, .watchEvents(connection, request, events), cause: cause)
      case .watchClosed(let connection, let request, let status):
        monitor.watchEnded(connection, request)
        sendToClient(connection, .watchClosed(connection, request, status), cause: cause)
      case .etcd(let request, let body): sendToEtcd(id, request, body, cause: cause)
      case .arm(let timer, let span): arm(id, timer.rawValue, after: span, cause: cause)
      case .note(let note): cause = record(note, by: id, cause: cause)
      case .because(let other): cause = other
      case .exit(let code, let reason): exit(id, code: code, reason: reason, cause: cause)
      }
    }
  }

  // MARK: Helpers of all steps

  mutating func arm(_ id: ProcessID, _ timer: UInt64, after span: Span, cause: TraceID) {
    let wait = hosts[processes[id].host].clock.worldSpan(span)
    schedule(.timer(timer), to: id, at: now + wait, cause: cause)
  }

  mutating func schedule(_ payload: Payload, to id: ProcessID, at tick: Tick, cause: TraceID) {
    wheel.schedule(
      Delivery(
        target: Int32(id), incarnation: processes[id].incarnation, cause: cause, payload: payload),
      at: tick)
  }

  mutating func send(
    _ content: Parcel.Content, to id: ProcessID, after span: Span, cause: TraceID
  ) {
    schedule(.parcel(Parcel(content, at: now)), to: id, at: now + span, cause: cause)
  }

  // Inlined, as a call in the midst of a step would be handed a copy of the world.
  @inline(__always) func loopback(on host: HostID) -> Span {
    network.transit(from: host, to: host, at: now)
  }

  /// The luck of a process in a matter, at this moment.
  func draws(_ matter: Matter, _ id: ProcessID) -> Draws {
    Draws(luck, matter.rawValue << 32 | UInt64(id), now.microseconds)
  }

  /// Adds a note to the trace, and what follows from it to the engine's books.
  mutating func record(_ note: Note, by id: ProcessID?, cause: TraceID) -> TraceID {
    let trace = self.trace.append(TraceRecord(process: id, note: note), at: now, cause: cause)
    if note.kind == .write {
      if note.revision > 0 {
        remember(trace, revision: note.revision)
        monitor.acknowledge(revision: note.revision, at: now)
      }
      switch note.subject?.kind {
      case .lease, .event, nil: break
      // Each kubelet posts its node's status every 5 min ± 50 % (nodeStatusReportFrequency): a
      // heartbeat, and of hundreds of nodes one always does.
      case .node where note.subresource == .status: break
      default: lastWorkAt = now
      }
    }
    return trace
  }

  mutating func remember(_ cause: TraceID, revision: Int64) {
    revisionCauses.updateValue(cause, forKey: revision)
    if revisionCauses.count > trace.capacity, let oldest = revisionCauses.first?.key {
      revisionCauses.removeValue(forKey: oldest)
    }
  }

  /// The record of the write that made `revision`, when it is recent.
  func causeOf(revision: Int64) -> TraceID? { revisionCauses[revision] }
}

/// A component's timer from the word that waited in the wheel.
func timerID(_ raw: UInt64) -> TimerID {
  TimerID(tag: UInt8(raw >> 56), payload: raw & ((1 << 56) - 1))
}

extension Payload {
  /// A small number for the digest.
  var code: UInt64 {
    switch self {
    case .timer: 1
    case .parcel: 2
    case .diskDone: 3
    case .control: 4
    }
  }
}

extension Control {
  /// Controls that concern a machine or a connection, whatever life its process is in.
  var outlivesProcess: Bool {
    switch self {
    case .connectionSilent, .powerOn, .shutdownOver, .flap: true
    case .start, .dialFailed, .healthCheck: false
    }
  }
}
