import Basics
import Etcd
import KubeAPI
import MVCC
import Raft
import SimulationKernel

/// What can be seen of a world, as plain values: what the display draws and checks are made on.
///
/// Objects are as etcd holds them: the newest state that any member has applied.
public struct Observation: Sendable {
  public struct Node: Sendable {
    public let name: String
    public let host: HostID
    public let roles: String
    public let zone: String
    public let ip: String
    public let isPowered: Bool
    /// `Ready`, `NotReady`, `NotReady,SchedulingDisabled` as kubectl says, or `-` while no Node
    /// object is there.
    public let status: String
    /// The Ready condition's status: `True`, `False`, `Unknown`, or empty.
    public let ready: String
    public let taints: [Taint]
    public let pods: Int
    public let cpuRequested: Int64
    public let cpuAllocatable: Int64
    public let memoryRequested: Int64
    public let memoryAllocatable: Int64
    /// Since the node's lease was renewed last.
    public internal(set) var heartbeatAge: Span?
    public internal(set) var age: Span?
    public let faults: [Fault]
  }

  public struct Pod: Sendable {
    public let uid: UID
    public let key: ObjectKey
    public let summary: PodSummary
    public let phase: String
    public let isReady: Bool
    public let isTerminating: Bool
    public let node: String
    public let ip: String
    /// When it was created, by the API server's clock.
    let created: Timestamp?
    /// The same as a number to sort by.
    public var createdMicroseconds: Int64 { created.map { ($0 - .powerOn).microseconds } ?? 0 }
    /// At the moment of the look.
    public internal(set) var age: Span
    /// Millicores and bytes.
    public let cpuRequested: Int64
    public let memoryRequested: Int64
    /// `ReplicaSet web-d7b8cd548`; empty for a pod of its own.
    public let owner: String
  }

  public struct Member: Sendable {
    public let name: String
    public let process: ProcessID
    public let state: Process.State
    public let isReachable: Bool
    public let role: RaftRole
    public let term: UInt64
    public let leader: String
    public let commit: UInt64
    public let applied: UInt64
    public let lastIndex: UInt64
    public let revision: Int64
    public let dbSize: Int
  }

  public struct ControlProcess: Sendable {
    public let process: ProcessID
    public let host: String
    public let role: Process.Role
    public let state: Process.State
    public let isHeldDown: Bool
    public let restarts: Int
    /// It holds its component's lease, as it believes.
    public let isLeader: Bool
    /// An API server's `/readyz`: one that runs and has no etcd is not ready.
    public let isReady: Bool
  }

  /// Who holds a leader lease, by etcd.
  public struct LeaseHolder: Sendable {
    public let lease: String
    public let holder: String
    public let renewAge: Span
    public let transitions: Int
  }

  public struct Action: Sendable {
    public let id: TraceID
    public let at: Tick
    public let cause: TraceID
    /// `kube-scheduler@master-2`, or `you`.
    public let who: String
    public let role: Process.Role?
    public let note: Note
  }

  public let now: Tick
  public let seed: UInt64
  public let events: UInt64
  public let revision: Int64
  public private(set) var nodes: [Node]
  public private(set) var pods: PodTable
  public let members: [Member]
  public let control: [ControlProcess]
  public let leases: [LeaseHolder]
  public let faults: [Fault]
  public let violations: [InvariantMonitor.Violation]
  /// What the pods ask of each node.
  private(set) var load: Load
  /// Snapshots restored so far: a look from before one is no beginning for one after it.
  let etcdRestores: Int
  /// Members that run and reach their leader, or one another where there is none.
  public let healthyMembers: Int
  /// Members that vote, whether they run or not.
  public let voters: Int
  /// etcd's alarms: while one is raised, no key can be put.
  public let alarms: [Alarm]
  public var quorum: Int { voters / 2 + 1 }
  public var hasQuorum: Bool { healthyMembers >= quorum }

  /// Pods on each node and what they ask for, those that have ended left out.
  struct Load: Sendable {
    struct Entry: Sendable {
      var pods = 0
      var cpu: Int64 = 0
      var memory: Int64 = 0
    }
    private var entries = LookupTable<String, Entry>()

