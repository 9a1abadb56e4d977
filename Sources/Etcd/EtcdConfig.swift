import Basics

/// A member of the cluster as its members know it.
public struct ClusterMember: Hashable, Sendable {
  public let id: UInt64
  /// Empty until the member has started and said so.
  public var name: String
  public var peerURLs: [String]
  public var clientURLs: [String]
  public var isLearner: Bool

  public init(
    id: UInt64, name: String = "", peerURLs: [String] = [], clientURLs: [String] = [],
    isLearner: Bool = false
  ) {
    self.id = id
    self.name = name
    self.peerURLs = peerURLs
    self.clientURLs = clientURLs
    self.isLearner = isLearner
  }
}

extension ClusterMember: Digestible {
  public func digest(into digest: inout Digest) {
    digest.combine(id)
    digest.combine(name)
    for url in peerURLs + clientURLs { digest.combine(url) }
    digest.combine(isLearner)
  }
}

/// What a member is started with: the flags of the `etcd` command, with etcd 3.6's defaults.
public struct EtcdConfig: Sendable {
  public var id: UInt64
  public var name: String
  public var clusterID: UInt64
  public var peerURLs: [String]
  public var clientURLs: [String]
  /// `--initial-cluster`: who founds the cluster. Of no meaning once there is something on disk,
  /// or for a member that joins.
  public var initialCluster: [ClusterMember]
  /// `--initial-cluster-token`.
  public var clusterToken = "etcd-cluster"
  /// `--initial-cluster-state existing`: it joins a cluster that has added it.
  public var joinsExisting = false
  public var seed: UInt64

  public var tick = Span.milliseconds(100)
  public var electionTicks = 10
  public var heartbeatTicks = 1
  public var preVote = true
  /// `--initial-election-tick-advance`: the first election comes fast.
  public var initialElectionTickAdvance = true
  /// Applied entries between two snapshots on disk.
  public var snapshotCount: UInt64 = 10_000
  /// Entries kept in memory behind the applied index for followers that lag.
  public var snapshotCatchUpEntries: UInt64 = 5_000
  /// 1.5 MiB.
  public var maximumRequestBytes = 1_572_864
  public var maximumTxnOps = 128
  /// 2 GiB, past which the NOSPACE alarm goes off.
  public var quotaBackendBytes = 2_147_483_648
  public var strictReconfigCheck = true
  /// For tests of what looks for bugs.
  public var plantedBug: EtcdBug?
  /// `--corrupt-check-time`: how often the leader compares hashes; nil for never, the default.
  public var corruptCheckTime: Span?
  /// The InitialCorruptCheck feature: a member that starts compares its hash with its peers'. Off
  /// by default.
  public var initialCorruptCheck = false

  public init(
    id: UInt64, name: String, clusterID: UInt64 = 1, initialCluster: [ClusterMember], seed: UInt64
  ) {
    self.id = id
    self.name = name
    self.clusterID = clusterID
    self.initialCluster = initialCluster
    self.seed = seed
    let own = initialCluster.first { $0.id == id }
    peerURLs = own?.peerURLs ?? []
    clientURLs = own?.clientURLs ?? []
  }

  /// The version members run: what kubeadm 1.36 installs.
  public static let version = "3.6.8"

  public var electionTimeout: Span { tick * electionTicks }
  /// 5 s and two election time-outs (server/config/config.go, ReqTimeout).
  public var requestTimeout: Span { .seconds(5) + electionTimeout * 2 }
  /// Seconds, one and a half election time-outs rounded up (server/etcdserver/server.go).
  public var minimumLeaseTTL: Int64 {
    (electionTimeout.microseconds * 3 / 2 + 999_999) / 1_000_000
  }
}
