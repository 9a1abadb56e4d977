import Basics
import MVCC
import Raft

// The identities of members and clusters, and the data directory that a restore leaves behind.

extension ClusterMember {
  /// The ID that etcd computes for a member from its addresses, the cluster's token, and for one
  /// that is added later the time (api/membership/member.go).
  public static func identity(peerURLs: [String], token: String, seconds: UInt64? = nil) -> UInt64 {
    let text = peerURLs.sorted().joined() + token + (seconds.map(String.init) ?? "")
    return SHA1.identity(Array(text.utf8))
  }

  /// The members that found a cluster, in the order given.
  public static func founding(
    _ cluster: [(name: String, peerURLs: [String])], token: String
  ) -> [ClusterMember] {
    cluster.map {
      ClusterMember(
        id: identity(peerURLs: $0.peerURLs, token: token), name: $0.name, peerURLs: $0.peerURLs)
    }
  }

  /// The ID of the cluster that these members found.
  public static func clusterIdentity(_ members: [UInt64]) -> UInt64 {
    var bytes: [UInt8] = []
    for id in members.sorted() {
      withUnsafeBytes(of: id.bigEndian) { bytes.append(contentsOf: $0) }
    }
    return SHA1.identity(bytes)
  }
}

/// What `etcdutl snapshot restore` makes of a snapshot: the beginning of a new cluster.
public struct RestoredCluster: Sendable {
  /// `--initial-cluster`, by ascending ID.
  public let members: [ClusterMember]
  public let clusterID: UInt64
  public let state: AppliedState

  /// - Parameters:
  ///   - cluster: names and peer URLs, in the order given.
  ///   - bump: `--bump-revision`; with it the bumped revision counts as compacted
  ///     (`--mark-compacted`), so that every watch from before is refused and starts over.
  public init(
    _ file: BackendFile, cluster: [(name: String, peerURLs: [String])], token: String,
    bump: UInt64 = 0
  ) throws(BackendFile.Problem) {
    var store = Store(
      revisions: file.revisions, compactRevision: file.compactRevision, leases: file.leases)
    if bump > 0 {
      store.bump(by: Int64(min(bump, UInt64(Int64.max / 2))))
      do throws(EtcdError) { try store.compact(store.revision) } catch {
        throw BackendFile.Problem(error.message)
      }
    }
    try self.init(store, alarms: file.alarms, cluster: cluster, token: token)
  }

  /// The same of a store that no file has to be read for.
  public init(
    _ store: Store, alarms: [Alarm] = [], cluster: [(name: String, peerURLs: [String])],
    token: String
  ) throws(BackendFile.Problem) {
    members = ClusterMember.founding(cluster, token: token).sorted { $0.id < $1.id }
    if let twice = zip(members, members.dropFirst()).first(where: { $0.id == $1.id }) {
      throw BackendFile.Problem(
        "member exists with identical ID \(String(twice.0.id, radix: 16))")
    }
    clusterID = ClusterMember.clusterIdentity(members.map(\.id))
    var state = AppliedState()
    state.store = store
    // One entry a member, applied in term 1: where a founded cluster stands before its first election.
    state.index = UInt64(members.count)
    state.term = 1
    state.confState = ConfState(voters: members.map(\.id))
    state.members = members
    state.alarms = alarms
    self.state = state
  }

  /// The write-ahead log of one of its members.
  public func records(for id: UInt64) -> [WALRecord] {
    [
      .metadata(memberID: id, clusterID: clusterID),
      .snapshot(
        Snapshot(
          index: state.index, term: state.term, confState: state.confState,
          data: .boxed(StateBox(state))),
        installed: true),
      .hardState(HardState(term: 1, vote: 0, commit: state.index)),
    ]
  }
}
