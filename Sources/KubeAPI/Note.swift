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
  /// For a write, the part of the object that it was about.
  public var subresource: APIRequest.Subresource?
  public var subject: ObjectReference?
  /// What is said, in words a person can read.
  public var message: String {
    get {
      // `created pod default/web-1 at revision 812 for system:serviceaccount:…`
      if let write { return "\(write.deed) at revision \(revision) for \(write.user)" }
      guard case .given(let text) = words else { return "" }
      return text
    }
    set { words = .given(newValue) }
  }
  /// For a write, the revision it made: what later watch events of that revision are caused by.
  public var revision: Int64 = 0
  /// What a decision rests on, where its maker says.
  public var basis: Basis?

  public init(_ kind: Kind, _ subject: ObjectReference? = nil, _ message: String) {
    self.kind = kind
    self.subject = subject
    words = .given(message)
  }

  /// A write that an API server carried out for `user`: `created`, `bound to worker-1`. Of these
  /// there are most, so that their words are put together only for who reads them.
  public init(
    wrote subject: ObjectReference, deed: String, revision: Int64,
    subresource: APIRequest.Subresource?, user: String
  ) {
    kind = .write
    self.subject = subject
    self.revision = revision
    self.subresource = subresource
    words = .write(deed: deed, user: user)
  }

  private enum Words: Sendable {
    case given(String)
    case write(deed: String, user: String)
  }
  private var words: Words

  /// What a write did, `created pod default/web-1`, and the user it was for; nil for all else.
  public var write: (deed: String, user: String)? {
    guard case .write(let deed, let user) = words else { return nil }
    let object = subject.map { $0.kind.singular + " " + $0.key.text } ?? "an object"
    return (deed + " " + object, Self.named(user))
  }

  /// The user that a write was for; nil for all else.
  public var writer: String? {
    guard case .write(_, let user) = words else { return nil }
    return Self.named(user)
  }

  private static func named(_ user: String) -> String {
    user.isEmpty ? "system:anonymous" : user
  }

  public init(
    _ kind: Kind, _ subject: ObjectReference? = nil, _ message: String, basis: Basis?
  ) {
    self.init(kind, subject, message)
    self.basis = basis
  }
}
