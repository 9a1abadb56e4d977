import Basics
import KubeAPI

/// A component's Events on their way to the API server, as client-go's broadcaster takes them there
/// (`tools/record`): one at a time, in the order in which they were said. While no server can be
/// reached the one in hand is tried 12 times, 10 s apart, and up to 1,000 wait behind it; what is
/// said beyond that is dropped. What a server refuses, for whatever reason, is not tried again.
///
/// The owner sends each `EventTurn` it is given, and hands back the answer.
public struct EventBroadcaster: Sendable {
  private struct Attempt: Sendable {
    var correlated: EventRecorder.Correlated
    var cause: TraceID
    /// How often it was sent in vain.
    var failures = 0

    var turn: EventTurn { EventTurn(request: correlated.request, cause: cause) }
  }

  static let maxTries = 12
  static let sleep = Span.seconds(10)
  static let maxQueued = 1000

  private var recorder: EventRecorder
  private var queue = BoundedQueue<EventRecorder.Said>(capacity: Self.maxQueued)
  private var attempt: Attempt?

  /// - Parameter component: the source of the Events, with the host it is on where they tell it.
  public init(component: String, host: String = "") {
    recorder = EventRecorder(component: component, host: host)
  }

  /// Those that wait, with the one in hand.
  public var count: Int { queue.count + (attempt == nil ? 0 : 1) }

  /// How often the one in hand was sent in vain.
  public var failures: Int { attempt?.failures ?? 0 }

  /// Says something about an object.
  public mutating func record(
    _ object: APIObject, fieldPath: String = "", type: String = "Normal", reason: String,
    message: String, at time: HostTime, because cause: TraceID
  ) -> EventTurn? {
    record(
      TargetReference(object, fieldPath: fieldPath), type: type, reason: reason, message: message,
      at: time, because: cause)
  }

  /// The same about an object known by reference only.
  public mutating func record(
    _ target: TargetReference, type: String = "Normal", reason: String, message: String,
    at time: HostTime, because cause: TraceID
  ) -> EventTurn? {
    let said = EventRecorder.Said(
      target: target, type: type, reason: reason, message: message, time: time, cause: cause)
    if attempt != nil {
      queue.push(said)
      return nil
    }
    return take(said, at: time.monotonic).map { EventTurn(request: $0.request, cause: nil) }
  }

  /// The answer to the request in hand.
  ///
  /// - Parameter luck: what the first wait is drawn from, so that not all come back at once.
  public mutating func answered(
    _ response: APIResponse, at now: Tick, luck: UInt64
  ) -> EventTurn.Next {
    guard var current = attempt else { return .nothing }
    guard case .status(let status) = response, status.code != 200 else { return next(at: now) }
    if status.isNotFound, let whole = current.correlated.whole {
      current.correlated = EventRecorder.Correlated(request: whole)
      attempt = current
      return .send(current.turn)
    }
    guard status.isTransport else { return next(at: now) }
    current.failures += 1
    guard current.failures < Self.maxTries else { return next(at: now) }
    attempt = current
    guard current.failures == 1 else { return .wait(Self.sleep) }
    var draws = Draws(luck, 0x6576_656E_7473, now.microseconds)
    return .wait(draws.span(.zero, Self.sleep))
  }

  /// The wait is over.
  public func retry() -> EventTurn? { attempt?.turn }

  /// When the next Event about an object may be written; nil where the spam filter lets it pass now.
  public func heldUntil(about object: APIObject, at now: Tick) -> Tick? {
    recorder.heldUntil(about: object, at: now)
  }

  /// What the timer of `retry` is for.
  public func purposeOfRetry(_ subject: ObjectReference? = nil) -> Deadline? {
    guard let attempt, attempt.failures > 0 else { return nil }
    let more = queue.isEmpty ? "" : ", \(queue.count) wait behind it"
    return Deadline(
      .retry, subject,
      "writes an Event again (try \(attempt.failures + 1) of \(Self.maxTries)\(more))")
  }

  private mutating func next(at now: Tick) -> EventTurn.Next {
    attempt = nil
    while let said = queue.pop() {
      if let turn = take(said, at: now) { return .send(turn) }
    }
    // A thousand kubelets would each keep the room that their boot's Events needed.
    queue = BoundedQueue(capacity: Self.maxQueued)
    return .nothing
  }

  private mutating func take(_ said: EventRecorder.Said, at now: Tick) -> EventTurn? {
    guard let correlated = recorder.correlate(said, at: now) else { return nil }
    let taken = Attempt(correlated: correlated, cause: said.cause)
    attempt = taken
    return taken.turn
  }
}
