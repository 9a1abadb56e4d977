import KubeAPI

/// What a list or watch asks for, taken apart once so that a change is tested without string work.
struct Selection: Sendable {
  /// Empty for all namespaces.
  var namespace = ""
  var name: String?
  /// Pods: `spec.nodeName=…`, by which kubelets select.
  var nodeName: String?
  var labels: LabelSelector?
  /// What is left of the field selector.
  private var fields = FieldSelector([])

  /// Fails with the text of a field that the kind does not know.
  init(_ request: APIRequest) throws(APIStatus) {
    namespace = request.kind.isNamespaced ? request.namespace : ""
    if !request.name.isEmpty { name = request.name }
    if let labels = request.options.labelSelector, !labels.isEmpty { self.labels = labels }
    guard let selector = request.options.fieldSelector else { return }
    try selector.check(request.kind)
    for requirement in selector.requirements { take(requirement, kind: request.kind) }
  }

  private mutating func take(_ requirement: FieldSelector.Requirement, kind: ResourceKind) {
    guard requirement.isEqual else { return fields.requirements.append(requirement) }
    switch requirement.field {
    case "metadata.name" where name == nil || name == requirement.value: name = requirement.value
    case "metadata.namespace" where namespace.isEmpty && kind.isNamespaced:
      namespace = requirement.value
    case "spec.nodeName" where kind == .pod && nodeName == nil: nodeName = requirement.value
    default: fields.requirements.append(requirement)
    }
  }

  /// Nothing but perhaps a namespace is asked for.
  var isWhole: Bool {
    name == nil && nodeName == nil && labels == nil && fields.requirements.isEmpty
  }

  func matches(_ object: APIObject) -> Bool {
    if isWhole && namespace.isEmpty { return true }
    if !namespace.isEmpty || name != nil {
      let key = object.key
      if !namespace.isEmpty && key.namespace != namespace { return false }
      if let name, key.name != name { return false }
    }
    if let nodeName, object.pod?.spec.nodeName != nodeName { return false }
    if let labels, !labels.matches(object.metadata.labels) { return false }
    // Fields that the kind does not know were refused at the door.
    return fields.requirements.isEmpty || (try? fields.matches(object)) ?? false
  }
}
