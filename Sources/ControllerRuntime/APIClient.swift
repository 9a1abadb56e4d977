import Basics
import KubeAPI

/// A component's side of its connection to an API server: numbers requests, holds them back to the
/// client's rate limit, and remembers what each was for.
///
/// `Tag` is the component's note to itself on a request. The owner calls `timer` for its timers
/// with the tag given at `init`, and `answered` for each response.
public struct APIClient<Tag: Sendable>: Sendable {
  public struct Pending: Sendable {
    public var tag: Tag
    public var cause: TraceID
    public var isWatch: Bool

    @inlinable init(tag: Tag, cause: TraceID, isWatch: Bool) {
      self.tag = tag
      self.cause = cause
      self.isWatch = isWatch
    }
  }

  // Open to inlining, as every component has a client of its own kind of tag.
  public let user: String
  @usableFromInline let timerTag: UInt8
  // In a box: the thousands of heartbeat clients have none.
  @usableFromInline var limit: Shared<RateLimit>?
  @usableFromInline var nextID: RequestID
  @usableFromInline var pending = LookupTable<RequestID, Pending>()

  /// `qps` 0 means no client-side limit. `timerTag` is the tag of the timers that are this
  /// client's. Clients that share a connection number their requests from different `firstID`s.
  public init(user: String, qps: Int, burst: Int, timerTag: UInt8, firstID: RequestID = 1) {
    self.user = user
    self.timerTag = timerTag
    nextID = firstID
    limit =
      qps > 0
      ? Shared(wrappedValue: RateLimit(bucket: TokenBucket(qps: qps, burst: burst))) : nil
  }

  /// Requests sent or held back, watches included.
  public var inFlight: Int { pending.count }
  /// Requests held back by the rate limit.
  public var heldBack: Int { limit?.wrappedValue.waiting.count ?? 0 }

  /// What a timer of this client is for; nil where nothing waits for it any more.
  public func purpose(of timer: TimerID) -> Deadline? {
    if timer.payload == 0 {
      let waiting = heldBack
      return waiting == 0
        ? nil : Deadline(.rateLimit, "client-side limit lets the next of \(waiting) go")
    }
    guard pending.contains(timer.payload) else { return nil }
    return Deadline(.timeout, "gives up a request that is not answered", isRoutine: true)
  }

  /// Sends `request` as soon as the rate limit lets it. With `timeout`, no answer by then counts as
  /// the answer "context deadline exceeded".
  @inlinable @discardableResult
  public mutating func call(
    _ request: APIRequest, tag: Tag, timeout: Span? = nil, now: Tick, into effects: inout Effects
  ) -> RequestID {
    let id = nextID
    nextID += 1
    var request = request
    request.user = user
    pending[id] = Pending(tag: tag, cause: effects.cause, isWatch: request.verb == .watch)
    let item = RateLimit.Waiting(
      id: id, request: request, timeout: timeout, cause: effects.cause)
    if limit?.wrappedValue.letsGo(at: now) ?? true {
      send(item, into: &effects)
    } else if limit?.wrappedValue.waiting.push(item) ?? false {
      armIfNeeded(into: &effects)
    } else {
      pending.removeValue(forKey: id)
    }
    return id
  }

  /// The same for something that `cause` made the component ask, not what it handles now; nil for
  /// what it handles, or has just noted.
  @inlinable
  public mutating func call(
    _ request: APIRequest, tag: Tag, because cause: TraceID?, now: Tick,
    into effects: inout Effects
  ) {
    guard let cause else {
      call(request, tag: tag, now: now, into: &effects)
      return
    }
    let current = effects.cause
    effects.because(cause)
    call(request, tag: tag, now: now, into: &effects)
    effects.because(current)
  }

  /// The client's own timers: rate limit and time-outs. Returns the requests that timed out, each
  /// to be handled like a failed response.
  @inlinable public mutating func timer(
    _ timer: TimerID, now: Tick, into effects: inout Effects
  ) -> (RequestID, Pending)? {
    precondition(timer.tag == timerTag, "not this client's timer")
    if timer.payload == 0 {
      limit?.wrappedValue.isTimerArmed = false
      while let item = limit?.wrappedValue.next(at: now) {
        guard pending.contains(item.id) else { continue }
        let cause = effects.cause
        effects.because(item.cause)
        send(item, into: &effects)
        effects.because(cause)
      }
      if heldBack > 0 { armIfNeeded(into: &effects) }
      return nil
    }
    guard let entry = pending.removeValue(forKey: timer.payload) else { return nil }
    effects.cancel(timer.payload)
    return (timer.payload, entry)
  }

  /// What the request was for; nil where nobody waits for it any more. A watch stays pending.
  @inlinable public mutating func answered(_ id: RequestID) -> Pending? {
    pending.removeValue(forKey: id)
  }

  /// What an open watch was for.
  @inlinable public func watch(_ id: RequestID) -> Pending? { pending[id] }

  /// Closes a watch or gives up on a request.
  @inlinable public mutating func cancel(_ id: RequestID, into effects: inout Effects) {
    if pending.removeValue(forKey: id) != nil { effects.cancel(id) }
  }

  /// Takes everything that was in flight, in the order of sending: for `ClientEvent.disconnected`.
  /// What the rate limit still holds back stays and is sent on the next connection.
  public mutating func takeLost() -> [(RequestID, Pending)] {
    var held = LookupSet<RequestID>()
    if var queue = limit?.wrappedValue.waiting {
      while let item = queue.pop() { held.insert(item.id) }
    }
    return pending.sortedKeys.filter { !held.contains($0) }.compactMap { id in
      pending.removeValue(forKey: id).map { (id, $0) }
    }
  }

  @inlinable mutating func send(_ item: RateLimit.Waiting, into effects: inout Effects) {
    effects.request(item.id, item.request)
    if let timeout = item.timeout {
      effects.arm(TimerID(tag: timerTag, payload: item.id), after: timeout)
    }
  }

  @inlinable mutating func armIfNeeded(into effects: inout Effects) {
    guard let limit = limit?.wrappedValue, !limit.isTimerArmed else { return }
    self.limit?.wrappedValue.isTimerArmed = true
    effects.arm(TimerID(tag: timerTag), after: limit.bucket.wait())
  }
}
