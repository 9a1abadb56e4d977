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
  struct Client: Sendable {
    let process: ProcessID
    /// Counts connections: what was meant for an earlier one is void.
    var epoch: UInt32 = 0
    var isConnected = false
    /// The life of the member's process that the connection is to.
    var life: UInt32 = 0
    /// The connection carries nothing any more, and the client does not know yet.
    var isBroken = false
    /// Requests not answered yet, with the record of the input that made them.
    var open: [(request: UInt64, cause: TraceID, isWrite: Bool)] = []
    var watches = 0
    /// Last arrivals: a stream stays in order.
    var arrivals: (toMember: Tick, toClient: Tick) = (.zero, .zero)
    var isPinging = false
    /// Since when the member answers no pings.
    var silentSince: Tick?
    var header: EtcdHeader?
    var events: [EtcdClientEvent] = []

    var hasStreams: Bool { !open.isEmpty || watches > 0 }
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
    clients[nextClient] = Client(process: process)
    return nextClient
  }

  /// The numbers of the clients of a member, in order.
  func clients(of process: ProcessID) -> [UInt64] {
    clients.sortedKeys.filter { clients[$0]?.process == process }
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
    guard let events = etcdClients[client]?.events, !events.isEmpty else { return [] }
    etcdClients[client]?.events = []
    return events
  }

  public func hasEtcdEvents(_ client: UInt64) -> Bool {
    !(etcdClients[client]?.events.isEmpty ?? true)
  }

  /// The header of the member's last answer to this client; nil before the first.
  public func etcdHeader(_ client: UInt64) -> EtcdHeader? { etcdClients[client]?.header }

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
    guard let client = etcdClients[id] else {
      throw FaultProblem(message: "no etcd client \(id)")
    }
    hangUp(client, id)
    etcdClients[id] = nil
  }

  mutating func requestEtcd(
    _ id: UInt64, _ request: EtcdRequest
  ) throws(FaultProblem) -> UInt64 {
    guard let client = etcdClients[id] else {
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
    if request.isAnswered { etcdClients[id]?.open.append((number, cause, request.isWrite)) }
    keepAlive(id)
    guard isReachableFromOutside(host) else {
      etcdClients[id]?.isBroken = true
      return number
    }
    guard !client.isBroken else { return number }
    let transit = network.transit(from: processes[userProcess].host, to: host)
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
    etcdClients[id]?.isConnected = true
    etcdClients[id]?.life = processes[client.process].incarnation
    let at = max(now + transit, client.arrivals.toMember)
    etcdClients[id]?.arrivals.toMember = at
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
    guard let (id, epoch) = EtcdClients.client(of: token), let client = etcdClients[id],
      client.epoch & 0xFF_FFFF == epoch, client.process == member
    else { return }
    var cause = cause
    if case .response(let number, let response) = event,
      let request = client.open.first(where: { $0.request == number }), request.isWrite
    {
      cause = request.cause
      if let revision = response.writtenRevision {
        remember(cause, revision: revision)
        lastWorkAt = now
      }
    }
    guard isReachableFromOutside(processes[member].host) else {
      etcdClients[id]?.isBroken = true
      return
    }
    guard !client.isBroken else { return }
    let etcd = etcdMembers[processes[member].index]
    let header = EtcdHeader(
      clusterID: etcd.config.clusterID, memberID: etcd.id, revision: etcd.revision,
      raftTerm: etcd.term)
    let transit = network.transit(
      from: processes[member].host, to: processes[userProcess].host)
    tell(id, client.epoch, event, header, after: transit, cause: cause)
  }

  private mutating func tell(
    _ id: UInt64, _ epoch: UInt32, _ event: EtcdClientEvent, _ header: EtcdHeader? = nil,
    after span: Span, cause: TraceID
  ) {
    let at = max(now + span, etcdClients[id]?.arrivals.toClient ?? now)
    etcdClients[id]?.arrivals.toClient = at
    schedule(
      .parcel(Parcel(.etcdClientEvent(client: id, epoch, event, header))), to: userProcess, at: at,
      cause: cause)
  }

  mutating func hearEtcd(
    _ id: UInt64, _ epoch: UInt32, _ event: EtcdClientEvent, _ header: EtcdHeader?
  ) {
    guard let client = etcdClients[id], client.epoch == epoch else { return }
    if let header { etcdClients[id]?.header = header }
    switch event {
    case .response(let number, let response):
      guard let at = client.open.firstIndex(where: { $0.request == number }) else { return }
      if client.open[at].isWrite, let revision = response.writtenRevision {
        monitor.acknowledge(revision: revision, at: now)
      }
      etcdClients[id]?.open.remove(at: at)
      switch response {
      case .watchCreated: etcdClients[id]?.watches += 1
      case .watchCanceled: etcdClients[id]?.watches -= 1
      default: break
      }
    case .watch: break
    case .watchCanceled: etcdClients[id]?.watches -= 1
    case .disconnected:
      hangUp(client, id)
      etcdClients[id]?.epoch += 1
      etcdClients[id]?.isConnected = false
      etcdClients[id]?.isBroken = false
      etcdClients[id]?.silentSince = nil
      etcdClients[id]?.open = []
      etcdClients[id]?.watches = 0
    }
    etcdClients[id]?.events.append(event)
    if let count = etcdClients[id]?.events.count, count == EtcdClients.eventLimit {
      hearEtcd(id, epoch, .disconnected("the client does not read"), nil)
    }
  }

  /// The member forgets the connection, and the watches on it.
  private mutating func hangUp(_ client: EtcdClients.Client, _ id: UInt64) {
    guard client.isConnected, processes[client.process].isAlive else { return }
    let transit = network.transit(
      from: processes[userProcess].host, to: processes[client.process].host)
    let at = max(now + transit, client.arrivals.toMember)
    schedule(
      .parcel(Parcel(.etcdClientGone(EtcdClients.token(id, client.epoch)))), to: client.process,
      at: at, cause: .none)
  }

  /// The process of a member died on a live host: its clients' connections break at once.
  mutating func dropEtcdClients(of member: ProcessID) {
    guard !etcdClients.isEmpty, isReachableFromOutside(processes[member].host) else { return }
    for id in etcdClients.clients(of: member) {
      guard let client = etcdClients[id], client.isConnected, !client.isBroken else { continue }
      let transit = network.transit(
        from: processes[member].host, to: processes[userProcess].host)
      tell(
        id, client.epoch, .disconnected("error reading from server: EOF"), after: transit,
        cause: .none)
    }
  }

  // MARK: Keep-alive

  private mutating func keepAlive(_ id: UInt64) {
    guard let client = etcdClients[id], !client.isPinging else { return }
    etcdClients[id]?.isPinging = true
    send(
      .etcdClientPing(client: id), to: userProcess, after: EtcdClients.pingInterval, cause: .none)
  }

  /// The client's keep-alive, every two seconds while something is open.
  mutating func pingEtcd(_ id: UInt64) {
    guard let client = etcdClients[id] else { return }
    etcdClients[id]?.isPinging = false
    guard client.hasStreams else {
      // Nothing waits: a broken connection is found out about by the next request.
      etcdClients[id]?.silentSince = nil
      return
    }
    let member = processes[client.process]
    if client.isConnected, member.isRunning, member.incarnation != client.life,
      isReachableFromOutside(member.host)
    {
      return hearEtcd(id, client.epoch, .disconnected(Self.reset), nil)
    }
    let isAnswering =
      !client.isBroken && isReachableFromOutside(processes[client.process].host)
      && processes[client.process].state != .paused
    if isAnswering {
      etcdClients[id]?.silentSince = nil
    } else if let since = client.silentSince {
      if now - since >= EtcdClients.pingTimeout {
        return hearEtcd(
          id, client.epoch,
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
