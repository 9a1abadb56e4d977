import Basics
import KubeAPI
import SimulationKernel

/// Connections between API clients and API servers: dialling, sending, silence, resets.
extension World {
  /// Sends a client's parcel on its connection, dialling first where there is none. What can't be
  /// sent is lost, and the client hears `disconnected` after the time that takes.
  mutating func sendToServer(_ client: ProcessID, _ content: Parcel.Content, cause: TraceID) {
    if processes[client].isDialing { return }
    var handshake = Span.zero
    if processes[client].connection == 0 {
      switch dial(client) {
      case .connected(let id, let span):
        processes[client].connection = id
        handshake = span
      case .failed(let reason, let span):
        processes[client].isDialing = true
        dialFailures[client] = reason
        schedule(.control(.dialFailed), to: client, at: now + span, cause: cause)
        return
      }
    }
    let id = processes[client].connection
    let addressed: Parcel.Content
    switch content {
    case .apiRequest(_, let request, let original):
      let body = sabotage == nil ? original : sabotaged(original)
      addressed = .apiRequest(id, request, body)
      if body.verb == .watch {
        monitor.watchOpened(id, request, body, by: watcher(client, through: id))
      }
    case .apiCancel(_, let request):
      addressed = .apiCancel(id, request)
      monitor.watchEnded(id, request)
    default: preconditionFailure("not a client's parcel")
    }
    transmit(id, toServer: true, Parcel(addressed, at: now), extra: handshake, cause: cause)
  }

  /// `kube-scheduler on master-1 at master-2`, for the monitor's evidence.
  private func watcher(_ client: ProcessID, through id: ConnectionID) -> String {
    let server = connections[Int(id)].map { hosts[processes[$0.server].host].name } ?? "nobody"
    return
      "\(processes[client].role.name) on \(hosts[processes[client].host].name) at \(server)"
  }

  mutating func sendToClient(_ id: ConnectionID, _ content: Parcel.Content, cause: TraceID) {
    transmit(id, toServer: false, Parcel(content, at: now), extra: .zero, cause: cause)
  }

  private enum Dial {
    case connected(ConnectionID, handshake: Span)
    case failed(String, after: Span)
  }

  private mutating func dial(_ client: ProcessID) -> Dial {
    let host = processes[client].host
    let server: ProcessID
    let via: HostID?
    if let local = localServer(of: client) {
      server = local
      via = nil
    } else {
      let balancer = hosts[0]
      let address = balancer.ip + ":6443"
      guard balancer.isPowered, isOpen(host, 0) else {
        return .failed("dial tcp \(address): i/o timeout", after: Connection.dialTimeout)
      }
      let roundTrip = network.transit(from: host, to: 0, at: now) * 2
      guard let balancerProcess = process(.loadBalancer, on: 0), balancerProcess.isRunning else {
        return .failed("dial tcp \(address): connect: connection refused", after: roundTrip)
      }
      // Without a backend HAProxy accepts and closes at once.
      guard let pick = loadBalancer.pick() else { return .failed("EOF", after: roundTrip) }
      server = pick
      via = 0
    }
    let target = processes[server]
    let targetHost = hosts[target.host]
    let address = targetHost.ip + ":6443"
    guard targetHost.isPowered, isOpen(via ?? host, target.host) else {
      return .failed("dial tcp \(address): i/o timeout", after: Connection.dialTimeout)
    }
    let roundTrip = pathTransit(from: host, via: via, to: target.host) * 2
    guard target.isAlive else {
      let reason = via == nil ? "dial tcp \(address): connect: connection refused" : "EOF"
      return .failed(reason, after: roundTrip)
    }
    let id = ConnectionID(connections.count)
    connections.append(
      Connection(
        id: id, client: client, clientIncarnation: processes[client].incarnation, server: server,
        serverIncarnation: target.incarnation, via: via, openedAt: now))
    arrivals.append(Connection.Arrivals(toServer: now, toClient: now))
    openConnections[server, default: 0] += 1
    // TCP's and TLS 1.3's handshakes take a round trip each.
    return .connected(id, handshake: roundTrip * 2)
  }

