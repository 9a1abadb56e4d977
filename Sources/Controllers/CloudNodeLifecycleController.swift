import Basics
import ControllerRuntime
import KubeAPI

/// Deletes nodes whose machine is gone and taints those whose machine is shut down
/// (`controllers/nodelifecycle` of the cloud provider). It asks for nodes that are not ready only.
public struct CloudNodeLifecycleController: Controller {
  private enum Step {
    static let ask = 1
    static let delete = 2
    static let taint = 3
  }

  public let name = "cloud-node-lifecycle-controller"
  /// The real loop handles one node after the other.
  public let workers = 1
  public let watches: [ResourceKind] = []
  public let reads: [ResourceKind] = [.node]
  /// `--node-monitor-period`
  static let period = Span.seconds(5)

  public init() {}

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {}

  public mutating func start(_ context: inout ControllerContext) {
    context.arm(0, after: .zero)
  }

  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {
    context.arm(0, after: Self.period)
    for (_, object) in context[.node].objects {
      guard let node = object.node else { continue }
      let isReady = node.status.conditions.isTrue("Ready")
      if !isReady || isShutDown(node) { context.enqueue(object.reference) }
    }
  }

  private func isShutDown(_ node: Node) -> Bool {
    node.spec.taints.contains { $0.key == Taint.cloudShutdown }
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let node = context.get(key.key, as: Node.self) else { return }
    if node.status.conditions.isTrue("Ready") {
      guard isShutDown(node) else { return }
      var copy = node
      copy.spec.taints.removeAll { $0.key == Taint.cloudShutdown }
      context.decide(key, "\(name) takes the shutdown taint off \(key.name): it is ready again")
      return context.call(.update(copy), step: Step.taint)
    }
    context.ask(
      .instance(providerID: node.spec.providerID, nodeName: key.name), step: Step.ask)
  }

  public mutating func answered(
    _ call: ControllerCall, _ result: CloudResponse.Result, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key, let node = context.get(key.key, as: Node.self) else { return .ok }
    switch result {
    case .noInstance:
      context.decide(key, "\(name) deletes node \(key.name): its machine does not exist any more")
      context.event(
        node.boxed, reason: "DeletingNode",
        message: "Deleting node \(key.name) because it does not exist in the cloud provider")
      context.call(.delete(.node, key.key, uid: node.metadata.uid), step: Step.delete)
    case .instance(let instance):
      guard instance.state == .shutdown, !isShutDown(node) else { return .ok }
      var copy = node
      copy.spec.taints.append(
        Taint(
          key: Taint.cloudShutdown, effect: "NoSchedule",
          timeAdded: context.time.wall.truncatedToSeconds))
      context.decide(key, "\(name) taints \(key.name): its machine is shut down")
      context.call(.update(copy), step: Step.taint)
    // The next round asks again.
    case .failed(let message):
      context.notice(key, "\(name) could not ask for \(key.name): \(message)")
    default: break
    }
    return .ok
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome { .unlessGone(response) }
}
