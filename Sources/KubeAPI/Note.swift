import Basics

/// What a component adds to the trace: what it decided or noticed, about which object, in words a
/// person can read.
public struct Note: Sendable {
  public enum Kind: UInt8, Sendable {
    /// A decision with its inputs: "want 3, have 2".
    case decision
    /// Something the component noticed: a condition, a missed heartbeat.
    case observation
    /// A change of leader, role or membership.
    case leadership
    /// A container, sandbox or process started, stopped or failed.
    case lifecycle
    /// A failure, a refusal, a retry.
    case failure
    /// A write that an API server carried out.
    case write
    /// A fault or another input from outside the world.
    case input
  }
  public var kind: Kind
  public var subject: ObjectReference?
  public var message: String
  /// For a write, the revision it made: what later watch events of that revision are caused by.
  public var revision: Int64 = 0
  /// What a decision rests on, where its maker says.
  public var basis: Basis?
  /// For a write, the part of the object that it was about.
  public var subresource: APIRequest.Subresource?

  public init(_ kind: Kind, _ subject: ObjectReference? = nil, _ message: String) {
    self.kind = kind
    self.subject = subject
    self.message = message
  }

  public init(
    _ kind: Kind, _ subject: ObjectReference? = nil, _ message: String, basis: Basis?
  ) {
    self.init(kind, subject, message)
    self.basis = basis
  }
}
