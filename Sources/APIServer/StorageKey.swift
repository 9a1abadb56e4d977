import Basics
import KubeAPI
import MVCC

/// Where objects lie in etcd: `/registry/pods/default/web-1`, `/registry/minions/worker-1`.
enum StorageKey {
  private static let prefixes: [Key] = ResourceKind.allCases.map { Key($0.registryPrefix) }

  /// Everything of one kind.
  static func prefix(_ kind: ResourceKind) -> Key { prefixes[Int(kind.rawValue)] }

  /// Everything of one kind in one namespace; of the whole kind where `namespace` is empty.
  static func prefix(_ kind: ResourceKind, namespace: String) -> Key {
    guard kind.isNamespaced, !namespace.isEmpty else { return prefix(kind) }
    var bytes = prefix(kind).bytes
    bytes.append(contentsOf: namespace.utf8)
    bytes.append(UInt8(ascii: "/"))
    return Key(bytes: bytes)
  }

  static func object(_ kind: ResourceKind, _ key: ObjectKey) -> Key {
    let prefix = prefix(kind).bytes
    var bytes: [UInt8] = []
    bytes.reserveCapacity(prefix.count + key.namespace.utf8.count + 1 + key.name.utf8.count)
    bytes.append(contentsOf: prefix)
    if kind.isNamespaced {
      bytes.append(contentsOf: key.namespace.utf8)
      bytes.append(UInt8(ascii: "/"))
    }
    bytes.append(contentsOf: key.name.utf8)
    return Key(bytes: bytes)
  }

  /// The key's part after the kind's prefix: `default/web-1`.
  static func suffix(_ kind: ResourceKind, of key: Key) -> String {
    String(decoding: key.bytes.dropFirst(prefix(kind).count), as: UTF8.self)
  }

  /// The revision of the last compaction, by which API servers agree who compacts
  /// (storage/etcd3/compact.go).
  static let compactRevision = Key("compact_rev_key")
  /// The addresses of the API servers that are alive, each under its own lease.
  static let masterLeases = Key("/registry/masterleases/")
  /// The cluster IPs in use, one key each, as `ipaddresses.networking.k8s.io` has them.
  static let ipAddresses = Key("/registry/ipaddresses/")
  /// The node ports in use, one key each.
  static let nodePorts = Key("/registry/ranges/servicenodeports/")

  static func ipAddress(_ address: String) -> Key {
    Key(bytes: ipAddresses.bytes + Array(address.utf8))
  }
  static func nodePort(_ port: Int32) -> Key {
    Key(bytes: nodePorts.bytes + Array(String(port).utf8))
  }
}

extension KeyValue {
  /// The object as the API shows it: at the revision of its last write.
  var object: APIObject? {
    guard case .boxed(let content) = value, let object = content as? APIObject else { return nil }
    return object.at(resourceVersion: modRevision)
  }
}
