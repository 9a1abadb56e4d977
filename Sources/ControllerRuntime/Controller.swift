import Basics
import KubeAPI

/// One control loop: it watches kinds, turns what changed into keys, and brings the world of each
/// key a step closer to what is wanted.
///
/// A key stays in work until all calls made for it are answered. Calls that fail put the key back
/// with a growing delay; when all succeed the delay is forgotten.
public protocol Controller: Sendable, Digestible {
  /// The name in leases, events and traces, as `deployment-controller`.
  var name: String { get }
  /// The component its events name, where that is not `name`.
  var eventSource: String { get }
  /// How many times the common rate its client may send: requests a second, and burst.
  var rateScale: (qps: Int, burst: Int) { get }
  /// Keys in work at a time (`--concurrent-deployment-syncs` and its like).
  var workers: Int { get }
  /// The kinds whose changes `observe` wants, in the order of `ResourceKind`.
  var watches: [ResourceKind] { get }
  /// Kinds it only reads from the cache: it starts when these have synced too.
  var reads: [ResourceKind] { get }
  /// How often a failing key is tried again before it is dropped; nil: for ever.
  var maxRetries: Int? { get }
  /// The delay of the first retry, doubled each time up to the second.
  var retryDelays: (base: Span, ceiling: Span) { get }

  /// The caches have synced and this process leads.
  mutating func start(_ context: inout ControllerContext)
  /// Something changed in a watched kind. Adds keys with `context.enqueue`.
  mutating func observe(_ delta: Delta, _ context: inout ControllerContext)
  /// Compares what is with what is wanted for `key`, and makes calls.
  mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext)
  /// The answer to a call.
  mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome
  /// The key is out of work: its calls are answered, or the retries are spent.
  mutating func finished(_ key: ObjectReference, failed: Bool, _ context: inout ControllerContext)
  /// A timer armed with `context.arm` is due.
  mutating func timer(_ id: UInt32, _ context: inout ControllerContext)
  /// What the timer of this number is for; nil where it waits for nothing any more.
  func purpose(ofTimer id: UInt32) -> Deadline?
  /// Why a key waits in the queue, where the controller knows better than "its time".
  func purpose(ofDelayed key: ObjectReference) -> Deadline?
  /// Times the controller keeps in mind without a timer of their own.
  func addDeadlines(to list: inout DeadlineList, _ context: ControllerContext)
  /// The answer of the cloud to a request made with `context.ask`.
  mutating func answered(
    _ call: ControllerCall, _ result: CloudResponse.Result, _ context: inout ControllerContext
  ) -> CallOutcome
}

extension Controller {
  public var eventSource: String { name }
  public var rateScale: (qps: Int, burst: Int) { (1, 1) }
  public var reads: [ResourceKind] { [] }
  public var maxRetries: Int? { nil }
  public var retryDelays: (base: Span, ceiling: Span) { (.milliseconds(5), .seconds(1000)) }
  public mutating func start(_ context: inout ControllerContext) {}
  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .usual(response) }
  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {}
  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {}
  public func purpose(ofTimer id: UInt32) -> Deadline? {
    Deadline(.poll, "\(name) looks at everything", isRoutine: true)
  }
  public func purpose(ofDelayed key: ObjectReference) -> Deadline? { nil }
  public func addDeadlines(to list: inout DeadlineList, _ context: ControllerContext) {}
  public mutating func answered(
    _ call: ControllerCall, _ result: CloudResponse.Result, _ context: inout ControllerContext
  ) -> CallOutcome {
    if case .failed(let message) = result { return .retry(message) }
    return .ok
  }
  public func digest(into digest: inout Digest) {}
}

/// What a call was for.
public struct ControllerCall: Sendable {
  /// The key in work; nil for a call of a periodic loop.
  public var key: ObjectReference?
  /// The controller's own mark.
  public var step: Int
  public var verb: APIRequest.Verb
  /// The object the call is about.
  public var target: ObjectReference

  /// The step of the host's own calls: events.
  static let event = Int.min
}

/// What a controller makes of an answer.
public enum CallOutcome: Sendable, Equatable {
  case ok
  /// The key failed and is tried again after its back-off; why, for the trace.
  case retry(String)

  /// A status that is no success is a failure.
  public static func usual(_ response: APIResponse) -> CallOutcome {
    response.refusal.map { .retry($0.message) } ?? .ok
  }

  /// The same, but an object that is gone is fine.
  public static func unlessGone(_ response: APIResponse) -> CallOutcome {
    guard let refusal = response.refusal, !refusal.isNotFound else { return .ok }
    return .retry(refusal.message)
  }
}

extension APIResponse {
  /// The failure that this is; nil for an object, a list, or a status of success.
  public var refusal: APIStatus? {
    guard case .status(let status) = self, !(200..<300).contains(status.code) else { return nil }
    return status
  }

  /// The object answered, if one was.
  public var object: APIObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }
}
