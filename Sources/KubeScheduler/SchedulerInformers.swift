import Basics
import ControllerRuntime
import KubeAPI

/// The scheduler's informers and what their news does to cache and queue
/// (`pkg/scheduler/eventhandlers.go`).
extension SchedulerProcess {
  /// The places of the informers in the list.
  enum InformerIndex {
    static let pods = 0
    static let nodes = 1
    static let namespaces = 2
    static let services = 3
    static let replicaSets = 4
  }

  static func makeInformers() -> [Informer] {
    // Pods that have ended take no room: the scheduler does not even ask for them.
    let live = FieldSelector([
      FieldSelector.Requirement("status.phase", isEqual: false, "Succeeded"),
      FieldSelector.Requirement("status.phase", isEqual: false, "Failed"),
    ])
    return [
      Informer(.pod, fieldSelector: live), Informer(.node), Informer(.namespace),
      Informer(.service), Informer(.replicaSet),
    ]
  }

  mutating func startInformers(at time: HostTime, into effects: inout Effects) {
    for index in informers.indices {
      guard let (request, call) = informers[index].nextRequest() else { continue }
      client.call(request, tag: .inform(index, call), now: time.monotonic, into: &effects)
    }
  }

  mutating func follow(
    _ next: Informer.Next, _ index: Int, at time: HostTime, into effects: inout Effects
  ) {
    switch next {
    case .nothing: break
    case .send(let request, let call):
      client.call(request, tag: .inform(index, call), now: time.monotonic, into: &effects)
    case .retry(let span):
      effects.arm(TimerID(tag: TimerTag.informer, payload: UInt64(index)), after: span)
    }
  }

  mutating func apply(
    _ deltas: [Delta], of index: Int, at time: HostTime, into effects: inout Effects
  ) {
    let now = time.monotonic
    let cause = effects.cause
    for delta in deltas {
      switch index {
      case InformerIndex.pods: applyPod(delta, now: now, cause: cause)
      case InformerIndex.nodes: applyNode(delta, now: now, cause: cause)
      case InformerIndex.namespaces: applyNamespace(delta)
      case InformerIndex.services: applyService(delta)
      default: applyReplicaSet(delta)
      }
    }
  }

  private mutating func applyNode(_ delta: Delta, now: Tick, cause: TraceID) {
    switch delta {
    case .added(let object):
      guard let node = object.node else { return }
      cache.setNode(node)
      queue.move(.nodeAdded(node), now: now, cause: cause)
    case .updated(let old, let new):
      guard let old = old.node, let new = new.node else { return }
      cache.setNode(new)
      let change = NodeChange(from: old, to: new)
      if !change.isEmpty {
        queue.move(.nodeUpdated(old: old, new: new, change), now: now, cause: cause)
      }
    case .deleted(let object):
      guard let node = object.node else { return }
      queue.move(.nodeDeleted(node), now: now, cause: cause)
      cache.removeNode(node.metadata.name)
    }
  }

  private mutating func applyNamespace(_ delta: Delta) {
    guard let namespace = delta.object.namespace else { return }
    let name = namespace.metadata.name
    if case .deleted = delta {
      cache.namespaces.remove(name)
    } else {
      cache.namespaces.set(name, namespace.metadata.labels)
    }
  }

  private mutating func applyService(_ delta: Delta) {
    guard let service = delta.object.service else { return }
    if case .deleted = delta {
      cache.owners.removeService(service.key)
    } else {
      cache.owners.setService(service)
    }
  }

  private mutating func applyReplicaSet(_ delta: Delta) {
    guard let set = delta.object.replicaSet else { return }
    // Its status changes with every pod; its selector never.
    if case .updated = delta { return }
    let key = OwnerTable.Key(
      apiVersion: ResourceKind.replicaSet.apiVersion, kind: ResourceKind.replicaSet.kind,
      namespace: set.metadata.namespace, name: set.metadata.name)
    if case .deleted = delta {
      cache.owners.setController(key, nil)
    } else {
      cache.owners.setController(key, set.spec.selector)
    }
  }

  // MARK: Pods

  private static func isOurs(_ pod: Pod) -> Bool { pod.spec.schedulerName == schedulerName }

  /// A pod that has ended takes no room (the informer's selector keeps it out where it can).
  private static func hasEnded(_ pod: Pod) -> Bool {
    pod.status.phase == "Succeeded" || pod.status.phase == "Failed"
  }

