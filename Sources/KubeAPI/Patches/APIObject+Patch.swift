extension APIObject {
  /// This object with `patch` applied, as the API server does it: on the object's JSON, which is
  /// then decoded anew. The result is neither defaulted nor validated.
  ///
  /// A server-side apply needs the field managers of the whole history and is refused here.
  public func applying(_ patch: Patch) throws(APIStatus) -> APIObject {
    let before = json()
    let after: JSONValue
    do {
      switch patch.format {
      case .merge: after = before.mergePatched(with: patch.document)
      case .strategicMerge:
        after = try StrategicMerge.apply(patch.document, to: before, kind: kind)
      case .json: after = try before.jsonPatched(with: patch.document)
      case .apply:
        throw APIStatus(
          code: 415, reason: .unsupportedMediaType,
          message: "the body of the request was in an unknown format - accepted media types "
            + "include: application/json-patch+json, application/merge-patch+json, "
            + "application/strategic-merge-patch+json")
      }
    } catch let problem as PatchProblem {
      if patch.format == .json {
        guard case .array = patch.document else {
          throw .badRequest("error decoding patch: " + problem.message)
        }
        // The API server keeps what did not fit to itself, and which object it was.
        throw APIStatus(
          code: 422, reason: .invalid,
          message: "the server rejected our request due to an error in our request")
      }
      throw .badRequest(problem.message)
    } catch let status as APIStatus {
      throw status
    } catch {
      throw .internalError("\(error)")
    }
    do {
      return try APIObject(json: after)
    } catch {
      // A strategic patch is not decoded from text: its wrong types are told in other words.
      guard patch.format == .strategicMerge, error.kind == .type, case .object(let object) = after,
        let mismatch = TypeMismatch.first(in: object, as: kind)
      else { throw error.status }
      throw .unconvertible(patch.document, mismatch)
    }
  }
}
