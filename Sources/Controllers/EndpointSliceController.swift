import Basics
import ControllerRuntime
import KubeAPI

/// Lists the pods behind each service in slices of a hundred (`pkg/controller/endpointslice`,
/// `staging/src/k8s.io/endpointslice`).
public struct EndpointSliceController: Controller {
  /// The labels of a slice of this controller.
  private enum Label {
    static let serviceName = "kubernetes.io/service-name"
    static let managedBy = "endpointslice.kubernetes.io/managed-by"
    static let headless = "service.kubernetes.io/headless"
    static let controller = "endpointslice-controller.k8s.io"
    static let zone = "topology.kubernetes.io/zone"
  }

  public let name = "endpointslice-controller"
  public let eventSource = "endpoint-slice-controller"
  public let workers = 5
  public let watches: [ResourceKind] = [.pod, .service, .endpointSlice]
  public let reads: [ResourceKind] = [.node]
  public let maxRetries: Int? = 15
  public let retryDelays = (base: Span.seconds(1), ceiling: Span.seconds(1000))
  /// The revision each slice of a service was last written at: until the cache has that, the
  /// service is not synced (EndpointSliceTracker).
  private var written = LookupTable<ObjectKey, [WrittenSlice]>()

  private struct WrittenSlice: Sendable {
    var name: String
    var resourceVersion: Int64
    var isDeleted: Bool
  }

  public init() {}

