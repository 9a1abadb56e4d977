import Basics
import KubeAPI

/// A cluster as the scheduler would see it: what `schedule(_:on:seed:)` decides about.
public struct ClusterSnapshot: Sendable {
  /// A controller that owns pods and selects them: a ReplicaSet, StatefulSet or
  /// ReplicationController.
  public struct Controller: Sendable {
    public var apiVersion: String
    public var kind: String
    public var namespace: String
    public var name: String
    public var selector: LabelSelector?
    public init(
      apiVersion: String, kind: String, namespace: String, name: String, selector: LabelSelector?
    ) {
      self.apiVersion = apiVersion
      self.kind = kind
      self.namespace = namespace
      self.name = name
      self.selector = selector
    }
  }

  public var nodes: [Node] = []
  /// Those with `spec.nodeName` count on their node, those with `status.nominatedNodeName` are
  /// nominated, others do not matter.
  public var pods: [Pod] = []
  public var namespaces: [Namespace] = []
  public var services: [Service] = []
  public var controllers: [Controller] = []
  public var disruptionBudgets: [DisruptionBudget] = []
  /// The time by which a pod that has not started yet counts as started.
  public var now = Timestamp.powerOn

  public init() {}

  /// A snapshot of `objects`; kinds that scheduling does not read are left out.
  public init(_ objects: [APIObject]) {
    for object in objects {
      switch object.body {
      case .node(let node): nodes.append(node)
      case .pod(let pod): pods.append(pod)
      case .namespace(let namespace): namespaces.append(namespace)
      case .service(let service): services.append(service)
      case .replicaSet(let set):
        controllers.append(
          Controller(
            apiVersion: "apps/v1", kind: "ReplicaSet", namespace: set.metadata.namespace,
            name: set.metadata.name, selector: set.spec.selector))
      default: break
      }
    }
  }
}

/// What kube-scheduler would decide about `pod`: every node's verdict and scores. All nodes are
/// looked at. `seed` draws among equally good nodes.
public func schedule(_ pod: Pod, on cluster: ClusterSnapshot, seed: UInt64 = 0) -> Decision {
  var decision = Decision(pod: pod.key)
  if let gate = SchedulingGates.reason(pod.spec) {
    decision.gate = gate
    return decision
  }
  var world = cluster.loaded()
  var prng = PRNG(seed: seed)
  var algorithm = SchedulingAlgorithm()
  algorithm.percentageOfNodesToScore = 100
  let info = PodInfo(pod)
  var state = CycleState(info, &world.cache)
  let outcome = algorithm.run(&state, &world.cache, world.nominator, prng: &prng)
  decision.skippedFilters = state.skippedFilters
  if algorithm.table.nominatedNodeUsed {
    algorithm.complete(&state, &world.cache, world.nominator)
  }
  decision.read(algorithm.table, state, world.cache)
  switch outcome {
  case .fits(let slot, _): decision.node = world.cache.details[Int(slot)].name
  case .noNodes: decision.message = FitError.noNodes
  case .rejected(_, let reason):
    decision.preFilterReason = reason
    // PostFilter of DynamicResources fails where its PreFilter did not run.
    decision.message = FitError(nodeCount: world.cache.nodeCount).message(
      preFilter: reason, postFilter: "not found")
  case .unschedulable:
    let preemption = DefaultPreemption(budgets: cluster.disruptionBudgets, now: cluster.now)
    let result = preemption.run(&state, algorithm, &world.cache, world.nominator, prng: &prng)
    decision.preemption = Decision.Preemption(result, world.cache)
    decision.message = FitError(algorithm.table, state, world.cache).message(
      postFilter: result.message)
  }
  return decision
}

extension ClusterSnapshot {
  fileprivate func loaded() -> (cache: SchedulerCache, nominator: Nominator) {
    var cache = SchedulerCache()
    var nominator = Nominator()
    for namespace in namespaces {
      cache.namespaces.set(namespace.metadata.name, namespace.metadata.labels)
    }
    for service in services { cache.owners.setService(service) }
    for controller in controllers {
      let key = OwnerTable.Key(
        apiVersion: controller.apiVersion, kind: controller.kind,
        namespace: controller.namespace, name: controller.name)
      cache.owners.setController(key, controller.selector)
    }
    for node in nodes { cache.setNode(node) }
    for (index, pod) in pods.enumerated() {
      var pod = pod
      // A manifest has no identity yet, but pods are told apart by it.
      if pod.metadata.uid.isNone { pod.metadata.uid = UID(high: .max, low: UInt64(index)) }
      let info = PodInfo(pod)
      if !info.nodeName.isEmpty {
        cache.addPod(info)
      } else if !info.nominatedNodeName.isEmpty {
        nominator.add(info, node: info.nominatedNodeName)
      }
    }
    cache.refresh()
    return (cache, nominator)
  }
}
