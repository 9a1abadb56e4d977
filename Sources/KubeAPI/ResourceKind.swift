/// The kinds of object the engine acts on.
public enum ResourceKind: UInt8, CaseIterable, Sendable, Hashable, Comparable {
  case namespace, node, pod, service, endpointSlice, configMap, secret, serviceAccount, event
  case lease, deployment, replicaSet

  public static func < (a: ResourceKind, b: ResourceKind) -> Bool { a.rawValue < b.rawValue }

  /// The `kind:` of a manifest.
  public var kind: String { info.kind }
  /// The plural, as in URLs: `pods`.
  public var plural: String { info.plural }
  /// The singular: `pod`.
  public var singular: String { info.singular }
  public var shortNames: [String] { info.shortNames }
  /// The API group; empty for the core group.
  public var group: String { info.group }
  public var version: String { "v1" }
  /// `v1`, `apps/v1`.
  public var apiVersion: String { group.isEmpty ? version : group + "/" + version }
  public var isNamespaced: Bool { self != .namespace && self != .node }
  /// Whether it is of kubectl's category `all`.
  public var isInAll: Bool { [.pod, .service, .deployment, .replicaSet].contains(self) }
  /// `pods`, `deployments.apps`: the resource as error messages name it.
  public var groupResource: String { group.isEmpty ? plural : plural + "." + group }

  /// The key prefix in etcd, with the trailing slash. Nodes, services, leases and endpoint slices
  /// keep their historic places (kube-apiserver's storage factory).
  public var registryPrefix: String {
    switch self {
    case .node: "/registry/minions/"
    case .service: "/registry/services/specs/"
    default: "/registry/" + plural + "/"
    }
  }

  private struct Info {
    let kind: String
    let plural: String
    let singular: String
    let shortNames: [String]
    let group: String
  }

  private var info: Info { Self.table[Int(rawValue)] }

  private static let table: [Info] = [
    Info(
      kind: "Namespace", plural: "namespaces", singular: "namespace", shortNames: ["ns"], group: ""),
    Info(kind: "Node", plural: "nodes", singular: "node", shortNames: ["no"], group: ""),
    Info(kind: "Pod", plural: "pods", singular: "pod", shortNames: ["po"], group: ""),
    Info(kind: "Service", plural: "services", singular: "service", shortNames: ["svc"], group: ""),
    Info(
      kind: "EndpointSlice", plural: "endpointslices", singular: "endpointslice", shortNames: [],
      group: "discovery.k8s.io"),
    Info(
      kind: "ConfigMap", plural: "configmaps", singular: "configmap", shortNames: ["cm"], group: ""),
    Info(kind: "Secret", plural: "secrets", singular: "secret", shortNames: [], group: ""),
    Info(
      kind: "ServiceAccount", plural: "serviceaccounts", singular: "serviceaccount",
      shortNames: ["sa"], group: ""),
    Info(kind: "Event", plural: "events", singular: "event", shortNames: ["ev"], group: ""),
    Info(
      kind: "Lease", plural: "leases", singular: "lease", shortNames: [],
      group: "coordination.k8s.io"),
    Info(
      kind: "Deployment", plural: "deployments", singular: "deployment", shortNames: ["deploy"],
      group: "apps"),
    Info(
      kind: "ReplicaSet", plural: "replicasets", singular: "replicaset", shortNames: ["rs"],
      group: "apps"),
  ]

  /// The kind that `kubectl` means by `name`: kind, plural, singular or short name, any case, with
  /// or without the group.
  public init?(commandLineName name: String) {
    let wanted = name.lowercased()
    let found = Self.allCases.first { kind in
      wanted == kind.plural || wanted == kind.singular || wanted == kind.groupResource
        || kind.shortNames.contains(wanted)
        || (!kind.group.isEmpty && wanted == kind.plural + "." + kind.version + "." + kind.group)
    }
    guard let found else { return nil }
    self = found
  }

  /// The kind with this `apiVersion` and `kind`.
  public init?(apiVersion: String, kind: String) {
    guard let found = Self.allCases.first(where: { $0.kind == kind && $0.apiVersion == apiVersion })
    else { return nil }
    self = found
  }
}
