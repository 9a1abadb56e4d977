import APIServer
import Basics
import Controllers
import KubeAPI
import KubeProxy
import KubeScheduler
import Kubelet
import MVCC
import SimulationKernel

/// What one holder takes an object for.
public struct Belief: Sendable {
  public enum Holder: UInt8, Sendable { case etcd, watchCache, informer, own, rules }

  /// `kube-apiserver@master-1`.
  public let who: String
  public let process: ProcessID
  public let holder: Holder
  /// Nil where it knows no such object.
  public let object: APIObject?
  /// Of the object; 0 where it knows none.
  public let revision: Int64
  /// Up to which revision the holder has seen its kind.
  public let seenRevision: Int64
  /// In words: phase and place, conditions and taints.
  public let value: String
  /// Since the holder's revision of it was written, while the trace knows.
  public let age: Span?
  /// Since it last heard anything of the kind; nil where that is not kept.
  public let silence: Span?
  /// What differs from what etcd holds.
  public let differences: [FieldChange]
  public let isCurrent: Bool
}

/// What everybody takes an object for.
public struct Beliefs: Sendable {
  public let subject: ObjectReference
  /// What etcd holds: the newest any member has applied.
  public let truth: Belief
  /// Members, API servers, informers, kubelet, proxies, in that order.
  public let rows: [Belief]
  public var differing: [Belief] { rows.filter { !$0.isCurrent } }
}

extension World {
  /// What etcd holds of an object, and what everybody who watches its kind takes it for.
  public func beliefs(about subject: ObjectReference) -> Beliefs {
    let real = object(subject.kind, subject.key)
    var written = LookupTable<Int64, Tick>()
    for revision in revisions(of: subject) {
      if let at = revision.at { written[revision.revision] = at }
    }
    let surveyor = Surveyor(world: self, subject: subject, real: real, written: written)
    var rows: [Belief] = []
    for id in processes.indices where surveyor.mayKnow(id) {
      rows += surveyor.beliefs(of: processes[id])
    }
    rows.sort { ($0.holder.rawValue, $0.process) < ($1.holder.rawValue, $1.process) }
    let truth = surveyor.belief(
      "etcd", etcdProcesses.first ?? 0, .etcd, real, seen: store?.revision ?? 0)
    return Beliefs(subject: subject, truth: truth, rows: rows)
  }
}

private struct Surveyor {
  let world: World
  let subject: ObjectReference
  let real: APIObject?
  let written: LookupTable<Int64, Tick>

  /// Whether the process runs, and is of those who watch the subject's kind: of the thousands on
  /// the nodes few are.
  func mayKnow(_ id: ProcessID) -> Bool {
    let watches =
      switch world.processes[id].role {
      case .kubelet:
        subject.kind == .pod
          || subject.kind == .node
            && world.hosts[world.processes[id].host].name == subject.key.name
      case .kubeProxy: subject.kind == .service || subject.kind == .endpointSlice
      case .etcd, .apiServer, .scheduler, .controllerManager, .cloudControllerManager: true
      case .containerRuntime, .loadBalancer, .cloud, .user: false
      }
    return watches && world.processes[id].isRunning
  }

  func beliefs(of process: Process) -> [Belief] {
    let index = process.index
    let id = process.id
    switch process.role {
    case .etcd:
      guard let store = world.etcdMembers[index].store else { return [] }
      let kv = store.get(Key(World.storageKey(of: subject)))
      let object = kv.flatMap { kv in
        StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision)
      }
      return [belief(id, .etcd, object, seen: store.revision)]
    case .apiServer:
      let cached = world.apiServers[index].cached(subject)
      guard cached.isReady else { return [] }
      return [belief(id, .watchCache, cached.object, seen: cached.revision)]
    case .scheduler:
      return world.schedulers[index].cached(subject).map { [belief(id, $0)] } ?? []
    case .controllerManager:
      return world.controllerManagers[index].cached(subject).map { [belief(id, $0)] } ?? []
    case .cloudControllerManager:
      return world.cloudControllerManagers[index].cached(subject).map { [belief(id, $0)] } ?? []
    case .kubelet:
      return world.kubelets[index].cached(subject).map { [belief(id, $0)] } ?? []
    case .kubeProxy:
      return world.proxies[index].cached(subject).map { [belief(id, $0)] } ?? []
    case .containerRuntime, .loadBalancer, .cloud, .user: return []
    }
  }

  func belief(_ id: ProcessID, _ cached: CachedObject) -> Belief {
    let now = world.time(of: id).monotonic
    return belief(
      id, .informer, cached.object, seen: cached.seenRevision, silence: now - cached.lastHeard)
  }

  func belief(
    _ id: ProcessID, _ holder: Belief.Holder, _ object: APIObject?, seen: Int64,
    silence: Span? = nil
  ) -> Belief {
    belief(world.name(of: id), id, holder, object, seen: seen, silence: silence)
  }

  func belief(
    _ who: String, _ id: ProcessID, _ holder: Belief.Holder, _ object: APIObject?, seen: Int64,
    silence: Span? = nil
  ) -> Belief {
    let revision = object?.resourceVersion ?? 0
    let isCurrent = revision == (real?.resourceVersion ?? 0)
    return Belief(
      who: who, process: id, holder: holder, object: object, revision: revision,
      seenRevision: seen, value: object.map(Self.words) ?? "none",
      age: written[revision].map { world.now - $0 }, silence: silence,
      differences: isCurrent ? [] : FieldDiff.between(real, object), isCurrent: isCurrent)
  }

  /// The few fields by which people know an object.
  static func words(_ object: APIObject) -> String {
    if let pod = object.pod {
      let ready = pod.status.conditions.isTrue("Ready") ? "ready" : "not ready"
      let ending = pod.metadata.deletionTimestamp == nil ? "" : ", terminating"
      let place = pod.spec.nodeName.isEmpty ? "no node" : pod.spec.nodeName
      return "\(pod.status.phase), \(ready), \(place)\(ending)"
    }
    if let node = object.node {
      let taints = node.spec.taints.map { "\($0.key):\($0.effect)" }.joined(separator: " ")
      return "Ready=\(node.status.conditions["Ready"]?.status ?? "none")"
        + (taints.isEmpty ? "" : ", \(taints)")
    }
    if let slice = object.endpointSlice {
      let ready = slice.endpoints.count { $0.ready ?? true }
      return "\(ready) of \(slice.endpoints.count) endpoints ready"
    }
    if let lease = object.lease {
      return "held by \(lease.spec.holderIdentity ?? "nobody")"
    }
    if let deployment = object.deployment {
      return "wants \(deployment.spec.replicas ?? 1), ready \(deployment.status.readyReplicas)"
    }
    if let set = object.replicaSet {
      return "wants \(set.spec.replicas ?? 1), ready \(set.status.readyReplicas)"
    }
    return "generation \(object.metadata.generation)"
  }
}
