/// A refusal as an etcd client sees it: a gRPC code and etcd's text, word for word
/// (api/v3rpc/rpctypes/error.go).
public struct EtcdError: Error, Hashable, Sendable {
  /// The gRPC status codes etcd uses.
  public enum Code: Int, Hashable, Sendable {
    case canceled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case outOfRange = 11
    case unimplemented = 12
    case internalError = 13
    case unavailable = 14
    case dataLoss = 15
  }

  public let code: Code
  public let message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension EtcdError: CustomStringConvertible {
  public var description: String { message }
}

extension EtcdError {
  public static let emptyKey = EtcdError(.invalidArgument, "etcdserver: key is not provided")
  public static let keyNotFound = EtcdError(.invalidArgument, "etcdserver: key not found")
  public static let valueProvided = EtcdError(.invalidArgument, "etcdserver: value is provided")
  public static let leaseProvided = EtcdError(.invalidArgument, "etcdserver: lease is provided")
  public static let tooManyOps = EtcdError(
    .invalidArgument, "etcdserver: too many operations in txn request")
  public static let duplicateKey = EtcdError(
    .invalidArgument, "etcdserver: duplicate key given in txn request")
  public static let compacted = EtcdError(
    .outOfRange, "etcdserver: mvcc: required revision has been compacted")
  public static let futureRevision = EtcdError(
    .outOfRange, "etcdserver: mvcc: required revision is a future revision")
  public static let noSpace = EtcdError(
    .resourceExhausted, "etcdserver: mvcc: database space exceeded")
  public static let leaseNotFound = EtcdError(.notFound, "etcdserver: requested lease not found")
  public static let leaseExists = EtcdError(
    .failedPrecondition, "etcdserver: lease already exists")
  public static let leaseTTLTooLarge = EtcdError(.outOfRange, "etcdserver: too large lease TTL")
}
