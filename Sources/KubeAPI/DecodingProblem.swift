/// Why a document is no object of the API, in the API server's words.
public struct DecodingProblem: Error, Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    /// The JSON does not fit the Go type: refused whatever the field validation.
    case type
    /// An unknown or duplicate field: refused under `fieldValidation=Strict`, kubectl's default.
    case strict
    /// `apiVersion` or `kind` missing or not known.
    case unknownKind
  }

  public struct Detail: Sendable, Equatable {
    public var path: FieldPath
    /// What is wrong with it: `unknown field "spec.foo"`.
    public var message: String
  }

  public var kind: Kind
  /// Every place that is wrong, in the order found; never empty.
  public var details: [Detail]
  /// The object's `kind` and version as the message names them; empty when not known.
  public var objectKind = ""
  public var objectVersion = ""

  init(_ kind: Kind, _ details: [Detail]) {
    precondition(!details.isEmpty, "a problem without a place")
    self.kind = kind
    self.details = details
  }

  /// The first place that is wrong.
  public var path: FieldPath { details[0].path }

  /// The reason alone: `strict decoding error: unknown field "spec.foo"`.
  public var reason: String {
    let text = details.map(\.message).joined(separator: ", ")
    return kind == .strict ? "strict decoding error: " + text : text
  }

  /// What the API server answers:
  /// `Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: …`.
  public var message: String {
    if kind == .unknownKind || objectKind.isEmpty { return reason }
    return "\(objectKind) in version \"\(objectVersion)\" cannot be handled as a \(objectKind): "
      + reason
  }

  /// The 400 that an API server answers with.
  public var status: APIStatus { .badRequest(message) }
}
