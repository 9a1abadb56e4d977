import Basics
import Engine
import KubeAPI

/// What a scenario waits for or expects: a question to a world that is true or false now.
public indirect enum Predicate: Sendable {
  case pods(PodsPredicate)
  /// A node's condition.
  case node(String, condition: String, status: String)
  /// A node's taint is there, or is not.
  case taint(node: String, key: String, effect: String?, isPresent: Bool)
  case deployment(ObjectKey, available: Int)
  /// Ready endpoints of a service, over its slices.
  case endpoints(ObjectKey, ready: Int)
  case leader(LeaderPredicate)
  case etcd(EtcdPredicate)
  /// A field of an object by kind, name and path.
  case field(ResourceKind, ObjectKey, path: String, Expected)
  /// An object is there, or is not.
  case object(ResourceKind, ObjectKey, isPresent: Bool)
  /// Rules of one node's kube-proxy for a service: how many endpoints it sends to.
  case proxy(node: String, service: ObjectKey, endpoints: Int)
  /// `/readyz` of a host's API server.
  case apiServer(host: String, isReady: Bool)
  /// Containers that run for pods etcd knows nothing of.
  case phantoms(Int)
  case converged

  public enum Expected: Sendable {
    case equals(JSONValue)
    case exists(Bool)
    case atLeast(Int64)
  }
}

public struct PodsPredicate: Sendable {
  public var selector = LabelSelector()
  public var namespace = "default"
  /// A pod's own name, or nothing.
  public var name: String?
  public var count: Int?
  public var ready: Int?
  public var terminating: Int?
  /// All that match are in this phase.
  public var phase: String?
  /// Only pods on this node are meant.
  public var node: String?
  /// Only pods on other nodes are meant.
  public var notOnNode: String?
  public init() {}
}

public struct LeaderPredicate: Sendable {
  /// `etcd`, `kube-scheduler`, `kube-controller-manager`, `cloud-controller-manager`.
  public var of: String
  /// The host that leads; nil means any.
  public var host: String?
  /// A host that does not.
  public var notHost: String?
  /// Whether there is one at all.
  public var exists = true
  public init(of component: String) { of = component }
}

public struct EtcdPredicate: Sendable {
  public var quorum: Bool?
  public var healthy: Int?
  public var revisionAtLeast: Int64?
  public init() {}
}

/// The answer to a predicate: whether it holds, and what was found.
public struct Finding: Sendable, Equatable {
  public let holds: Bool
  public let found: String
  public init(_ holds: Bool, _ found: String) {
    self.holds = holds
    self.found = found
  }
}

extension Predicate {
  /// The question in words, as a failed expectation prints it.
  public var text: String {
    switch self {
    case .pods(let pods): return pods.text
    case .node(let name, let condition, let status):
      return "node \(name) has condition \(condition)=\(status)"
    case .taint(let node, let key, let effect, let isPresent):
      let name = effect.map { key + ":" + $0 } ?? key
      return "node \(node) has \(isPresent ? "" : "no ")taint \(name)"
    case .deployment(let key, let available):
      return "deployment \(key.text) has \(available) available"
    case .endpoints(let key, let ready):
      return "service \(key.text) has \(ready) ready endpoints"
    case .leader(let leader): return leader.text
    case .etcd(let etcd): return etcd.text
    case .field(let kind, let key, let path, let expected):
      return "\(kind.singular) \(key.text) \(path) \(expected.text)"
    case .object(let kind, let key, let isPresent):
      return "\(kind.singular) \(key.text) \(isPresent ? "exists" : "does not exist")"
    case .proxy(let node, let key, let endpoints):
      return "kube-proxy on \(node) sends \(key.text) to \(endpoints) endpoints"
    case .apiServer(let host, let isReady):
      return "the API server on \(host) is \(isReady ? "" : "not ")ready"
    case .phantoms(let count): return "\(count) containers run for pods that etcd does not know"
    case .converged: return "the cluster has converged"
    }
  }

