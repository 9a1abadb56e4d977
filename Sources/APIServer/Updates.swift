import Basics
import KubeAPI

/// UPDATE and PATCH, of an object and of its subresources.
extension APIServer {
  mutating func update(_ call: Call, _ time: HostTime) -> Outcome {
    let request = call.request
    guard let current = call.current else {
      if case .patch(let patch) = request.body, patch.format == .apply, request.subresource == nil {
        switch patched(nil, patch, request, time) {
        case .success(let body): return creation(of: body, call, time)
        case .failure(let status): return .refuse(status)
        }
      }
      guard request.verb == .update, request.subresource == nil,
        request.kind.allowsCreateOnUpdate, case .object(let body) = request.body,
        body.resourceVersion == 0
      else { return .refuse(.notFound(request.kind, request.name)) }
      return creation(of: body, call, time)
    }
    switch request.body {
    case .object(let body):
      guard body.kind == request.kind, body.metadata.name == request.name else {
        return .refuse(
          .badRequest(
            "the name of the object (\(body.metadata.name)) does not match the name on the URL"
              + " (\(request.name))"))
      }
      return replace(current, by: body, call, time)
    case .patch(let patch):
      switch patched(current, patch, request, time) {
      case .success(let body): return replace(current, by: body, call, time)
      case .failure(let status): return .refuse(status)
      }
    case .scale(let replicas, let revision):
      return scale(current, to: replicas, revision, call, time)
    default: return .refuse(.badRequest("the body of an update is an object"))
    }
  }

  /// The new object takes the place of the current one, as far as its strategy lets it.
  private mutating func replace(
    _ current: APIObject, by body: APIObject, _ call: Call, _ time: HostTime
  ) -> Outcome {
    let request = call.request
    let kind = request.kind
    if let status = updatePrecondition(failedBy: current, request) { return .refuse(status) }
    if body.resourceVersion == 0 {
      guard kind.allowsUnconditionalUpdate || request.verb == .patch else {
        return .refuse(
          .invalid(
            kind, request.name, field: "metadata.resourceVersion",
            "Invalid value: 0: must be specified for an update"))
      }
    } else if body.resourceVersion != current.resourceVersion {
      return .refuse(.conflict(kind, request.name, APIStatus.objectModified))
    }
    let old = current.metadata
    let uid = body.metadata.uid
    if !uid.isNone, uid != old.uid {
      return .refuse(
        .conflict(
          kind, request.name,
          storageError(
            request, "UID in precondition: \(uid.text), UID in object meta: \(old.uid.text)")))
    }
    var object =
      request.verb == .patch || body.sharesDefaulted(with: current) ? body : body.defaulted()
    object = prepareForUpdate(object, current, request.subresource)
    object = keepSystemFields(of: old, in: object)
    if object.resourceVersion != current.resourceVersion {
      object = object.at(resourceVersion: current.resourceVersion)
    }
    if object.body == current.body { return .unchanged(current) }
    if let status = updateFailure(object, current) {
      return .refuse(status)
    }
    var proposal = Proposal(
      action: .replace, object: object, expected: current.resourceVersion,
      deed: call.deed)
    if let subresource = request.subresource { proposal.deed += " " + subresource.rawValue + " of" }
    if endsDeletion(object, old) {
      proposal.action = .remove
      proposal.deed = "deleted, its last finalizer gone,"
      proposal.releases = releases(object)
    } else if request.subresource == nil, let service = object.service {
      switch allocate(service, old: current.service) {
      case .success(let allocated): proposal.take(allocated)
      case .failure(let status): return .refuse(status)
      }
    }
    return .propose(proposal)
  }

  /// An update that takes the last finalizer from an object whose grace is over removes it
  /// (`ShouldDeleteDuringUpdate`).
  private func endsDeletion(_ object: APIObject, _ old: ObjectMeta) -> Bool {
    guard old.deletionTimestamp != nil, old.deletionGracePeriodSeconds ?? 0 == 0,
      object.metadata.finalizers.isEmpty
    else { return false }
    if let namespace = object.namespace { return namespace.spec.finalizers.isEmpty }
    return !old.finalizers.isEmpty
  }

