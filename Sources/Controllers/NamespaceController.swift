import Basics
import ControllerRuntime
import KubeAPI

/// Empties namespaces that are being deleted, then lets them go (`pkg/controller/namespace`).
///
/// Pods go first; while any is left nothing else is touched (OrderedNamespaceDeletion).
public struct NamespaceController: Controller {
  private enum Step {
    static let get = 1
    static let estimate = 2
    static let deleteAll = 3
    static let list = 4
    static let status = 5
    static let finalize = 6
  }

  /// How far the emptying of one namespace is.
  private struct Work: Sendable {
    var namespace: Namespace
    /// The kinds still to be emptied, the one at hand last.
    var kinds: [ResourceKind]
    var podEstimate = 0
    var estimate = 0
    var remaining: [(kind: ResourceKind, count: Int)] = []
    var finalizers: [(name: String, count: Int)] = []
    var errors: [String] = []
    var podsRemain = false
  }

  public let name = "namespace-controller"
  /// `--concurrent-namespace-syncs`
  public let workers = 10
  public let rateScale = (qps: 20, burst: 100)
  public let watches: [ResourceKind] = [.namespace]
  public let retryDelays = (base: Span.milliseconds(5), ceiling: Span.seconds(60))
  /// `namespaceDeletionGracePeriod`: API servers and etcd members get to know of the deletion.
  static let gracePeriod = Span.seconds(5)
  /// `finalizerEstimateSeconds`
  static let finalizerEstimate = 15

  private var work = LookupTable<ObjectReference, Work>()

  public init() {}

  public mutating func observe(_ delta: Delta, _ context: inout ControllerContext) {
    if case .deleted = delta { return }
    guard let namespace = delta.object.namespace, namespace.metadata.deletionTimestamp != nil
    else { return }
    context.enqueue(namespace.reference, after: Self.gracePeriod)
  }

  public mutating func reconcile(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard context[.namespace][key.key] != nil else { return }
    context.call(.get(.namespace, key.key), step: Step.get)
  }

  // MARK: Answers

  public mutating func answered(
    _ call: ControllerCall, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let key = call.key else { return .ok }
    switch call.step {
    case Step.get: return begin(key, response, &context)
    case Step.estimate: return estimated(key, response, &context)
    case Step.deleteAll: return emptied(key, call.target.kind, response, &context)
    case Step.list: return listed(key, call.target.kind, response, &context)
    case Step.status: return conclude(key, response.object?.namespace, &context)
    default: return .unlessGone(response)
    }
  }

  private mutating func begin(
    _ key: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let namespace = response.object?.namespace else { return .unlessGone(response) }
    guard namespace.metadata.deletionTimestamp != nil, !namespace.spec.finalizers.isEmpty else {
      return .ok
    }
    let others = ResourceKind.allCases.filter { $0.isNamespaced && $0 != .pod }
    work[key] = Work(namespace: namespace, kinds: Array(others.reversed()) + [.pod])
    context.decide(key, "\(name) empties namespace \(key.name), pods first")
    context.call(APIRequest(.list, .pod, namespace: key.name), step: Step.estimate)
    return .ok
  }

  /// How long the pods' grace periods may take.
  private mutating func estimated(
    _ key: ObjectReference, _ response: APIResponse, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard case .list(let pods, _, _) = response, var item = work[key] else {
      return .usual(response)
    }
    let graces = pods.compactMap { object -> Int64? in
      guard let pod = object.pod, !pod.isFinished else { return nil }
      return pod.spec.terminationGracePeriodSeconds
    }
    let longest = Int(graces.max() ?? 0)
    let since = item.namespace.metadata.deletionTimestamp ?? context.time.wall
    item.podEstimate = context.time.wall - since >= .seconds(longest) ? 0 : longest
    work[key] = item
    deleteNext(key, &context)
    return .ok
  }

  private mutating func deleteNext(_ key: ObjectReference, _ context: inout ControllerContext) {
    guard let kind = work[key]?.kinds.last else { return }
    var request = APIRequest(.deletecollection, kind, namespace: key.name)
    request.options.propagationPolicy = "Background"
    context.call(request, step: Step.deleteAll)
  }

  private mutating func emptied(
    _ key: ObjectReference, _ kind: ResourceKind, _ response: APIResponse,
    _ context: inout ControllerContext
  ) -> CallOutcome {
    if let refusal = response.refusal {
      work[key]?.errors.append(refusal.message)
      return next(key, after: kind, &context)
    }
    context.call(APIRequest(.list, kind, namespace: key.name), step: Step.list)
    return .ok
  }

