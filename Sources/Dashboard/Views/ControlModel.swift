import APIServer
import Basics
import ControllerRuntime
import Engine
import KubeAPI
import KubeScheduler
import MVCC

/// What the control plane's view reads: controllers with their queues, caches with their revisions,
/// the scheduler's queues and its last cycle.
struct ControlModel: ViewModel {
  struct Manager: Sendable {
    let role: Process.Role
    let host: String
    let view: ControllerHostView
  }

  struct Row: Sendable {
    let manager: Int
    let controller: ControllerHostView.Controller
  }

  /// A pod in one of the scheduler's queues.
  struct Queued: Sendable {
    enum Place: Sendable { case active, backoff, unschedulable }
    let place: Place
    let waiting: SchedulerProcess.Observation.Waiting
    let id: RowID
  }

  /// How far an API server's cache of a kind has come.
  enum Held: Sendable {
    case down
    /// It reads the kind from etcd each time, as events unless somebody watches them.
    case nothing
    case revision(Int64)
  }

  /// A kind's caches: revisions of each API server's, of the controller managers' informers.
  struct Cache: Sendable {
    let kind: ResourceKind
    let servers: [Held]
    /// Nil where no API server holds the kind.
    let objects: Int?
    let informer: Int64?
    /// The revision of the newest write to the kind, as far as it is not long ago.
    let newest: Int64
  }

  /// The ones that lead; where none does, the ones that run.
  private(set) var managers: [Manager] = []
  private(set) var rows: [Row] = []
  private(set) var servers: [String] = []
  private(set) var caches: [Cache] = []
  private(set) var scheduler: SchedulerProcess.Observation?
  private(set) var schedulerHost = ""
  private(set) var queue: [Queued] = []
  private(set) var verdicts: [Decision.NodeVerdict] = []

  private static let queueLimit = 50

  /// - Parameter last: an earlier reading, whose order of the verdicts serves again if there was no
  ///   other decision since.
  init(_ world: World, _ masters: [String], after last: ControlModel? = nil) {
    let hosts = masters.compactMap { world.host(named: $0) }
    for role in [Process.Role.controllerManager, .cloudControllerManager] {
      var views: [Manager] = []
      for host in hosts {
        let view =
          role == .controllerManager
          ? world.controllerManagerView(on: host.id) : world.cloudControllerManagerView(on: host.id)
        if let view { views.append(Manager(role: role, host: host.name, view: view)) }
      }
      if let leader = views.first(where: \.view.isLeader) ?? views.first { managers.append(leader) }
    }
    for (index, manager) in managers.enumerated() where manager.view.isLeader {
      rows += manager.view.controllers.map { Row(manager: index, controller: $0) }
    }
    readCaches(world, hosts)
    readScheduler(world, hosts, last)
  }

  private mutating func readCaches(_ world: World, _ hosts: [Host]) {
    let views = hosts.map { world.apiServerView(on: $0.id) }
    servers = hosts.map(\.name)
    let newest = Self.newestRevisions(world)
    let informers = managers.filter(\.view.isLeader).flatMap(\.view.caches)
    caches = ResourceKind.allCases.map { kind in
      let each = views.map { $0?.caches.first { $0.kind == kind } }
      return Cache(
        kind: kind,
        servers: each.map { cache in
          guard let cache else { return .down }
          return cache.isReady ? .revision(cache.revision) : .nothing
        },
        objects: each.compactMap { $0 }.filter(\.isReady).map(\.objects).max(),
        informer: informers.filter { $0.kind == kind }.map(\.resourceVersion).max(),
        newest: newest[kind] ?? 0)
    }
  }

  /// When each kind was written last, from the end of etcd's history.
  private static func newestRevisions(_ world: World) -> [ResourceKind: Int64] {
    guard let history = world.store?.history else { return [:] }
    // Nearly all that is written is leases: they are asked for first.
    let kinds = [.lease] + ResourceKind.allCases.filter { $0 != .lease }
    let prefixes = kinds.map { (kind: $0, key: Key($0.registryPrefix)) }
    var found: [ResourceKind: Int64] = [:]
    var index = history.endIndex
    let stop = max(history.startIndex, index - 1000)
    while index > stop, found.count < ResourceKind.allCases.count {
      index -= 1
      let kv = history[index].kv
      for (kind, prefix) in prefixes where kv.key.hasPrefix(prefix) {
        if found[kind] == nil { found[kind] = kv.modRevision }
        break
      }
    }
    return found
  }

  private mutating func readScheduler(_ world: World, _ hosts: [Host], _ last: ControlModel?) {
    for host in hosts {
      guard let view = world.schedulerView(on: host.id, limit: Self.queueLimit) else { continue }
      if scheduler == nil || view.isLeader {
        scheduler = view
        schedulerHost = host.name
      }
      if view.isLeader { break }
    }
    guard let scheduler else { return }
    func add(_ list: [SchedulerProcess.Observation.Waiting], _ place: Queued.Place) {
      for waiting in list {
        let pod = world.object(.pod, waiting.pod)?.metadata.uid
        queue.append(
          Queued(
            place: place, waiting: waiting,
            id: pod.map { .pod($0) } ?? .object(.pod, waiting.pod)))
      }
    }
    add(scheduler.active, .active)
    add(scheduler.backoff, .backoff)
    add(scheduler.unschedulable, .unschedulable)
    let decision = scheduler.lastDecision
    if let last, last.scheduler?.lastDecision == decision {
      verdicts = last.verdicts
      return
    }
    // The node taken, then the best scores, then the refusals.
    verdicts = (decision?.nodes ?? []).sorted { a, b in
      let taken = (a.name == decision?.node, b.name == decision?.node)
      if taken.0 != taken.1 { return taken.0 }
      if a.isFeasible != b.isFeasible { return a.isFeasible }
      if a.total != b.total { return a.total > b.total }
      return a.name < b.name
    }
  }

  // MARK: Rows

  func count(_ pane: Pane) -> Int? {
    switch pane {
    case .controllers: rows.count
    case .queue: queue.count
    case .verdicts: verdicts.count
    default: nil
    }
  }

  func row(_ pane: Pane, _ index: Int) -> RowID? {
    switch pane {
    case .controllers where rows.indices.contains(index):
      .controller(
        process: managers[rows[index].manager].role.name, name: rows[index].controller.name)
    case .queue where queue.indices.contains(index): queue[index].id
    case .verdicts where verdicts.indices.contains(index): .node(verdicts[index].name)
    default: nil
    }
  }

  func index(of id: RowID, in pane: Pane) -> Int? {
    switch (pane, id) {
    case (.controllers, .controller(let process, let name)):
      rows.firstIndex {
        $0.controller.name == name && managers[$0.manager].role.name == process
      }
    case (.queue, _): queue.firstIndex { $0.id == id }
    case (.verdicts, .node(let name)): verdicts.firstIndex { $0.name == name }
    default: nil
    }
  }
}
