import Basics
import Etcd
import KubeAPI
import MVCC
import SimulationKernel

/// The way between a client outside the cluster and its member.
extension World {
  /// What a client was told since this was asked last, in order.
  public mutating func takeEtcdEvents(_ client: UInt64) -> [EtcdClientEvent] {
    var events: [EtcdClientEvent] = []
    etcdClients.modify(client) { swap(&$0.events, &events) }
    return events
  }

  public func hasEtcdEvents(_ client: UInt64) -> Bool { etcdEventCount(client) > 0 }

  /// How many things a client has been told and not taken yet.
  public func etcdEventCount(_ client: UInt64) -> Int { etcdClients.eventCount(client) }

  /// The header of the member's last answer to this client; nil before the first.
  public func etcdHeader(_ client: UInt64) -> EtcdHeader? { etcdClients.header(client) }

  /// What the member on a host has applied; nil where none runs there.
  public func etcdState(on host: String) -> AppliedState? {
    guard let host = self.host(named: host), let process = process(.etcd, on: host.id) else {
      return nil
    }
    return etcdMembers[process.index].state
  }

  /// The hosts whose etcd takes connections from outside, in order.
  public var runningEtcdHosts: [String] {
    etcdProcesses.filter {
      processes[$0].isRunning && isReachableFromOutside(processes[$0].host)
    }.map { hosts[processes[$0].host].name }
  }

  /// The hosts that carry an etcd member, in order.
  public var etcdHosts: [String] { etcdProcesses.map { hosts[processes[$0].host].name } }

  mutating func openEtcd(_ member: String) throws(FaultProblem) -> UInt64 {
    guard let host = host(named: member), let process = process(.etcd, on: host.id) else {
      throw FaultProblem(
        message: "no etcd member on \"\(member)\"; there are \(etcdHosts.joined(separator: ", "))")
    }
    return etcdClients.open(process.id)
  }

  mutating func closeEtcd(_ id: UInt64) throws(FaultProblem) {
    guard etcdClients.connection(id) != nil else {
      throw FaultProblem(message: "no etcd client \(id)")
    }
    hangUp(id)
    etcdClients[id] = nil
  }

  mutating func requestEtcd(
    _ id: UInt64, _ request: EtcdRequest
  ) throws(FaultProblem) -> UInt64 {
    // Its figures alone: a copy of the client would have its queues copied at the next change.
    guard let client = etcdClients.connection(id) else {
      throw FaultProblem(message: "no etcd client \(id)")
    }
    let number = etcdClients.nextRequest
    etcdClients.nextRequest += 1
    let host = processes[client.process].host
    var cause = TraceID.none
    if let words = request.intervention {
      cause = record(
        Note(.input, nil, "etcdctl \(words) on etcd@\(hosts[host].name)"), by: nil, cause: .none)
      monitor.observeIntervention(request)
    }
    let request = request.boxed
    if request.isAnswered {
      let open = EtcdClients.OpenRequest(cause: cause, isWrite: request.isWrite)
      etcdClients.modify(id) { $0.open[number] = open }
    }
    keepAlive(id)
    guard isReachableFromOutside(host) else {
      etcdClients.modify(id) { $0.connection.isBroken = true }
      return number
    }
    guard !client.isBroken else { return number }
    let transit = network.transit(from: processes[userProcess].host, to: host, at: now)
    guard processes[client.process].isAlive else {
      let address = "\(hosts[host].ip):2379"
      tell(
        id, client.epoch,
        .disconnected(
          "connection error: desc = \"transport: Error while dialing: dial tcp \(address): "
            + "connect: connection refused\""),
        after: transit * 2, cause: cause)
      return number
    }
    guard !client.isConnected || client.life == processes[client.process].incarnation else {
      tell(id, client.epoch, .disconnected(Self.reset), after: transit * 2, cause: cause)
      return number
    }
    let life = processes[client.process].incarnation
    let at = max(now + transit, client.arrivals.toMember)
    etcdClients.modify(id) {
      $0.connection.isConnected = true
      $0.connection.life = life
      $0.connection.arrivals.toMember = at
    }
    schedule(
      .parcel(Parcel(.etcdOutside(EtcdClients.token(id, client.epoch), number, request))),
      to: client.process, at: at, cause: cause)
    return number
  }

  /// A machine that was off and is up again knows nothing of connections from before.
  private static let reset = "error reading from server: read: connection reset by peer"

  /// The people's way to a machine: nothing but its own power and network card can break it.
  private func isReachableFromOutside(_ host: HostID) -> Bool {
    hosts[host].isPowered && !network.isIsolated(host)
  }

  // MARK: To the client

  /// Carries an answer of a member to the client behind `token`.
  mutating func answerOutside(
    _ member: ProcessID, _ token: UInt64, _ event: EtcdClientEvent, cause: TraceID
  ) {
    guard let (id, epoch) = EtcdClients.client(of: token),
      let client = etcdClients.connection(id),
      client.epoch & 0xFF_FFFF == epoch, client.process == member
    else { return }
    var cause = cause
    if case .response(let number, let response) = event,
      let request = etcdClients.open(number, of: id), request.isWrite
    {
      cause = request.cause
      if let revision = response.writtenRevision {
        remember(cause, revision: revision)
        lastWorkAt = now
      }
    }
    // By itself: as part of the next call it would have the world copied first.
    let host = processes[member].host
    guard isReachableFromOutside(host) else {
      etcdClients.modify(id) { $0.connection.isBroken = true }
      return
    }
    guard !client.isBroken else { return }
    let index = processes[member].index
    let header = etcdMembers.withUnsafeBufferPointer { members in
      EtcdHeader(
        clusterID: members[index].config.clusterID, memberID: members[index].id,
        revision: members[index].revision, raftTerm: members[index].term)
    }
    let transit = network.transit(from: host, to: processes[userProcess].host, at: now)
    tell(id, client.epoch, event, header, after: transit, cause: cause)
  }

