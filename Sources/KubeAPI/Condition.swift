import Basics

/// A condition of a pod, node, namespace, deployment or replica set. One shape holds them all;
/// fields that a kind's condition does not have stay nil and are not written.
public struct Condition: Sendable, Equatable {
  public var type = ""
  /// `True`, `False`, `Unknown`.
  public var status = ""
  public var reason = ""
  public var message = ""
  @PackedTime public var lastTransitionTime: Timestamp?
  /// Nodes: when the kubelet last posted it.
  @PackedTime public var lastHeartbeatTime: Timestamp?
  /// Deployments.
  @PackedTime public var lastUpdateTime: Timestamp?
  /// Pods.
  @PackedTime public var lastProbeTime: Timestamp?
  public var observedGeneration: Int64?

  public init() {}
  public init(type: String, status: String, reason: String = "", message: String = "") {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
  }
}

extension [Condition] {
  /// The condition of this type.
  public subscript(type: String) -> Condition? { first { $0.type == type } }

  /// True when the condition of this type is there with status `True`.
  public func isTrue(_ type: String) -> Bool { self[type]?.status == "True" }

  /// Puts `condition` in the place of the one of its type, or at the end. The transition time of
  /// the old one stays while the status stays.
  public mutating func set(_ condition: Condition, now: Timestamp) {
    var condition = condition
    if let at = firstIndex(where: { $0.type == condition.type }) {
      let same = self[at].status == condition.status
      condition.lastTransitionTime = same ? self[at].lastTransitionTime : now
      self[at] = condition
    } else {
      condition.lastTransitionTime = condition.lastTransitionTime ?? now
      append(condition)
    }
  }
}