    subscript(node: String) -> Entry { entries[node] ?? Entry() }

    mutating func take(_ pod: Pod, sign: Int) {
      guard !pod.node.isEmpty, pod.phase != "Succeeded", pod.phase != "Failed" else { return }
      var entry = self[pod.node]
      entry.pods += sign
      entry.cpu += Int64(sign) * pod.cpuRequested
      entry.memory += Int64(sign) * pod.memoryRequested
      entries[pod.node] = entry
    }
  }

  /// Takes out what is kept, so that it can be changed in place.
  mutating func takeRows() -> (pods: PodTable, nodes: [Node], load: Load) {
    defer { (pods, nodes, load) = (PodTable([], wall: pods.wall), [], Load()) }
    return (pods, nodes, load)
  }
}

extension World {
  /// The most advanced store any member holds: what the cluster knows.
  public var store: MVCC.Store? {
    var best = lastStore
    for member in etcdMembers
    where member.config.clusterID == etcdClusterID && member.revision > (best?.revision ?? 0) {
      best = member.store
    }
    return best
  }

  /// The objects of a kind as etcd holds them, in the order of their keys.
  public func objects(_ kind: ResourceKind) -> [APIObject] {
    guard let store else { return [] }
    guard
      let found = try? store.range(
        RangeRequest(prefix: Key(kind.registryPrefix), serializable: true))
    else { return [] }
    var objects: [APIObject] = []
    objects.reserveCapacity(found.kvs.count)
    for kv in found.kvs {
      if let object = StoredObject.object(in: kv.value) {
        objects.append(object.at(resourceVersion: kv.modRevision))
      }
    }
    return objects
  }

  /// One object as etcd holds it.
  public func object(_ kind: ResourceKind, _ key: ObjectKey) -> APIObject? {
    let path = Self.storageKey(of: ObjectReference(kind, key))
    guard let kv = store?.get(Key(path)) else { return nil }
    return StoredObject.object(in: kv.value)?.at(resourceVersion: kv.modRevision)
  }

  /// The wall clock of a host whose clock is right.
  public var wallClock: Timestamp { .powerOn + (now - .zero) }

  public func observe() -> Observation {
    let wall = wallClock
    var load = Observation.Load()
    let pods = objects(.pod).compactMap(\.pod).map { observe($0) }
    for pod in pods { load.take(pod, sign: 1) }
    var objects = LookupTable<String, Node>()
    for object in self.objects(.node) { objects[object.metadata.name] = object.node }
    let nodes = hosts.filter { $0.role == .master || $0.role == .worker }
      .map { observe($0, objects[$0.name], load[$0.name]) }
    return observation(pods: PodTable(pods, wall: wall), nodes: nodes, load: load)
  }

  func observation(
    pods: PodTable, nodes: [Observation.Node], load: Observation.Load
  ) -> Observation {
    Observation(
      now: now, seed: spec.seed, events: events, revision: store?.revision ?? 0, nodes: nodes,
      pods: pods, members: etcdMembers.indices.map(observeMember), control: observeControl(),
      leases: observeLeases(wallClock), faults: activeFaults, violations: monitor.violations,
      load: load, etcdRestores: etcdRestores, healthyMembers: healthyMembers(),
      voters: etcdVoters, alarms: newestEtcdState?.alarms ?? [])
  }

  func observe(_ pod: Pod) -> Observation.Pod {
    var (cpu, memory): (Int64, Int64) = (0, 0)
    for container in pod.spec.containers {
      cpu += container.resources.requests.cpuMilli
      memory += container.resources.requests.memoryBytes
    }
    return Observation.Pod(
      uid: pod.metadata.uid, key: pod.key, summary: PodSummary(pod), phase: pod.status.phase,
      isReady: pod.status.conditions.isTrue("Ready"),
      isTerminating: pod.metadata.deletionTimestamp != nil, node: pod.spec.nodeName,
      ip: pod.status.podIP, created: pod.metadata.creationTimestamp, age: .zero,
      cpuRequested: cpu, memoryRequested: memory,
      owner: pod.metadata.controller.map { "\($0.kind) \($0.name)" } ?? "")
  }

