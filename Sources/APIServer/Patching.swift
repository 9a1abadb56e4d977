import Basics
import KubeAPI

/// PATCH: the current object as JSON, changed, and read back as an object.
extension APIServer {
  enum PatchResult {
    case success(APIObject)
    case failure(APIStatus)
  }

  /// `current` is nil only for an apply, which then creates.
  func patched(
    _ current: APIObject?, _ patch: Patch, _ request: APIRequest, _ time: HostTime
  ) -> PatchResult {
    do throws(APIStatus) {
      let object = try changed(current, patch, request, time).defaulted()
      guard object.kind == request.kind, object.metadata.name == request.name else {
        throw .badRequest(
          "the name of the object (\(object.metadata.name)) does not match the name on the URL"
            + " (\(request.name))")
      }
      return .success(current.map(object.sharing) ?? object)
    } catch {
      return .failure(error)
    }
  }

  private func changed(
    _ current: APIObject?, _ patch: Patch, _ request: APIRequest, _ time: HostTime
  ) throws(APIStatus) -> APIObject {
    if patch.format != .apply, let current { return try current.applying(patch) }
    let document = try applied(current?.json(), patch.document, request, time)
    do { return try APIObject(json: document) } catch { throw error.status }
  }

  private func applied(
    _ current: JSONValue?, _ document: JSONValue, _ request: APIRequest, _ time: HostTime
  ) throws(APIStatus) -> JSONValue {
    guard !request.options.fieldManager.isEmpty else {
      throw APIStatus(
        code: 422, reason: .invalid,
        message: "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: "
          + "is required for apply patch")
    }
    guard case .object(var wanted) = document else {
      throw .badRequest("an apply configuration is an object")
    }
    if case .object(let metadata)? = wanted["metadata"], metadata["managedFields"] != nil {
      throw .badRequest("metadata.managedFields must be nil")
    }
    var base = JSONObject()
    if case .object(let live)? = current {
      base = live
    } else {
      var metadata = JSONObject()
      if case .object(let given)? = wanted["metadata"] { metadata = given }
      metadata["name"] = .string(request.name)
      wanted["metadata"] = .object(metadata)
    }
    let apply = ServerSideApply(
      manager: request.options.fieldManager, force: request.options.force,
      apiVersion: request.kind.apiVersion, now: time.wall.truncatedToSeconds)
    return .object(try apply.apply(wanted, to: base))
  }
}

extension APIObject {
  /// This object, what is equal in `other` replaced by that one's storage: a patch of a status does
  /// not make a second copy of labels and owners, nor one of a label a second spec.
  func sharing(with other: APIObject) -> APIObject {
    switch (body, other.body) {
    case (.pod(var new), .pod(let old)):
      new.shareMetadata(with: old)
      if new.spec == old.spec { new.$spec = old.$spec }
      if new.status == old.status { new.$status = old.$status }
      return new.boxed
    case (.node(var new), .node(let old)):
      new.shareMetadata(with: old)
      if new.spec == old.spec { new.$spec = old.$spec }
      if new.status == old.status { new.$status = old.$status }
      return new.boxed
    case (.deployment(var new), .deployment(let old)):
      new.shareMetadata(with: old)
      if new.spec == old.spec { new.$spec = old.$spec }
      return new.boxed
    case (.replicaSet(var new), .replicaSet(let old)):
      new.shareMetadata(with: old)
      if new.spec == old.spec { new.$spec = old.$spec }
      return new.boxed
    case (.service(var new), .service(let old)):
      new.shareMetadata(with: old)
      if new.spec == old.spec { new.$spec = old.$spec }
      return new.boxed
    case (.event(var new), .event(let old)):
      new.share(with: old)
      return new.boxed
    default: return self
    }
  }
}

extension Resource {
  fileprivate mutating func shareMetadata(with old: Self) {
    if metadata == old.metadata { metadata = old.metadata }
  }
}
