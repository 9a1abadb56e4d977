import Basics
import KubeAPI

/// Events of the newer API (`events.k8s.io/v1`, client-go's `tools/events`), as the scheduler writes
/// them: each on its own, tried 12 times about 10 s apart while no server can be reached. The same
/// about the same revision of an object is a series: its second observation is written at once, the
/// others after 30 minutes or when the series has been over for 6.
///
/// The owner sends each `Turn` it is given, and hands back the answer with the turn's number.
public struct EventSeriesBroadcaster: Sendable {
  /// A request to be sent now.
  public struct Turn: Sendable {
    public let number: UInt64
    public let request: APIRequest
    /// What made the component say it; nil for what it handles now.
    public let cause: TraceID?
  }

  /// What is to be done after an answer.
  public enum Next: Sendable {
    case nothing
    case send(Turn)
    /// The server can't be reached: `retry` is to be called after this span.
    case wait(Span)
  }

  private struct Known: Sendable {
    /// The Event as it was created.
    var event: Event
    var series: Event.Series?
  }

  private struct Attempt: Sendable {
    var request: APIRequest
    /// The whole Event, where `request` patches it.
    var whole: APIRequest?
    /// Whether it tells of a series, even if it has come to be created anew.
    var isSeries: Bool
    var cause: TraceID
    var failures = 0
  }

  /// A series that was not observed for so long is over.
  public static let finishTime = Span.minutes(6)
  /// A series that goes on is written again after so long, or it would be gone with its TTL.
  public static let refreshTime = Span.minutes(30)

  private let reporter: Shared<Event.Reporter>
  /// By the digest of what makes two observations the same.
  private var known = LookupTable<UInt64, Known>()
  private var attempts = LookupTable<UInt64, Attempt>()
  private var lastNumber: UInt64 = 0
  private var sequence: UInt64 = 0

  /// - Parameters:
  ///   - controller: the reporting controller: `default-scheduler`.
  ///   - host: the host it runs on, a part of the reporting instance.
  public init(controller: String, host: String) {
    var reporter = Event.Reporter()
    reporter.reportingComponent = controller
    reporter.reportingInstance = controller + "-" + host
    self.reporter = Shared(wrappedValue: reporter)
  }

  /// Those that are under way or wait for another try.
  public var count: Int { attempts.count }

  /// How often one of them was sent in vain.
  public var failures: Int { attempts.sortedKeys.compactMap { attempts[$0]?.failures }.max() ?? 0 }

  /// Says something about an object, and what the component was doing (`action`).
  public mutating func record(
    _ object: APIObject, related: APIObject? = nil, type: String, reason: String, action: String,
    message: String, at time: HostTime, because cause: TraceID
  ) -> Turn? {
    record(
      TargetReference(object), related: related, type: type, reason: reason, action: action,
      message: message, at: time, because: cause)
  }

  /// The same about an object known by reference only.
  public mutating func record(
    _ target: TargetReference, related: APIObject? = nil, type: String, reason: String,
    action: String, message: String, at time: HostTime, because cause: TraceID
  ) -> Turn? {
    var digest = Digest()
    digest.combine(type)
    digest.combine(action)
    digest.combine(reason)
    digest.combine(target.kind)
    digest.combine(target.namespace)
    digest.combine(target.name)
    digest.combine(target.uid.high)
    digest.combine(target.uid.low)
    digest.combine(target.resourceVersion)
    if let related {
      digest.combine(related.metadata.uid.high)
      digest.combine(related.metadata.uid.low)
    }
    let key = digest.value
    if var old = known[key] {
      let isNew = old.series == nil
      old.series = Event.Series(
        count: (old.series?.count ?? 1) + 1, lastObservedTime: time.wall)
      known[key] = old
      return isNew ? begin(writing(old), because: cause) : nil
    }
    let event = event(
      target, related, type: type, reason: reason, action: action, message: message, time.wall)
    known[key] = Known(event: event)
    return begin(writing(Known(event: event)), because: cause)
  }

  /// The answer to the request of this number.
  ///
  /// - Parameter luck: what the waits are drawn from, so that not all come back at once.
  public mutating func answered(
    _ number: UInt64, _ response: APIResponse, at now: Tick, luck: UInt64
  ) -> Next {
    guard var attempt = attempts[number] else { return .nothing }
    guard case .status(let status) = response, status.code != 200 else {
      attempts.removeValue(forKey: number)
      return .nothing
    }
    if status.isNotFound, let whole = attempt.whole {
      attempt.request = whole
      attempt.whole = nil
      attempts[number] = attempt
      return .send(Turn(number: number, request: whole, cause: attempt.cause))
    }
    attempt.failures += 1
    // A series whose first Event came to be between the patch and the creation is tried again.
    let mayRetry = status.isTransport || (status.isAlreadyExists && attempt.isSeries)
    guard mayRetry, attempt.failures < EventBroadcaster.maxTries else {
      attempts.removeValue(forKey: number)
      return .nothing
    }
    attempts[number] = attempt
    var draws = Draws(luck, 0x6576_656E_7473 ^ number, now.microseconds)
    return .wait(draws.jitter(EventBroadcaster.sleep, by: Ratio(1, 4)))
  }

