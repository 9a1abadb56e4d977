import KubeAPI

/// Where the object model's defaults and rules come in.
extension APIServer {
  /// Why a new object is refused; nil where it is not.
  func validationFailure(_ object: APIObject) -> APIStatus? {
    let causes = object.validateCreate()
    return causes.isEmpty ? nil : .invalid(object.kind, object.metadata.name, causes)
  }

  /// Why a change is refused; nil where it is not.
  func updateFailure(_ object: APIObject, _ current: APIObject) -> APIStatus? {
    let causes = object.validateUpdate(old: current)
    return causes.isEmpty ? nil : .invalid(object.kind, object.metadata.name, causes)
  }
}

extension APIStatus {
  /// 422: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: …`.
  static func invalid(_ kind: ResourceKind, _ name: String, _ causes: [Cause]) -> APIStatus {
    let kindText = kind.group.isEmpty ? kind.kind : kind.kind + "." + kind.group
    // utilerrors.Aggregate says a text once.
    var texts: [String] = []
    for cause in causes {
      let text = cause.field + ": " + cause.message
      if !texts.contains(text) { texts.append(text) }
    }
    let list = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    return APIStatus(
      code: 422, reason: .invalid, message: "\(kindText) \"\(name)\" is invalid: \(list)",
      kind: kind.kind, name: name, causes: causes)
  }

  static func invalid(
    _ kind: ResourceKind, _ name: String, field: String, _ message: String,
    reason: String = "FieldValueInvalid"
  ) -> APIStatus {
    .invalid(kind, name, [Cause(reason: reason, message: message, field: field)])
  }

  /// 403: `pods "web" is forbidden: …`.
  static func forbidden(_ kind: ResourceKind, _ name: String, _ why: String) -> APIStatus {
    APIStatus(
      code: 403, reason: .forbidden,
      message: "\(kind.groupResource) \"\(name)\" is forbidden: \(why)", kind: kind.plural,
      name: name)
  }
}
