import Basics
import SimulationKernel

/// The number of a connection between an API client and an API server.
public typealias ConnectionID = UInt64

/// A client's connection to an API server, straight or through the load balancer.
struct Connection: Sendable {
  let id: ConnectionID
  let client: ProcessID
  let clientIncarnation: UInt32
  let server: ProcessID
  let serverIncarnation: UInt32
  /// The load balancer's host, when the connection goes through it.
  let via: HostID?
  let openedAt: Tick
  /// What waits for a cut link to carry packets again.
  var held: [Held] = []
  /// A person holds a message of it back: what follows waits behind it.
  var isStalled = false
  var stalledBy: DeliveryID?
  /// When the path broke, while it is broken.
  var silentSince: Tick?

  /// The last arrivals: a stream stays in order. Kept apart from the rest, as each message changes
  /// it and nothing else.
  struct Arrivals: Sendable {
    var toServer: Tick
    var toClient: Tick
  }

  struct Held: Sendable {
    let isToServer: Bool
    let parcel: Parcel
    let cause: TraceID
    let sentAt: Tick
  }

  /// Go's HTTP/2 transport pings after 30 s without a frame and gives up 15 s later (ReadIdleTimeout
  /// and PingTimeout as client-go sets them).
  static let silenceLimit = Span.seconds(45)
  /// The dialer's time-out (client-go's default transport).
  static let dialTimeout = Span.seconds(30)
  /// More than this waiting on a cut link counts as a full send buffer: the rest is dropped with
  /// the connection.
  static let heldLimit = 4096
}