  /// kubeadm points a master's own components, its kubelet included (ControlPlaneKubeletLocalMode),
  /// at that master's API server; everything else goes through the load balancer.
  private func localServer(of client: ProcessID) -> ProcessID? {
    switch processes[client].role {
    case .scheduler, .controllerManager, .cloudControllerManager, .kubelet:
      process(.apiServer, on: processes[client].host)?.id
    default: nil
    }
  }

  /// How many connections to an API server are open, as far as anybody knows.
  public func connectionCount(to server: ProcessID) -> Int {
    openConnections[server, default: 0]
  }

  private mutating func forget(_ connection: Connection) {
    connections[Int(connection.id)] = nil
    openConnections[connection.server, default: 0] -= 1
    assert(connectionCount(to: connection.server) >= 0, "closed more often than opened")
  }

  @inline(__always) func isOpen(_ a: HostID, _ b: HostID) -> Bool {
    network.isOpen(from: a, to: b) && network.isOpen(from: b, to: a)
  }

  private func isPathOpen(_ connection: Connection, toServer: Bool) -> Bool {
    let client = processes[connection.client].host
    let server = processes[connection.server].host
    let from = toServer ? client : server
    let to = toServer ? server : client
    guard hosts[to].isPowered, hosts[from].isPowered else { return false }
    guard let via = connection.via else { return network.isOpen(from: from, to: to) }
    return hosts[via].isPowered && network.isOpen(from: from, to: via)
      && network.isOpen(from: via, to: to)
  }

  private func pathTransit(from: HostID, via: HostID?, to: HostID) -> Span {
    guard let via else { return network.transit(from: from, to: to, at: now) }
    return network.transit(from: from, to: via, at: now)
      + network.transit(from: via, to: to, at: now)
  }

  private mutating func transmit(
    _ id: ConnectionID, toServer: Bool, _ parcel: Parcel, extra: Span, cause: TraceID
  ) {
    guard let connection = connections[Int(id)] else { return }
    let sender = toServer ? connection.client : connection.server
    guard
      processes[sender].incarnation
        == (toServer ? connection.clientIncarnation : connection.serverIncarnation)
    else { return }
    guard connection.held.isEmpty, isPathOpen(connection, toServer: toServer) else {
      hold(id, Connection.Held(isToServer: toServer, parcel: parcel, cause: cause, sentAt: now))
      return
    }
    let receiver = toServer ? connection.server : connection.client
    let life = toServer ? connection.serverIncarnation : connection.clientIncarnation
    guard processes[receiver].incarnation == life else {
      // The other end's host is there and knows nothing of this connection: it resets it.
      reset(id, reason: "read: connection reset by peer")
      return
    }
    arrive(id, toServer: toServer, parcel, at: now, extra: extra, cause: cause)
  }

  private mutating func arrive(
    _ id: ConnectionID, toServer: Bool, _ parcel: Parcel, at start: Tick, extra: Span,
    cause: TraceID
  ) {
    guard let connection = connections[Int(id)] else { return }
    let client = processes[connection.client].host
    let server = processes[connection.server].host
    let transit =
      toServer
      ? pathTransit(from: client, via: connection.via, to: server)
      : pathTransit(from: server, via: connection.via, to: client)
    let last = toServer ? arrivals[Int(id)].toServer : arrivals[Int(id)].toClient
    var at = max(start + transit + extra, last)
    if toServer, !serverLoads.isEmpty, case .apiRequest(_, let request, _) = parcel.content {
      guard let turn = queue(at: connection.server, arriving: start + transit + extra) else {
        return turnAway(id, request, cause: cause)
      }
      at = max(turn, last)
    }
    if toServer {
      arrivals[Int(id)].toServer = at
    } else {
      arrivals[Int(id)].toClient = at
    }
    schedule(
      .parcel(parcel), to: toServer ? connection.server : connection.client, at: at, cause: cause)
  }

  private mutating func hold(_ id: ConnectionID, _ held: Connection.Held) {
    guard let connection = connections[Int(id)] else { return }
    if connection.silentSince == nil { fallSilent(id) }
    if connection.held.count < Connection.heldLimit { connections[Int(id)]?.held.append(held) }
  }

