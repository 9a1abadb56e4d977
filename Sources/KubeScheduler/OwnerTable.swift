import Basics
import KubeAPI

/// What selects pods: services, and the controllers that own them. Spreading by default follows
/// their selectors (`helper.DefaultSelector`).
struct OwnerTable: Sendable {
  /// `v1/ReplicationController`, `apps/v1/ReplicaSet`, `apps/v1/StatefulSet` and a name.
  struct Key: Hashable, Sendable {
    var apiVersion: String
    var kind: String
    var namespace: String
    var name: String
  }

  private struct ServiceSelector: Sendable {
    var name: String
    var selector: StringMap
  }

  private var services = LookupTable<String, [ServiceSelector]>()
  private var controllers = LookupTable<Key, LabelSelector>()

  init() {}

  mutating func setService(_ service: Service) {
    removeService(service.key)
    // A service without a selector selects nothing, not everything.
    guard !service.spec.selector.isEmpty else { return }
    services[service.metadata.namespace, default: []].append(
      ServiceSelector(name: service.metadata.name, selector: service.spec.selector))
  }

  mutating func removeService(_ key: ObjectKey) {
    services[key.namespace]?.removeAll { $0.name == key.name }
    if services[key.namespace]?.isEmpty == true { services.removeValue(forKey: key.namespace) }
  }

  mutating func setController(_ key: Key, _ selector: LabelSelector?) {
    controllers[key] = selector
  }

  /// Everything a pod's services and controller say about its like; an empty one is no statement.
  func selector(for pod: Pod) -> LabelSelector {
    let metadata = pod.metadata
    var result = LabelSelector()
    for service in services[metadata.namespace] ?? []
    where service.selector.isSubset(of: metadata.labels) {
      result.matchLabels.merge(service.selector)
    }
    guard let owner = metadata.controller else { return result }
    let key = Key(
      apiVersion: owner.apiVersion, kind: owner.kind, namespace: metadata.namespace,
      name: owner.name)
    guard let other = controllers[key] else { return result }
    // Not merged: a selector of the owner that contradicts must not replace the services'.
    for label in other.matchLabels.entries {
      result.matchExpressions.append(
        SelectorRequirement(key: label.key, operatorName: "In", values: [label.value]))
    }
    result.matchExpressions += other.matchExpressions
    return result
  }
}
