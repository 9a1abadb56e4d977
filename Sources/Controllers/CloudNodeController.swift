import Basics
import ControllerRuntime
import KubeAPI

/// Makes a new node known to be a machine of the cloud: provider ID, addresses, zone, region and
/// type, and then takes away the taint that kept pods off it (`controllers/node`).
public struct CloudNodeController: Controller {
  private enum Step {
    static let initialize = 1
    static let refresh = 2
    static let node = 3
    static let addresses = 4
  }

  public let name = "cloud-node-controller"
  /// `--concurrent-node-syncs` is 1; each sync there waits for the cloud.
  public let workers = 1
  public let watches: [ResourceKind] = [.node]
  public let maxRetries: Int? = 20
  public let retryDelays = (base: Span.milliseconds(50), ceiling: Span.seconds(1000))
  /// `--node-status-update-frequency`
  static let refreshPeriod = Span.minutes(5)
  private var toRefresh = LookupSet<ObjectReference>()

  public init() {}

  public mutating func start(_ context: inout ControllerContext) {
    context.arm(0, after: Self.refreshPeriod)
  }

  public mutating func timer(_ id: UInt32, _ context: inout ControllerContext) {
    context.arm(0, after: Self.refreshPeriod)
    for key in context[.node].objects.keys {
      let reference = ObjectReference(.node, key)
      toRefresh.insert(reference)
      context.enqueue(reference)
    }
  }

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    if case .deleted = delta { return }
    guard let node = delta.object.node, isUninitialized(node) else { return }
    context.enqueue(node.reference)
  }

  private func isUninitialized(_ node: Node) -> Bool {
    node.spec.taints.contains { $0.key == Taint.cloudUninitialized }
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    let isRefresh = toRefresh.remove(key)
    guard let node = context.get(key.key, as: Node.self) else { return }
    let isNew = isUninitialized(node)
    guard isNew || isRefresh else { return }
    context.ask(
      .instance(providerID: node.spec.providerID, nodeName: key.name),
      step: isNew ? Step.initialize : Step.refresh)
  }

  public mutating func answered(
    _ call: ControllerCall, _ result: CloudResponse.Result, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key, let node = context.get(key.key, as: Node.self) else { return .ok }
    guard case .instance(let instance) = result else {
      if case .failed(let message) = result { return .retry(message) }
      return call.step == Step.refresh
        ? .ok
        : .retry("failed to get instance metadata for node \(key.name): instance not found")
    }
    if call.step == Step.initialize {
      context.decide(
        key,
        "\(name) initializes \(key.name) as \(instance.providerID) in zone \"\(instance.zone)\" "
          + "and takes the uninitialized taint away"
      )
      context.call(.update(initialized(node, instance)), step: Step.node)
    } else {
      updateAddresses(node, instance.addresses, &context)
    }
    return .ok
  }

  private func initialized(_ node: Node, _ instance: CloudInstance) -> Node {
    var copy = node
    if copy.spec.providerID.isEmpty { copy.spec.providerID = instance.providerID }
    copy.spec.taints.removeAll { $0.key == Taint.cloudUninitialized }
    let labels = [
      ("node.kubernetes.io/instance-type", instance.instanceType),
      ("beta.kubernetes.io/instance-type", instance.instanceType),
      ("topology.kubernetes.io/zone", instance.zone),
      ("failure-domain.beta.kubernetes.io/zone", instance.zone),
      ("topology.kubernetes.io/region", instance.region),
      ("failure-domain.beta.kubernetes.io/region", instance.region),
    ]
    for (label, value) in labels where !value.isEmpty { copy.metadata.labels[label] = value }
    return copy
  }

  private func updateAddresses(
    _ node: Node, _ addresses: [NodeAddress], _ context: inout ControllerContext
  ) {
    var wanted = addresses
    // The host name that the kubelet posted stays.
    if !wanted.contains(where: { $0.type == "Hostname" }) {
      wanted += node.status.addresses.filter { $0.type == "Hostname" }
    }
    guard !addresses.isEmpty, node.status.addresses != wanted else { return }
    var copy = node
    copy.status.addresses = wanted
    context.call(.update(copy, .status), step: Step.addresses)
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    if call.step == Step.node, let key = call.key, let object = response.object {
      context.event(object, reason: "Synced", message: "Node synced successfully")
      // Addresses are in the status: a write of their own.
      toRefresh.insert(key)
      context.enqueue(key)
    }
    return .unlessGone(response)
  }
}
