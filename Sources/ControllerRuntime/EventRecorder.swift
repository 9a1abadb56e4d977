import Basics
import KubeAPI

/// Makes Event objects and correlates repeats (client-go's `tools/record`): the same event again
/// raises `count` by a patch; ten similar ones within ten minutes become a combined one; a source
/// that says more than 25 things about one object is held to one per 5 minutes.
struct EventRecorder: Sendable {
  /// What a component said, before anybody looked whether it said it before.
  struct Said: Sendable {
    var target: TargetReference
    var type: String
    var reason: String
    var message: String
    var time: HostTime
    /// What made it say so.
    var cause: TraceID = .none
  }

  /// What is to be asked of the API server for something said.
  struct Correlated: Sendable {
    var request: APIRequest
    /// The same as a whole Event, to be created where the one to be patched is gone; nil where
    /// `request` creates it.
    var whole: APIRequest?
  }

  private struct Seen: Sendable {
    var name: String
    var count: Int32
    let first: Timestamp
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

  let component: String
  let host: String
  private let reporter: Shared<Event.Reporter>
  private var names = EventNames()
  private var seen = LookupTable<Digest, Seen>()
  private var similar = LookupTable<Digest, Similar>()
  /// The event before: the next is often about the same object.
  private var previous: Event?
  /// The texts said last: a kubelet says the same of each of a hundred pods.
  private var texts: [String] = []
  private var spam = LookupTable<Digest, TokenBucketPerFiveMinutes>()

  init(component: String, host: String = "") {
    self.component = component
    self.host = host
    var reporter = Event.Reporter()
    reporter.sourceComponent = component
    reporter.sourceHost = host
    reporter.reportingComponent = component
    reporter.reportingInstance = host
    self.reporter = Shared(wrappedValue: reporter)
  }

  /// The request that records something said, or nil where the spam filter swallows it.
  mutating func correlate(_ said: Said, at now: Tick) -> Correlated? {
    let target = said.target
    // The keys are digests of what client-go joins to strings: there are thousands of them, and
    // nobody reads them.
    var object = Digest()
    target.combineIdentity(into: &object)
    guard spam[object, default: TokenBucketPerFiveMinutes(at: now)].take(at: now) else {
      return nil
    }

    var aggregate = object
    aggregate.combine(said.type)
    aggregate.combine(said.reason)
    let text = combined(aggregate, said.message, now)
    var key = aggregate
    key.combine(target.fieldPath)
    key.combine(text)
    let wall = said.time.wall.truncatedToSeconds

    if var earlier = seen[key] {
      earlier.count += 1
      seen[key] = earlier
      let namespace = target.namespace.isEmpty ? "default" : target.namespace
      var request = APIRequest(.patch, .event, namespace: namespace, name: earlier.name)
      let document = JSONValue.object(
        JSONObject([
          ("count", .integer(Int64(earlier.count))),
          ("lastTimestamp", .string(wall.rfc3339)),
        ]))
      request.body = .patch(Patch(.strategicMerge, document))
      return Correlated(
        request: request,
        whole: creation(of: said, text, earlier, first: earlier.first, last: wall))
    }

    let name = names.next(about: target, at: said.time.wall)
    let new = Seen(name: name, count: 1, first: wall)
    if seen.count >= 4096 { seen.removeAll() }
    seen[key] = new
    return Correlated(request: creation(of: said, text, new, first: wall, last: wall))
  }

  private mutating func creation(
    of said: Said, _ text: String, _ seen: Seen, first: Timestamp, last: Timestamp
  ) -> APIRequest {
    let namespace = said.target.namespace.isEmpty ? "default" : said.target.namespace
    var content = Event.Content(reporter)
    content.reason = said.reason
    content.message = shared(text)
    content.type = said.type
    content.firstTimestamp = first
    content.lastTimestamp = last
    content.count = seen.count
    var event = Event(
      metadata: ObjectMeta(name: seen.name, namespace: namespace), about: said.target, content)
    if let previous, previous.involvedObject == said.target {
      event.$involvedObject = previous.$involvedObject
    }
    previous = event
    var request = APIRequest(.create, .event, namespace: namespace, name: seen.name)
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
  func heldUntil(about object: APIObject, at now: Tick) -> Tick? {
    var key = Digest()
    TargetReference(object).combineIdentity(into: &key)
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
