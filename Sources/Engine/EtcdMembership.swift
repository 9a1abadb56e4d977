import Basics
import Etcd
import KubeAPI
import MVCC
import PersistentCollections
import Raft
import SimulationKernel

/// How the etcd process of a host is started: its flags, and whose data directory it has.
struct EtcdLaunch: Sendable {
  var memberID: UInt64
  var clusterID: UInt64
  var initialCluster: [ClusterMember]
  /// `--initial-cluster-state existing`: who it is, is told by the members that run.
  var joinsExisting = false

  /// `--initial-cluster-token` of a world's first cluster. A restore without a token takes etcd's
  /// own, and so makes other members and another cluster.
  static let foundingToken = "etcd-cluster-1"

  static func peerURL(_ host: String) -> String { "https://\(host):2380" }
  static func clientURL(_ host: String) -> String { "https://\(host):2379" }

  /// The members that found a world's cluster, in the order of their machines.
  static func founding(_ spec: ClusterSpec) -> [EtcdLaunch] {
    var members = ClusterMember.founding(
      spec.etcdMachines.map { ($0.name, [peerURL($0.name)]) }, token: foundingToken)
    for at in members.indices { members[at].clientURLs = [clientURL(members[at].name)] }
    let cluster = ClusterMember.clusterIdentity(members.map(\.id))
    let sorted = members.sorted { $0.id < $1.id }
    return members.map {
      EtcdLaunch(
        memberID: $0.id, clusterID: cluster, initialCluster: sorted, joinsExisting: false)
    }
  }

  init(memberID: UInt64, clusterID: UInt64, initialCluster: [ClusterMember], joinsExisting: Bool) {
    self.memberID = memberID
    self.clusterID = clusterID
    self.initialCluster = initialCluster
    self.joinsExisting = joinsExisting
  }
}

/// A restore of a snapshot on one host. The file's bytes travel with it: a replay needs no file.
public final class EtcdRestore: Sendable {
  /// The member's host; `--name`.
  public let host: String
  /// `--initial-cluster`: names and peer URLs.
  public let cluster: [(name: String, peerURLs: [String])]
  /// `--initial-cluster-token`.
  public let token: String
  public let snapshot: [UInt8]
  /// `--bump-revision`, with `--mark-compacted`; 0 for neither.
  public let bump: UInt64
  public let skipHashCheck: Bool

  public init(
    host: String, cluster: [(name: String, peerURLs: [String])], token: String = "etcd-cluster",
    snapshot: [UInt8], bump: UInt64 = 0, skipHashCheck: Bool = false
  ) {
    self.host = host
    self.cluster = cluster
    self.token = token
    self.snapshot = snapshot
    self.bump = bump
    self.skipHashCheck = skipHashCheck
  }
}

extension World {
  /// Names and peer URLs of the machines that carry etcd: what `--initial-cluster` of a restore is.
  public var etcdInitialCluster: [(name: String, peerURLs: [String])] {
    etcdHosts.map { ($0, [EtcdLaunch.peerURL($0)]) }
  }

  /// The IDs of the cluster's members by the newest membership known, ascending.
  public var etcdMemberIDs: [UInt64] { newestEtcdState?.members.map(\.id).sorted() ?? [] }

  /// Voters by the newest membership known: of so many a quorum is needed.
  var etcdVoters: Int { newestEtcdState?.voterCount ?? etcdMembers.count }

  /// What the running member has applied that has come furthest.
  var newestEtcdState: AppliedState? {
    var newest: (index: UInt64, state: AppliedState)?
    for member in etcdMembers where member.config.clusterID == etcdClusterID {
      let index = member.appliedIndex
      guard index > newest?.index ?? 0, let state = member.state else { continue }
      newest = (index, state)
    }
    return newest?.state
  }

  /// `/readyz` of the API server on a host: it has started, and etcd answers it.
  public func isAPIServerReady(on name: String) -> Bool {
    guard let host = host(named: name), host.isPowered,
      let process = process(.apiServer, on: host.id), process.isRunning,
      apiServers[process.index].isReady
    else { return false }
    // With external etcd the client goes on to the next member that answers.
    let candidates =
      spec.etcd == .external ? Array(etcdMembers.indices) : [etcdEndpoint[process.index]]
    return candidates.contains { index in
      let member = processes[etcdProcesses[index]]
      return member.isRunning && hosts[member.host].isPowered && isOpen(host.id, member.host)
        && etcdMembers[index].leader != 0
    }
  }

