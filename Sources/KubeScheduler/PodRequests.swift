import KubeAPI

/// What a pod asks for in all (`resourcehelper.PodRequests`): its containers together, or its init
/// containers where one of those needs more, plus overhead; a request for the pod as a whole goes
/// before those of its containers.
enum PodRequests {
  /// What a container without a request counts for when nodes are scored: 0.1 core and 200 MiB
  /// (`pkg/scheduler/util/pod_resources.go`).
  static let defaultMilliCPU: Int64 = 100
  static let defaultMemory: Int64 = 200 * 1024 * 1024

  struct Options {
    /// What a container that asks for no cpu or no memory is taken to ask for.
    var defaults = ResourceList()
    /// Counts what a container that is being resized has or was given, where that is more.
    var usesStatus = false
    /// Leaves out the request for the pod as a whole.
    var skipsPodLevel = false
  }

  static func total(_ pod: Pod, _ options: Options = Options()) -> ResourceList {
    let spec = pod.spec
    var total = ResourceList()
    for container in spec.containers {
      total.add(requests(of: container, pod, pod.status.containerStatuses, options))
    }
    if !spec.initContainers.isEmpty { addInitContainers(&total, pod, options) }
    if !options.skipsPodLevel, let podLevel = podLevelRequests(pod) {
      for entry in podLevel.entries where isPodLevel(entry.name) {
        total[entry.name] = entry.quantity
      }
    }
    total.add(spec.overhead)
    return total
  }

  /// Init containers run one after another, those that restart always (sidecars) stay.
  private static func addInitContainers(
    _ total: inout ResourceList, _ pod: Pod, _ options: Options
  ) {
    var sidecars = ResourceList()
    var peak = ResourceList()
    for container in pod.spec.initContainers {
      var wanted = requests(of: container, pod, pod.status.initContainerStatuses, options)
      if container.restartPolicy == "Always" {
        total.add(wanted)
        sidecars.add(wanted)
        wanted = sidecars
      } else {
        wanted.add(sidecars)
      }
      peak.raise(to: wanted)
    }
    total.raise(to: peak)
  }

  private static func requests(
    of container: Container, _ pod: Pod, _ statuses: [ContainerStatus], _ options: Options
  ) -> ResourceList {
    var list = container.resources.requests
    if options.usesStatus, !statuses.isEmpty,
      let status = statuses.first(where: { $0.name == container.name }),
      let effective = ContainerResize.effectiveRequests(list, status, pod)
    {
      list = effective
    }
    for entry in options.defaults.entries where list[entry.name] == nil {
      list[entry.name] = entry.quantity
    }
    return list
  }

  /// `spec.resources.requests`, where it names something that counts.
  static func podLevelRequests(_ pod: Pod) -> ResourceList? {
    guard case .object(let resources)? = pod.spec.carried["resources"],
      let list = ResourceList(json: resources["requests"]),
      list.entries.contains(where: { isPodLevel($0.name) })
    else { return nil }
    return list
  }

  private static func isPodLevel(_ name: String) -> Bool {
    name == "cpu" || name == "memory" || name.hasPrefix("hugepages-")
  }
}

/// In-place resizing: until the kubelet has followed, a container counts for the most of what it is
/// to have, was allocated and has (`determineEffectiveRequests`).
enum ContainerResize {
  /// Nil where the status says nothing about resources.
  static func effectiveRequests(
    _ spec: ResourceList, _ status: ContainerStatus, _ pod: Pod
  ) -> ResourceList? {
    guard case .object(let resources)? = status.carried["resources"] else { return nil }
    let actuated = ResourceList(json: resources["requests"]) ?? ResourceList()
    let allocated = ResourceList(json: status.carried["allocatedResources"]) ?? ResourceList()
    var most = actuated
    most.raise(to: allocated)
    if pod.status.conditions["PodResizePending"]?.reason != "Infeasible" { most.raise(to: spec) }
    return most
  }
}

extension ResourceList {
  /// A JSON object of quantities; entries that are none are left out.
  init?(json: JSONValue?) {
    guard case .object(let object)? = json else { return nil }
    self.init()
    for field in object.fields {
      switch field.value {
      case .string(let text): self[field.key] = Quantity(text)
      case .integer(let number): self[field.key] = Quantity(number)
      default: break
      }
    }
  }

  mutating func add(_ other: ResourceList) {
    for entry in other.entries {
      self[entry.name] = self[entry.name].map { $0 + entry.quantity } ?? entry.quantity
    }
  }

  /// The larger amount of each resource.
  mutating func raise(to other: ResourceList) {
    for entry in other.entries {
      if let have = self[entry.name], have >= entry.quantity { continue }
      self[entry.name] = entry.quantity
    }
  }
}
