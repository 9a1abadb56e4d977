// `metadata.generation`: which kinds count their changes, and what counts as one (the registries'
// strategies, PrepareForCreate and PrepareForUpdate).

extension ResourceKind {
  /// Objects of this kind start at generation 1; those of others stay at 0.
  public var countsGenerations: Bool {
    switch self {
    case .pod, .deployment, .replicaSet, .endpointSlice: true
    default: false
    }
  }
}

extension APIObject {
  /// Whether an update of `old` to this object raises the generation by one. Shared parts are equal
  /// without being looked at.
  public func raisesGeneration(from old: APIObject) -> Bool {
    switch (body, old.body) {
    case (.pod(let x), .pod(let old)): x.$spec != old.$spec
    case (.replicaSet(let x), .replicaSet(let old)): x.$spec != old.$spec
    // A deployment's annotations count too (deploymentStrategy.PrepareForUpdate).
    case (.deployment(let x), .deployment(let old)):
      x.$spec != old.$spec || x.metadata.annotations != old.metadata.annotations
    case (.endpointSlice(let x), .endpointSlice(let old)):
      x.$endpoints != old.$endpoints || x.ports != old.ports
        || x.metadata.labels != old.metadata.labels
    default: false
    }
  }
}
