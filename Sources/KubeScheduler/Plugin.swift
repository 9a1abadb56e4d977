/// The plugins of the default profile that decide or score, in the order in which their filters run
/// (`default_plugins.go`).
public enum Plugin: UInt8, CaseIterable, Sendable, Comparable {
  case schedulingGates
  case nodeUnschedulable
  case nodeName
  case taintToleration
  case nodeAffinity
  case nodePorts
  case nodeResourcesFit
  case podTopologySpread
  case interPodAffinity
  case nodeDeclaredFeatures
  case defaultPreemption
  case nodeResourcesBalancedAllocation
  case imageLocality

  public static func < (a: Plugin, b: Plugin) -> Bool { a.rawValue < b.rawValue }

  /// The name in configuration, traces and events.
  public var name: String {
    switch self {
    case .schedulingGates: "SchedulingGates"
    case .nodeUnschedulable: "NodeUnschedulable"
    case .nodeName: "NodeName"
    case .taintToleration: "TaintToleration"
    case .nodeAffinity: "NodeAffinity"
    case .nodePorts: "NodePorts"
    case .nodeResourcesFit: "NodeResourcesFit"
    case .podTopologySpread: "PodTopologySpread"
    case .interPodAffinity: "InterPodAffinity"
    case .nodeDeclaredFeatures: "NodeDeclaredFeatures"
    case .defaultPreemption: "DefaultPreemption"
    case .nodeResourcesBalancedAllocation: "NodeResourcesBalancedAllocation"
    case .imageLocality: "ImageLocality"
    }
  }

  /// What a normalized score counts for; 0 for a plugin that does not score.
  public var weight: Int64 {
    switch self {
    case .taintToleration: 3
    case .nodeAffinity, .podTopologySpread, .interPodAffinity: 2
    case .nodeResourcesFit, .nodeResourcesBalancedAllocation, .imageLocality: 1
    default: 0
    }
  }

  /// The plugins that score, in the order in which score tables show them.
  public static let scoring: [Plugin] = [
    .taintToleration, .nodeAffinity, .nodeResourcesFit, .podTopologySpread, .interPodAffinity,
    .nodeResourcesBalancedAllocation, .imageLocality,
  ]
}

/// A set of plugins.
public struct PluginSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ plugin: Plugin) { rawValue = 1 << UInt32(plugin.rawValue) }

  public func contains(_ plugin: Plugin) -> Bool { contains(PluginSet(plugin)) }
  public mutating func insert(_ plugin: Plugin) { formUnion(PluginSet(plugin)) }

  /// The members in the order of the filters.
  public var members: [Plugin] { Plugin.allCases.filter { contains($0) } }
}

/// The highest score a plugin gives (`framework.MaxNodeScore`).
let maxNodeScore: Int64 = 100