  private func etcdIndex(on name: String) throws(FaultProblem) -> Int {
    guard let host = host(named: name), let process = process(.etcd, on: host.id) else {
      throw FaultProblem(
        message: "no etcd member on \"\(name)\"; there are \(etcdHosts.joined(separator: ", "))")
    }
    return process.index
  }

  // MARK: Restoring

  mutating func restoreEtcd(_ restore: EtcdRestore) throws(FaultProblem) {
    let index = try etcdIndex(on: restore.host)
    let process = etcdProcesses[index]
    let url = EtcdLaunch.peerURL(restore.host)
    guard hosts[processes[process].host].isPowered else {
      throw FaultProblem(message: "\(restore.host) is switched off")
    }
    guard !disks[index].isFull else {
      throw FaultProblem(
        message: "write /var/lib/etcd/member/snap/db: no space left on device")
    }
    let restored: RestoredCluster
    do throws(BackendFile.Problem) {
      let file = try BackendFile(
        snapshot: restore.snapshot, skipHashCheck: restore.skipHashCheck, box: StoredObject.box)
      restored = try RestoredCluster(
        file, cluster: restore.cluster, token: restore.token, bump: restore.bump)
    } catch {
      throw FaultProblem(message: error.description)
    }
    guard let own = restored.members.first(where: { $0.name == restore.host }) else {
      throw FaultProblem(
        message: "couldn't find local name \"\(restore.host)\" in the initial cluster "
          + "configuration \"\(restore.cluster.map { "\($0.name)=\($0.peerURLs.joined(separator: ","))" }.joined(separator: ","))\""
      )
    }
    guard own.peerURLs.contains(url) else {
      throw FaultProblem(
        message: "--initial-cluster has \(restore.host)=\(own.peerURLs.joined(separator: ",")) but "
          + "missing from --initial-advertise-peer-urls=\(url)")
    }
    let note = Note(
      .input, nil,
      "etcd on \(restore.host) is restored from a snapshot of revision "
        + "\(restored.state.store.revision)")
    // The members after the first are given the same: that takes nothing away any more.
    let isFirst = !continuesRestore(restored, of: restore)
    let cause = isFirst ? report(restored, of: restore, note) : record(note, by: nil, cause: .none)
    stopForMaintenance(process, cause: cause)
    layOut(restored, for: own.id, at: index)
    if isFirst { forgetCauses(after: restored) }
    begin(restored)
    restoredHosts = (isFirst ? [] : restoredHosts) + [restore.host]
    startAfterMaintenance(process, cause: cause)
  }

  /// A member's data directory as `etcdutl snapshot restore` writes it.
  mutating func layOut(_ restored: RestoredCluster, for member: UInt64, at index: Int) {
    disks[index].replace(with: restored.records(for: member))
    etcdLaunches[index] = EtcdLaunch(
      memberID: member, clusterID: restored.clusterID, initialCluster: restored.members,
      joinsExisting: false)
  }

  /// From here on the old cluster is history, whoever of it still runs.
  mutating func begin(_ restored: RestoredCluster) {
    etcdClusterID = restored.clusterID
    etcdRestores += 1
    lastStore = restored.state.store
    monitor.restored(restored.state.store, index: restored.state.index, at: now)
  }

  /// What came after the snapshot is no revision of the new cluster; the numbers are given anew.
  private mutating func forgetCauses(after restored: RestoredCluster) {
    let newest = restored.state.store.revisions.map(\.modRevision).max() ?? 0
    for revision in revisionCauses.range(from: newest + 1).map(\.key) {
      revisionCauses.removeValue(forKey: revision)
    }
  }

  /// Whether another member was given the same snapshot, and this one was not yet.
  private func continuesRestore(_ restored: RestoredCluster, of restore: EtcdRestore) -> Bool {
    etcdClusterID == restored.clusterID && restores.last?.isAlso(restore) == true
      && !restoredHosts.contains(restore.host)
  }

  /// Records a restore, and what it left out.
  private mutating func report(
    _ restored: RestoredCluster, of restore: EtcdRestore, _ note: Note
  ) -> TraceID {
    guard let before = store else { return record(note, by: nil, cause: .none) }
    let difference = RestoreReport.Difference(from: before, to: restored.state.store)
    var note = note
    note.basis = difference.basis
    let id = record(note, by: nil, cause: .none)
    restores.append(RestoreReport(of: restore, difference, record: id, at: now))
    return id
  }

