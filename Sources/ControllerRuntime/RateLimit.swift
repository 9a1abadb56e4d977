import Basics
import KubeAPI

/// What an API client holds back, and until when.
@usableFromInline struct RateLimit: Sendable {
  @usableFromInline struct Waiting: Sendable {
    @usableFromInline var id: RequestID
    @usableFromInline var request: APIRequest
    @usableFromInline var timeout: Span?
    @usableFromInline var cause: TraceID

    @inlinable init(id: RequestID, request: APIRequest, timeout: Span?, cause: TraceID) {
      self.id = id
      self.request = request
      self.timeout = timeout
      self.cause = cause
    }
  }

  @usableFromInline var bucket: TokenBucket
  @usableFromInline var waiting = BoundedQueue<Waiting>(capacity: 1 << 20)
  @usableFromInline var isTimerArmed = false

  init(bucket: TokenBucket) { self.bucket = bucket }

  /// Whether a new request may be sent at once: none waits before it, and there is a token.
  @inlinable mutating func letsGo(at now: Tick) -> Bool {
    waiting.isEmpty && bucket.take(at: now)
  }

  /// The next that may go now.
  @inlinable mutating func next(at now: Tick) -> Waiting? {
    guard !waiting.isEmpty, bucket.take(at: now) else { return nil }
    return waiting.pop()
  }
}
