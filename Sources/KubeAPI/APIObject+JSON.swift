import Basics

extension APIObject {
  /// The object that a JSON document describes, refused as the API server refuses it under
  /// strict field validation.
  public convenience init(json: JSONValue) throws(DecodingProblem) {
    guard case .object(let object) = json else {
      throw DecodingProblem(
        .type,
        [
          DecodingProblem.Detail(
            path: FieldPath(),
            message: "couldn't get version/kind; json parse error: json: cannot unmarshal "
              + "\(json.goKind) into Go value of type struct { APIVersion string "
              + "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
              + "\"json:\\\"kind,omitempty\\\"\" }")
        ])
    }
    let kind = try ResourceKind(ofDocument: object)
    self.init(try Self.decode(object, as: kind))
  }

  /// The object that JSON bytes hold.
  public convenience init(decoding bytes: [UInt8]) throws(DecodingProblem) {
    let json: JSONValue
    do { json = try JSONParser.parse(bytes) } catch {
      throw DecodingProblem(
        .type, [DecodingProblem.Detail(path: FieldPath(), message: error.message)])
    }
    try self.init(json: json)
  }

  private static func decode(
    _ object: JSONObject, as kind: ResourceKind
  ) throws(DecodingProblem) -> Body {
    do {
      try SchemaCheck.check(object, as: kind.kind, ignoring: ["apiVersion", "kind"])
      switch kind {
      case .namespace: return .namespace(try read(object))
      case .node: return .node(try read(object))
      case .pod:
        var pod: Pod = try read(object)
        pod.spec.foldServiceAccount()
        return .pod(pod)
      case .service: return .service(try read(object))
      case .endpointSlice: return .endpointSlice(try read(object))
      case .configMap: return .configMap(try read(object))
      case .secret: return .secret(try read(object))
      case .serviceAccount: return .serviceAccount(try read(object))
      case .event: return .event(try read(object))
      case .lease: return .lease(try read(object))
      case .deployment:
        var deployment: Deployment = try read(object)
        deployment.spec.template.spec.foldServiceAccount()
        return .deployment(deployment)
      case .replicaSet:
        var replicaSet: ReplicaSet = try read(object)
        replicaSet.spec.template.spec.foldServiceAccount()
        return .replicaSet(replicaSet)
      }
    } catch {
      var problem = error
      problem.objectKind = kind.kind
      problem.objectVersion = kind.version
      throw problem
    }
  }

  /// Reads a checked document, and takes the resource version out of the metadata.
  private static func read<R: Resource & APIStruct>(
    _ object: JSONObject
  ) throws(DecodingProblem) -> R {
    var resource = R()
    R.table.read(object, into: &resource)
    if let version = resource.metadata.carried["resourceVersion"]?.stringValue {
      guard let number = Int64(version), number >= 0 else {
        let path = FieldPath([.key("metadata"), .key("resourceVersion")])
        throw DecodingProblem(
          .type,
          [
            DecodingProblem.Detail(
              path: path,
              message: "\(path): Invalid value: \"\(version)\": must be a whole number")
          ])
      }
      resource.resourceVersion = number
      resource.metadata.carried["resourceVersion"] = nil
    }
    return resource
  }

  /// The object as the API shows it, fields in alphabetical order.
  public func json() -> JSONValue {
    var object: JSONObject
    switch body {
    case .namespace(let x): object = Namespace.table.write(x)
    case .node(let x): object = Node.table.write(x)
    case .pod(let x):
      object = Pod.table.write(x)
      object.spreadServiceAccount(["spec"])
    case .service(let x): object = Service.table.write(x)
    case .endpointSlice(let x): object = EndpointSlice.table.write(x)
    case .configMap(let x): object = ConfigMap.table.write(x)
    case .secret(let x): object = Secret.table.write(x)
    case .serviceAccount(let x): object = ServiceAccount.table.write(x)
    case .event(let x): object = Event.table.write(x)
    case .lease(let x): object = Lease.table.write(x)
    case .deployment(let x):
      object = Deployment.table.write(x)
      object.spreadServiceAccount(["spec", "template", "spec"])
    case .replicaSet(let x):
      object = ReplicaSet.table.write(x)
      object.spreadServiceAccount(["spec", "template", "spec"])
    }
    let version = resourceVersion
    if version != 0, case .object(var metadata)? = object["metadata"] {
      metadata["resourceVersion"] = .string(String(version))
      metadata.sortFields()
      object["metadata"] = .object(metadata)
    }
    object["apiVersion"] = .string(kind.apiVersion)
    object["kind"] = .string(kind.kind)
    object.sortFields()
    return .object(object)
  }
}

extension ResourceKind {
  /// The kind that a document's `apiVersion` and `kind` name.
  init(ofDocument object: JSONObject) throws(DecodingProblem) {
    func refuse(_ key: String, _ message: String) -> DecodingProblem {
      DecodingProblem(
        .unknownKind, [DecodingProblem.Detail(path: FieldPath([.key(key)]), message: message)])
    }
    let kind = object["kind"]?.stringValue ?? ""
    let version = object["apiVersion"]?.stringValue ?? ""
    if kind.isEmpty {
      throw refuse("kind", "Object 'Kind' is missing in '\(JSONValue.object(object).text())'")
    }
    if version.isEmpty {
      throw refuse(
        "apiVersion", "Object 'apiVersion' is missing in '\(JSONValue.object(object).text())'")
    }
    guard let found = ResourceKind(apiVersion: version, kind: kind) else {
      throw refuse("kind", "no matches for kind \"\(kind)\" in version \"\(version)\"")
    }
    self = found
  }
}

extension PodSpec {
  /// `serviceAccount` is the deprecated alias of `serviceAccountName`: the server keeps one value
  /// and shows it under both names.
  fileprivate mutating func foldServiceAccount() {
    guard let alias = carried["serviceAccount"]?.stringValue else { return }
    if serviceAccountName.isEmpty { serviceAccountName = alias }
    carried["serviceAccount"] = nil
  }
}

extension JSONObject {
  /// Writes the alias beside the name, in the pod spec at `path`.
  fileprivate mutating func spreadServiceAccount(_ path: ArraySlice<String>) {
    if let key = path.first {
      guard let at = fields.firstIndex(where: { $0.key == key }),
        case .object(var inner) = fields[at].value
      else { return }
      inner.spreadServiceAccount(path.dropFirst())
      fields[at].value = .object(inner)
    } else if let name = self["serviceAccountName"] {
      self["serviceAccount"] = name
      sortFields()
    }
  }
}

extension JSONValue {
  /// What Go's decoder calls a value of this type.
  var goKind: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .integer, .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
