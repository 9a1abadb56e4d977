import Basics
import KubeAPI

/// The rules of one node for people.
public struct KubeProxyView: Sendable {
  public struct Service: Sendable {
    public var key: ObjectKey
    public var clusterIP: String
    public var ports: [ServicePort]
    public var endpoints: Int
  }
  public var nodeName: String
  /// How old the rules are; nil before the first sync of this process.
  public var sinceSync: Span?
  public var syncs: UInt64
  /// Services that changed since.
  public var pending: Int
  public var isWatching: Bool
  public var services: [Service]
}
