import Basics
import KubeAPI

/// Events of the newer API (`events.k8s.io/v1`, client-go's `tools/events`), as the scheduler writes
/// them: each on its own, tried 12 times about 10 s apart while no server can be reached. The same
/// about the same revision of an object is a series: its second observation is written at once, the
/// others after 30 minutes or when the series has been over for 6.
///
/// The owner sends each `EventTurn` it is given, and hands back the answer with the turn's number.
public struct EventSeriesBroadcaster: Sendable {
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
  /// The Events, each with its series, by the digest of what makes two observations the same.
  private var known = LookupTable<UInt64, Event>()
  private var attempts = LookupTable<UInt64, Attempt>()
  private var lastNumber: UInt64 = 0
  private var names = EventNames()

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
  ) -> EventTurn? {
    record(
      TargetReference(object), related: related, type: type, reason: reason, action: action,
      message: message, at: time, because: cause)
  }

  /// The same about an object known by reference only.
  public mutating func record(
    _ target: TargetReference, related: APIObject? = nil, type: String, reason: String,
    action: String, message: String, at time: HostTime, because cause: TraceID
  ) -> EventTurn? {
    var digest = Digest()
    digest.combine(type)
    digest.combine(action)
    digest.combine(reason)
    target.combineIdentity(into: &digest)
    digest.combine(target.resourceVersion)
    if let related {
      digest.combine(related.metadata.uid.high)
      digest.combine(related.metadata.uid.low)
    }
    let key = digest.value
    if var old = known[key] {
      let isNew = old.series == nil
      old.series = Event.Series(count: old.occurrences + 1, lastObservedTime: time.wall)
      known[key] = old
      return isNew ? write(old, because: cause) : nil
    }
    let event = event(
      target, related, type: type, reason: reason, action: action, message: message, time.wall)
    known[key] = event
    return write(event, because: cause)
  }

  /// The answer to the request of this number.
  ///
  /// - Parameter luck: what the waits are drawn from, so that not all come back at once.
  public mutating func answered(
    _ number: UInt64, _ response: APIResponse, at now: Tick, luck: UInt64
  ) -> EventTurn.Next {
    guard var attempt = attempts[number] else { return .nothing }
    guard case .status(let status) = response, status.code != 200 else {
      attempts.removeValue(forKey: number)
      return .nothing
    }
    if status.isNotFound, let whole = attempt.whole {
      attempt.request = whole
      attempt.whole = nil
      attempts[number] = attempt
      return .send(EventTurn(number: number, request: whole, cause: attempt.cause))
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
  public func retry(_ number: UInt64) -> EventTurn? {
    attempts[number].map { EventTurn(number: number, request: $0.request, cause: $0.cause) }
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
  public mutating func finishSeries(at wall: Timestamp, because cause: TraceID) -> [EventTurn] {
    var turns: [EventTurn] = []
    for key in known.sortedKeys {
      guard let event = known[key], let last = event.lastSeen, wall - last > Self.finishTime
      else { continue }
      known.removeValue(forKey: key)
      if event.series != nil { turns.append(write(event, because: cause)) }
    }
    return turns
  }

  /// Each `refreshTime`: every series is written as it is.
  public mutating func refreshSeries(because cause: TraceID) -> [EventTurn] {
    var turns: [EventTurn] = []
    for key in known.sortedKeys {
      guard let event = known[key], event.series != nil else { continue }
      turns.append(write(event, because: cause))
    }
    return turns
  }

  /// Begins to write an Event as it is: a series by a patch, unless the first Event is gone.
  private mutating func write(_ event: Event, because cause: TraceID) -> EventTurn {
    let metadata = event.metadata
    func request(_ verb: APIRequest.Verb, _ body: APIRequest.Body) -> APIRequest {
      var request = APIRequest(verb, .event, namespace: metadata.namespace, name: metadata.name)
      request.body = body
      return request
    }
    let create = request(.create, .object(event.boxed))
    var attempt = Attempt(request: create, isSeries: event.series != nil, cause: cause)
    if let series = event.series {
      let time = series.lastObservedTime.map { JSONValue.string($0.rfc3339Micro) }
      let fields = JSONObject([
        ("count", .integer(Int64(series.count))), ("lastObservedTime", time ?? .null),
      ])
      let document = JSONObject([("series", .object(fields))])
      attempt.request = request(.patch, .patch(Patch(.strategicMerge, .object(document))))
      attempt.whole = create
    }
    lastNumber += 1
    attempts[lastNumber] = attempt
    return EventTurn(number: lastNumber, request: attempt.request, cause: nil)
  }

  private mutating func event(
    _ target: TargetReference, _ related: APIObject?, type: String, reason: String,
    action: String, message: String, _ wall: Timestamp
  ) -> Event {
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
        name: names.next(about: target, at: wall), namespace: namespace),
      about: target, content)
  }
}