  func observe(
    _ host: Host, _ node: Node?, _ load: Observation.Load.Entry
  ) -> Observation.Node {
    let ready = node?.status.conditions["Ready"]?.status ?? ""
    var status = "-"
    if let node {
      status = ready == "True" ? "Ready" : "NotReady"
      if node.spec.unschedulable { status += ",SchedulingDisabled" }
    }
    let lease = object(.lease, ObjectKey(namespace: "kube-node-lease", name: host.name))?.lease
    return Observation.Node(
      name: host.name, host: host.id,
      roles: host.role == .master ? "control-plane" : "<none>", zone: host.zone, ip: host.ip,
      isPowered: host.isPowered, status: status, ready: ready, taints: node?.spec.taints ?? [],
      pods: load.pods, cpuRequested: load.cpu,
      cpuAllocatable: node?.status.allocatable.cpuMilli ?? 0, memoryRequested: load.memory,
      memoryAllocatable: node?.status.allocatable.memoryBytes ?? 0,
      heartbeatAge: lease?.spec.renewTime.map { wallClock - $0 },
      age: node?.metadata.creationTimestamp.map { wallClock - $0 },
      faults: activeFaults.filter { $0.concerns(host.name) })
  }

  private func observeMember(_ index: Int) -> Observation.Member {
    let member = etcdMembers[index]
    let process = processes[etcdProcesses[index]]
    let host = hosts[process.host]
    let isUp = process.isRunning
    let leader = memberIndex(member.leader, in: member.config.clusterID)
    return Observation.Member(
      name: host.name, process: process.id, state: process.state,
      isReachable: isUp && host.isPowered && !network.isIsolated(host.id),
      role: member.role ?? .follower, term: member.term,
      leader: leader.map { hosts[processes[etcdProcesses[$0]].host].name } ?? "",
      commit: member.committedIndex, applied: member.appliedIndex, lastIndex: member.lastIndex,
      revision: member.revision, dbSize: member.store?.size ?? 0)
  }

  /// The running voters that reach their leader; where none has a quorum behind it, the size of the
  /// largest group around one member.
  ///
  /// - Parameter lost: hosts whose members do not count, as if they were down.
  func healthyMembers(without lost: [String] = []) -> Int {
    let known = newestEtcdState
    let up = etcdMembers.indices.filter {
      let process = processes[etcdProcesses[$0]]
      guard known?.member(etcdMembers[$0].id)?.isLearner != true else { return false }
      return process.isRunning && etcdLaunches[$0].clusterID == etcdClusterID
        && !lost.contains(hosts[process.host].name)
    }
    func group(around center: Int) -> Int {
      let host = processes[etcdProcesses[center]].host
      return up.count { isOpen(host, processes[etcdProcesses[$0]].host) }
    }
    let leader = up.filter { etcdMembers[$0].role == .leader }
      .max { etcdMembers[$0].term < etcdMembers[$1].term }
    if let leader, group(around: leader) > (known?.voterCount ?? etcdMembers.count) / 2 {
      return group(around: leader)
    }
    return up.map(group).max() ?? 0
  }

  /// How many members would be healthy if `fault` struck now and the members on `lost` ended of it.
  public func healthyMembers(after fault: Fault, losing lost: [String]) -> Int {
    switch fault.effect {
    case .cut, .flap:
      // Only where members are apart, who still reaches whom is for the network to say.
      guard concernsMembers(fault.target) else { return healthyMembers() }
      var copy = self
      do { try copy.apply(.fail(fault)) } catch { return healthyMembers() }
      return copy.healthyMembers()
    default: return healthyMembers(without: lost)
    }
  }

  private func concernsMembers(_ target: Fault.Target) -> Bool {
    switch target {
    case .host(let name): etcdHosts.contains(name)
    case .link(let a, let b, _): etcdHosts.contains(a) && etcdHosts.contains(b)
    case .zone: true
    default: false
    }
  }