  private mutating func applyPod(_ delta: Delta, now: Tick, cause: TraceID) {
    switch delta {
    case .added(let object), .updated(_, let object):
      if let pod = object.pod, Self.hasEnded(pod) {
        remove(pod, now: now, cause: cause)
        return
      }
    case .deleted: break
    }
    switch delta {
    case .added(let object):
      guard let pod = object.pod else { return }
      if !pod.spec.nodeName.isEmpty {
        addAssigned(pod, now: now, cause: cause)
      } else if Self.isOurs(pod) {
        enqueue(PodInfo(pod), now: now, cause: cause)
      }
    case .updated(let old, let new):
      guard let old = old.pod, let new = new.pod else { return }
      if new.metadata.uid != old.metadata.uid {
        // Deleted and made anew between two looks.
        remove(old, now: now, cause: cause)
        applyPod(.added(new.boxed), now: now, cause: cause)
      } else if !old.spec.nodeName.isEmpty {
        updateAssigned(new, now: now, cause: cause)
      } else if !new.spec.nodeName.isEmpty {
        addAssigned(new, now: now, cause: cause)
        queue.delete(new.metadata.uid)
        nominator.remove(new.metadata.uid)
      } else if Self.isOurs(old) {
        updateWaiting(old, new, now: now, cause: cause)
      }
    case .deleted(let object):
      if let pod = object.pod { remove(pod, now: now, cause: cause) }
    }
  }

  private mutating func enqueue(_ info: PodInfo, now: Tick, cause: TraceID) {
    if !info.nominatedNodeName.isEmpty { nominator.add(info, node: info.nominatedNodeName) }
    queue.add(info, now: now, cause: cause)
  }

  private mutating func addAssigned(_ pod: Pod, now: Tick, cause: TraceID) {
    let known = cache.pod(pod.metadata.uid)?.info
    let info = known.map { PodInfo(pod, replacing: $0) } ?? PodInfo(pod)
    if let state = cache.pod(info.uid), let known, known.countsLike(info),
      cache.details[Int(state.slot)].name == info.nodeName
    {
      cache.replacePod(info)
    } else {
      cache.addPod(info)
    }
    queue.move(.podAdded(info), now: now, cause: cause)
  }

  private mutating func updateAssigned(_ pod: Pod, now: Tick, cause: TraceID) {
    guard let old = cache.pod(pod.metadata.uid)?.info else {
      addAssigned(pod, now: now, cause: cause)
      return
    }
    let info = PodInfo(pod, replacing: old)
    if info.isTerminating { victimIsGoing(info.uid) }
    if old.countsLike(info) && old.nodeName == info.nodeName {
      cache.replacePod(info)
    } else {
      cache.addPod(info)
    }
    let change = PodChange(from: old, to: info)
    if !change.isEmpty {
      queue.move(.podUpdated(old: old, new: info, change), now: now, cause: cause)
    }
  }

  private mutating func updateWaiting(_ old: Pod, _ new: Pod, now: Tick, cause: TraceID) {
    let uid = new.metadata.uid
    if cache.isAssumed(uid) {
      let isGoing = new.metadata.deletionTimestamp != nil && old.metadata.deletionTimestamp == nil
      if isGoing { forget(uid, now: now, cause: cause) }
      return
    }
    let before = queue[uid]?.info ?? PodInfo(old)
    let info = PodInfo(new, replacing: before)
    let nominated = info.nominatedNodeName
    // A nomination made a moment ago stands until the object shows another one.
    if nominated != old.status.nominatedNodeName {
      if nominated.isEmpty { nominator.remove(uid) } else { nominator.add(info, node: nominated) }
    } else if let node = nominator.node(of: uid) {
      nominator.add(info, node: node)
    }
    queue.update(from: before, to: info, now: now, cause: cause)
    let had = old.status.nominatedNodeName
    if !had.isEmpty, had != nominated {
      queue.move(.podDeleted(before), now: now, cause: cause) { $0.priority <= before.priority }
    }
  }

  private mutating func remove(_ pod: Pod, now: Tick, cause: TraceID) {
    let uid = pod.metadata.uid
    victimIsGoing(uid)
    if !pod.spec.nodeName.isEmpty {
      guard let info = cache.pod(uid)?.info else { return }
      cache.removePod(uid)
      queue.move(.podDeleted(info), now: now, cause: cause)
      return
    }
    guard Self.isOurs(pod) else { return }
    queue.delete(uid)
    nominator.remove(uid)
    if cache.isAssumed(uid) {
      forget(uid, now: now, cause: cause)
    } else if !pod.status.nominatedNodeName.isEmpty {
      let info = PodInfo(pod)
      queue.move(.podDeleted(info), now: now, cause: cause) { $0.priority <= info.priority }
    }
  }

  /// An assumed pod gives its room back.
  mutating func forget(_ uid: UID, now: Tick, cause: TraceID) {
    guard let state = cache.pod(uid), cache.forget(uid) else { return }
    queue.move(.podDeleted(state.info), now: now, cause: cause)
  }
}
