import Basics
import ControllerRuntime
import KubeAPI

/// Notices nodes that fell silent, says so in their conditions and on their pods, and taints them
/// (`pkg/controller/nodelifecycle`).
///
/// It trusts its own clock only: what counts is when it saw a heartbeat change.
public struct NodeLifecycleController: Controller {
  enum Step {
    static let health = 1
    static let freshNode = 2
    static let taints = 3
    static let podStatus = 4
  }

  enum Timer {
    static let monitor: UInt32 = 1
    static let tainting: UInt32 = 2
  }

  /// What is known of a node's heartbeat.
  struct Health: Sendable {
    /// When the last heartbeat was seen.
    var probedAt: Tick
    /// The posted Ready condition last seen; boxed, as it stays while heartbeats come.
    @Shared private(set) var ready: Condition?
    /// The lease's renewal last seen.
    var renewTime: Timestamp?
    /// What `ready` says in short, here where it needs no look into the box.
    private(set) var standing = Standing.unheard

    enum Standing: Sendable {
      /// No condition was posted yet.
      case unheard
      case posted, unknown
    }

    init(probedAt: Tick, ready: Condition?) {
      self.probedAt = probedAt
      set(ready: ready)
    }

    mutating func set(ready condition: Condition?) {
      ready = condition
      standing = condition.map { $0.status == "Unknown" ? .unknown : .posted } ?? .unheard
    }
  }

  /// A change of a node's NoExecute taints that is yet to be written.
  enum TaintChange: Sendable {
    case add(String)
    case clear
  }

  public let name = "node-lifecycle-controller"
  public let eventSource = "node-controller"
  public let workers = 8
  public let watches: [ResourceKind] = [.node, .pod]
  public let reads: [ResourceKind] = [.lease]
  public let config: NodeLifecycleConfig
  var health = NodeHealthTable()
  var known = LookupSet<String>()
  var knownNames: [String] = []
  var zones: [NodeZone] = []
  var zoneOfNode = LookupTable<String, Int>()
  var changes = LookupTable<String, TaintChange>()
  /// Nodes where marking the pods failed.
  var toRetry = LookupSet<String>()
  var isTaintingArmed = false

  public init(_ config: NodeLifecycleConfig = NodeLifecycleConfig()) { self.config = config }

  /// The state of each zone by name, for display.
  public var zoneStates: [(name: String, state: ZoneState, waiting: [String])] {
    zones.map { ($0.name, $0.state, $0.queue.waiting) }
  }

  // MARK: Changes

  public mutating func start(_ context: inout ControllerContext) {
    context.arm(Timer.monitor, after: .zero)
  }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta {
    case .added(let object):
      if let node = object.node { return noticeNode(node, &context) }
      if let pod = object.pod { noticePod(pod, &context) }
    case .updated(let old, let new):
      if let node = new.node { return noticeNode(node, &context) }
      guard let pod = new.pod, old.pod?.spec.nodeName != pod.spec.nodeName else { return }
      noticePod(pod, &context)
    case .deleted(let object):
      if case .node = object.body { changes.removeValue(forKey: object.metadata.name) }
    }
  }

  mutating func noticeNode(_ node: Node, _ context: inout ControllerContext) {
    let zone = NodeZone.name(of: node.metadata.labels)
    let at = zones.firstIndex { $0.name == zone }
    if at == nil {
      zones.append(
        NodeZone(
          name: zone, queue: ZoneTaintQueue(interval: config.evictionInterval, now: context.now)))
    }
    // A heartbeat moves no node, and then nothing is written: the table is big.
    let place = at ?? zones.count - 1
    if zoneOfNode[node.metadata.name] != place { zoneOfNode[node.metadata.name] = place }
    if needsWrite(node) { context.enqueue(node.reference) }
  }

  // MARK: The monitor

  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {
    switch id {
    case Timer.monitor:
      context.arm(Timer.monitor, after: config.monitorPeriod)
      monitor(&context)
    default:
      isTaintingArmed = false
      taint(&context)
    }
  }

  func target(_ node: Node) -> TargetReference {
    var target = TargetReference()
    target.apiVersion = "v1"
    target.kind = "Node"
    target.name = node.metadata.name
    target.uid = node.metadata.uid
    return target
  }

  // MARK: Keys: taints, labels, single pods

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    if key.kind == .pod {
      guard let pod = context.get(key.key, as: Pod.self), pod.isReady else { return }
      context.call(.update(notReady(pod, context.time.wall), .status), step: Step.podStatus)
      return
    }
    guard let node = context.get(key.key, as: Node.self) else { return }
    var copy = node
    copy.spec.taints = wantedTaints(node, context.time.wall.truncatedToSeconds)
    for (label, value) in labelFixes(node) { copy.metadata.labels[label] = value }
    guard copy.spec.taints != node.spec.taints || copy.metadata.labels != node.metadata.labels
    else {
      changes.removeValue(forKey: key.name)
      return
    }
    tellTaints(node, copy, &context)
    context.call(.update(copy), step: Step.taints)
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    switch call.step {
    case Step.health: healthAnswered(call.target, response, &context)
    case Step.freshNode:
      // Somebody wrote the node in between: judge it again as it is now.
      if let node = response.object?.node { examine(node, counts: false, &context) }
    case Step.taints:
      if response.refusal == nil { changes.removeValue(forKey: call.target.name) }
      return .unlessGone(response)
    case Step.podStatus: return podAnswered(call, response, &context)
    default: break
    }
    return .ok
  }

  public func digest(into digest: inout Digest) {
    for zone in zones {
      digest.combine(zone.name)
      digest.combine(zone.state.rawValue)
      for node in zone.queue.waiting { digest.combine(node) }
    }
    for name in knownNames { digest.combine(health[name]?.probedAt ?? .zero) }
  }
}