  private mutating func tell(
    _ id: UInt64, _ epoch: UInt32, _ event: EtcdClientEvent, _ header: EtcdHeader? = nil,
    after span: Span, cause: TraceID
  ) {
    let at = max(now + span, etcdClients.connection(id)?.arrivals.toClient ?? now)
    etcdClients.modify(id) { $0.connection.arrivals.toClient = at }
    schedule(
      .parcel(Parcel(.etcdClientEvent(client: id, epoch, event, header))), to: userProcess, at: at,
      cause: cause)
  }

  mutating func hearEtcd(
    _ id: UInt64, _ epoch: UInt32, _ event: EtcdClientEvent, _ header: EtcdHeader?
  ) {
    guard let connection = etcdClients.connection(id), connection.epoch == epoch else { return }
    if case .response(let number, let response) = event {
      guard let request = etcdClients.open(number, of: id) else { return }
      if request.isWrite, let revision = response.writtenRevision {
        monitor.acknowledge(revision: revision, at: now)
      }
    }
    if case .disconnected = event { hangUp(id) }
    var waiting = 0
    etcdClients.modify(id) { client in
      client.hear(event, header)
      waiting = client.events.count
    }
    if waiting == EtcdClients.eventLimit {
      hearEtcd(id, epoch, .disconnected("the client does not read"), nil)
    }
  }

  /// The member forgets the connection, and the watches on it.
  private mutating func hangUp(_ id: UInt64) {
    guard let client = etcdClients.connection(id), client.isConnected,
      processes[client.process].isAlive
    else { return }
    let transit = network.transit(
      from: processes[userProcess].host, to: processes[client.process].host, at: now)
    let at = max(now + transit, client.arrivals.toMember)
    schedule(
      .parcel(Parcel(.etcdClientGone(EtcdClients.token(id, client.epoch)))), to: client.process,
      at: at, cause: .none)
  }

  /// The process of a member died on a live host: its clients' connections break at once.
  mutating func dropEtcdClients(of member: ProcessID) {
    guard !etcdClients.isEmpty, isReachableFromOutside(processes[member].host) else { return }
    for id in etcdClients.clients(of: member) {
      guard let client = etcdClients.connection(id), client.isConnected, !client.isBroken else {
        continue
      }
      let transit = network.transit(
        from: processes[member].host, to: processes[userProcess].host, at: now)
      tell(
        id, client.epoch, .disconnected("error reading from server: EOF"), after: transit,
        cause: .none)
    }
  }

  // MARK: Keep-alive

  private mutating func keepAlive(_ id: UInt64) {
    guard let client = etcdClients.connection(id), !client.isPinging else { return }
    etcdClients.modify(id) { $0.connection.isPinging = true }
    send(
      .etcdClientPing(client: id), to: userProcess, after: EtcdClients.pingInterval, cause: .none)
  }

  /// The client's keep-alive, every two seconds while something is open.
  mutating func pingEtcd(_ id: UInt64) {
    guard let client = etcdClients[id] else { return }
    etcdClients[id]?.connection.isPinging = false
    guard client.hasStreams else {
      // Nothing waits: a broken connection is found out about by the next request.
      etcdClients[id]?.silentSince = nil
      return
    }
    let connection = client.connection
    let member = processes[connection.process]
    if connection.isConnected, member.isRunning, member.incarnation != connection.life,
      isReachableFromOutside(member.host)
    {
      return hearEtcd(id, connection.epoch, .disconnected(Self.reset), nil)
    }
    let isAnswering =
      !connection.isBroken && isReachableFromOutside(processes[connection.process].host)
      && processes[connection.process].state != .paused
    if isAnswering {
      etcdClients[id]?.silentSince = nil
    } else if let since = client.silentSince {
      if now - since >= EtcdClients.pingTimeout {
        return hearEtcd(
          id, connection.epoch,
          .disconnected("keepalive ping failed to receive ACK within timeout"), nil)
      }
    } else {
      etcdClients[id]?.silentSince = now
    }
    keepAlive(id)
  }
}

/// What the doors ask after every delivery. Asked of `world` by another module, each question would
/// copy the world first.
extension Timeline {
  public var etcdHosts: [String] { world.etcdHosts }
  public var runningEtcdHosts: [String] { world.runningEtcdHosts }
  public var nextTick: Tick? { world.nextTick }

  public func hasEtcdEvents(_ client: UInt64) -> Bool { world.hasEtcdEvents(client) }
  public func etcdEventCount(_ client: UInt64) -> Int { world.etcdEventCount(client) }
  public func etcdHeader(_ client: UInt64) -> EtcdHeader? { world.etcdHeader(client) }
  public func etcdKnowsLeader(_ member: String) -> Bool { world.etcdKnowsLeader(member) }
}