  private mutating func listed(
    _ key: ObjectReference, _ kind: ResourceKind, _ response: APIResponse,
    _ context: inout ControllerContext
  ) -> CallOutcome {
    guard case .list(let items, _, _) = response else {
      work[key]?.errors.append(response.refusal?.message ?? "no list")
      return next(key, after: kind, &context)
    }
    guard var item = work[key], !items.isEmpty else { return next(key, after: kind, &context) }
    item.remaining.append((kind, items.count))
    var hasFinalizers = false
    for finalizer in items.flatMap(\.metadata.finalizers) {
      hasFinalizers = true
      if let at = item.finalizers.firstIndex(where: { $0.name == finalizer }) {
        item.finalizers[at].count += 1
      } else {
        item.finalizers.append((finalizer, 1))
      }
    }
    let estimate = kind == .pod ? item.podEstimate : 0
    if estimate > 0 {
      item.estimate = max(item.estimate, estimate)
    } else if hasFinalizers {
      item.estimate = max(item.estimate, Self.finalizerEstimate)
    } else {
      let version = kind.group.isEmpty ? "/v1" : kind.group + "/v1"
      let problem =
        "unexpected items still remain in namespace: \(key.name) for gvr: \(version), "
        + "Resource=\(kind.plural)"
      item.errors.append(
        kind == .pod
          ? "failed to delete pods for namespace: \(key.name), err: \(problem)" : problem)
    }
    item.podsRemain = kind == .pod
    work[key] = item
    return next(key, after: kind, &context)
  }

  private mutating func next(
    _ key: ObjectReference, after kind: ResourceKind, _ context: inout ControllerContext
  ) -> CallOutcome {
    _ = work[key]?.kinds.popLast()
    guard let item = work[key] else { return .ok }
    if !item.kinds.isEmpty && !item.podsRemain {
      deleteNext(key, &context)
      return .ok
    }
    var copy = item.namespace
    copy.status.conditions = conditions(item, context.time.wall.truncatedToSeconds)
    guard copy.status.conditions != item.namespace.status.conditions else {
      return conclude(key, item.namespace, &context)
    }
    context.call(.update(copy, .status), step: Step.status)
    return .ok
  }

  /// Comes back later while something remains, and finalizes when nothing does.
  private mutating func conclude(
    _ key: ObjectReference, _ namespace: Namespace?, _ context: inout ControllerContext
  ) -> CallOutcome {
    guard let item = work.removeValue(forKey: key) else { return .ok }
    if let error = item.errors.first { return .retry(error) }
    if item.estimate > 0 {
      let wait = item.estimate / 2 + 1
      context.notice(
        key, "\(name): content remains in \(key.name), looking again in \(wait)s")
      context.enqueue(key, after: .seconds(wait))
      return .ok
    }
    guard var copy = namespace else { return .retry("the status of \(key.name) changed meanwhile") }
    copy.spec.finalizers.removeAll { $0 == "kubernetes" }
    context.decide(key, "\(name) finalizes namespace \(key.name): it is empty")
    context.call(.update(copy, .finalize), step: Step.finalize)
    return .ok
  }

  // MARK: Conditions

  private func conditions(_ item: Work, _ now: Timestamp) -> [Condition] {
    var found: [Condition] = []
    if !item.podsRemain && !item.remaining.isEmpty {
      let parts = item.remaining.map {
        "\($0.kind.plural).\($0.kind.group) has \($0.count) resource instances"
      }
      found.append(
        Condition(
          type: "NamespaceContentRemaining", status: "True", reason: "SomeResourcesRemain",
          message: "Some resources are remaining: " + parts.sorted().joined(separator: ", ")))
    }
    if !item.podsRemain && !item.finalizers.isEmpty {
      let parts = item.finalizers.map { "\($0.name) in \($0.count) resource instances" }
      found.append(
        Condition(
          type: "NamespaceFinalizersRemaining", status: "True", reason: "SomeFinalizersRemain",
          message: "Some content in the namespace has finalizers remaining: "
            + parts.sorted().joined(separator: ", ")))
    }
    if !item.errors.isEmpty {
      found.append(
        Condition(
          type: "NamespaceDeletionContentFailure", status: "True",
          reason: "ContentDeletionFailed",
          message: "Failed to delete all resource types, \(item.errors.count) remaining: "
            + item.errors.sorted().joined(separator: ", ")))
    }
    var conditions = item.namespace.status.conditions
    for fine in Self.fine {
      let condition = found[fine.type] ?? fine
      let old = conditions[fine.type]
      let isSame =
        old?.status == condition.status && old?.reason == condition.reason
        && old?.message == condition.message
      if !isSame { conditions.set(condition, now: now) }
    }
    return conditions
  }

  /// The conditions of a deletion without trouble.
  private static let fine = [
    Condition(
      type: "NamespaceDeletionDiscoveryFailure", status: "False", reason: "ResourcesDiscovered",
      message: "All resources successfully discovered"),
    Condition(
      type: "NamespaceDeletionGroupVersionParsingFailure", status: "False",
      reason: "ParsedGroupVersions", message: "All legacy kube types successfully parsed"),
    Condition(
      type: "NamespaceDeletionContentFailure", status: "False", reason: "ContentDeleted",
      message: "All content successfully deleted, may be waiting on finalization"),
    Condition(
      type: "NamespaceContentRemaining", status: "False", reason: "ContentRemoved",
      message: "All content successfully removed"),
    Condition(
      type: "NamespaceFinalizersRemaining", status: "False", reason: "ContentHasNoFinalizers",
      message: "All content-preserving finalizers finished"),
  ]

  public mutating func finished(
    _ key: ObjectReference, failed: Bool, _ context: inout ControllerContext
  ) {
    work.removeValue(forKey: key)
  }
}
