import KubeAPI

/// The revisions of a deployment: its replica sets, by the number in their annotation.
struct RolloutRevisions {
  static let changeCause = "kubernetes.io/change-cause"

  /// In the order of the revisions.
  let sets: [(revision: Int64, set: ReplicaSet)]

  init(_ deployment: Deployment, _ objects: [APIObject]) {
    sets = objects.compactMap(\.replicaSet).compactMap { set in
      guard set.metadata.controller?.uid == deployment.metadata.uid else { return nil }
      return set.metadata.deploymentRevision.map { ($0, set) }
    }.sorted { $0.revision < $1.revision }
  }

  subscript(revision: Int64) -> ReplicaSet? {
    sets.first { $0.revision == revision }?.set
  }

  /// The one before the newest.
  var previous: ReplicaSet? { sets.dropLast().last?.set }
}
