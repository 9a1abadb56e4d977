import Basics
import Etcd
import KubeAPI
import MVCC

extension APIServer {
  /// The number of a client's connection, given by whoever carries it.
  public typealias ConnectionID = UInt64
  /// The number a client gave a request on its connection.
  public typealias RequestID = UInt64

  /// What reaches an API server.
  public enum Event: Sendable {
    /// The process has just started with empty memory.
    case started
    /// A client asks something.
    case request(ConnectionID, RequestID, APIRequest)
    /// A client closes a watch, or no longer waits for an answer.
    case cancel(ConnectionID, RequestID)
    /// A client's connection is gone, and with it everything it waited for.
    case connectionClosed(ConnectionID)
    /// etcd's answer to the request with this number, a refusal perhaps.
    case etcdResponse(UInt64, EtcdResponse)
    /// Changes on a watch, in order; the watch's number is that of the request that opened it, or
    /// -1 for a progress notice that holds for all of them.
    case etcdWatch(WatchResponse)
    /// etcd ended the watch with this number.
    case etcdWatchCanceled(UInt64, EtcdError)
    /// The connection to etcd is gone: nobody knows which open requests were carried out.
    case etcdDisconnected
    /// A timer armed with `Effects.arm` is due.
    case timer(TimerID)
  }

  /// Which timer: a small tag and a payload, as `ControllerRuntime.TimerID`.
  @frozen
  public struct TimerID: Hashable, Sendable {
    public var rawValue: UInt64
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    @inlinable public init(tag: UInt8, payload: UInt64 = 0) {
      precondition(payload < 1 << 56, "a timer's payload has 56 bits")
      rawValue = UInt64(tag) << 56 | payload
    }
    @inlinable public var tag: UInt8 { UInt8(rawValue >> 56) }
    @inlinable public var payload: UInt64 { rawValue & ((1 << 56) - 1) }
  }

  /// One thing an API server wants done.
  public enum Effect: Sendable {
    /// The one answer to a request.
    case respond(ConnectionID, RequestID, APIResponse)
    /// Events of an open watch, in order.
    case watchEvents(ConnectionID, RequestID, [WatchEvent])
    /// A watch has ended: in good order (nil), or with an error such as 410 Expired.
    case watchClosed(ConnectionID, RequestID, APIStatus?)
    /// Ask etcd; the answer comes back under the number, which is also the number of a watch.
    case etcd(UInt64, EtcdRequest)
    /// Deliver the timer after a span of this host's monotonic clock.
    case arm(TimerID, Span)
    /// Add to the trace; what follows in this step is caused by it.
    case note(Note)
    /// What follows in this step is caused by an earlier record, not by the event in hand.
    case because(TraceID)
    /// The process ends itself; its supervisor starts it again.
    case exit(code: Int, reason: String)
  }

  /// The effects of a step, in order. The buffer is reused from step to step.
  public struct Effects: Sendable {
    public private(set) var list: [Effect] = []
    /// The record that caused the event in hand, or what the server said since.
    public private(set) var cause: TraceID
    // A note becomes the cause of what follows it, and its number is not known here.
    private var hasNoted = false

    public init(cause: TraceID = .none) { self.cause = cause }

    /// Empties the buffer for an event caused by `cause`.
    public mutating func reset(cause: TraceID) {
      list.removeAll(keepingCapacity: true)
      self.cause = cause
      hasNoted = false
    }

    mutating func respond(_ client: Client, _ response: APIResponse) {
      list.append(.respond(client.connection, client.request, response))
    }
    mutating func watchEvents(_ client: Client, _ events: [WatchEvent]) {
      list.append(.watchEvents(client.connection, client.request, events))
    }
    mutating func watchClosed(_ client: Client, _ status: APIStatus?) {
      list.append(.watchClosed(client.connection, client.request, status))
    }
    mutating func etcd(_ id: UInt64, _ request: EtcdRequest) { list.append(.etcd(id, request)) }
    mutating func arm(_ timer: TimerID, after span: Span) {
      list.append(.arm(timer, max(span, .zero)))
    }
    mutating func note(
      _ kind: Note.Kind, _ subject: ObjectReference? = nil, _ message: String
    ) {
      note(Note(kind, subject, message))
    }
    mutating func note(_ note: Note) {
      list.append(.note(note))
      hasNoted = true
    }
    mutating func because(_ cause: TraceID) {
      guard cause != self.cause || hasNoted else { return }
      self.cause = cause
      hasNoted = false
      list.append(.because(cause))
    }
  }

  /// Who waits for an answer: a connection and the number of the request on it.
  struct Client: Hashable, Comparable, Sendable {
    var connection: ConnectionID
    var request: RequestID
    static func < (a: Client, b: Client) -> Bool {
      a.connection == b.connection ? a.request < b.request : a.connection < b.connection
    }
  }
}