  private func observeControl() -> [Observation.ControlProcess] {
    var rows: [Observation.ControlProcess] = []
    for host in hostIDs(.master) {
      for id in hosts[host].processes {
        let process = processes[id]
        switch process.role {
        case .apiServer, .scheduler, .controllerManager, .cloudControllerManager:
          rows.append(
            Observation.ControlProcess(
              process: id, host: hosts[host].name, role: process.role, state: process.state,
              isHeldDown: process.isHeldDown, restarts: process.restarts,
              isLeader: process.isRunning && believesToLead(process),
              isReady: process.role != .apiServer || isAPIServerReady(on: hosts[host].name)))
        default: break
        }
      }
    }
    return rows
  }

  /// Whether the component's own elector says that it leads.
  public func believesToLead(_ process: Process) -> Bool {
    switch process.role {
    case .scheduler: schedulers[process.index].observe(limit: 0).isLeader
    case .controllerManager: controllerManagers[process.index].isLeader
    case .cloudControllerManager: cloudControllerManagers[process.index].isLeader
    case .etcd: etcdMembers[process.index].role == .leader
    default: false
    }
  }

  private func observeLeases(_ wall: Timestamp) -> [Observation.LeaseHolder] {
    ["kube-controller-manager", "kube-scheduler", "cloud-controller-manager"].compactMap { name in
      let key = ObjectKey(namespace: "kube-system", name: name)
      guard let lease = object(.lease, key)?.lease else { return nil }
      return Observation.LeaseHolder(
        lease: name, holder: lease.spec.holderIdentity ?? "",
        renewAge: wall - (lease.spec.renewTime ?? wall),
        transitions: Int(lease.spec.leaseTransitions ?? 0))
    }
  }

  /// The newest records worth reading, newest first.
  public func actions(
    _ limit: Int, where isWanted: (Note) -> Bool = { _ in true }
  ) -> [Observation.Action] {
    trace.newest(limit) { isWanted($0.record.note) }.map(action)
  }

  /// A record of the trace with its author named.
  public func action(_ entry: Trace.Entry) -> Observation.Action {
    let process = entry.record.process.map { processes[$0] }
    let who = process.map { "\($0.role.name)@\(hosts[$0.host].name)" } ?? "you"
    return Observation.Action(
      id: entry.id, at: entry.at, cause: entry.cause, who: who, role: process?.role,
      note: entry.record.note)
  }
}

extension World {
  /// Containers that run for pods etcd knows nothing of: host and pod, in order.
  public var phantoms: [(host: String, pod: ObjectKey)] {
    var known = LookupSet<UID>()
    for pod in objects(.pod) { known.insert(pod.metadata.uid) }
    var found: [(host: String, pod: ObjectKey)] = []
    for host in hosts where host.isPowered {
      guard let process = process(.containerRuntime, on: host.id) else { continue }
      let runtime = runtimes[process.index].snapshot
      for sandbox in runtime.sandboxes where sandbox.isReady && !known.contains(sandbox.uid) {
        let isRunning = runtime.containers.contains {
          $0.sandbox == sandbox.id && $0.state == .running
        }
        if isRunning { found.append((host.name, sandbox.pod)) }
      }
    }
    return found
  }
}

extension Fault {
  /// Whether a person looking at this host would see the fault.
  public func concerns(_ host: String) -> Bool {
    switch target {
    case .host(let name), .disk(let name), .clock(let name), .cloud(let name): name == host
    case .process(let name, _): name == host
    case .link(let from, let to, _): from == host || to == host
    case .zone, .container: false
    }
  }
}

extension World {
  /// The hosts whose process of this name believes to lead: one, when all is well.
  public func leaders(of component: String) -> [String] {
    processes.filter { $0.role.name == component && $0.isRunning && believesToLead($0) }
      .map { hosts[$0.host].name }
  }

  /// How many members run and reach one another, whether that is a quorum, and the newest revision.
  public var etcdHealth: (healthy: Int, hasQuorum: Bool, revision: Int64) {
    let healthy = healthyMembers()
    return (healthy, healthy > etcdVoters / 2, store?.revision ?? 0)
  }

  /// How many endpoints the kube-proxy on a node sends a service's connections to; nil where it
  /// has no rules for the service.
  public func proxyEndpoints(on node: String, of service: ObjectKey) -> Int? {
    guard let host = host(named: node), let process = process(.kubeProxy, on: host.id) else {
      return nil
    }
    return proxies[process.index].rules.services[service]?.endpointCount
  }
}
