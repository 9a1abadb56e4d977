import Basics
import KubeAPI

/// `describe node`.
extension DescriptionText {
  /// - Parameters:
  ///   - lease: the node's lease, or why it could not be had.
  ///   - pods: those bound to the node.
  mutating func node(
    _ node: Node, lease: Result<Lease, APIStatus>?, pods: [Pod], _ now: Timestamp
  ) {
    let (spec, status) = (node.spec, node.status)
    field("Name", node.metadata.name)
    let roles = node.roles
    field("Roles", roles.isEmpty ? "<none>" : roles.joined(separator: ","))
    pairs("Labels", node.metadata.labels)
    annotations("Annotations", node.metadata.annotations)
    field("CreationTimestamp", node.metadata.creationTimestamp.rfc1123Z)
    let taints = spec.taints.sorted { ($0.effect, $0.key) < ($1.effect, $1.key) }
    list("Taints", taints.map(\.text))
    field("Unschedulable", spec.unschedulable ? "true" : "false")
    self.lease(lease)
    conditions(status.conditions)
    line(0, "Addresses:")
    for address in status.addresses { field(address.type, address.address, depth: 1) }
    for (title, list) in [("Capacity", status.capacity), ("Allocatable", status.allocatable)]
    where !list.isEmpty {
      line(0, title + ":")
      for entry in list.entries { field(entry.name, entry.quantity.text, depth: 1) }
    }
    line(0, "System Info:")
    for (title, key) in Self.systemInfo { field(title, status.nodeInfo[key] ?? "", depth: 1) }
    if !spec.podCIDR.isEmpty { field("PodCIDR", spec.podCIDR) }
    if !spec.podCIDRs.isEmpty { field("PodCIDRs", spec.podCIDRs.joined(separator: ",")) }
    if !spec.providerID.isEmpty { field("ProviderID", spec.providerID) }
    let own = pods.filter { $0.status.phase != "Succeeded" && $0.status.phase != "Failed" }
    load(own, status.allocatable.isEmpty ? status.capacity : status.allocatable, now)
  }

  private static let systemInfo = [
    ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"),
    ("Operating System", "operatingSystem"), ("Architecture", "architecture"),
    ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
  ]

  private mutating func lease(_ lease: Result<Lease, APIStatus>?) {
    switch lease {
    case .success(let lease):
      line(0, "Lease:")
      field("HolderIdentity", lease.spec.holderIdentity ?? "<unset>", depth: 1)
      field("AcquireTime", lease.spec.acquireTime?.rfc1123Z ?? "<unset>", depth: 1)
      field("RenewTime", lease.spec.renewTime?.rfc1123Z ?? "<unset>", depth: 1)
    case .failure(let status): field("Lease", "Failed to get lease: " + status.message)
    case nil: break
    }
  }

  private mutating func conditions(_ conditions: [Condition]) {
    guard !conditions.isEmpty else { return }
    line(0, "Conditions:")
    heading("Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage")
    for condition in conditions {
      line(
        1,
        "\(condition.type) \t\(condition.status) \t\(condition.lastHeartbeatTime.rfc1123Z) "
          + "\t\(condition.lastTransitionTime.rfc1123Z) \t\(condition.reason) \t\(condition.message)"
      )
    }
  }

  /// The table of the node's pods, and what they ask for altogether.
  private mutating func load(_ pods: [Pod], _ allocatable: ResourceList, _ now: Timestamp) {
    field("Non-terminated Pods", "(\(pods.count) in total)")
    heading("Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
    var (requests, limits) = (ResourceList(), ResourceList())
    for pod in pods {
      requests.add(PodResources.requests(of: pod))
      limits.add(PodResources.limits(of: pod))
      // Of one pod kubectl counts what it has while it is resized, in the sums not.
      let options = PodResources.Options(usesStatus: true)
      let own = [PodResources.requests(of: pod, options), PodResources.limits(of: pod, options)]
      let cells = ["cpu", "memory"].flatMap { name in
        own.map { Self.share($0, name, allocatable) }
      }
      let age = pod.metadata.creationTimestamp.map { (now - $0).humanDuration } ?? "<unknown>"
      line(
        1,
        "\(pod.metadata.namespace)\t\(pod.metadata.name)\t\t"
          + (cells + [age]).joined(separator: "\t"))
    }
    line(0, "Allocated resources:")
    line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
    heading("Resource\tRequests\tLimits")
    let huge = allocatable.entries.map(\.name).filter { $0.hasPrefix("hugepages-") }
    for name in ["cpu", "memory", "ephemeral-storage"] + huge {
      line(
        1,
        "\(name)\t\(Self.share(requests, name, allocatable))\t"
          + Self.share(limits, name, allocatable))
    }
    for entry in allocatable.entries
    where !["cpu", "memory", "ephemeral-storage", "pods"].contains(entry.name)
      && !entry.name.hasPrefix("hugepages-")
    {
      let (asked, limit) = (requests[entry.name], limits[entry.name])
      line(1, "\(entry.name)\t\(asked?.text ?? "0")\t\(limit?.text ?? "0")")
    }
  }

  /// `250m (12%)`, the share cut to a whole number.
  private static func share(
    _ list: ResourceList, _ name: String, _ allocatable: ResourceList
  ) -> String {
    let amount = list[name]
    func size(_ quantity: Quantity?) -> Int64 {
      (name == "cpu" ? quantity?.milliValue : quantity?.value) ?? 0
    }
    let whole = size(allocatable[name])
    let percent = whole == 0 ? 0 : Double(size(amount)) / Double(whole) * 100
    // Not every amount that may be asked for has a share that is a number here.
    let share = Int64(exactly: percent.rounded(.towardZero)) ?? (percent < 0 ? .min : .max)
    return "\(amount?.text ?? "0") (\(share)%)"
  }
}
