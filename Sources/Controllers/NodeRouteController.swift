import Basics
import ControllerRuntime
import KubeAPI

/// Has the cloud route each node's pod addresses to it, and says that its network is available
/// (`controllers/route`).
public struct NodeRouteController: Controller {
  public let name = "node-route-controller"
  public let eventSource = "route_controller"
  /// `maxConcurrentRouteOperations`
  public let workers = 200
  public let watches: [ResourceKind] = [.node]
  /// `--route-reconciliation-period`
  static let period = Span.seconds(10)
  private var routed = LookupTable<String, String>()

  public init() {}

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    if case .deleted(let object) = delta { routed.removeValue(forKey: object.metadata.name) }
  }

  public mutating func start(_ context: inout ControllerContext) {
    context.arm(0, after: .zero)
  }

  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {
    context.arm(0, after: Self.period)
    for (key, object) in context[.node].objects {
      guard let node = object.node, !node.spec.podCIDR.isEmpty else { continue }
      if routed[key.name] != node.spec.podCIDR || !isAvailable(node) {
        context.enqueue(object.reference)
      }
    }
  }

  private func isAvailable(_ node: Node) -> Bool {
    node.status.conditions["NetworkUnavailable"]?.status == "False"
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let node = context.get(key.key, as: Node.self), !node.spec.podCIDR.isEmpty else { return }
    if routed[key.name] == node.spec.podCIDR {
      return setCondition(node, isRouted: true, &context)
    }
    context.ask(.ensureRoute(nodeName: key.name, cidr: node.spec.podCIDR))
  }

  public mutating func answered(
    _ call: ControllerCall, _ result: CloudResponse.Result, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key, let node = context.get(key.key, as: Node.self) else { return .ok }
    guard case .failed(let message) = result else {
      routed[key.name] = node.spec.podCIDR
      context.decide(
        key, "\(name) has \(node.spec.podCIDR) routed to \(key.name)")
      setCondition(node, isRouted: true, &context)
      return .ok
    }
    context.event(
      node.boxed, type: "Warning", reason: "FailedToCreateRoute",
      message:
        "Could not create route \(node.metadata.uid.text) \(node.spec.podCIDR) for node "
        + "\(key.name): \(message)")
    setCondition(node, isRouted: false, &context)
    // The next round tries again.
    return .ok
  }

  private func setCondition(
    _ node: Node, isRouted: Bool, _ context: inout ControllerContext
  ) {
    let now = context.time.wall.truncatedToSeconds
    var condition = Condition(
      type: "NetworkUnavailable", status: isRouted ? "False" : "True",
      reason: isRouted ? "RouteCreated" : "NoRouteCreated",
      message: isRouted
        ? "RouteController created a route" : "RouteController failed to create a route")
    condition.lastHeartbeatTime = now
    guard node.status.conditions["NetworkUnavailable"]?.status != condition.status else { return }
    var copy = node
    copy.status.conditions.set(condition, now: now)
    context.call(.update(copy, .status))
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .unlessGone(response) }
}
