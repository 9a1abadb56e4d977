import KubeAPI

/// The fields of an object that someone has set, as the tree that `fieldsV1` is: `f:` and a name
/// for a field, `k:` and the key values for an item of a keyed list, `v:` and the value for one of
/// a set. A leaf is an empty tree.
struct FieldSet: Sendable, Equatable {
  private(set) var tree = JSONObject()

  init() {}
  init(tree: JSONObject) { self.tree = tree }

  /// What an applied document sets. What names the object belongs to nobody.
  init(applied document: JSONObject) {
    var document = document
    document["apiVersion"] = nil
    document["kind"] = nil
    if case .object(var metadata)? = document["metadata"] {
      for name in ["name", "namespace", "managedFields"] { metadata[name] = nil }
      document["metadata"] = metadata.isEmpty ? nil : .object(metadata)
    }
    tree = Self.fields(of: document)
  }

  var isEmpty: Bool { tree.isEmpty }

  private static func fields(of object: JSONObject) -> JSONObject {
    var out = JSONObject()
    for field in object.fields { out["f:" + field.key] = .object(child(field.key, field.value)) }
    return out
  }

  private static func child(_ name: String, _ value: JSONValue) -> JSONObject {
    switch value {
    case .object(let object): return fields(of: object)
    case .array(let items):
      var out = JSONObject()
      switch ListType(of: name, items) {
      case .atomic: break
      case .set: for item in items { out["v:" + item.text()] = .object(JSONObject()) }
      case .map(let keys):
        for case .object(let item) in items {
          var inner = fields(of: item)
          inner["."] = .object(JSONObject())
          out[ListType.label(item, keys)] = .object(inner)
        }
      }
      return out
    default: return JSONObject()
    }
  }

  /// The fields of this set that `other` lacks.
  func subtracting(_ other: FieldSet) -> FieldSet {
    FieldSet(tree: Self.subtract(tree, other.tree))
  }

  private static func subtract(_ a: JSONObject, _ b: JSONObject) -> JSONObject {
    var out = JSONObject()
    for field in a.fields {
      guard case .object(let mine) = field.value else { continue }
      guard case .object(let theirs)? = b[field.key] else {
        out[field.key] = field.value
        continue
      }
      let rest = subtract(mine, theirs)
      if !rest.isEmpty { out[field.key] = .object(rest) }
    }
    return out
  }
}

/// How server-side apply merges a list: by keys, as a set, or as one value
/// (`+listType` and `+listMapKey` of the API's types).
enum ListType: Equatable {
  case atomic
  case set
  case map([String])

  init(of field: String, _ items: [JSONValue]) {
    switch field {
    case "containers", "initContainers", "ephemeralContainers", "volumes", "env",
      "imagePullSecrets", "schedulingGates":
      self = .map(["name"])
    case "volumeMounts": self = .map(["mountPath"])
    case "volumeDevices": self = .map(["devicePath"])
    case "hostAliases": self = .map(["ip"])
    case "conditions": self = .map(["type"])
    case "ownerReferences": self = .map(["uid"])
    case "topologySpreadConstraints": self = .map(["topologyKey", "whenUnsatisfiable"])
    case "finalizers": self = .set
    case "ports":
      // A container's ports, a service's, and an endpoint slice's, whose list is atomic.
      if case .object(let first)? = items.first, first["containerPort"] != nil {
        self = .map(["containerPort", "protocol"])
      } else if case .object(let first)? = items.first, first["port"] != nil {
        self = .map(["port", "protocol"])
      } else {
        self = .atomic
      }
    default: self = .atomic
    }
  }

  /// The values of the keys; a protocol left out is TCP.
  static func keyValues(_ item: JSONObject, _ keys: [String]) -> JSONObject {
    var values = JSONObject()
    for key in keys { values[key] = item[key] ?? (key == "protocol" ? .string("TCP") : nil) }
    return values
  }

  static func label(_ item: JSONObject, _ keys: [String]) -> String {
    "k:" + JSONValue.object(keyValues(item, keys)).text()
  }
}