  /// Asks the world.
  public func evaluate(_ world: World) -> Finding {
    switch self {
    case .pods(let pods): return pods.evaluate(world)
    case .node(let name, let type, let status):
      guard let node = world.object(.node, ObjectKey(name: name))?.node else {
        return Finding(false, "there is no node \(name)")
      }
      guard let condition = node.status.conditions[type] else {
        return Finding(false, "\(name) has no condition \(type)")
      }
      return Finding(condition.status == status, "\(type)=\(condition.status)")
    case .taint(let name, let key, let effect, let isPresent):
      guard let node = world.object(.node, ObjectKey(name: name))?.node else {
        return Finding(false, "there is no node \(name)")
      }
      let has = node.spec.taints.contains {
        $0.key == key && (effect == nil || $0.effect == effect)
      }
      let all = node.spec.taints.map { "\($0.key):\($0.effect)" }.joined(separator: ", ")
      return Finding(has == isPresent, all.isEmpty ? "no taints" : "taints \(all)")
    case .deployment(let key, let available):
      guard let deployment = world.object(.deployment, key)?.deployment else {
        return Finding(false, "there is no deployment \(key.text)")
      }
      let have = Int(deployment.status.availableReplicas)
      return Finding(have == available, "\(have) available")
    case .endpoints(let key, let ready):
      let have = Self.readyEndpoints(of: key, world)
      return Finding(have == ready, "\(have) ready endpoints")
    case .leader(let leader): return leader.evaluate(world)
    case .etcd(let etcd): return etcd.evaluate(world)
    case .field(let kind, let key, let path, let expected):
      guard let object = world.object(kind, key) else {
        return Finding(false, "there is no \(kind.singular) \(key.text)")
      }
      let value = try? object.value(at: path)
      return expected.evaluate(value ?? nil, path)
    case .object(let kind, let key, let isPresent):
      let has = world.object(kind, key) != nil
      return Finding(has == isPresent, has ? "it exists" : "it does not exist")
    case .proxy(let node, let service, let endpoints):
      guard let have = world.proxyEndpoints(on: node, of: service) else {
        return Finding(false, "\(node) has no rules for \(service.text)")
      }
      return Finding(have == endpoints, "\(have) endpoints")
    case .apiServer(let host, let isReady):
      let have = world.isAPIServerReady(on: host)
      return Finding(have == isReady, have ? "it is ready" : "it is not ready")
    case .phantoms(let count):
      let found = world.phantoms
      return Finding(
        found.count == count,
        found.isEmpty
          ? "none" : found.map { "\($0.pod.text) on \($0.host)" }.joined(separator: ", "))
    case .converged:
      let state = world.convergence()
      let what = state.missing.isEmpty ? "still being written to" : state.missing[0]
      return Finding(state.isConverged, state.isConverged ? "converged" : what)
    }
  }

  static func readyEndpoints(of key: ObjectKey, _ world: World) -> Int {
    var count = 0
    for slice in world.objects(.endpointSlice).compactMap(\.endpointSlice)
    where slice.metadata.namespace == key.namespace
      && slice.metadata.labels["kubernetes.io/service-name"] == key.name
    {
      count += slice.endpoints.count { $0.ready ?? true }
    }
    return count
  }
}

extension PodsPredicate {
  var text: String {
    var words: [String] = []
    if let count { words.append("\(count) exist") }
    if let ready { words.append("\(ready) ready") }
    if let terminating { words.append("\(terminating) terminating") }
    if let phase { words.append("all \(phase)") }
    var who = name.map { "pod \(namespace)/\($0)" } ?? "pods \(selector.text) in \(namespace)"
    if let node { who += " on \(node)" }
    if let notOnNode { who += " not on \(notOnNode)" }
    return who + ": " + (words.isEmpty ? "some exist" : words.joined(separator: ", "))
  }

