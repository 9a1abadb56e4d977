import Basics
import KubeAPI

/// CREATE: name, identity, admission, defaults, validation, and then the transaction.
extension APIServer {
  /// What a draw is about: luck goes with it, whatever else this server had to decide.
  static func subject(_ kind: ResourceKind, _ namespace: String, _ name: String) -> UInt64 {
    var digest = Digest()
    digest.combine(UInt64(kind.rawValue))
    digest.combine(namespace)
    digest.combine(name)
    return digest.value
  }

  /// Five characters, as `generateName` and volume names end with.
  func suffix(_ subject: UInt64, _ number: UInt64 = 0) -> String {
    var draws = Draws(seed, subject, number)
    return NameSuffix.draw(&draws)
  }

  /// A version 4 UUID.
  mutating func newUID(_ subject: UInt64, _ time: HostTime) -> UID {
    // Of two lives of one name at one moment each has its own.
    if drawnUIDs.at != time.monotonic {
      drawnUIDs.at = time.monotonic
      drawnUIDs.subjects.removeAll(keepingCapacity: true)
    }
    let earlier = UInt64(drawnUIDs.subjects.count { $0 == subject })
    drawnUIDs.subjects.append(subject)
    var draws = Draws(seed, subject &+ earlier, time.monotonic.microseconds &+ 1)
    return UID(
      high: draws.next() & ~0xF000 | 0x4000,
      low: draws.next() & ~(3 << 62) | 2 << 62)
  }

  mutating func creation(_ call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    guard case .object(let body) = request.body else {
      return .refuse(.badRequest("the body of a create is an object"))
    }
    guard body.kind == request.kind else {
      return .refuse(
        .badRequest(
          "\(body.kind.kind) in version \"\(body.kind.version)\" cannot be handled as a "
            + request.kind.kind))
    }
    let metadata = body.metadata
    if !metadata.namespace.isEmpty && metadata.namespace != request.namespace {
      return .refuse(
        .badRequest(
          "the namespace of the provided object does not match the namespace sent on the request"))
    }
    if !request.name.isEmpty, !metadata.name.isEmpty, metadata.name != request.name {
      return .refuse(.badRequest("the name of the object does not match the name on the URL"))
    }
    if metadata.resourceVersionIsSet(body) {
      return .refuse(
        .badRequest("resourceVersion should not be set on objects to be created"))
    }
    return creation(of: body, call, time)
  }

  /// Also an update's of an object that does not exist, where the kind allows that.
  mutating func creation(of body: APIObject, _ call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    if request.kind.isNamespaced {
      if let outcome = namespaceLifecycle(call) { return outcome }
    }
    var object = body.withMetadata { fill(&$0, request, time) }
    object = prepareForCreate(object.defaulted(), time)
    switch admit(object, call) {
    case .admitted(let admitted): object = admitted
    case .stopped(let outcome): return outcome
    }
    if let status = validationFailure(object) { return .refuse(status) }
    var proposal = Proposal(action: .create, object: object, expected: 0, deed: "created")
    if let service = object.service {
      switch allocate(service, old: nil) {
      case .success(let allocated): proposal.take(allocated)
      case .failure(let status): return .refuse(status)
      }
    }
    return .propose(proposal)
  }

  /// What the server itself sets on every new object (rest.FillObjectMetaSystemFields).
  private mutating func fill(_ metadata: inout ObjectMeta, _ request: APIRequest, _ time: HostTime)
  {
    metadata.namespace = request.kind.isNamespaced ? request.namespace : ""
    if metadata.name.isEmpty, !metadata.generateName.isEmpty {
      let prefix = String(metadata.generateName.prefix(58))
      let subject = Self.subject(request.kind, metadata.namespace, prefix)
      metadata.name = prefix + suffix(subject, drawnNames.next(subject))
    }
    metadata.uid = newUID(
      Self.subject(request.kind, metadata.namespace, metadata.name), time)
    metadata.creationTimestamp = time.wall.truncatedToSeconds
    metadata.deletionTimestamp = nil
    metadata.deletionGracePeriodSeconds = nil
    if request.kind.hasGeneration { metadata.generation = 1 }
  }
}

extension ObjectMeta {
  fileprivate func resourceVersionIsSet(_ object: APIObject) -> Bool {
    object.resourceVersion != 0
  }
}

extension ResourceKind {
  /// The kinds whose registry counts generations.
  var hasGeneration: Bool {
    switch self {
    case .pod, .deployment, .replicaSet, .endpointSlice: true
    case .namespace, .node, .service, .configMap, .secret, .serviceAccount, .event, .lease: false
    }
  }

  /// A PUT of an object that does not exist creates it.
  var allowsCreateOnUpdate: Bool {
    switch self {
    case .lease, .event, .service: true
    default: false
    }
  }

  /// A PUT without a resource version is taken whatever the current one is.
  var allowsUnconditionalUpdate: Bool { self != .lease }
}

/// What each registry's strategy does to a new object before it is validated
/// (`PrepareForCreate`).
extension APIServer {
  mutating func prepareForCreate(_ object: APIObject, _ time: HostTime) -> APIObject {
    switch object.body {
    case .pod(var pod):
      pod.status = PodStatus()
      pod.status.phase = "Pending"
      pod.status.qosClass = pod.spec.computedQOSClass
      if !pod.spec.schedulingGates.isEmpty {
        pod.status.conditions = [
          Condition(
            type: "PodScheduled", status: "False", reason: "SchedulingGated",
            message: "Scheduling is blocked due to non-empty scheduling gates")
        ]
      }
      return pod.boxed
    case .namespace(var namespace):
      namespace.status = NamespaceStatus()
      namespace.status.phase = "Active"
      if !namespace.spec.finalizers.contains("kubernetes") {
        namespace.spec.finalizers.append("kubernetes")
      }
      // The label by which namespaces are selected by name.
      namespace.metadata.labels["kubernetes.io/metadata.name"] = namespace.metadata.name
      return namespace.boxed
    case .deployment(var deployment):
      deployment.status = DeploymentStatus()
      return deployment.boxed
    case .replicaSet(var replicaSet):
      replicaSet.status = ReplicaSetStatus()
      return replicaSet.boxed
    case .service(var service):
      service.status = ServiceStatus()
      service.spec.normalizeClusterIPs(old: nil)
      service.spec.setFamilies(old: nil)
      return service.boxed
    case .node, .endpointSlice, .configMap, .secret, .serviceAccount, .event, .lease:
      return object
    }
  }
}
