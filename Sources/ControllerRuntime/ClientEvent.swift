import Basics
import KubeAPI

/// The number a client gives a request on its connection; never used twice by one process.
public typealias RequestID = UInt64

/// What reaches a component that lives on an API server's answers: scheduler, controller managers,
/// kubelet, kube-proxy.
public enum ClientEvent: Sendable {
  /// The process has just started with empty memory.
  case started
  /// A timer armed with `Effects.arm` is due.
  case timer(TimerID)
  /// The one answer to a request other than a watch, or the refusal of a watch.
  case response(RequestID, APIResponse)
  /// Events of a watch, in order.
  case watch(RequestID, [WatchEvent])
  /// The server ended a watch: in good order (nil: its time was over), or with an error such as
  /// 410 Expired.
  case watchClosed(RequestID, APIStatus?)
  /// The connection to the API server is gone: every request and watch on it is lost, and nobody
  /// knows which of the requests were carried out. The next request dials anew.
  case disconnected(String)
}

/// Which timer of a component: a small tag of the component's choice and a payload.
@frozen
public struct TimerID: Hashable, Sendable {
  public var rawValue: UInt64
  @inlinable public init(tag: UInt8, payload: UInt64 = 0) {
    precondition(payload < 1 << 56, "a timer's payload has 56 bits")
    rawValue = UInt64(tag) << 56 | payload
  }
  @inlinable public var tag: UInt8 { UInt8(rawValue >> 56) }
  @inlinable public var payload: UInt64 { rawValue & ((1 << 56) - 1) }
}

/// One thing a component wants done.
public enum ClientEffect: Sendable {
  /// Send a request to the API server; a watch stays open under its number.
  case request(RequestID, APIRequest)
  /// Close a watch, or give up on a request.
  case cancel(RequestID)
  /// Close the connection; the next request dials anew, perhaps another server.
  case hangUp
  /// Deliver `timer` after `span` of this host's monotonic clock. Timers can't be taken back: a
  /// component ignores one that it no longer waits for.
  case arm(TimerID, Span)
  /// Add to the trace; what follows in this step is caused by it.
  case note(Note)
  /// What follows in this step is caused by an earlier record, not by the event in hand.
  case because(TraceID)
  /// The process ends itself, as on "leaderelection lost"; its supervisor starts it again.
  case exit(code: Int, reason: String)
}

/// The effects of a step, in order. The buffer is reused from step to step.
public struct Effects: Sendable {
  public private(set) var list: [ClientEffect] = []
  /// The record that caused the event in hand, or what the component said since.
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

  public mutating func request(_ id: RequestID, _ request: APIRequest) {
    list.append(.request(id, request))
  }
  public mutating func cancel(_ id: RequestID) { list.append(.cancel(id)) }
  public mutating func hangUp() { list.append(.hangUp) }
  public mutating func arm(_ timer: TimerID, after span: Span) {
    list.append(.arm(timer, max(span, .zero)))
  }
  public mutating func note(_ note: Note) {
    list.append(.note(note))
    hasNoted = true
  }
  public mutating func note(
    _ kind: Note.Kind, _ subject: ObjectReference? = nil, _ message: String
  ) {
    note(Note(kind, subject, message))
  }
  public mutating func because(_ cause: TraceID) {
    guard cause != self.cause || hasNoted else { return }
    self.cause = cause
    hasNoted = false
    list.append(.because(cause))
  }
  public mutating func exit(code: Int, reason: String) {
    list.append(.exit(code: code, reason: reason))
  }
}
