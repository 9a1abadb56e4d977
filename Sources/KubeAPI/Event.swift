import Basics

/// An event (`v1`): something a component wants people to know.
public struct Event: Sendable, Equatable {
  public var resourceVersion: Int64 = 0
  @Shared public var metadata = ObjectMeta()
  @Shared public var involvedObject = TargetReference()
  public var reason = ""
  public var message = ""
  /// `source.component` and `source.host`.
  public var sourceComponent = ""
  public var sourceHost = ""
  public var firstTimestamp: Timestamp?
  public var lastTimestamp: Timestamp?
  public var count: Int32 = 0
  /// `Normal` or `Warning`.
  public var type = ""
  public var eventTime: Timestamp?
  public var action = ""
  public var reportingComponent = ""
  public var reportingInstance = ""
  public var carried = Carried()
  public init() {}
}

extension Event: Resource {
  public static var kind: ResourceKind { .event }
  public static func extract(_ body: APIObject.Body) -> Event? {
    guard case .event(let object) = body else { return nil }
    return object
  }
  public var body: APIObject.Body { .event(self) }
}
