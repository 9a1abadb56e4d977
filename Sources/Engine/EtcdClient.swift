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