  /// The wait of the attempt of this number is over.
  public func retry(_ number: UInt64) -> Turn? {
    attempts[number].map { Turn(number: number, request: $0.request, cause: $0.cause) }
  }

  /// What the timer of `retry` is for.
  public func purposeOfRetry(_ number: UInt64) -> Deadline? {
    guard let attempt = attempts[number], attempt.failures > 0 else { return nil }
    let about = attempt.request.key.name.split(separator: ".").dropLast().joined(separator: ".")
    return Deadline(
      .retry, nil,
      "writes an Event about \(about) again (try \(attempt.failures + 1) of "
        + "\(EventBroadcaster.maxTries))")
  }

  /// Each `finishTime`: series that are over are written for the last time, and everything that was
  /// said once long ago is forgotten.
  public mutating func finishSeries(at wall: Timestamp, because cause: TraceID) -> [Turn] {
    var turns: [Turn] = []
    for key in known.sortedKeys {
      guard let entry = known[key] else { continue }
      let last = entry.series?.lastObservedTime ?? entry.event.eventTime ?? wall
      guard wall - last > Self.finishTime else { continue }
      known.removeValue(forKey: key)
      if entry.series != nil { turns.append(begin(writing(entry), because: cause)) }
    }
    return turns
  }

  /// Each `refreshTime`: every series is written as it is.
  public mutating func refreshSeries(because cause: TraceID) -> [Turn] {
    var turns: [Turn] = []
    for key in known.sortedKeys {
      guard let entry = known[key], entry.series != nil else { continue }
      turns.append(begin(writing(entry), because: cause))
    }
    return turns
  }

  private mutating func begin(_ attempt: Attempt, because cause: TraceID) -> Turn {
    var attempt = attempt
    attempt.cause = cause
    lastNumber += 1
    attempts[lastNumber] = attempt
    return Turn(number: lastNumber, request: attempt.request, cause: nil)
  }

  private func writing(_ entry: Known) -> Attempt {
    var event = entry.event
    event.series = entry.series
    let metadata = event.metadata
    var create = APIRequest(
      .create, .event, namespace: metadata.namespace, name: metadata.name)
    create.body = .object(event.boxed)
    guard let series = entry.series else {
      return Attempt(request: create, isSeries: false, cause: .none)
    }
    var patch = APIRequest(.patch, .event, namespace: metadata.namespace, name: metadata.name)
    let time = series.lastObservedTime.map { JSONValue.string($0.rfc3339Micro) }
    let document = JSONObject([
      (
        "series",
        .object(
          JSONObject([
            ("count", .integer(Int64(series.count))), ("lastObservedTime", time ?? .null),
          ]))
      )
    ])
    patch.body = .patch(Patch(.strategicMerge, .object(document)))
    return Attempt(request: patch, whole: create, isSeries: true, cause: .none)
  }

  private mutating func event(
    _ target: TargetReference, _ related: APIObject?, type: String, reason: String,
    action: String, message: String, _ wall: Timestamp
  ) -> Event {
    // Virtual time has microseconds, and an Event's name the nanoseconds: a counter tells apart
    // what happens within one.
    sequence = (sequence + 1) % 1000
    let nanoseconds = UInt64(bitPattern: wall.microseconds) &* 1000 &+ sequence
    var content = Event.Content(reporter)
    content.type = type
    content.reason = reason
    content.action = action
    content.message = message
    content.eventTime = wall
    if let related {
      let metadata = related.metadata
      content.carried["related"] = .object(
        JSONObject([
          ("apiVersion", .string(related.kind.apiVersion)), ("kind", .string(related.kind.kind)),
          ("name", .string(metadata.name)), ("namespace", .string(metadata.namespace)),
          ("resourceVersion", .string(String(related.resourceVersion))),
          ("uid", .string(metadata.uid.text)),
        ]))
    }
    let namespace = target.namespace.isEmpty ? "default" : target.namespace
    return Event(
      metadata: ObjectMeta(
        name: target.name + "." + String(nanoseconds, radix: 16), namespace: namespace),
      about: target, content)
  }
}
