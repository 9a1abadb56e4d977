/// `metav1.Status` as a failure: what the API server answers when it does not do what was asked.
public struct APIStatus: Error, Sendable, Equatable {
  public enum Reason: String, Sendable {
    case unknown = ""
    case unauthorized = "Unauthorized"
    case forbidden = "Forbidden"
    case notFound = "NotFound"
    case alreadyExists = "AlreadyExists"
    case conflict = "Conflict"
    case gone = "Gone"
    case expired = "Expired"
    case invalid = "Invalid"
    case serverTimeout = "ServerTimeout"
    case timeout = "Timeout"
    case tooManyRequests = "TooManyRequests"
    case badRequest = "BadRequest"
    case methodNotAllowed = "MethodNotAllowed"
    case internalError = "InternalError"
    case serviceUnavailable = "ServiceUnavailable"
    case unsupportedMediaType = "UnsupportedMediaType"
  }

  /// One cause of an `Invalid`: a field and what is wrong with it.
  public struct Cause: Sendable, Equatable {
    /// `FieldValueRequired`, `FieldValueInvalid`, …
    public var reason: String
    public var message: String
    public var field: String
    public init(reason: String, message: String, field: String) {
      self.reason = reason
      self.message = message
      self.field = field
    }
  }

  public var code: Int
  public var reason: Reason
  public var message: String
  public var kind: String
  public var name: String
  public var causes: [Cause]
  public var retryAfterSeconds: Int

  public init(
    code: Int, reason: Reason, message: String, kind: String = "", name: String = "",
    causes: [Cause] = [], retryAfterSeconds: Int = 0
  ) {
    self.code = code
    self.reason = reason
    self.message = message
    self.kind = kind
    self.name = name
    self.causes = causes
    self.retryAfterSeconds = retryAfterSeconds
  }

  public static func notFound(_ kind: ResourceKind, _ name: String) -> APIStatus {
    APIStatus(
      code: 404, reason: .notFound, message: "\(kind.groupResource) \"\(name)\" not found",
      kind: kind.plural, name: name)
  }

  public static func alreadyExists(_ kind: ResourceKind, _ name: String) -> APIStatus {
    APIStatus(
      code: 409, reason: .alreadyExists,
      message: "\(kind.groupResource) \"\(name)\" already exists", kind: kind.plural, name: name)
  }

  /// 409 with `problem` after the object; the usual one is `objectModified`.
  public static func conflict(_ kind: ResourceKind, _ name: String, _ problem: String) -> APIStatus
  {
    APIStatus(
      code: 409, reason: .conflict,
      message: "Operation cannot be fulfilled on \(kind.groupResource) \"\(name)\": \(problem)",
      kind: kind.plural, name: name)
  }

  /// The text of an update that lost (`registry.OptimisticLockErrorMsg`).
  public static let objectModified =
    "the object has been modified; please apply your changes to the latest version and try again"

  public static func badRequest(_ message: String) -> APIStatus {
    APIStatus(code: 400, reason: .badRequest, message: message)
  }

  public static func internalError(_ message: String) -> APIStatus {
    APIStatus(
      code: 500, reason: .internalError, message: "Internal error occurred: \(message)")
  }

  /// What a client sees when the request did not reach a server or no answer came: no status of
  /// the API but an error of the transport.
  public static func transport(_ message: String) -> APIStatus {
    APIStatus(code: 0, reason: .unknown, message: message)
  }

  /// Whether it is no server's word but an error of the transport.
  public var isTransport: Bool { code == 0 }
  public var isNotFound: Bool { reason == .notFound }
  public var isConflict: Bool { reason == .conflict }
  public var isAlreadyExists: Bool { reason == .alreadyExists }
}
