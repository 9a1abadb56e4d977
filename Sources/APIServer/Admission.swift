import Basics
import KubeAPI

/// The admission plugins that a kubeadm cluster has on by default and whose kinds exist here, in
/// the order of kubeapiserver/options/plugins.go.
extension APIServer {
  enum Admission {
    case admitted(APIObject)
    case stopped(Outcome)
  }

  mutating func admit(_ object: APIObject, _ call: Call) -> Admission {
    switch object.body {
    case .pod(let pod): return admit(pod, call)
    case .node(var node):
      // TaintNodesByCondition: nothing is scheduled onto a node before it was seen ready.
      let taint = Taint(key: Taint.notReady, effect: "NoSchedule")
      guard !node.spec.taints.contains(where: { $0.matches(taint) }) else {
        return .admitted(object)
      }
      node.spec.taints.append(taint)
      return .admitted(node.boxed)
    default: return .admitted(object)
    }
  }

  /// NamespaceLifecycle: nothing new where there is no namespace, or one that is going. nil lets
  /// the request pass.
  func namespaceLifecycle(_ call: Call) -> Outcome? {
    let request = call.request
    let key = ObjectKey(name: request.namespace)
    switch dependency(.namespace, key, call) {
    case .unknown: return .lookUp(.namespace, key)
    case .absent: return .refuse(.notFound(.namespace, request.namespace))
    case .found(let object):
      guard object.namespace?.status.phase == "Terminating" else { return nil }
      var name = request.name
      if name.isEmpty, case .object(let body) = request.body { name = body.metadata.name }
      var status = APIStatus.forbidden(
        request.kind, name,
        "unable to create new content in namespace \(request.namespace) because it is being "
          + "terminated")
      status.causes = [
        .init(
          reason: "NamespaceTerminating",
          message: "namespace \(request.namespace) is being terminated",
          field: "metadata.namespace")
      ]
      return .refuse(status)
    }
  }

  private mutating func admit(_ pod: Pod, _ call: Call) -> Admission {
    var pod = pod
    if let outcome = serviceAccount(&pod, call) { return .stopped(outcome) }
    if let status = priority(&pod) { return .stopped(.refuse(status)) }
    defaultTolerations(&pod)
    if !pod.spec.nodeName.isEmpty { copyTopologyLabels(of: pod.spec.nodeName, to: &pod) }
    return .admitted(pod.boxed)
  }

  // MARK: Priority

  /// scheduling.SystemCriticalPriority and above it; classes of users are no kind here yet.
  private static let systemClasses: [(String, Int32)] = [
    ("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000),
  ]

  private func priority(_ pod: inout Pod) -> APIStatus? {
    let name = pod.spec.priorityClassName
    var value: Int32 = 0
    if !name.isEmpty {
      guard let known = Self.systemClasses.first(where: { $0.0 == name }) else {
        return .forbidden(
          .pod, pod.metadata.name, "no PriorityClass with name \(name) was found")
      }
      value = known.1
    }
    if let given = pod.spec.priority, given != value {
      return .forbidden(
        .pod, pod.metadata.name,
        "the integer value of priority (\(given)) must not be provided in pod spec; "
          + "priority admission controller computed \(value) from the given PriorityClass name")
    }
    pod.spec.priority = value
    if pod.spec.preemptionPolicy == nil { pod.spec.preemptionPolicy = "PreemptLowerPriority" }
    return nil
  }

  // MARK: DefaultTolerationSeconds

  /// How long a pod stays on a node that is not ready or unreachable, unless it says otherwise.
  private func defaultTolerations(_ pod: inout Pod) {
    for key in [Taint.notReady, Taint.unreachable] {
      let isSaid = pod.spec.tolerations.contains {
        ($0.key == key || $0.key.isEmpty) && ($0.effect == "NoExecute" || $0.effect.isEmpty)
      }
      if isSaid { continue }
      var toleration = Toleration()
      toleration.key = key
      toleration.operatorName = "Exists"
      toleration.effect = "NoExecute"
      toleration.tolerationSeconds =
        key == Taint.notReady
        ? configuration.notReadyTolerationSeconds : configuration.unreachableTolerationSeconds
      pod.spec.tolerations.append(toleration)
    }
  }
}
