import Basics
import Etcd
import KubeAPI
import MVCC
import SimulationKernel

/// What a client of an etcd member hears, in order.
public enum EtcdClientEvent: Sendable {
  case response(request: UInt64, EtcdResponse)
  case watch(WatchResponse)
  case watchCanceled(WatchID, EtcdError, compactRevision: Int64)
  /// The connection broke, in gRPC's words: every open request and watch is over. The next request
  /// dials anew, as a gRPC channel does.
  case disconnected(String)
}

/// What the member said about itself with its last answer: the header of etcd's responses.
public struct EtcdHeader: Sendable, Equatable {
  public var clusterID: UInt64
  public var memberID: UInt64
  public var revision: Int64
  public var raftTerm: UInt64

  public init(clusterID: UInt64, memberID: UInt64, revision: Int64, raftTerm: UInt64) {
    self.clusterID = clusterID
    self.memberID = memberID
    self.revision = revision
    self.raftTerm = raftTerm
  }
}

/// Clients of etcd members outside the cluster: etcdctl, and whatever comes in through a door.
///
/// They sit where the people sit: no link fault of the cluster touches their path. A member whose
/// process is down refuses them; one that is paused, without power or cut from the network is
/// silent, until the client's keep-alive finds out.
struct EtcdClients: Sendable {
  /// The figures of a client's connection: cheap to copy, as its queues are not.
  struct Connection: Sendable {
    let process: ProcessID
    /// Counts connections: what was meant for an earlier one is void.
    var epoch: UInt32 = 0
    var isConnected = false
    /// The life of the member's process that the connection is to.
    var life: UInt32 = 0
    /// The connection carries nothing any more, and the client does not know yet.
    var isBroken = false
    /// Last arrivals: a stream stays in order.
    var arrivals: (toMember: Tick, toClient: Tick) = (.zero, .zero)
    var isPinging = false
  }

  struct Client: Sendable {
    var connection: Connection
    /// Requests not answered yet, by number. Asked by number alone, as hundreds may be open.
    var open = LookupTable<UInt64, OpenRequest>()
    var watches = 0
    /// Since when the member answers no pings.
    var silentSince: Tick?
    var header: EtcdHeader?
    var events: [EtcdClientEvent] = []

    var hasStreams: Bool { !open.isEmpty || watches > 0 }

    /// Takes in what the member said last.
    mutating func hear(_ event: EtcdClientEvent, _ header: EtcdHeader?) {
      if let header { self.header = header }
      switch event {
      case .response(let number, let response):
        open[number] = nil
        switch response {
        case .watchCreated: watches += 1
        case .watchCanceled: watches -= 1
        default: break
        }
      case .watch: break
      case .watchCanceled: watches -= 1
      case .disconnected:
        connection.epoch += 1
        connection.isConnected = false
        connection.isBroken = false
        silentSince = nil
        open = LookupTable()
        watches = 0
      }
      events.append(event)
    }
  }

  /// A request that waits for its answer.
  struct OpenRequest: Sendable {
    /// The record of the input that made it.
    let cause: TraceID
    let isWrite: Bool
  }

  private(set) var clients = LookupTable<UInt64, Client>()
  private var nextClient: UInt64 = 1
  var nextRequest: UInt64 = 1

  /// etcdctl's --keepalive-time and --keepalive-timeout.
  static let pingInterval = Span.seconds(2)
  static let pingTimeout = Span.seconds(6)
  /// More events than this waiting mean that nobody takes them: the connection is dropped.
  static let eventLimit = 200_000

  subscript(id: UInt64) -> Client? {
    get { clients[id] }
    _modify { yield &clients[id] }
  }

  mutating func open(_ process: ProcessID) -> UInt64 {
    defer { nextClient += 1 }
    clients[nextClient] = Client(connection: Connection(process: process))
    return nextClient
  }

  // Looked at and changed in place, as both happen several times a request.

  func connection(_ id: UInt64) -> Connection? { clients[id]?.connection }
  func open(_ request: UInt64, of id: UInt64) -> OpenRequest? { clients[id]?.open[request] }
  func eventCount(_ id: UInt64) -> Int { clients[id]?.events.count ?? 0 }
  func header(_ id: UInt64) -> EtcdHeader? { clients[id]?.header }

  mutating func modify(_ id: UInt64, _ change: (inout Client) -> Void) {
    clients.modify(id, change)
  }

  /// The numbers of the clients of a member, in order.
  func clients(of process: ProcessID) -> [UInt64] {
    clients.sortedKeys.filter { clients[$0]?.connection.process == process }
  }

  var isEmpty: Bool { clients.isEmpty }

  // A token names a client and one connection of it; API servers' have no highest bit.
  private static let mark: UInt64 = 1 << 63

  static func token(_ client: UInt64, _ epoch: UInt32) -> UInt64 {
    mark | client << 24 | UInt64(epoch & 0xFF_FFFF)
  }

