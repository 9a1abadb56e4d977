extension FieldSelector {
  /// Reads what `--field-selector` takes (`fields.ParseSelector`):
  /// `spec.nodeName=worker-1,status.phase!=Running`. A backslash takes `,`, `=` or `\` literally.
  public init(text: String) throws(SelectorProblem) {
    var found: [Requirement] = []
    for term in Self.terms(text) where !term.isEmpty {
      guard let requirement = try Self.requirement(term) else {
        throw SelectorProblem(
          message: "invalid selector: '\(text)'; can't understand '\(term)'")
      }
      found.append(requirement)
    }
    self.init(found)
  }

  private static func terms(_ text: String) -> [String] {
    var terms = [""]
    var isEscaped = false
    for character in text {
      if character == ",", !isEscaped {
        terms.append("")
        continue
      }
      terms[terms.count - 1].append(character)
      isEscaped = !isEscaped && character == "\\"
    }
    return terms
  }

  private static func requirement(_ term: String) throws(SelectorProblem) -> Requirement? {
    for index in term.indices {
      let rest = term[index...]
      for (sign, isEqual) in [("!=", false), ("==", true), ("=", true)] where rest.hasPrefix(sign) {
        let value = try unescaped(String(rest.dropFirst(sign.count)))
        return Requirement(String(term[..<index]), isEqual: isEqual, value)
      }
    }
    return nil
  }

  private static func unescaped(_ text: String) throws(SelectorProblem) -> String {
    var out = ""
    var isEscaped = false
    for character in text {
      switch (character, isEscaped) {
      case ("\\", false): isEscaped = true
      case ("\\", true), (",", true), ("=", true):
        out.append(character)
        isEscaped = false
      case (_, true):
        throw SelectorProblem(
          message: "invalid field selector: invalid escape sequence: \\\(character)")
      case (",", false), ("=", false):
        throw SelectorProblem(
          message: "invalid field selector: unescaped character in value: \(character)")
      default: out.append(character)
      }
    }
    if isEscaped {
      throw SelectorProblem(message: "invalid field selector: invalid escape sequence: \\")
    }
    return out
  }

  /// The selector as it is written in a URL.
  public var text: String {
    requirements.map { requirement in
      var value = ""
      for character in requirement.value {
        if character == "\\" || character == "," || character == "=" { value.append("\\") }
        value.append(character)
      }
      return requirement.field + (requirement.isEqual ? "=" : "!=") + value
    }.joined(separator: ",")
  }

  /// Refuses the fields that `kind` does not offer, as a list or watch does before it starts.
  public func check(_ kind: ResourceKind) throws(APIStatus) {
    for requirement in requirements where !kind.selectableFields.contains(requirement.field) {
      throw kind.unknown(field: requirement.field)
    }
  }

  /// Whether `object` meets every requirement.
  public func matches(_ object: APIObject) throws(APIStatus) -> Bool {
    for requirement in requirements {
      // What kubelets watch with, by far the most frequent, without a copy of anything.
      if case .pod(let pod) = object.body, requirement.field == "spec.nodeName" {
        if (pod.spec.nodeName == requirement.value) != requirement.isEqual { return false }
        continue
      }
      guard let value = object.selectableField(requirement.field) else {
        throw object.kind.unknown(field: requirement.field)
      }
      if (value == requirement.value) != requirement.isEqual { return false }
    }
    return true
  }
}

extension ResourceKind {
  /// The fields that a field selector may name (the kinds' `AddFieldLabelConversionsFor…`).
  public var selectableFields: [String] {
    switch self {
    case .pod:
      return [
        "metadata.name", "metadata.namespace", "spec.nodeName", "spec.host", "spec.restartPolicy",
        "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
        "status.podIP", "status.podIPs", "status.nominatedNodeName",
      ]
    case .node: return ["metadata.name", "spec.unschedulable"]
    case .namespace: return ["metadata.name", "status.phase"]
    case .secret: return ["metadata.name", "metadata.namespace", "type"]
    case .service:
      return ["metadata.name", "metadata.namespace", "spec.clusterIP", "spec.type"]
    case .event:
      return [
        "metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace",
        "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
        "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
      ]
    default: return ["metadata.name", "metadata.namespace"]
    }
  }

  fileprivate func unknown(field: String) -> APIStatus {
    switch self {
    case .pod, .node, .namespace, .secret, .service, .event:
      .badRequest("field label not supported: \(field)")
    default:
      .badRequest(
        "\"\(field)\" is not a known field selector: only \"metadata.name\", "
          + "\"metadata.namespace\"")
    }
  }
}

extension APIObject {
  /// The value of a selectable field as text; nil where the kind does not offer it.
  func selectableField(_ field: String) -> String? {
    if field == "metadata.name" { return metadata.name }
    switch body {
    case .pod(let pod): return pod.selectableField(field)
    case .node(let node):
      return field == "spec.unschedulable" ? String(node.spec.unschedulable) : nil
    case .namespace(let namespace):
      return field == "status.phase" ? namespace.status.phase : nil
    case .event(let event): return event.selectableField(field)
    case .secret(let secret) where field == "type": return secret.type
    case .service(let service) where field == "spec.clusterIP": return service.spec.clusterIP
    case .service(let service) where field == "spec.type": return service.spec.type
    default: return field == "metadata.namespace" ? metadata.namespace : nil
    }
  }
}

extension Pod {
  fileprivate func selectableField(_ field: String) -> String? {
    switch field {
    case "metadata.namespace": metadata.namespace
    case "spec.nodeName", "spec.host": spec.nodeName
    case "spec.restartPolicy": spec.restartPolicy
    case "spec.schedulerName": spec.schedulerName
    case "spec.serviceAccountName": spec.serviceAccountName
    case "spec.hostNetwork": String(spec.hostNetwork)
    case "status.phase": status.phase
    case "status.podIP", "status.podIPs": status.podIP
    case "status.nominatedNodeName": status.nominatedNodeName
    default: nil
    }
  }
}

extension Event {
  fileprivate func selectableField(_ field: String) -> String? {
    switch field {
    case "metadata.namespace": metadata.namespace
    case "involvedObject.kind": involvedObject.kind
    case "involvedObject.namespace": involvedObject.namespace
    case "involvedObject.name": involvedObject.name
    case "involvedObject.uid": involvedObject.uid.text
    case "involvedObject.apiVersion": involvedObject.apiVersion
    case "involvedObject.resourceVersion": involvedObject.resourceVersion
    case "involvedObject.fieldPath": involvedObject.fieldPath
    case "reason": reason
    case "reportingComponent": reportingComponent
    case "source": sourceComponent.isEmpty ? reportingComponent : sourceComponent
    case "type": type
    default: nil
    }
  }
}
