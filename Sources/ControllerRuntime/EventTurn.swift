import Basics
import KubeAPI

/// A request of a broadcaster, to be sent now.
public struct EventTurn: Sendable {
  /// What a broadcaster that sends several at a time knows it by; 0 of one that does not.
  public var number: UInt64 = 0
  public let request: APIRequest
  /// What made the component say it; nil for what it handles now.
  public let cause: TraceID?

  /// What is to be done after an answer.
  public enum Next: Sendable {
    case nothing
    case send(EventTurn)
    /// The server can't be reached: `retry` is to be called after this span.
    case wait(Span)
  }
}

/// Names of Events: the object's and the time in nanoseconds, in hexadecimal. Virtual time has
/// microseconds: a counter tells apart what happens within one.
struct EventNames: Sendable {
  private var sequence: UInt64 = 0

  mutating func next(about target: TargetReference, at wall: Timestamp) -> String {
    sequence = (sequence + 1) % 1000
    let nanoseconds = UInt64(bitPattern: wall.microseconds) &* 1000 &+ sequence
    return target.name + "." + String(nanoseconds, radix: 16)
  }
}

extension TargetReference {
  /// A reference as `reference.GetReference` makes it.
  init(_ object: APIObject, fieldPath: String = "") {
    self.init()
    let metadata = object.metadata
    apiVersion = object.kind.apiVersion
    kind = object.kind.kind
    namespace = metadata.namespace
    name = metadata.name
    uid = metadata.uid
    resourceVersion = String(object.resourceVersion)
    self.fieldPath = fieldPath
  }

  /// Which object it is, whatever its revision.
  func combineIdentity(into digest: inout Digest) {
    digest.combine(kind)
    digest.combine(namespace)
    digest.combine(name)
    digest.combine(uid.high)
    digest.combine(uid.low)
  }
}
