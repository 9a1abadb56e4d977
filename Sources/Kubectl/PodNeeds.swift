import KubeAPI

/// What a pod asks for and may use altogether (`resourcehelper.PodRequests` and `PodLimits`): its
/// containers with those beside them, or the largest of what starts before them.
struct PodNeeds {
  private(set) var requests = ResourceList()
  private(set) var limits = ResourceList()

  init() {}

  init(_ pod: Pod) {
    requests = Self.total(pod.spec, \.requests)
    limits = Self.total(pod.spec, \.limits)
    requests = Self.sum(requests, pod.spec.overhead)
    for entry in pod.spec.overhead.entries {
      if let limit = limits[entry.name], !limit.isZero {
        limits[entry.name] = limit + entry.quantity
      }
    }
  }

  mutating func add(_ other: PodNeeds) {
    requests = Self.sum(requests, other.requests)
    limits = Self.sum(limits, other.limits)
  }

  private static func total(
    _ spec: PodSpec, _ part: KeyPath<ResourceRequirements, ResourceList>
  ) -> ResourceList {
    var running = ResourceList()
    for container in spec.containers { running = sum(running, container.resources[keyPath: part]) }
    // Sidecars stay; what starts after one runs beside it.
    var sidecars = ResourceList()
    var starting = ResourceList()
    for container in spec.initContainers {
      let own = container.resources[keyPath: part]
      if container.restartPolicy == "Always" {
        running = sum(running, own)
        sidecars = sum(sidecars, own)
        starting = larger(starting, sidecars)
      } else {
        starting = larger(starting, sum(own, sidecars))
      }
    }
    return larger(running, starting)
  }

  private static func sum(_ a: ResourceList, _ b: ResourceList) -> ResourceList {
    var result = a
    for entry in b.entries {
      result[entry.name] = result[entry.name].map { $0 + entry.quantity } ?? entry.quantity
    }
    return result
  }

  private static func larger(_ a: ResourceList, _ b: ResourceList) -> ResourceList {
    var result = a
    for entry in b.entries {
      if let have = result[entry.name], !(have < entry.quantity) { continue }
      result[entry.name] = entry.quantity
    }
    return result
  }
}
