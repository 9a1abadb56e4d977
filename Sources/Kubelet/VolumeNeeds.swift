import Basics
import KubeAPI

/// What a pod needs from the API before its containers can start.
struct VolumeNeeds: Sendable {
  struct Object: Sendable {
    var volume: String
    var kind: ResourceKind
    var name: String
    var isOptional: Bool
  }
  /// The volume with the service account token; empty where none is projected.
  var tokenVolume = ""
  var tokenSeconds: Int64 = 3607
  /// ConfigMaps and Secrets that volumes are made of.
  var mounts: [Object] = []
  /// ConfigMaps and Secrets that environments refer to; `volume` is empty.
  var references: [Object] = []

  init() {}

  init(_ spec: PodSpec) {
    for volume in spec.volumes where !volume.carried.isEmpty {
      add(volume.name, .object(volume.carried.object))
      for source in volume.carried["projected"]?["sources"]?.elements ?? [] {
        add(volume.name, source)
      }
    }
    for container in spec.initContainers + spec.containers where !container.carried.isEmpty {
      references += Self.references(of: container)
    }
  }

  /// One source of a volume, as a volume of its own or as a part of a projected one. The name of
  /// the object is `secretName` in a secret volume and `name` everywhere else.
  private mutating func add(_ volume: String, _ source: JSONValue) {
    if let token = source["serviceAccountToken"] {
      tokenVolume = volume
      if case .integer(let seconds)? = token["expirationSeconds"] { tokenSeconds = seconds }
    }
    for (field, kind) in [("configMap", ResourceKind.configMap), ("secret", .secret)] {
      guard let reference = source[field],
        let name = (reference["name"] ?? reference["secretName"])?.text
      else { continue }
      mounts.append(
        Object(volume: volume, kind: kind, name: name, isOptional: Self.optional(reference)))
    }
  }

  private static func optional(_ reference: JSONValue) -> Bool {
    reference["optional"] == .bool(true)
  }

  static func references(of container: Container) -> [Object] {
    var found: [Object] = []
    func add(_ reference: JSONValue?, _ kind: ResourceKind) {
      guard let reference, let name = reference["name"]?.text else { return }
      found.append(
        Object(volume: "", kind: kind, name: name, isOptional: optional(reference)))
    }
    for source in container.carried["envFrom"]?.elements ?? [] {
      add(source["configMapRef"], .configMap)
      add(source["secretRef"], .secret)
    }
    for variable in container.carried["env"]?.elements ?? [] {
      add(variable["valueFrom"]?["configMapKeyRef"], .configMap)
      add(variable["valueFrom"]?["secretKeyRef"], .secret)
    }
    return found
  }
}

/// ConfigMaps and Secrets that pods of this node refer to.
struct ObjectCache: Sendable {
  struct Entry: Sendable {
    var isPresent: Bool
    var fetchedAt: Tick
  }
  var entries = LookupTable<ObjectReference, Entry>()
  /// Workers that wait for an answer, by object.
  var waiters = LookupTable<ObjectReference, [UInt64]>()
}
