import Basics

extension APIObject: BlobContent {
  /// An estimate of the encoded size, in constant time: what etcd's space quota and request limit
  /// are held against. Exact for the data of config maps and secrets, typical for the rest.
  public var byteCount: Int {
    // Case by case, as `metadata` would be copied, a dozen retains.
    switch body {
    case .namespace(let x): return Self.size(x.metadata) + 100
    case .node(let node):
      return Self.size(node.metadata) + 1_200 + 200 * node.status.conditions.count
        + 90 * node.status.images.count
    case .pod(let pod):
      return Self.size(pod.metadata) + Self.size(pod.spec) + 120 * pod.status.conditions.count
        + 350 * pod.status.containerStatuses.count
        + 350 * pod.status.initContainerStatuses.count + 200
    case .service(let service):
      return Self.size(service.metadata) + 300 + 100 * service.spec.ports.count
    case .endpointSlice(let slice):
      return Self.size(slice.metadata) + 100 + 260 * slice.endpoints.count
    case .configMap(let map):
      return Self.size(map.metadata) + Self.size(map.data) + Self.size(map.binaryData)
    case .secret(let secret): return Self.size(secret.metadata) + Self.size(secret.data)
    case .serviceAccount(let x): return Self.size(x.metadata)
    case .event(let event): return Self.size(event.metadata) + 450 + event.message.utf8.count
    case .lease(let x): return Self.size(x.metadata) + 150
    case .deployment(let deployment):
      return Self.size(deployment.metadata) + 300 + Self.size(deployment.spec.template.spec)
        + 200 * deployment.status.conditions.count
    case .replicaSet(let replicaSet):
      return Self.size(replicaSet.metadata) + 200 + Self.size(replicaSet.spec.template.spec)
    }
  }

  private static func size(_ metadata: ObjectMeta) -> Int {
    200 + size(metadata.labels) + size(metadata.annotations)
      + 150 * metadata.ownerReferences.count + 40 * metadata.finalizers.count
  }

  private static func size(_ map: StringMap) -> Int {
    var size = 0
    for entry in map.entries { size += entry.key.utf8.count + entry.value.utf8.count + 6 }
    return size
  }

  private static func size(_ spec: PodSpec) -> Int {
    200 + 300 * (spec.containers.count + spec.initContainers.count) + 120 * spec.volumes.count
      + 100 * spec.tolerations.count
  }

  /// Compact JSON.
  public func encoded() -> [UInt8] { json().encoded() }

  /// Folds in everything that the object holds, its status included.
  public func digest(into digest: inout Digest) {
    digest.combine(Int(kind.rawValue))
    digest.combine(UInt64(bitPattern: resourceVersion))
    switch body {
    case .namespace(let x): Namespace.table.digest(x, into: &digest)
    case .node(let x): Node.table.digest(x, into: &digest)
    case .pod(let x): Pod.table.digest(x, into: &digest)
    case .service(let x): Service.table.digest(x, into: &digest)
    case .endpointSlice(let x): EndpointSlice.table.digest(x, into: &digest)
    case .configMap(let x): ConfigMap.table.digest(x, into: &digest)
    case .secret(let x): Secret.table.digest(x, into: &digest)
    case .serviceAccount(let x): ServiceAccount.table.digest(x, into: &digest)
    case .event(let x): Event.table.digest(x, into: &digest)
    case .lease(let x): Lease.table.digest(x, into: &digest)
    case .deployment(let x): Deployment.table.digest(x, into: &digest)
    case .replicaSet(let x): ReplicaSet.table.digest(x, into: &digest)
    }
  }
}
