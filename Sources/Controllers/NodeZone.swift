import Basics
import KubeAPI

/// How a zone's nodes fare, which decides how fast its nodes are tainted (`ZoneState`).
public enum ZoneState: String, Sendable {
  case initial = "Initial"
  case normal = "Normal"
  /// At least three nodes and 55 % of the zone are not ready.
  case partialDisruption = "PartialDisruption"
  /// No node is ready.
  case fullDisruption = "FullDisruption"

  /// `ComputeZoneState`.
  init(ready: Int, notReady: Int) {
    if ready == 0 && notReady > 0 {
      self = .fullDisruption
    } else if notReady > 2 && notReady * 100 >= 55 * (ready + notReady) {
      self = .partialDisruption
    } else {
      self = .normal
    }
  }
}

/// One failure domain: region and zone of the nodes in it.
public struct NodeZone: Sendable {
  /// `region:zone`, or empty for nodes that name neither.
  let name: String
  var state = ZoneState.initial
  var queue: ZoneTaintQueue
  var ready = 0
  var notReady = 0

  var size: Int { ready + notReady }

  /// The zone of a node with these labels (`GetZoneKey`).
  public static func name(of labels: StringMap) -> String {
    let region = labels["topology.kubernetes.io/region"] ?? ""
    let zone = labels["topology.kubernetes.io/zone"] ?? ""
    return region.isEmpty && zone.isEmpty ? "" : region + ":" + zone
  }
}

/// The flags of the node lifecycle controller, with their defaults.
public struct NodeLifecycleConfig: Sendable {
  /// `--node-monitor-period`
  public var monitorPeriod = Span.seconds(5)
  /// `--node-monitor-grace-period`
  public var gracePeriod = Span.seconds(50)
  /// `--node-startup-grace-period`
  public var startupGracePeriod = Span.seconds(60)
  /// One node per this long: `--node-eviction-rate` 0.1 a second.
  public var evictionInterval: Span? = .seconds(10)
  /// `--secondary-node-eviction-rate` 0.01 a second, for large zones in partial disruption.
  public var secondaryEvictionInterval: Span? = .seconds(100)
  /// `--large-cluster-size-threshold`: zones up to this size stop evicting in partial disruption.
  public var largeClusterThreshold = 50
  public init() {}

  func interval(for state: ZoneState, size: Int) -> Span? {
    guard state == .partialDisruption else { return evictionInterval }
    return size > largeClusterThreshold ? secondaryEvictionInterval : nil
  }
}
