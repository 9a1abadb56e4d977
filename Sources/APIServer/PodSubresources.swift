import Basics
import KubeAPI

/// `pods/binding`: the scheduler's word on where a pod goes.
extension APIServer {
  mutating func binding(_ call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    guard case .binding(let node, let uid) = request.body else {
      return .refuse(.badRequest("not a Binding object"))
    }
    guard let current = call.current, var pod = current.pod else {
      return .refuse(.notFound(.pod, request.name))
    }
    if node.isEmpty {
      return .refuse(
        .invalid(
          .pod, request.name,
          [.init(reason: "FieldValueRequired", message: "Required value", field: "target.name")]))
    }
    if !uid.isNone, uid != pod.metadata.uid {
      return .refuse(
        .conflict(
          .pod, request.name,
          storageError(
            request,
            "UID in precondition: \(uid.text), UID in object meta: \(pod.metadata.uid.text)")))
    }
    if let problem = bindingProblem(pod) {
      return .refuse(
        APIStatus(
          code: 409, reason: .conflict,
          message: "Operation cannot be fulfilled on pods/binding \"\(request.name)\": \(problem)",
          kind: "pods/binding", name: request.name))
    }
    pod.spec.nodeName = node
    if !pod.status.nominatedNodeName.isEmpty { pod.status.nominatedNodeName = "" }
    copyTopologyLabels(of: node, to: &pod)
    pod.status.conditions.set(
      Condition(type: "PodScheduled", status: "True"), now: time.wall.truncatedToSeconds)
    return .propose(
      Proposal(
        action: .replace, object: pod.boxed, expected: current.resourceVersion,
        deed: "bound to \(node)"))
  }

  private func bindingProblem(_ pod: Pod) -> String? {
    let name = pod.metadata.name
    if pod.metadata.deletionTimestamp != nil {
      return "pod \(name) is being deleted, cannot be assigned to a host"
    }
    if !pod.spec.nodeName.isEmpty {
      return "pod \(name) is already assigned to node \"\(pod.spec.nodeName)\""
    }
    if !pod.spec.schedulingGates.isEmpty {
      return "pod \(name) has non-empty .spec.schedulingGates"
    }
    return nil
  }

  /// The PodTopologyLabels plugin: a pod shows its node's zone and region.
  func copyTopologyLabels(of node: String, to pod: inout Pod) {
    guard let labels = cache(.node).get(ObjectKey(name: node))?.metadata.labels else { return }
    for label in ["topology.kubernetes.io/zone", "topology.kubernetes.io/region"] {
      if let value = labels[label], pod.metadata.labels[label] != value {
        pod.metadata.labels[label] = value
      }
    }
  }
}