  /// rest.BeforeUpdate: what an update can never change.
  private func keepSystemFields(of old: ObjectMeta, in object: APIObject) -> APIObject {
    let new = object.metadata
    if new.uid == old.uid, new.creationTimestamp == old.creationTimestamp,
      new.deletionTimestamp == old.deletionTimestamp, new.namespace == old.namespace,
      new.deletionGracePeriodSeconds == old.deletionGracePeriodSeconds
    {
      return object
    }
    return object.withMetadata {
      $0.namespace = old.namespace
      $0.uid = old.uid
      $0.creationTimestamp = old.creationTimestamp
      $0.deletionTimestamp = old.deletionTimestamp
      $0.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds
    }
  }

  /// The client's own conditions on what it changes.
  func updatePrecondition(failedBy current: APIObject, _ request: APIRequest) -> APIStatus? {
    let options = request.options
    let metadata = current.metadata
    if let uid = options.preconditionUID, uid != metadata.uid {
      return .conflict(
        request.kind, request.name,
        storageError(
          request, "UID in precondition: \(uid.text), UID in object meta: \(metadata.uid.text)"))
    }
    if let revision = options.preconditionResourceVersion, revision != current.resourceVersion {
      return .conflict(
        request.kind, request.name,
        storageError(
          request,
          "ResourceVersion in precondition: \(revision), ResourceVersion in object meta: "
            + "\(current.resourceVersion)"))
    }
    return nil
  }

  /// storage/errors.go: what the storage layer's own error looks like through a 409.
  func storageError(_ request: APIRequest, _ detail: String) -> String {
    let key = StorageKey.object(request.kind, request.key).text
    return "StorageError: invalid object, Code: 4, Key: \(key), ResourceVersion: 0, "
      + "AdditionalErrorMsg: Precondition failed: \(detail)"
  }

  // MARK: scale

  private mutating func scale(
    _ current: APIObject, to replicas: Int32, _ revision: Int64, _ call: Call, _ time: HostTime
  ) -> Outcome {
    if revision != 0, revision != current.resourceVersion {
      return .refuse(
        .conflict(call.request.kind, call.request.name, APIStatus.objectModified))
    }
    guard replicas >= 0 else {
      return .refuse(
        .invalid(
          call.request.kind, call.request.name,
          [
            .init(
              reason: "FieldValueInvalid",
              message: "Invalid value: \(replicas): must be greater than or equal to 0",
              field: "spec.replicas")
          ]))
    }
    let object: APIObject
    switch current.body {
    case .deployment(var deployment):
      if deployment.spec.replicas == replicas { return .unchanged(current) }
      deployment.spec.replicas = replicas
      deployment.metadata.generation += 1
      object = deployment.boxed
    case .replicaSet(var replicaSet):
      if replicaSet.spec.replicas == replicas { return .unchanged(current) }
      replicaSet.spec.replicas = replicas
      replicaSet.metadata.generation += 1
      object = replicaSet.boxed
    default: return .refuse(.badRequest("this kind has no scale"))
    }
    return .propose(
      Proposal(
        action: .replace, object: object, expected: current.resourceVersion,
        deed: "scaled to \(replicas)"))
  }
}

extension APIObject {
  /// Whether the part of this object that has defaults is that of `stored`, which has been given
  /// them: what was read, changed in its status and sent back.
  fileprivate func sharesDefaulted(with stored: APIObject) -> Bool {
    switch (body, stored.body) {
    case (.pod(let x), .pod(let y)): x.$spec.isIdentical(to: y.$spec)
    case (.replicaSet(let x), .replicaSet(let y)): x.$spec.isIdentical(to: y.$spec)
    case (.deployment(let x), .deployment(let y)): x.$spec.isIdentical(to: y.$spec)
    default: false
    }
  }
}
