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
        // A patch that does not fit the object is the client's fault, not its form's.
        throw APIStatus(
          code: 422, reason: .invalid,
          message: "the server rejected our request due to an error in our request: "
            + problem.message, kind: kind.plural, name: metadata.name)
      }
      throw .badRequest(problem.message)
    } catch let status as APIStatus {
      throw status
    } catch {
      throw .internalError("\(error)")
    }
    do { return try APIObject(json: after) } catch { throw error.status }
  }
}
