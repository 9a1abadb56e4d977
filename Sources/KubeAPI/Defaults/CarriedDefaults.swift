import Basics

/// Defaults of fields that the engine only carries, by the type that has them.
private enum CarriedDefaults {
  /// A field's default.
  struct Rule: Sendable {
    let field: String
    let value: JSONValue
  }

  private static let rules: [(type: String, rules: [Rule])] = [
    ("PodSpec", [rule("dnsPolicy", "ClusterFirst"), Rule(field: "securityContext", value: empty)]),
    (
      "Container",
      [
        rule("terminationMessagePath", "/dev/termination-log"),
        rule("terminationMessagePolicy", "File"),
      ]
    ),
    (
      "EphemeralContainer",
      [
        rule("terminationMessagePath", "/dev/termination-log"),
        rule("terminationMessagePolicy", "File"),
      ]
    ),
    ("HTTPGetAction", [rule("path", "/"), rule("scheme", "HTTP")]),
    ("GRPCAction", [rule("service", "")]),
    ("ObjectFieldSelector", [rule("apiVersion", "v1")]),
    // 0644.
    ("SecretVolumeSource", [Rule(field: "defaultMode", value: .integer(420))]),
    ("ConfigMapVolumeSource", [Rule(field: "defaultMode", value: .integer(420))]),
    ("DownwardAPIVolumeSource", [Rule(field: "defaultMode", value: .integer(420))]),
    ("ProjectedVolumeSource", [Rule(field: "defaultMode", value: .integer(420))]),
    // One hour.
    (
      "ServiceAccountTokenProjection", [Rule(field: "expirationSeconds", value: .integer(3600))]
    ),
    ("HostPathVolumeSource", [rule("type", "")]),
    ("PersistentVolumeClaimSpec", [rule("volumeMode", "Filesystem")]),
    (
      "ISCSIVolumeSource", [rule("iscsiInterface", "default")]
    ),
    (
      "RBDVolumeSource",
      [rule("pool", "rbd"), rule("user", "admin"), rule("keyring", "/etc/ceph/keyring")]
    ),
    (
      "AzureDiskVolumeSource",
      [
        rule("cachingMode", "ReadWrite"), rule("kind", "Shared"), rule("fsType", "ext4"),
        Rule(field: "readOnly", value: .bool(false)),
      ]
    ),
    (
      "ScaleIOVolumeSource", [rule("storageMode", "ThinProvisioned"), rule("fsType", "xfs")]
    ),
  ]

  private static let empty = JSONValue.object(JSONObject())
  private static func rule(_ field: String, _ value: String) -> Rule {
    Rule(field: field, value: .string(value))
  }

  /// The rules of `type`, and whether a type below it may have any.
  static func rules(of type: String) -> [Rule] { table[type] ?? [] }

  static func reaches(_ type: String) -> Bool { reaching.contains(type) }

  private static let table: LookupTable<String, [Rule]> = {
    var table = LookupTable<String, [Rule]>()
    for entry in rules { table[entry.type] = entry.rules }
    return table
  }()

  /// Types that have rules or lead to one that has, to walk no others.
  private static let reaching: LookupSet<String> = {
    var found = LookupSet<String>()
    for entry in rules { found.insert(entry.type) }
    var grew = true
    while grew {
      grew = false
      for type in Schema.allTypes where !found.contains(type.name) {
        let leads = type.fields.contains { field in
          field.shape.leafType.map(found.contains) ?? false
        }
        if leads {
          found.insert(type.name)
          grew = true
        }
      }
    }
    return found
  }()
}

extension Carried {
  /// Applies the defaults of the carried fields of `type`, and of what is inside them. Fields that
  /// are typed have theirs elsewhere; `fields` are those that are carried.
  mutating func applyDefaults(of type: String, carrying fields: [String]) -> Bool {
    var changed = false
    for rule in CarriedDefaults.rules(of: type) where fields.contains(rule.field) {
      if self[rule.field] == nil {
        self[rule.field] = rule.value
        changed = true
      }
    }
    guard !isEmpty else { return changed }
    let schema = Schema.named(type)
    var fresh: JSONObject?
    for (index, field) in object.fields.enumerated() {
      guard let shape = schema.field(field.key)?.shape,
        let value = field.value.withDefaults(shape)
      else { continue }
      fresh = fresh ?? object
      fresh?.fields[index].value = value
    }
    guard let fresh else { return changed }
    object = fresh
    return true
  }
}

extension JSONValue {
  /// This value with the defaults of everything in it; nil where nothing is missing.
  fileprivate func withDefaults(_ shape: Schema.Shape) -> JSONValue? {
    guard let leaf = shape.leafType, CarriedDefaults.reaches(leaf) else { return nil }
    switch (self, shape) {
    case (_, .pointer(let inner)): return withDefaults(inner)
    case (.array(var items), .list(let inner)):
      var changed = false
      for index in items.indices {
        if let item = items[index].withDefaults(inner) {
          items[index] = item
          changed = true
        }
      }
      return changed ? .array(items) : nil
    case (.object(var object), .named(let name)):
      return object.applyDefaults(Schema.named(name)) ? .object(object) : nil
    default: return nil
    }
  }
}

extension JSONObject {
  fileprivate mutating func applyDefaults(_ type: Schema.Struct) -> Bool {
    var changed = false
    for rule in CarriedDefaults.rules(of: type.name) where self[rule.field].isAbsent {
      self[rule.field] = rule.value
      changed = true
    }
    if type.name == "EphemeralContainer", self["imagePullPolicy"] == nil {
      self["imagePullPolicy"] = .string(
        Container.pullPolicy(image: self["image"]?.stringValue ?? ""))
      changed = true
    }
    for index in fields.indices {
      guard let shape = type.field(fields[index].key)?.shape,
        let value = fields[index].value.withDefaults(shape)
      else { continue }
      fields[index].value = value
      changed = true
    }
    if changed { sortFields() }
    return changed
  }
}

extension JSONValue? {
  fileprivate var isAbsent: Bool { self == nil || self == .null }
}