  // MARK: Changes

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    switch delta.object.body {
    case .service: context.enqueue(delta.object.reference)
    case .endpointSlice(let slice): observe(delta, slice, &context)
    case .pod(let pod):
      if case .updated(let old, _) = delta, let before = old.pod {
        return updated(before, pod, &context)
      }
      // A pod without an address is in no slice.
      if isEndpoint(pod) { enqueueServices(of: pod, &context) }
    default: break
    }
  }

  private func isEndpoint(_ pod: Pod) -> Bool { !pod.isFinished && !pod.status.podIP.isEmpty }

  private func updated(_ old: Pod, _ new: Pod, _ context: inout ControllerContext) {
    let (was, isOne) = (isEndpoint(old), isEndpoint(new))
    guard was || isOne else { return }
    let hasNewLabels = old.metadata.labels != new.metadata.labels
    let isChanged =
      was != isOne || old.isReady != new.isReady || old.status.podIP != new.status.podIP
      || old.spec.nodeName != new.spec.nodeName
      || (old.metadata.deletionTimestamp == nil) != (new.metadata.deletionTimestamp == nil)
    guard isChanged || hasNewLabels else { return }
    enqueueServices(of: new, &context)
    if hasNewLabels { enqueueServices(of: old, &context) }
  }

  private func enqueueServices(of pod: Pod, _ context: inout ControllerContext) {
    var found: [ObjectReference] = []
    context[.service].forEach(inNamespace: pod.metadata.namespace) { object in
      guard let selector = object.service?.spec.selector, !selector.isEmpty,
        selector.isSubset(of: pod.metadata.labels)
      else { return }
      found.append(object.reference)
    }
    for reference in found { context.enqueue(reference) }
  }

  /// Somebody else's change to a slice is put right; our own is expected.
  private func observe(
    _ delta: Delta, _ slice: EndpointSlice, _ context: inout ControllerContext
  ) {
    guard slice.metadata.labels[Label.managedBy] == Label.controller,
      let service = slice.metadata.labels[Label.serviceName]
    else { return }
    let key = ObjectKey(namespace: slice.metadata.namespace, name: service)
    let ours = written[key]?.first { $0.name == slice.metadata.name }
    if case .deleted = delta {
      if ours?.isDeleted != true { context.enqueue(ObjectReference(.service, key)) }
    } else if let ours, slice.resourceVersion <= ours.resourceVersion {
      return
    } else {
      context.enqueue(ObjectReference(.service, key))
    }
  }

  // MARK: Sync

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let service = context.get(key.key, as: Service.self) else {
      written.removeValue(forKey: key.key)
      return
    }
    // Without a selector the endpoints are somebody else's work; an external name has none.
    guard service.spec.type != "ExternalName", !service.spec.selector.isEmpty,
      service.metadata.deletionTimestamp == nil
    else { return }
    let existing = slices(of: service, context)
    guard isFresh(key.key, existing) else {
      return context.fail("EndpointSlice informer cache is out of date")
    }
    var isNodeMissing = false
    let groups = desired(service, context, &isNodeMissing)
    apply(service, groups, existing, &context)
    if isNodeMissing { context.fail("skipping pods of \(key.text): their node is not known") }
  }

  private func slices(of service: Service, _ context: ControllerContext) -> [EndpointSlice] {
    var found: [EndpointSlice] = []
    context[.endpointSlice].owned(by: service.metadata.uid).forEach { _, object in
      if let slice = object.endpointSlice,
        slice.metadata.labels[Label.managedBy] == Label.controller,
        slice.metadata.deletionTimestamp == nil
      {
        found.append(slice)
      }
      return true
    }
    return found
  }

  private func isFresh(_ service: ObjectKey, _ existing: [EndpointSlice]) -> Bool {
    guard let written = written[service] else { return true }
    return written.allSatisfy { record in
      let cached = existing.first { $0.metadata.name == record.name }
      if record.isDeleted { return cached == nil }
      return (cached?.resourceVersion ?? 0) >= record.resourceVersion
    }
  }

  /// The endpoints that shall be, by the ports they listen on.
  private func desired(
    _ service: Service, _ context: ControllerContext, _ isNodeMissing: inout Bool
  ) -> [(ports: [EndpointPort], endpoints: [Endpoint])] {
    var groups: [(ports: [EndpointPort], endpoints: [Endpoint])] = []
    let hasNamedPorts = service.spec.ports.contains { port in
      if case .string = port.targetPort { return true }
      return false
    }
    var zones = LookupTable<String, String>()
    var missing = false
    context[.pod].forEach(inNamespace: service.metadata.namespace) { object in
      guard let pod = object.pod, !pod.isFinished, !pod.status.podIP.isEmpty,
        service.spec.selector.isSubset(of: pod.metadata.labels)
      else { return }
      let node = pod.spec.nodeName
      if zones[node] == nil {
        guard let object = context.get(ObjectKey(name: node), as: Node.self) else {
          missing = true
          return
        }
        zones[node] = object.metadata.labels[Label.zone] ?? ""
      }
      let endpoint = endpoint(pod, service, zone: zones[node] ?? "")
      if groups.isEmpty || hasNamedPorts {
        let ports = ports(service, pod)
        if let at = groups.firstIndex(where: { $0.ports == ports }) {
          groups[at].endpoints.append(endpoint)
        } else {
          groups.append((ports, [endpoint]))
        }
      } else {
        groups[0].endpoints.append(endpoint)
      }
    }
    isNodeMissing = missing
    return groups
  }

  private func endpoint(_ pod: Pod, _ service: Service, zone: String) -> Endpoint {
    let isServing = pod.isReady
    let isTerminating = pod.metadata.deletionTimestamp != nil
    var endpoint = Endpoint()
    endpoint.addresses = [pod.status.podIP]
    endpoint.serving = isServing
    endpoint.terminating = isTerminating
    // Ready is never true of a terminating pod, unless the service publishes whatever there is.
    endpoint.ready = service.spec.publishNotReadyAddresses || (isServing && !isTerminating)
    endpoint.nodeName = pod.spec.nodeName
    endpoint.zone = zone.isEmpty ? nil : zone
    var target = TargetReference()
    target.kind = "Pod"
    target.namespace = pod.metadata.namespace
    target.name = pod.metadata.name
    target.uid = pod.metadata.uid
    endpoint.targetRef = target
    return endpoint
  }

  /// The service's target ports as this pod has them; a name the pod lacks is left out.
  private func ports(_ service: Service, _ pod: Pod) -> [EndpointPort] {
    service.spec.ports.compactMap { servicePort in
      var port = EndpointPort()
      port.name = servicePort.name
      port.protocolName = servicePort.protocolName.isEmpty ? "TCP" : servicePort.protocolName
      port.appProtocol = servicePort.appProtocol
      switch servicePort.targetPort {
      case .integer(let number): port.port = number == 0 ? servicePort.port : number
      case .string(let name):
        let found = pod.spec.containers.lazy.flatMap(\.ports).first { candidate in
          candidate.name == name
            && (candidate.protocolName.isEmpty ? "TCP" : candidate.protocolName)
              == port.protocolName
        }
        guard let found else { return nil }
        port.port = found.containerPort
      }
      return port
    }
  }

  // MARK: Writing

  private func apply(
    _ service: Service, _ groups: [(ports: [EndpointPort], endpoints: [Endpoint])],
    _ existing: [EndpointSlice], _ context: inout ControllerContext
  ) {
    var created: [EndpointSlice] = []
    var updated: [EndpointSlice] = []
    var deleted: [EndpointSlice] = []
    var added = 0
    var removed = 0
    for group in groups {
      let plan = EndpointSlicePlan(
        desired: group.endpoints, existing: existing.filter { $0.ports == group.ports })
      created += plan.created.map { newSlice(service, group.ports, $0) }
      updated += plan.updated
      deleted += plan.deleted
      added += plan.added
      removed += plan.removed
    }
    // Slices whose ports nothing has any more go, but for an empty one where there is nothing.
    let stale = existing.filter { slice in !groups.contains { $0.ports == slice.ports } }
    removed += stale.reduce(0) { $0 + $1.endpoints.count }
    deleted += stale
    keepPlaceholder(service, existing, &created, &deleted)
    reuse(&created, &updated, &deleted)
    relabel(service, existing, &updated, deleted)
    guard created.count + updated.count + deleted.count > 0 else { return }
    let total = groups.reduce(0) { $0 + $1.endpoints.count }
    context.decide(
      service.reference,
      "\(name) writes the endpoints of \(service.metadata.name): \(added) added, "
        + "\(removed) removed, \(counted(total, "endpoint")) in all")
    for slice in created { context.call(.create(slice)) }
    for slice in updated { context.call(.update(slice)) }
    for slice in deleted { context.call(.delete(.endpointSlice, slice.key)) }
  }

  /// A service always has a slice, if an empty one.
  private func keepPlaceholder(
    _ service: Service, _ existing: [EndpointSlice], _ created: inout [EndpointSlice],
    _ deleted: inout [EndpointSlice]
  ) {
    guard created.isEmpty, existing.count == deleted.count else { return }
    if deleted.count == 1, deleted[0].endpoints.isEmpty, deleted[0].ports.isEmpty {
      deleted = []
    } else {
      created.append(newSlice(service, [], []))
    }
  }

  /// What is to be made takes the place of what is to be deleted: one write for two.
  private func reuse(
    _ created: inout [EndpointSlice], _ updated: inout [EndpointSlice],
    _ deleted: inout [EndpointSlice]
  ) {
    while let old = deleted.first, var new = created.popLast() {
      new.metadata.name = old.metadata.name
      new.metadata.generateName = old.metadata.generateName
      new.metadata.uid = old.metadata.uid
      new.metadata.creationTimestamp = old.metadata.creationTimestamp
      new.metadata.generation = old.metadata.generation
      new.resourceVersion = old.resourceVersion
      updated.append(new)
      deleted.removeFirst()
    }
  }

  /// A service's labels are those of its slices.
  private func relabel(
    _ service: Service, _ existing: [EndpointSlice], _ updated: inout [EndpointSlice],
    _ deleted: [EndpointSlice]
  ) {
    let wanted = labels(service)
    for at in updated.indices { updated[at].metadata.labels = wanted }
    for slice in existing where slice.metadata.labels != wanted {
      let name = slice.metadata.name
      guard !updated.contains(where: { $0.metadata.name == name }),
        !deleted.contains(where: { $0.metadata.name == name })
      else { continue }
      var copy = slice
      copy.metadata.labels = wanted
      updated.append(copy)
    }
  }

  private func labels(_ service: Service) -> StringMap {
    var labels = service.metadata.labels
    labels[Label.serviceName] = service.metadata.name
    labels[Label.managedBy] = Label.controller
    labels[Label.headless] = service.spec.clusterIP == "None" ? "" : nil
    return labels
  }

  private func newSlice(
    _ service: Service, _ ports: [EndpointPort], _ endpoints: [Endpoint]
  ) -> EndpointSlice {
    var slice = EndpointSlice()
    slice.metadata.generateName = service.metadata.name + "-"
    slice.metadata.namespace = service.metadata.namespace
    slice.metadata.labels = labels(service)
    slice.metadata.ownerReferences = [.controller(of: service)]
    slice.addressType = service.spec.ipFamilies.first ?? "IPv4"
    slice.ports = ports
    slice.endpoints = endpoints
    return slice
  }

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key else { return .ok }
    if call.verb == .delete {
      if response.refusal == nil || response.refusal?.isNotFound == true {
        record(key.key, WrittenSlice(name: call.target.name, resourceVersion: 0, isDeleted: true))
      }
      return .unlessGone(response)
    }
    if let object = response.object {
      record(
        key.key,
        WrittenSlice(
          name: object.metadata.name, resourceVersion: object.resourceVersion, isDeleted: false))
      return .ok
    }
    if response.refusal?.causes.contains(where: { $0.reason == "NamespaceTerminating" }) == true {
      return .ok
    }
    tellFailure(key, response, &context)
    return .usual(response)
  }

  private mutating func record(_ service: ObjectKey, _ slice: WrittenSlice) {
    var records = written[service] ?? []
    records.removeAll { $0.name == slice.name }
    // What was deleted long ago need not be remembered.
    if records.count > 256 { records.removeAll(where: \.isDeleted) }
    records.append(slice)
    written[service] = records
  }

  private func tellFailure(
    _ key: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) {
    guard let service = context[.service][key.key], let refusal = response.refusal,
      !refusal.isConflict
    else { return }
    context.event(
      service, type: "Warning", reason: "FailedToUpdateEndpointSlices",
      message:
        "Error updating Endpoint Slices for Service \(key.key.text): \(refusal.message)")
  }
}
