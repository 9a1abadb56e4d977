import Basics
import KubeAPI

/// What each registry's strategy keeps of the current object, and when it counts a new generation
/// (`PrepareForUpdate`).
extension APIServer {
  func prepareForUpdate(
    _ object: APIObject, _ current: APIObject, _ subresource: APIRequest.Subresource?
  ) -> APIObject {
    if subresource == .status { return statusOnly(object, current) }
    let isSpecChange: Bool
    switch (object.body, current.body) {
    case (.pod(var pod), .pod(let old)):
      pod.status = old.status
      // Priority: what admission once gave stays.
      if pod.spec.priority == nil { pod.spec.priority = old.spec.priority }
      if pod.spec.preemptionPolicy == nil {
        pod.spec.preemptionPolicy = old.spec.preemptionPolicy
      }
      return generation(pod, old, isSpecChange: pod.spec != old.spec)
    case (.node(var node), .node(let old)):
      node.status = old.status
      return node.boxed
    case (.service(var service), .service(let old)):
      service.status = old.status
      service.spec.normalizeClusterIPs(old: old.spec)
      service.spec.keepAllocated(old.spec)
      service.spec.dropTypeDependent(old.spec)
      service.spec.setFamilies(old: old.spec)
      return service.boxed
    case (.namespace(var namespace), .namespace(let old)):
      if subresource == .finalize {
        // Only the list of finalizers is taken.
        var kept = old
        kept.spec.finalizers = namespace.spec.finalizers
        kept.metadata.finalizers = namespace.metadata.finalizers
        return kept.boxed
      }
      namespace.spec.finalizers = old.spec.finalizers
      namespace.status = old.status
      return namespace.boxed
    case (.deployment(var deployment), .deployment(let old)):
      deployment.status = old.status
      isSpecChange =
        deployment.spec != old.spec || deployment.metadata.annotations != old.metadata.annotations
      return generation(deployment, old, isSpecChange: isSpecChange)
    case (.replicaSet(var replicaSet), .replicaSet(let old)):
      replicaSet.status = old.status
      return generation(replicaSet, old, isSpecChange: replicaSet.spec != old.spec)
    case (.endpointSlice(let slice), .endpointSlice(let old)):
      isSpecChange =
        slice.endpoints != old.endpoints || slice.ports != old.ports
        || slice.addressType != old.addressType
        || slice.metadata.labels != old.metadata.labels
        || slice.metadata.annotations != old.metadata.annotations
      return generation(slice, old, isSpecChange: isSpecChange)
    default: return object
    }
  }

  private func generation<R: Resource>(_ new: R, _ old: R, isSpecChange: Bool) -> APIObject {
    let wanted = old.metadata.generation + (isSpecChange ? 1 : 0)
    if new.metadata.generation == wanted { return new.boxed }
    var copy = new
    copy.metadata.generation = wanted
    return copy.boxed
  }

  /// The status subresource: spec, and of most kinds the metadata, stay as they are.
  private func statusOnly(_ object: APIObject, _ current: APIObject) -> APIObject {
    switch (object.body, current.body) {
    case (.pod(let new), .pod(let old)):
      var pod = new
      if !pod.$spec.isIdentical(to: old.$spec) { pod.$spec = old.$spec }
      if pod.metadata.ownerReferences != old.metadata.ownerReferences {
        pod.metadata.ownerReferences = old.metadata.ownerReferences
      }
      if pod.metadata.generation != old.metadata.generation {
        pod.metadata.generation = old.metadata.generation
      }
      if pod.status.qosClass.isEmpty { pod.status.qosClass = old.status.qosClass }
      if pod.status.observedGeneration == 0 {
        pod.status.observedGeneration = old.status.observedGeneration
      }
      return pod.boxed
    case (.node(let new), .node(let old)):
      var node = new
      if !node.$spec.isIdentical(to: old.$spec) { node.$spec = old.$spec }
      return node.boxed
    case (.service(let new), .service(let old)):
      var service = new
      service.$spec = old.$spec
      return service.boxed
    case (.namespace(let new), .namespace(let old)):
      var namespace = new
      namespace.$spec = old.$spec
      return namespace.boxed
    case (.deployment(let new), .deployment(let old)):
      var deployment = new
      deployment.$spec = old.$spec
      deployment.metadata.labels = old.metadata.labels
      deployment.metadata.generation = old.metadata.generation
      return deployment.boxed
    case (.replicaSet(let new), .replicaSet(let old)):
      var replicaSet = new
      replicaSet.$spec = old.$spec
      replicaSet.metadata.generation = old.metadata.generation
      return replicaSet.boxed
    default: return object
    }
  }
}
