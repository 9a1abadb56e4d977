import Basics
import ControllerRuntime
import KubeAPI

/// Pods of nodes that are not ready are not ready either.
extension NodeLifecycleController {
  /// A pod that is bound to a node that is not ready is not ready either.
  func noticePod(_ pod: Pod, _ context: inout ControllerContext) {
    guard !pod.spec.nodeName.isEmpty, let health = health[pod.spec.nodeName],
      let ready = health.ready, ready.status != "True", pod.isReady
    else { return }
    context.enqueue(pod.reference)
  }

  /// `MarkPodsNotReady`: takes the node's pods out of the endpoints at once.
  mutating func markPodsNotReady(_ node: String, _ context: inout ControllerContext) {
    toRetry.remove(node)
    for (_, object) in context[.pod].onNode(node) {
      guard let pod = object.pod, pod.isReady else { continue }
      context.callUnkeyed(
        .update(notReady(pod, context.time.wall), .status), step: Step.podStatus)
    }
  }

  func notReady(_ pod: Pod, _ now: Timestamp) -> Pod {
    var copy = pod
    guard let at = copy.status.conditions.firstIndex(where: { $0.type == "Ready" }) else {
      return copy
    }
    copy.status.conditions[at].status = "False"
    copy.status.conditions[at].lastTransitionTime = now.truncatedToSeconds
    return copy
  }

  mutating func podAnswered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    if let object = response.object {
      context.event(
        object, type: "Warning", reason: "NodeNotReady", message: "Node is not ready")
      return .ok
    }
    guard let refusal = response.refusal, !refusal.isNotFound else { return .ok }
    if call.key == nil, let node = context.get(call.target.key, as: Pod.self)?.spec.nodeName {
      toRetry.insert(node)
    }
    return .retry(refusal.message)
  }
}
