/// What the filters say about one node, in a word: feasible, or the plugin that refused it and why.
///
/// Equal words mean equal texts for one pod, so that a thousand refusals are counted before any
/// text is made.
struct Verdict: Hashable, Sendable {
  private(set) var rawValue: UInt32

  /// The node was not looked at.
  static let unknown = Verdict(rawValue: 0)
  static let feasible = Verdict(rawValue: 1)
  /// The node is not among those that PreFilter narrowed the search to.
  static let notInPreFilterResult = Verdict(rawValue: 2)

  private init(rawValue: UInt32) { self.rawValue = rawValue }

  /// A refusal. `reasons` are bits that the plugin turns into texts; `isResolvable` tells whether
  /// removing pods may help (`Unschedulable` against `UnschedulableAndUnresolvable`).
  init(_ plugin: Plugin, reasons: UInt16 = 1, isResolvable: Bool) {
    rawValue =
      0x8000_0000 | UInt32(plugin.rawValue) << 20 | (isResolvable ? 1 << 18 : 0)
      | UInt32(reasons)
  }

  var isFeasible: Bool { rawValue == 1 }
  var isUnknown: Bool { rawValue == 0 }
  var isRefusal: Bool { rawValue > 1 }
  var isResolvable: Bool { rawValue & 1 << 18 != 0 }
  var reasons: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
  var plugin: Plugin? {
    rawValue & 0x8000_0000 == 0 ? nil : Plugin(rawValue: UInt8(rawValue >> 20 & 0xFF))
  }
}

/// A filter: what it needs of the pod is in its fields, set up once a cycle (PreFilter).
protocol FilterPlugin {
  /// Whether the node in `slot` can take the pod.
  func filter(_ slot: Int, _ cache: SchedulerCache) -> Verdict
}
