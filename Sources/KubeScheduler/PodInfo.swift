import Basics
import KubeAPI

/// What scheduling knows about a pod, worked out once (`framework.PodInfo`): immutable, and shared
/// by queue, cache and cycle.
final class PodInfo: Sendable {
  let pod: Pod
  let key: ObjectKey
  let uid: UID
  let priority: Int32
  /// What it asks for, as counted on a node.
  let requests: ResourceAmounts
  /// The same with the defaults for containers without a request: what scoring counts.
  let nonZeroMilliCPU: Int64
  let nonZeroMemory: Int64
  let hostPorts: [HostPort]
  let terms: AffinityTerms
  /// True when the pod was marked for deletion.
  let isTerminating: Bool

  init(_ pod: Pod) {
    self.pod = pod
    let metadata = pod.metadata
    let spec = pod.spec
    key = ObjectKey(namespace: metadata.namespace, name: metadata.name)
    uid = metadata.uid
    priority = spec.priority ?? 0
    isTerminating = metadata.deletionTimestamp != nil
    hostPorts = HostPort.ports(of: spec)
    terms =
      spec.affinity.map { AffinityTerms($0, namespace: metadata.namespace) } ?? AffinityTerms()

    let total = PodResources.requests(of: pod, PodResources.Options(usesStatus: true))
    requests = ResourceAmounts(total)
    let hasPodLevel = PodResources.hasPodLevelRequests(pod)
    var defaults = ResourceList()
    if !hasPodLevel || total["cpu"] == nil {
      defaults["cpu"] = Quantity(milliValue: ScoredRequests.defaultMilliCPU)
    }
    if !hasPodLevel || total["memory"] == nil {
      defaults["memory"] = Quantity(ScoredRequests.defaultMemory)
    }
    let nonZero = PodResources.requests(
      of: pod, PodResources.Options(defaults: defaults, usesStatus: true))
    nonZeroMilliCPU = ResourceAmounts.bounded(nonZero.cpuMilli)
    nonZeroMemory = ResourceAmounts.bounded(nonZero.memoryBytes)
  }

  /// A newer state of the pod that `old` describes; what it asks for is taken over where nothing
  /// that it depends on changed, which is nearly always.
  convenience init(_ pod: Pod, replacing old: PodInfo) {
    if Self.asksTheSame(pod, old.pod) {
      self.init(pod, like: old)
    } else {
      self.init(pod)
    }
  }

  private init(_ pod: Pod, like old: PodInfo) {
    self.pod = pod
    key = old.key
    uid = old.uid
    priority = pod.spec.priority ?? 0
    requests = old.requests
    nonZeroMilliCPU = old.nonZeroMilliCPU
    nonZeroMemory = old.nonZeroMemory
    hostPorts = old.hostPorts
    terms = old.terms
    isTerminating = pod.metadata.deletionTimestamp != nil
  }

  private static func asksTheSame(_ new: Pod, _ old: Pod) -> Bool {
    guard new.metadata.uid == old.metadata.uid, !isResizing(new), !isResizing(old) else {
      return false
    }
    // Nearly every update is one of the status.
    if new.$spec.isIdentical(to: old.$spec) { return true }
    let (a, b) = (new.spec, old.spec)
    return a.containers == b.containers && a.initContainers == b.initContainers
      && a.affinity == b.affinity && a.overhead == b.overhead && a.carried == b.carried
  }

  /// Whether a status says what a container was given: then that counts too.
  private static func isResizing(_ pod: Pod) -> Bool {
    func isResized(_ status: ContainerStatus) -> Bool { status.carried["resources"] != nil }
    return pod.status.containerStatuses.contains(where: isResized)
      || pod.status.initContainerStatuses.contains(where: isResized)
  }

  /// Whether two states count the same on a node, and to every selector.
  func countsLike(_ other: PodInfo) -> Bool {
    requests == other.requests && nonZeroMilliCPU == other.nonZeroMilliCPU
      && nonZeroMemory == other.nonZeroMemory && hostPorts == other.hostPorts
      && isTerminating == other.isTerminating && labels == other.labels && terms == other.terms
  }

  var namespace: String { key.namespace }
  var labels: StringMap { pod.metadata.labels }
  var nodeName: String { pod.spec.nodeName }
  var nominatedNodeName: String { pod.status.nominatedNodeName }
  var reference: ObjectReference { ObjectReference(.pod, key) }

  /// When it started; a pod that has not is taken to start at `now`.
  func startTime(at now: Timestamp) -> Timestamp { pod.status.startTime ?? now }

  /// More important is the higher priority, then the earlier start (`util.MoreImportantPod`).
  func isMoreImportant(than other: PodInfo, at now: Timestamp) -> Bool {
    priority != other.priority
      ? priority > other.priority : startTime(at: now) < other.startTime(at: now)
  }
}

/// A port of the host that a container takes.
struct HostPort: Sendable, Equatable {
  /// Empty or `0.0.0.0`: every address of the host.
  var ip: String
  var protocolName: String
  var port: Int32

  private var isWildcard: Bool { ip.isEmpty || ip == "0.0.0.0" }

  /// Whether both cannot be had on one host (`HostPortInfo.CheckConflict`).
  func conflicts(with other: HostPort) -> Bool {
    port == other.port && protocolName == other.protocolName
      && (isWildcard || other.isWildcard || ip == other.ip)
  }

  /// Those of the containers, and of the init containers that stay (`schedutil.GetHostPorts`).
  static func ports(of spec: PodSpec) -> [HostPort] {
    var ports: [HostPort] = []
    for container in spec.initContainers where container.restartPolicy == "Always" {
      collect(container, into: &ports)
    }
    for container in spec.containers { collect(container, into: &ports) }
    return ports
  }

  private static func collect(_ container: Container, into ports: inout [HostPort]) {
    for port in container.ports where port.hostPort > 0 {
      let name = port.protocolName.isEmpty ? "TCP" : port.protocolName
      ports.append(HostPort(ip: port.hostIP, protocolName: name, port: port.hostPort))
    }
  }
}

/// What a container without a request counts for when nodes are scored: 0.1 core and 200 MiB
/// (`pkg/scheduler/util/pod_resources.go`).
enum ScoredRequests {
  static let defaultMilliCPU: Int64 = 100
  static let defaultMemory: Int64 = 200 * 1024 * 1024
}
