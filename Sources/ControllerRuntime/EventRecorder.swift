import Basics
import KubeAPI

/// Makes Event objects and correlates repeats (client-go's `tools/record`): the same event again
/// raises `count` by a patch; ten similar ones within ten minutes become a combined one; a source
/// that says more than 25 things about one object is held to one per 5 minutes.
public struct EventRecorder: Sendable {
  private struct Seen: Sendable {
    var name: String
    var count: Int32
  }
  private struct Similar: Sendable {
    /// Digests of the different messages: the first, and as a rule the only one, in place.
    var message: Digest
    var others: [Digest] = []
    var last: Tick

    /// Takes one more in, and says whether there are ten different ones with it, of which the oldest
    /// then goes.
    mutating func reachesLimit(adding digest: Digest) -> Bool {
      if digest != message, !others.contains(digest) { others.append(digest) }
      guard others.count >= 9 else { return false }
      message = others.removeFirst()
      return true
    }
  }

  public let component: String
  public let host: String
  private let reporter: Shared<Event.Reporter>
  private var sequence: UInt64 = 0
  private var seen = LookupTable<Digest, Seen>()
  private var similar = LookupTable<Digest, Similar>()
  /// The event before: the next is often about the same object.
  private var last: Event?
  /// The texts said last: a kubelet says the same of each of a hundred pods.
  private var texts: [String] = []
  private var spam = LookupTable<Digest, TokenBucketPerFiveMinutes>()

  public init(component: String, host: String = "") {
    self.component = component
    self.host = host
    var reporter = Event.Reporter()
    reporter.sourceComponent = component
    reporter.sourceHost = host
    reporter.reportingComponent = component
    reporter.reportingInstance = host
    self.reporter = Shared(wrappedValue: reporter)
  }

  /// The request that records the event, or nil where the spam filter swallows it.
  public mutating func record(
    _ object: APIObject, fieldPath: String = "", type: String = "Normal", reason: String,
    message: String, at time: HostTime
  ) -> APIRequest? {
    var target = TargetReference()
    let metadata = object.metadata
    target.apiVersion = object.kind.apiVersion
    target.kind = object.kind.kind
    target.namespace = metadata.namespace
    target.name = metadata.name
    target.uid = metadata.uid
    target.resourceVersion = String(object.resourceVersion)
    target.fieldPath = fieldPath
    return record(target, type: type, reason: reason, message: message, at: time)
  }

  /// The same about an object known by reference only.
  public mutating func record(
    _ target: TargetReference, type: String = "Normal", reason: String, message: String,
    at time: HostTime
  ) -> APIRequest? {
    // The keys are digests of what client-go joins to strings: there are thousands of them, and
    // nobody reads them.
    var object = Digest()
    object.combine(target.kind)
    object.combine(target.namespace)
    object.combine(target.name)
    object.combine(target.uid.high)
    object.combine(target.uid.low)
    guard
      spam[object, default: TokenBucketPerFiveMinutes(at: time.monotonic)]
        .take(at: time.monotonic)
    else { return nil }

    var aggregate = object
    aggregate.combine(type)
    aggregate.combine(reason)
    let text = combined(aggregate, message, time.monotonic)
    var key = aggregate
    key.combine(target.fieldPath)
    key.combine(text)
    let namespace = target.namespace.isEmpty ? "default" : target.namespace

    if var earlier = seen[key] {
      earlier.count += 1
      seen[key] = earlier
      var request = APIRequest(.patch, .event, namespace: namespace, name: earlier.name)
      let document = JSONValue.object(
        JSONObject([
          ("count", .integer(Int64(earlier.count))),
          ("lastTimestamp", .string(time.wall.rfc3339)),
        ]))
      request.body = .patch(Patch(.strategicMerge, document))
      return request
    }

    // The name of an event is the object's and the time in nanoseconds, in hexadecimal. Virtual
    // time has microseconds: a counter tells apart what happens within one.
    sequence = (sequence + 1) % 1000
    let nanoseconds = UInt64(bitPattern: time.wall.microseconds) &* 1000 &+ sequence
    let name = target.name + "." + String(nanoseconds, radix: 16)
    var content = Event.Content(reporter)
    content.reason = reason
    content.message = shared(text)
    content.type = type
    content.firstTimestamp = time.wall.truncatedToSeconds
    content.lastTimestamp = content.firstTimestamp
    content.count = 1
    var event = Event(
      metadata: ObjectMeta(name: name, namespace: namespace), about: target, content)
    if let last, last.involvedObject == target { event.$involvedObject = last.$involvedObject }
    last = event
    if seen.count >= 4096 { seen.removeAll() }
    seen[key] = Seen(name: name, count: 1)
    var request = APIRequest(.create, .event, namespace: namespace, name: name)
    request.body = .object(event.boxed)
    return request
  }

  /// `text`, or the same said before: equal texts of an hour's events need one string.
  private mutating func shared(_ text: String) -> String {
    if let known = texts.first(where: { $0 == text }) { return known }
    if texts.count == Self.rememberedTexts { texts.removeFirst() }
    texts.append(text)
    return text
  }

  private static let rememberedTexts = 8

  /// When the next Event about an object may be written; nil where the spam filter lets it pass now.
  public func heldUntil(about object: APIObject, at now: Tick) -> Tick? {
    let metadata = object.metadata
    var key = Digest()
    key.combine(object.kind.kind)
    key.combine(metadata.namespace)
    key.combine(metadata.name)
    key.combine(metadata.uid.high)
    key.combine(metadata.uid.low)
    return spam[key]?.emptyUntil(now)
  }

  /// EventAggregator: beyond ten different messages within 600 s the rest are one.
  private mutating func combined(_ key: Digest, _ message: String, _ now: Tick) -> String {
    var digest = Digest()
    digest.combine(message)
    var record = similar[key] ?? Similar(message: digest, last: now)
    if now - record.last > .seconds(600) { record = Similar(message: digest, last: now) }
    record.last = now
    let isOneOfMany = record.reachesLimit(adding: digest)
    if similar.count >= 4096 { similar.removeAll() }
    similar[key] = record
    return isOneOfMany ? "(combined from similar events): " + message : message
  }
}

/// The spam filter's bucket: 25 at once, then one in 300 s.
struct TokenBucketPerFiveMinutes: Sendable {
  private var tokens = 25
  private var filledAt: Tick

  init(at now: Tick) { filledAt = now }

  /// When the next token comes, where there is none.
  func emptyUntil(_ now: Tick) -> Tick? {
    let next = filledAt + .seconds(300)
    return tokens > 0 || next <= now ? nil : next
  }

  mutating func take(at now: Tick) -> Bool {
    let periods = (now - filledAt).microseconds / Span.seconds(300).microseconds
    if periods > 0 {
      tokens = min(25, tokens + Int(periods))
      filledAt += .seconds(300) * Int(periods)
    }
    guard tokens > 0 else { return false }
    tokens -= 1
    return true
  }
}
