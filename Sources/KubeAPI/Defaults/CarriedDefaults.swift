import Basics

/// Defaults of fields that the engine only carries, by the type that has them.
enum CarriedDefaults {
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

  /// What to do with the carried fields of a type.
  final class Plan: Sendable {
    let rules: [Rule]
    /// The fields below which there may be a default.
    let inner: [Schema.Field]
    let isEphemeralContainer: Bool

    init(_ type: Schema.Struct) {
      rules = CarriedDefaults.rules.first { $0.type == type.name }?.rules ?? []
      inner = type.fields.filter { $0.shape.leafType.map(reaching.contains) ?? false }
      isEphemeralContainer = type.name == "EphemeralContainer"
    }
  }

  /// The plan of `type`; nil where there is nothing to do below it.
  static func plan(_ type: String) -> Plan? { plans[type] }

  private static let plans: LookupTable<String, Plan> = {
    var plans = LookupTable<String, Plan>()
    for type in Schema.allTypes where reaching.contains(type.name) {
      plans[type.name] = Plan(type)
    }
    return plans
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

extension CarriedDefaults {
  // The types with fields of both sorts: their typed fields have their defaults elsewhere.
  static let podSpec = plan("PodSpec")
  static let container = plan("Container")
  static let probe = plan("Probe")
  static let volume = plan("Volume")
}

extension Carried {
  /// Applies `plan` to these fields and what is inside them; false where nothing was missing, and
  /// then nothing is copied.
  mutating func applyDefaults(_ plan: CarriedDefaults.Plan?) -> Bool {
    guard let plan else { return false }
    var fresh: JSONObject?
    for rule in plan.rules where self[rule.field] == nil {
      fresh = fresh ?? object
      fresh?[rule.field] = rule.value
    }
    if !isEmpty {
      for field in plan.inner {
        guard let value = self[field.name]?.withDefaults(field.shape) else { continue }
        fresh = fresh ?? object
        fresh?[field.name] = value
      }
    }
    guard let fresh else { return false }
    object = fresh
    return true
  }
}

extension JSONValue {
  /// This value with the defaults of everything in it; nil where nothing is missing.
  fileprivate func withDefaults(_ shape: Schema.Shape) -> JSONValue? {
    switch (self, shape) {
    case (_, .pointer(let inner)): return withDefaults(inner)
    case (.array(let items), .list(let inner)):
      var fresh: [JSONValue]?
      for (index, item) in items.enumerated() {
        guard let value = item.withDefaults(inner) else { continue }
        fresh = fresh ?? items
        fresh?[index] = value
      }
      return fresh.map { .array($0) }
    case (.object(let object), .named(let name)):
      guard let plan = CarriedDefaults.plan(name) else { return nil }
      return object.withDefaults(plan).map { .object($0) }
    default: return nil
    }
  }
}

extension JSONObject {
  fileprivate func withDefaults(_ plan: CarriedDefaults.Plan) -> JSONObject? {
    var fresh: JSONObject?
    for rule in plan.rules where self[rule.field].isAbsent {
      fresh = fresh ?? self
      fresh?[rule.field] = rule.value
    }
    if plan.isEphemeralContainer, self["imagePullPolicy"] == nil {
      fresh = fresh ?? self
      fresh?["imagePullPolicy"] = .string(
        Container.pullPolicy(image: self["image"]?.stringValue ?? ""))
    }
    for field in plan.inner {
      guard let value = self[field.name]?.withDefaults(field.shape) else { continue }
      fresh = fresh ?? self
      fresh?[field.name] = value
    }
    fresh?.sortFields()
    return fresh
  }
}

extension JSONValue? {
  fileprivate var isAbsent: Bool { self == nil || self == .null }
}