  /// The client of a token and its connection; nil for an API server's.
  static func client(of token: UInt64) -> (id: UInt64, epoch: UInt32)? {
    guard token & mark != 0 else { return nil }
    return ((token ^ mark) >> 24, UInt32(token & 0xFF_FFFF))
  }
}

// MARK: - Inputs

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
    guard isReachableFromOutside(processes[member].host) else {
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
    let transit = network.transit(
      from: processes[member].host, to: processes[userProcess].host, at: now)
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

// MARK: - Requests

extension EtcdRequest {
  /// The request in etcdctl's words where it changes something; nil for what only reads.
  var intervention: String? {
    switch self {
    case .put(let put): "put \(put.key.text)"
    case .deleteRange(let delete):
      delete.rangeEnd.isEmpty
        ? "del \(delete.key.text)" : "del \(delete.key.text) \(delete.rangeEnd.text)"
    case .txn(let txn): txn.isReadOnly ? nil : "txn"
    case .compact(let revision): "compaction \(revision)"
    case .leaseGrant(_, let ttl): "lease grant \(ttl)"
    case .leaseRevoke(let id): "lease revoke \(String(id, radix: 16))"
    case .memberAdd(let member):
      "member add \(member.peerURLs.joined(separator: ","))"
        + (member.isLearner ? " --learner" : "")
    case .memberRemove(let id): "member remove \(String(id, radix: 16))"
    case .memberPromote(let id): "member promote \(String(id, radix: 16))"
    case .memberUpdate(let id, let urls):
      "member update \(String(id, radix: 16)) \(urls.joined(separator: ","))"
    case .moveLeader(let to): "move-leader \(String(to, radix: 16))"
    case .defragment: "defrag"
    case .alarmDisarm, .alarmDeactivate: "alarm disarm"
    case .alarmActivate(let alarm): "alarm activate \(alarm.kind)"
    case .range, .leaseKeepAlive, .leaseTimeToLive, .leases, .watchCreate, .watchCancel,
      .watchProgress, .status, .memberList, .hashKV, .alarmList, .snapshot:
      nil
    }
  }

  /// A request for a watch's progress has no answer of its own.
  var isAnswered: Bool {
    if case .watchProgress = self { return false }
    return true
  }

  /// Whether it makes a revision.
  var isWrite: Bool {
    switch self {
    case .put, .deleteRange, .leaseRevoke: true
    case .txn(let txn): !txn.isReadOnly
    default: false
    }
  }

  /// The ranges of keys it may write.
  var writtenRanges: [KeyRange] {
    switch self {
    case .put(let put): [KeyRange(key: put.key, rangeEnd: .empty)]
    case .deleteRange(let delete): [KeyRange(key: delete.key, rangeEnd: delete.rangeEnd)]
    case .txn(let txn): Self.writtenRanges(txn)
    default: []
    }
  }

  private static func writtenRanges(_ txn: TxnRequest) -> [KeyRange] {
    (txn.success + txn.failure).flatMap { op -> [KeyRange] in
      switch op {
      case .range: []
      case .put(let put): [KeyRange(key: put.key, rangeEnd: .empty)]
      case .deleteRange(let delete): [KeyRange(key: delete.key, rangeEnd: delete.rangeEnd)]
      case .txn(let inner): writtenRanges(inner)
      }
    }
  }

  /// The request as the world carries it: a person's JSON under a kind's prefix is the object it
  /// describes, as an API server would read it.
  var boxed: EtcdRequest {
    switch self {
    case .put(var put):
      put.box()
      return .put(put)
    case .txn(let txn): return .txn(Self.boxed(txn))
    default: return self
    }
  }

  private static func boxed(_ txn: TxnRequest) -> TxnRequest {
    func box(_ ops: [RequestOp]) -> [RequestOp] {
      ops.map { op in
        switch op {
        case .put(var put):
          put.box()
          return .put(put)
        case .txn(let inner): return .txn(boxed(inner))
        case .range, .deleteRange: return op
        }
      }
    }
    return TxnRequest(
      compare: txn.compare, success: box(txn.success), failure: box(txn.failure))
  }
}

extension PutRequest {
  fileprivate mutating func box() {
    if case .bytes(let bytes) = value { value = StoredObject.box(key, bytes) }
  }
}

extension EtcdResponse {
  /// The revision a write made; nil where it made none.
  var writtenRevision: Int64? {
    switch self {
    case .put(let put): put.revision
    case .deleteRange(let delete): delete.deleted > 0 ? delete.revision : nil
    case .txn(let txn): txn.wrote ? txn.revision : nil
    case .leaseRevoke(let revision): revision
    default: nil
    }
  }
}

extension TxnResponse {
  fileprivate var wrote: Bool {
    responses.contains {
      switch $0 {
      case .range: false
      case .put: true
      case .deleteRange(let delete): delete.deleted > 0
      case .txn(let inner): inner.wrote
      }
    }
  }
}
