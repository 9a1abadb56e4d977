import Basics
import KubeAPI

/// `describe pod`.
extension DescriptionText {
  mutating func pod(_ pod: Pod, _ now: Timestamp) {
    let (spec, status) = (pod.spec, pod.status)
    field("Name", pod.metadata.name)
    field("Namespace", pod.metadata.namespace)
    if let priority = spec.priority { field("Priority", String(priority)) }
    if !spec.priorityClassName.isEmpty { field("Priority Class Name", spec.priorityClassName) }
    if !spec.serviceAccountName.isEmpty { field("Service Account", spec.serviceAccountName) }
    field("Node", spec.nodeName.isEmpty ? "<none>" : spec.nodeName + "/" + status.hostIP)
    if status.startTime != nil { field("Start Time", status.startTime.rfc1123Z) }
    pairs("Labels", pod.metadata.labels)
    annotations("Annotations", pod.metadata.annotations)
    let hasEnded = status.phase == "Failed" || status.phase == "Succeeded"
    if let deleted = pod.metadata.deletionTimestamp, !hasEnded {
      field("Status", "Terminating (lasts \((now - deleted).humanDuration))")
      field("Termination Grace Period", "\(pod.metadata.deletionGracePeriodSeconds ?? 0)s")
    } else {
      field("Status", status.phase)
    }
    if !status.reason.isEmpty { field("Reason", status.reason) }
    if !status.message.isEmpty { field("Message", status.message) }
    field("IP", status.podIP)
    addresses(status)
    if let owner = pod.metadata.controller { field("Controlled By", owner.kind + "/" + owner.name) }
    if !status.nominatedNodeName.isEmpty { field("NominatedNodeName", status.nominatedNodeName) }
    if !spec.initContainers.isEmpty {
      containers(
        "Init Containers", spec.initContainers, status.initContainerStatuses, of: pod, indent: "")
    }
    containers("Containers", spec.containers, status.containerStatuses, of: pod, indent: "")
    conditions(pod)
    volumes(spec.volumes, indent: "")
    field("QoS Class", status.qosClass.isEmpty ? "BestEffort" : status.qosClass)
    pairs("Node-Selectors", spec.nodeSelector)
    tolerations("Tolerations", spec.tolerations)
    spread(spec.topologySpreadConstraints, depth: 0)
  }

  private mutating func addresses(_ status: PodStatus) {
    var addresses = status.carried["podIPs"]?.arrayValue?.compactMap { $0["ip"]?.stringValue } ?? []
    if addresses.isEmpty, !status.podIP.isEmpty { addresses = [status.podIP] }
    guard !addresses.isEmpty else { return field("IPs", "<none>") }
    line(0, "IPs:")
    for address in addresses { field("IP", address, depth: 1) }
  }

  private mutating func conditions(_ pod: Pod) {
    if !pod.spec.readinessGates.isEmpty {
      line(0, "Readiness Gates:")
      line(1, "Type\tStatus")
      for gate in pod.spec.readinessGates {
        line(1, "\(gate) \t\(pod.status.conditions[gate]?.status ?? "<none>") ")
      }
    }
    guard !pod.status.conditions.isEmpty else { return }
    line(0, "Conditions:")
    line(1, "Type\tStatus")
    for condition in pod.status.conditions { line(1, "\(condition.type) \t\(condition.status) ") }
  }

  /// What pods are stamped from, in a deployment, a replica set, or a revision of the past.
  mutating func template(_ template: PodTemplateSpec) {
    let spec = template.spec
    line(0, "Pod Template:")
    pairs("  Labels", template.metadata.labels)
    if !template.metadata.annotations.isEmpty {
      annotations("  Annotations", template.metadata.annotations)
    }
    if !spec.serviceAccountName.isEmpty {
      field("Service Account", spec.serviceAccountName, depth: 1)
    }
    if !spec.initContainers.isEmpty {
      containers("Init Containers", spec.initContainers, [], of: nil, indent: "  ")
    }
    containers("Containers", spec.containers, [], of: nil, indent: "  ")
    volumes(spec.volumes, indent: "  ")
    spread(spec.topologySpreadConstraints, depth: 1)
    if !spec.priorityClassName.isEmpty {
      field("Priority Class Name", spec.priorityClassName, depth: 1)
    }
    pairs("  Node-Selectors", spec.nodeSelector)
    tolerations("  Tolerations", spec.tolerations)
  }
}