  /// Nothing gets through any more: from now on the ends' own pings decide.
  mutating func fallSilent(_ id: ConnectionID) {
    guard let connection = connections[Int(id)], connection.silentSince == nil else { return }
    connections[Int(id)]?.silentSince = now
    schedule(
      .control(.connectionSilent(id)), to: connection.client, at: now + Connection.silenceLimit,
      cause: .none)
  }

  /// Looks at every open connection again after a change of power, links or processes.
  mutating func reviewConnections() {
    for index in connections.indices {
      guard let connection = connections[index] else { continue }
      let isOpen =
        isPathOpen(connection, toServer: true) && isPathOpen(connection, toServer: false)
      if !isOpen {
        fallSilent(connection.id)
      } else if connection.silentSince != nil, !connection.isStalled {
        connections[index]?.silentSince = nil
        resume(connection.id)
      }
    }
  }

  /// The path carries packets again: what was held goes out with the next retransmission.
  mutating func resume(_ id: ConnectionID) {
    guard let connection = connections[Int(id)] else { return }
    connections[Int(id)]?.held = []
    let isServerThere = processes[connection.server].incarnation == connection.serverIncarnation
    let isClientThere = processes[connection.client].incarnation == connection.clientIncarnation
    guard isServerThere, isClientThere else {
      reset(id, reason: "read: connection reset by peer")
      return
    }
    var start = now
    for held in connection.held {
      start = max(start, Network.retransmission(sentAt: held.sentAt, after: now))
      arrive(
        id, toServer: held.isToServer, held.parcel, at: start, extra: .zero, cause: held.cause)
    }
  }

  /// 45 s without a packet: both ends give up, as far as they live.
  mutating func silenceOver(_ id: ConnectionID) {
    guard let connection = connections[Int(id)], let since = connection.silentSince,
      now - since >= Connection.silenceLimit
    else { return }
    reset(id, reason: "http2: client connection lost")
  }

  /// Closes a connection and tells the ends that live. A notice needs an open path, or is the end's
  /// own conclusion.
  mutating func reset(_ id: ConnectionID, reason: String) {
    guard let connection = connections[Int(id)] else { return }
    forget(connection)
    if processes[connection.client].incarnation == connection.clientIncarnation,
      processes[connection.client].connection == id
    {
      let at = max(
        now + loopback(on: processes[connection.client].host), arrivals[Int(id)].toClient)
      schedule(
        .parcel(Parcel(.disconnected(id, reason))), to: connection.client, at: at, cause: .none)
    }
    if processes[connection.server].incarnation == connection.serverIncarnation {
      let at = max(
        now + loopback(on: processes[connection.server].host), arrivals[Int(id)].toServer)
      schedule(.parcel(Parcel(.connectionClosed(id))), to: connection.server, at: at, cause: .none)
    }
  }

  /// The client closes its connection itself.
  mutating func hangUp(_ client: ProcessID) {
    let id = processes[client].connection
    processes[client].connection = 0
    guard id != 0, let connection = connections[Int(id)] else { return }
    forget(connection)
    if processes[connection.server].incarnation == connection.serverIncarnation {
      let at = max(
        now + loopback(on: processes[connection.server].host), arrivals[Int(id)].toServer)
      schedule(.parcel(Parcel(.connectionClosed(id))), to: connection.server, at: at, cause: .none)
    }
  }

  /// A process died on a live host: its kernel closes what it had open.
  mutating func closeConnections(of id: ProcessID) {
    for index in connections.indices {
      guard let connection = connections[index],
        connection.client == id || connection.server == id
      else { continue }
      let isOpen =
        isPathOpen(connection, toServer: true) && isPathOpen(connection, toServer: false)
      if isOpen { reset(connection.id, reason: "EOF") } else { fallSilent(connection.id) }
    }
  }

  /// The load balancer closes what goes to a backend it took out, or everything when it dies.
  mutating func closeConnections(throughBalancerTo server: ProcessID?) {
    for index in connections.indices {
      guard let connection = connections[index], connection.via != nil,
        server == nil || connection.server == server
      else { continue }
      reset(connection.id, reason: "EOF")
    }
  }
}
