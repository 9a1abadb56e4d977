import KubeAPI

/// PATCH: the current object as JSON, changed, and read back as an object.
extension APIServer {
  enum PatchResult {
    case success(APIObject)
    case failure(APIStatus)
  }

  func patched(_ current: APIObject, _ patch: Patch, _ request: APIRequest) -> PatchResult {
    let document: JSONValue
    switch patch.format {
    case .merge: document = current.json().mergePatched(with: patch.document)
    case .json, .strategicMerge, .apply:
      return .failure(
        APIStatus(
          code: 415, reason: .unsupportedMediaType,
          message: "the body of the request was in an unknown format"))
    }
    do throws(DecodingProblem) {
      let object = try APIObject(json: document).defaulted()
      guard object.kind == request.kind, object.metadata.name == request.name else {
        return .failure(
          .badRequest(
            "the name of the object (\(object.metadata.name)) does not match the name on the URL"
              + " (\(request.name))"))
      }
      return .success(object.sharing(with: current))
    } catch {
      return .failure(error.status)
    }
  }
}

extension APIObject {
  /// This object, what is equal in `other` replaced by that one's box: a patch of a label does not
  /// make a second copy of the spec.
  func sharing(with other: APIObject) -> APIObject {
    switch (body, other.body) {
    case (.pod(var new), .pod(let old)):
      if new.spec == old.spec { new.$spec = old.$spec }
      if new.status == old.status { new.$status = old.$status }
      return new.boxed
    case (.node(var new), .node(let old)):
      if new.spec == old.spec { new.$spec = old.$spec }
      if new.status == old.status { new.$status = old.$status }
      return new.boxed
    case (.deployment(var new), .deployment(let old)):
      if new.spec == old.spec { new.$spec = old.$spec }
      return new.boxed
    case (.replicaSet(var new), .replicaSet(let old)):
      if new.spec == old.spec { new.$spec = old.$spec }
      return new.boxed
    case (.service(var new), .service(let old)):
      if new.spec == old.spec { new.$spec = old.$spec }
      return new.boxed
    default: return self
    }
  }
}