  // MARK: Joining

  mutating func joinEtcd(_ host: String) throws(FaultProblem) {
    let index = try etcdIndex(on: host)
    let process = etcdProcesses[index]
    guard hosts[processes[process].host].isPowered else {
      throw FaultProblem(message: "\(host) is switched off")
    }
    let note = Note(
      .input, nil,
      "etcd on \(host) is started with an empty data directory and "
        + "--initial-cluster-state existing")
    let cause = record(note, by: nil, cause: .none)
    stopForMaintenance(process, cause: cause)
    disks[index].erase()
    etcdLaunches[index].joinsExisting = true
    startAfterMaintenance(process, cause: cause)
  }

  /// The process is stopped; what its data directory becomes is the caller's business.
  mutating func stopForMaintenance(_ process: ProcessID, cause: TraceID) {
    let wasHeldDown = processes[process].isHeldDown
    processes[process].isHeldDown = true
    if processes[process].state == .starting { endLife(of: process) }
    kill(process, cause: cause)
    processes[process].state = .stopped
    processes[process].isHeldDown = wasHeldDown
  }

  private mutating func startAfterMaintenance(_ process: ProcessID, cause: TraceID) {
    processes[process].backoff = .zero
    guard !processes[process].isHeldDown else { return }
    processes[process].state = .starting
    let delay = Process.bootDelay(.etcd, isFirst: false)
    var draws = draws(.boot, process)
    schedule(
      .control(.start), to: process, at: now + draws.span(delay.low, delay.high), cause: cause)
  }

  // MARK: Starting with an empty data directory

  /// Before a member starts: one without data learns who it is, or why it may not begin. Nil where
  /// it may (server/etcdserver/bootstrap.go).
  mutating func prepareLaunch(_ index: Int) -> String? {
    guard disks[index].durable.isEmpty else { return nil }
    let host = processes[etcdProcesses[index]].host
    let url = EtcdLaunch.peerURL(hosts[host].name)
    let peers = etcdMembers.indices.compactMap { other -> AppliedState? in
      let process = processes[etcdProcesses[other]]
      guard other != index, process.isRunning, isOpen(host, process.host) else { return nil }
      return etcdMembers[other].state
    }
    let known = peers.max { $0.index < $1.index }
    let own = known?.members.first { $0.peerURLs.contains(url) }
    guard etcdLaunches[index].joinsExisting else {
      // Founders are many at once, and none of them has said its name yet.
      guard let own, own.id == etcdLaunches[index].memberID, !own.clientURLs.isEmpty,
        processes[etcdProcesses[index]].incarnation > 0
      else { return nil }
      return "member \(String(own.id, radix: 16)) has already been bootstrapped"
    }
    guard let known else {
      return
        "cannot fetch cluster info from peer urls: could not retrieve cluster information from "
        + "the given URLs"
    }
    guard let own else {
      return "error validating peerURLs: member count is unequal"
    }
    let cluster =
      etcdMembers.indices.first { memberIndex(known.members.first?.id ?? 0) == $0 }
      .map { etcdLaunches[$0].clusterID } ?? etcdClusterID
    etcdLaunches[index] = EtcdLaunch(
      memberID: own.id, clusterID: cluster, initialCluster: known.members, joinsExisting: true)
    return nil
  }

  /// A member has a message for one that is not where it knows it: another cluster's member may
  /// answer at that address, and each refuses the other.
  mutating func meetStranger(_ from: Int, _ id: UInt64, cause: TraceID) {
    guard let state = etcdMembers[from].state,
      let url = state.member(id)?.peerURLs.first,
      let other = etcdLaunches.indices.first(where: {
        EtcdLaunch.peerURL(hosts[processes[etcdProcesses[$0]].host].name) == url
      }),
      processes[etcdProcesses[other]].isRunning,
      etcdStrangers.insert(from * etcdMembers.count + other)
    else { return }
    let name = hosts[processes[etcdProcesses[from]].host].name
    let peer = hosts[processes[etcdProcesses[other]].host].name
    let reason =
      etcdLaunches[from].clusterID == etcdLaunches[other].clusterID
      ? "member ID mismatch" : "cluster ID mismatch"
    _ = record(
      Note(
        .failure, nil,
        "etcd on \(name): request sent was ignored by remote peer \(peer) due to \(reason)"),
      by: etcdProcesses[from], cause: cause)
  }
}
