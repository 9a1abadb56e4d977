import Basics
import ControllerRuntime
import KubeAPI

/// Has the cloud make a load balancer for each service of type LoadBalancer, and writes its address
/// into the service (`controllers/service`).
public struct ServiceLBController: Controller {
  private enum Step {
    static let ensure = 1
    static let remove = 2
    static let finalizer = 3
    static let status = 4
    static let cleared = 5
  }

  /// What the cloud was last told about a service.
  private struct Applied: Sendable, Equatable {
    var uid: UID
    var ports: [Int32]
    var nodes: [String]
  }

  public let name = "service-lb-controller"
  public let eventSource = "service-controller"
  /// `--concurrent-service-syncs`
  public let workers = 1
  public let watches: [ResourceKind] = [.node, .service]
  public let retryDelays = (base: Span.seconds(5), ceiling: Span.minutes(5))
  static let finalizer = "service.kubernetes.io/load-balancer-cleanup"
  private static let excludeLabel = "node.kubernetes.io/exclude-from-external-load-balancers"

  private var applied = LookupTable<ObjectKey, Applied>()
  /// The ports and nodes in an ask that is not answered.
  private var asked = LookupTable<ObjectKey, Applied>()

  public init() {}

  // MARK: Changes

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .service(let service):
      if case .deleted = delta { applied.removeValue(forKey: service.key) }
      if isWanted(service) || hasFinalizer(service) { context.enqueue(service.reference) }
    case .node(let node):
      if case .updated(let old, _) = delta, let before = old.node,
        isTarget(before) == isTarget(node)
      {
        return
      }
      enqueueAll(&context)
    default: break
    }
  }

  private func enqueueAll(_ context: inout ControllerContext) {
    for (_, object) in context[.service].objects {
      guard let service = object.service, isWanted(service) else { continue }
      context.enqueue(service.reference)
    }
  }

  private func isWanted(_ service: Service) -> Bool {
    service.spec.type == "LoadBalancer" && service.spec.loadBalancerClass == nil
  }

  private func hasFinalizer(_ service: Service) -> Bool {
    service.metadata.finalizers.contains(Self.finalizer)
  }

  /// Whether balancers forward to this node: known to the cloud, and not excluded.
  private func isTarget(_ node: Node) -> Bool {
    !node.spec.providerID.isEmpty && node.metadata.labels[Self.excludeLabel] == nil
      && !node.spec.taints.contains { $0.key == "ToBeDeletedByClusterAutoscaler" }
  }

  // MARK: Sync

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let service = context.get(key.key, as: Service.self) else { return }
    guard isWanted(service), service.metadata.deletionTimestamp == nil else {
      guard hasFinalizer(service) else { return }
      context.event(
        service.boxed, reason: "DeletingLoadBalancer", message: "Deleting load balancer")
      context.decide(key, "\(name) has the load balancer of \(key.name) deleted")
      return context.ask(
        .deleteLoadBalancer(service: key.key, uid: service.metadata.uid), step: Step.remove)
    }
    guard hasFinalizer(service) else {
      // First the finalizer: a balancer must never be left behind.
      context.event(
        service.boxed, reason: "EnsuringLoadBalancer", message: "Ensuring load balancer")
      var copy = service
      copy.metadata.finalizers.append(Self.finalizer)
      return context.call(.update(copy), step: Step.finalizer)
    }
    ensure(service, &context)
  }

  private mutating func ensure(_ service: Service, _ context: inout ControllerContext) {
    var nodes: [String] = []
    for (key, object) in context[.node].objects {
      if let node = object.node, isTarget(node) { nodes.append(key.name) }
    }
    let wanted = Applied(
      uid: service.metadata.uid, ports: service.spec.ports.map(\.port), nodes: nodes)
    if applied[service.key] == wanted && !service.status.ingress.isEmpty { return }
    if nodes.isEmpty {
      context.event(
        service.boxed, type: "Warning", reason: "UnAvailableLoadBalancer",
        message: "There are no available nodes for LoadBalancer")
    }
    asked[service.key] = wanted
    context.decide(
      service.reference,
      "\(name) ensures the load balancer of \(service.metadata.name) "
        + "for \(counted(nodes.count, "node"))"
    )
    context.ask(
      .ensureLoadBalancer(
        service: service.key, uid: service.metadata.uid, ports: wanted.ports, nodes: nodes),
      step: Step.ensure)
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ result: CloudResponse.Result, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key, let service = context.get(key.key, as: Service.self) else {
      return .ok
    }
    switch result {
    case .loadBalancer(let ip):
      let isUpdate = applied[key.key] != nil
      applied[key.key] = asked.removeValue(forKey: key.key)
      context.event(
        service.boxed, reason: isUpdate ? "UpdatedLoadBalancer" : "EnsuredLoadBalancer",
        message: isUpdate ? "Updated load balancer with new hosts" : "Ensured load balancer")
      writeAddress(service, ip, &context)
    case .done:
      applied.removeValue(forKey: key.key)
      context.event(service.boxed, reason: "DeletedLoadBalancer", message: "Deleted load balancer")
      if service.metadata.deletionTimestamp == nil && !service.status.ingress.isEmpty {
        // It is no balancer's service any more; the finalizer follows when that is written.
        var emptied = service
        emptied.status.ingress = []
        context.call(.update(emptied, .status), step: Step.cleared)
      } else {
        release(service, &context)
      }
    case .failed(let message):
      context.event(
        service.boxed, type: "Warning", reason: "SyncLoadBalancerFailed",
        message: "Error syncing load balancer: failed to ensure load balancer: \(message)")
      return .retry(message)
    default: break
    }
    return .ok
  }

  private func writeAddress(
    _ service: Service, _ ip: String, _ context: inout ControllerContext
  ) {
    var ingress = LoadBalancerIngress()
    ingress.ip = ip
    ingress.ipMode = "VIP"
    guard service.status.ingress != [ingress] else { return }
    var copy = service
    copy.status.ingress = [ingress]
    context.decide(
      service.reference, "\(name) publishes address \(ip) of \(service.metadata.name)")
    context.call(.update(copy, .status), step: Step.status)
  }

  private func release(_ service: Service, _ context: inout ControllerContext) {
    var copy = service
    copy.metadata.finalizers.removeAll { $0 == Self.finalizer }
    context.call(.update(copy), step: Step.finalizer)
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    if call.step == Step.cleared, let service = response.object?.service {
      release(service, &context)
    }
    return .unlessGone(response)
  }
}
