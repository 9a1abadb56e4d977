import Engine
import KubeAPI

/// Requests of people as JSON, for recordings: everything that an API server can see of one.
enum RequestCoding {
  static func encode(_ request: APIRequest) -> JSONValue {
    var fields = JSONObject([
      ("verb", .string(request.verb.rawValue)), ("kind", .string(request.kind.plural)),
    ])
    func put(_ key: String, _ text: String) {
      if !text.isEmpty { fields[key] = .string(text) }
    }
    put("namespace", request.namespace)
    put("name", request.name)
    put("subresource", request.subresource?.rawValue ?? "")
    put("user", request.user)
    put("bearerToken", request.bearerToken)
    switch request.body {
    case .object(let object): fields["object"] = object.json()
    case .binding(let node, let uid):
      fields["binding"] = .object(
        JSONObject([("node", .string(node)), ("uid", .string(uid.text))]))
    case .patch(let patch):
      fields["patch"] = .object(
        JSONObject([("format", .string(name(patch.format))), ("document", patch.document)]))
    case .scale(let replicas, let version):
      fields["scale"] = .object(
        JSONObject([
          ("replicas", .integer(Int64(replicas))), ("resourceVersion", .integer(version)),
        ]))
    case .tokenRequest(let seconds, let pod, let uid):
      var token = JSONObject([("expirationSeconds", .integer(seconds))])
      if let pod {
        token["podNamespace"] = .string(pod.namespace)
        token["podName"] = .string(pod.name)
        token["podUID"] = .string(uid.text)
      }
      fields["token"] = .object(token)
    case nil: break
    }
    let options = encode(request.options)
    if !options.isEmpty { fields["options"] = .object(options) }
    return .object(fields)
  }

  private static func encode(_ options: APIRequest.Options) -> JSONObject {
    var fields = JSONObject()
    if let version = options.resourceVersion { fields["resourceVersion"] = .integer(version) }
    if let labels = options.labelSelector { fields["labelSelector"] = .string(labels.text) }
    if let selector = options.fieldSelector {
      fields["fieldSelector"] = .array(
        selector.requirements.map {
          .array([.string($0.field), .bool($0.isEqual), .string($0.value)])
        })
    }
    if options.allowWatchBookmarks { fields["allowWatchBookmarks"] = .bool(true) }
    if options.limit != 0 { fields["limit"] = .integer(Int64(options.limit)) }
    if !options.continueToken.isEmpty { fields["continue"] = .string(options.continueToken) }
    if let grace = options.gracePeriodSeconds { fields["gracePeriodSeconds"] = .integer(grace) }
    if let policy = options.propagationPolicy { fields["propagationPolicy"] = .string(policy) }
    if let uid = options.preconditionUID { fields["preconditionUID"] = .string(uid.text) }
    if let version = options.preconditionResourceVersion {
      fields["preconditionResourceVersion"] = .integer(version)
    }
    if options.dryRun { fields["dryRun"] = .bool(true) }
    if !options.fieldManager.isEmpty { fields["fieldManager"] = .string(options.fieldManager) }
    if options.force { fields["force"] = .bool(true) }
    return fields
  }

  private static let formats: [(String, Patch.Format)] = [
    ("merge", .merge), ("json", .json), ("strategic", .strategicMerge), ("apply", .apply),
  ]

  private static func name(_ format: Patch.Format) -> String {
    formats.first { $0.1 == format }?.0 ?? ""
  }

  // MARK: Reading

  struct Problem: Error {
    let message: String
  }

  static func decode(_ json: JSONValue) throws(Problem) -> APIRequest {
    guard let verb = json["verb"]?.stringValue.flatMap(APIRequest.Verb.init(rawValue:)) else {
      throw Problem(message: "a request needs a verb")
    }
    guard let kind = json["kind"]?.stringValue.flatMap(ResourceKind.init(commandLineName:)) else {
      throw Problem(message: "a request needs a kind")
    }
    func text(_ key: String) -> String { json[key]?.stringValue ?? "" }
    var request = APIRequest(verb, kind, namespace: text("namespace"), name: text("name"))
    if let name = json["subresource"]?.stringValue {
      guard let found = APIRequest.Subresource(rawValue: name) else {
        throw Problem(message: "unknown subresource \"\(name)\"")
      }
      request.subresource = found
    }
    request.user = text("user")
    request.bearerToken = text("bearerToken")
    request.body = try body(json)
    if let options = json["options"] { request.options = try self.options(options) }
    return request
  }

  private static func body(_ json: JSONValue) throws(Problem) -> APIRequest.Body? {
    if let object = json["object"] {
      do throws(DecodingProblem) { return .object(try APIObject(json: object)) } catch {
        throw Problem(message: "its object can't be read: \(error.message)")
      }
    }
    if let patch = json["patch"] {
      guard let format = formats.first(where: { $0.0 == patch["format"]?.stringValue })?.1,
        let document = patch["document"]
      else { throw Problem(message: "a patch needs a format and a document") }
      return .patch(Patch(format, document))
    }
    if let binding = json["binding"] {
      return .binding(
        node: binding["node"]?.stringValue ?? "",
        uid: UID(text: binding["uid"]?.stringValue ?? "") ?? .none)
    }
    if let scale = json["scale"] {
      return .scale(
        replicas: Int32(clamping: scale["replicas"]?.integerValue ?? 0),
        resourceVersion: scale["resourceVersion"]?.integerValue ?? 0)
    }
    if let token = json["token"] {
      let pod = token["podName"]?.stringValue.map {
        ObjectKey(namespace: token["podNamespace"]?.stringValue ?? "", name: $0)
      }
      return .tokenRequest(
        expirationSeconds: token["expirationSeconds"]?.integerValue ?? 0, boundPod: pod,
        podUID: UID(text: token["podUID"]?.stringValue ?? "") ?? .none)
    }
    return nil
  }

  private static func options(_ json: JSONValue) throws(Problem) -> APIRequest.Options {
    var options = APIRequest.Options()
    options.resourceVersion = json["resourceVersion"]?.integerValue
    if let text = json["labelSelector"]?.stringValue {
      do throws(SelectorProblem) { options.labelSelector = try LabelSelector(text: text) } catch {
        throw Problem(message: error.message)
      }
    }
    if let list = json["fieldSelector"]?.arrayValue {
      options.fieldSelector = FieldSelector(
        list.map { item in
          let parts = item.arrayValue ?? []
          return FieldSelector.Requirement(
            parts.first?.stringValue ?? "", isEqual: parts.count > 1 && parts[1].boolValue ?? true,
            parts.count > 2 ? parts[2].stringValue ?? "" : "")
        })
    }
    options.allowWatchBookmarks = json["allowWatchBookmarks"]?.boolValue ?? false
    options.limit = Int(json["limit"]?.integerValue ?? 0)
    options.continueToken = json["continue"]?.stringValue ?? ""
    options.gracePeriodSeconds = json["gracePeriodSeconds"]?.integerValue
    options.propagationPolicy = json["propagationPolicy"]?.stringValue
    options.preconditionUID = json["preconditionUID"]?.stringValue.flatMap { UID(text: $0) }
    options.preconditionResourceVersion = json["preconditionResourceVersion"]?.integerValue
    options.dryRun = json["dryRun"]?.boolValue ?? false
    options.fieldManager = json["fieldManager"]?.stringValue ?? ""
    options.force = json["force"]?.boolValue ?? false
    return options
  }
}
