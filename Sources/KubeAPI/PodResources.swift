/// What a pod asks for and what it may use, in all (`resourcehelper.PodRequests`, `PodLimits`): its
/// containers together, or its init containers where one of those needs more, plus overhead; what is
/// said of the pod as a whole goes before what its containers say.
public enum PodResources {
  public struct Options: Sendable {
    /// What a container that asks for nothing of a resource is taken to ask for.
    public var defaults: ResourceList
    /// Counts what a container that is being resized has or was given, where that is more.
    public var usesStatus: Bool
    /// Leaves out what is said of the pod as a whole.
    public var skipsPodLevel: Bool

    public init(
      defaults: ResourceList = ResourceList(), usesStatus: Bool = false,
      skipsPodLevel: Bool = false
    ) {
      self.defaults = defaults
      self.usesStatus = usesStatus
      self.skipsPodLevel = skipsPodLevel
    }
  }

  public static func requests(of pod: Pod, _ options: Options = Options()) -> ResourceList {
    var total = containers(pod, .requests, options)
    if !options.skipsPodLevel { usePodLevel(&total, pod, .requests) }
    total.add(pod.spec.overhead)
    return total
  }

  public static func limits(of pod: Pod, _ options: Options = Options()) -> ResourceList {
    var total = containers(pod, .limits, options)
    if !options.skipsPodLevel { usePodLevel(&total, pod, .limits) }
    // Overhead raises a limit and makes none.
    for entry in pod.spec.overhead.entries {
      if let limit = total[entry.name], !limit.isZero {
        total[entry.name] = limit + entry.quantity
      }
    }
    return total
  }

  /// Whether the pod as a whole asks for something that counts.
  public static func hasPodLevelRequests(_ pod: Pod) -> Bool {
    podLevel(pod, .requests)?.entries.contains { isPodLevel($0.name) } ?? false
  }

  private enum Part: String {
    case requests, limits
  }

  private static func podLevel(_ pod: Pod, _ part: Part) -> ResourceList? {
    ResourceList(json: pod.spec.carried["resources"]?[part.rawValue])
  }

  private static func usePodLevel(_ total: inout ResourceList, _ pod: Pod, _ part: Part) {
    for entry in podLevel(pod, part)?.entries ?? [] where isPodLevel(entry.name) {
      total[entry.name] = entry.quantity
    }
  }

  private static func isPodLevel(_ name: String) -> Bool {
    name == "cpu" || name == "memory" || name.hasPrefix("hugepages-")
  }

  private static func containers(_ pod: Pod, _ part: Part, _ options: Options) -> ResourceList {
    var total = ResourceList()
    for container in pod.spec.containers {
      total.add(amounts(container, pod, pod.status.containerStatuses, part, options))
    }
    // Init containers run one after another, those that restart always (sidecars) stay.
    var sidecars = ResourceList()
    var peak = ResourceList()
    for container in pod.spec.initContainers {
      if container.restartPolicy == "Always" {
        let own = amounts(container, pod, pod.status.initContainerStatuses, part, options)
        total.add(own)
        sidecars.add(own)
        peak.raise(to: sidecars)
      } else {
        var own = amounts(container, pod, [], part, options)
        own.add(sidecars)
        peak.raise(to: own)
      }
    }
    total.raise(to: peak)
    return total
  }

  private static func amounts(
    _ container: Container, _ pod: Pod, _ statuses: [ContainerStatus], _ part: Part,
    _ options: Options
  ) -> ResourceList {
    var list = part == .requests ? container.resources.requests : container.resources.limits
    if options.usesStatus, !statuses.isEmpty,
      let status = statuses.first(where: { $0.name == container.name }),
      let effective = effective(list, status, pod, part)
    {
      list = effective
    }
    for entry in options.defaults.entries where list[entry.name] == nil {
      list[entry.name] = entry.quantity
    }
    return list
  }

  /// In-place resizing: until the kubelet has followed, a container counts for the most of what it
  /// is to have, was allocated and has (`determineEffectiveRequests`, `determineEffectiveLimits`).
  /// Nil where the status says nothing about resources.
  private static func effective(
    _ spec: ResourceList, _ status: ContainerStatus, _ pod: Pod, _ part: Part
  ) -> ResourceList? {
    guard case .object(let resources)? = status.carried["resources"] else { return nil }
    var most = ResourceList(json: resources[part.rawValue]) ?? ResourceList()
    if part == .requests, let allocated = ResourceList(json: status.carried["allocatedResources"]) {
      most.raise(to: allocated)
    }
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

  /// Adds the amounts of another, resource by resource.
  public mutating func add(_ other: ResourceList) {
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