  func evaluate(_ world: World) -> Finding {
    let pods = world.objects(.pod).compactMap(\.pod).filter { pod in
      pod.metadata.namespace == namespace && (name == nil || pod.metadata.name == name)
        && selector.matches(pod.metadata.labels) && (node == nil || pod.spec.nodeName == node)
        && (notOnNode == nil || pod.spec.nodeName != notOnNode)
    }
    // A pod that is going away is no longer counted as one of those wanted.
    let going = pods.count { $0.metadata.deletionTimestamp != nil }
    let staying = pods.filter { $0.metadata.deletionTimestamp == nil }
    let isReady = staying.count { $0.status.conditions.isTrue("Ready") }
    let phases = phase.map { wanted in staying.allSatisfy { $0.status.phase == wanted } } ?? true
    let asksNothing = count == nil && ready == nil && terminating == nil && phase == nil
    let holds =
      (count ?? staying.count) == staying.count && (ready ?? isReady) == isReady
      && (terminating ?? going) == going && phases && (!asksNothing || !staying.isEmpty)
    let words = LookupTableCounter(staying.map { PodSummary($0).status }).text
    return Finding(
      holds, "\(staying.count) pods, \(isReady) ready, \(going) terminating\(words)")
  }
}

/// Counts words and prints them in their order.
private struct LookupTableCounter {
  let text: String
  init(_ words: [String]) {
    let sorted = words.sorted()
    var parts: [String] = []
    var index = 0
    while index < sorted.count {
      let same = sorted[index...].prefix { $0 == sorted[index] }.count
      parts.append("\(same) \(sorted[index])")
      index += same
    }
    text = parts.isEmpty ? "" : " (" + parts.joined(separator: ", ") + ")"
  }
}

extension LeaderPredicate {
  var text: String {
    if !exists { return "nobody leads \(of)" }
    if let host { return "\(host) leads \(of)" }
    if let notHost { return "another than \(notHost) leads \(of)" }
    return "somebody leads \(of)"
  }

  func evaluate(_ world: World) -> Finding {
    let leaders = world.leaders(of: of)
    let found =
      leaders.isEmpty ? "nobody leads \(of)" : leaders.joined(separator: ", ") + " leads \(of)"
    if !exists { return Finding(leaders.isEmpty, found) }
    guard leaders.count == 1 else { return Finding(false, found) }
    if let host { return Finding(leaders[0] == host, found) }
    if let notHost { return Finding(leaders[0] != notHost, found) }
    return Finding(true, found)
  }
}

extension EtcdPredicate {
  var text: String {
    var words: [String] = []
    if let quorum { words.append(quorum ? "has quorum" : "has no quorum") }
    if let healthy { words.append("has \(healthy) healthy members") }
    if let revisionAtLeast { words.append("is at revision \(revisionAtLeast) or later") }
    return "etcd " + words.joined(separator: ", ")
  }

  func evaluate(_ world: World) -> Finding {
    let seen = world.etcdHealth
    let holds =
      (quorum ?? seen.hasQuorum) == seen.hasQuorum && (healthy ?? seen.healthy) == seen.healthy
      && seen.revision >= (revisionAtLeast ?? 0)
    return Finding(
      holds,
      "\(seen.healthy) healthy members, \(seen.hasQuorum ? "quorum" : "no quorum"), revision "
        + "\(seen.revision)")
  }
}

extension Predicate.Expected {
  var text: String {
    switch self {
    case .equals(let value): "is " + value.text()
    case .exists(let wanted): wanted ? "is there" : "is not there"
    case .atLeast(let number): "is \(number) or more"
    }
  }

  func evaluate(_ value: JSONValue?, _ path: String) -> Finding {
    let found = value.map { "\(path) is \($0.text())" } ?? "\(path) is not there"
    switch self {
    case .equals(let wanted): return Finding(value == wanted, found)
    case .exists(let wanted): return Finding((value != nil) == wanted, found)
    case .atLeast(let number):
      if case .integer(let have)? = value { return Finding(have >= number, found) }
      return Finding(false, found)
    }
  }
}
