import Basics
import KubeAPI

/// Where the object model's own rules come in: defaults, validation, patches.
extension APIServer {
  /// The object with what its kind fills in where the client said nothing.
  func defaulted(_ object: APIObject) -> APIObject { object.defaulted() }

  /// Why a new object is refused; nil where it is not.
  func validationFailure(_ object: APIObject) -> APIStatus? {
    let metadata = object.metadata
    guard metadata.name.isEmpty else { return nil }
    return .invalid(
      object.kind, "",
      [
        .init(
          reason: "FieldValueRequired", message: "Required value: name or generateName is required",
          field: "metadata.name")
      ])
  }

  /// Why a change is refused; nil where it is not.
  func updateFailure(
    _ object: APIObject, _ current: APIObject, _ subresource: APIRequest.Subresource?
  ) -> APIStatus? {
    nil
  }

  enum PatchResult {
    case success(APIObject)
    case failure(APIStatus)
  }

  func patched(_ current: APIObject, _ patch: Patch, _ request: APIRequest) -> PatchResult {
    .failure(
      APIStatus(
        code: 415, reason: .unsupportedMediaType,
        message: "the body of the request was in an unknown format"))
  }
}
