import KubeAPI

/// The revisions of a deployment: its replica sets, by the number in their annotation.
struct RolloutRevisions {
  static let annotation = "deployment.kubernetes.io/revision"
  static let changeCause = "kubernetes.io/change-cause"
  static let hashLabel = "pod-template-hash"

  /// In the order of the revisions.
  let sets: [(revision: Int64, set: ReplicaSet)]

  init(_ deployment: Deployment, _ objects: [APIObject]) {
    sets = Self.owned(by: deployment, objects).compactMap { set in
      Self.revision(set.metadata).map { ($0, set) }
    }.sorted { $0.revision < $1.revision }
  }

  /// The replica sets of `deployment`, in the order they came.
  static func owned(by deployment: Deployment, _ objects: [APIObject]) -> [ReplicaSet] {
    objects.compactMap(\.replicaSet).filter {
      $0.metadata.namespace == deployment.metadata.namespace
        && $0.metadata.controller?.uid == deployment.metadata.uid
    }
  }

  static func revision(_ metadata: ObjectMeta) -> Int64? {
    metadata.annotations[annotation].flatMap { Int64($0) }
  }

  subscript(revision: Int64) -> ReplicaSet? {
    sets.first { $0.revision == revision }?.set
  }

  /// The one before the newest.
  var previous: ReplicaSet? { sets.dropLast().last?.set }

  /// Whether two templates stamp the same pods: the hash that tells replica sets apart is no part
  /// of what was asked for.
  static func isSame(_ a: PodTemplateSpec, _ b: PodTemplateSpec) -> Bool {
    withoutHash(a) == withoutHash(b)
  }

  static func withoutHash(_ template: PodTemplateSpec) -> PodTemplateSpec {
    var copy = template
    copy.metadata.labels[hashLabel] = nil
    return copy
  }
}
