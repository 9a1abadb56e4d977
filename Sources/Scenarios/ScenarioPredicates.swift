import Basics
import Engine
import KubeAPI
import Manifests

/// What `until` and `expect` of a scenario wait for and look at.
extension ScenarioReading {
  func predicate(_ tree: YAMLTree) throws(ManifestProblem) -> Predicate {
    if case .string("converged") = tree.json { return .converged }
    guard case .object = tree.json else { throw problem(tree, predicates) }
    let fields = tree.fields.filter { $0.key != "within" }
    guard let first = fields.first else { throw problem(tree, predicates) }
    switch first.key {
    case "pods": return .pods(try pods(first.tree))
    case "node": return try node(tree)
    case "deployment":
      try check(tree, ["deployment", "namespace", "available", "within"])
      guard let available = tree["available"] else {
        throw problem(tree, "a deployment's predicate needs available: N")
      }
      return .deployment(
        try key(first.tree, tree), available: try integer(available, 0...1_000_000))
    case "endpoints":
      try check(tree, ["endpoints", "namespace", "ready", "within"])
      guard let ready = tree["ready"] else {
        throw problem(tree, "an endpoints predicate needs ready: N")
      }
      return .endpoints(try key(first.tree, tree), ready: try integer(ready, 0...1_000_000))
    case "leader": return .leader(try leader(first.tree, tree))
    case "etcd": return .etcd(try etcd(first.tree))
    case "apiserver":
      try check(tree, ["apiserver", "ready", "within"])
      let ready = try optional(tree["ready"], bool)
      return .apiServer(host: try text(first.tree), isReady: ready ?? true)
    case "phantoms":
      try check(tree, ["phantoms", "within"])
      return .phantoms(try integer(first.tree, 0...1_000_000))
    case "proxy":
      try check(tree, ["proxy", "service", "namespace", "endpoints", "within"])
      guard let service = tree["service"], let endpoints = tree["endpoints"] else {
        throw problem(tree, "a proxy predicate needs service and endpoints")
      }
      return .proxy(
        node: try text(first.tree), service: try key(service, tree),
        endpoints: try integer(endpoints, 0...1_000_000))
    case "object", "field": return try field(tree)
    default: throw problem(first.place, "unknown predicate \"\(first.key)\"; " + predicates)
    }
  }

  private var predicates: String {
    "expected converged, pods, node, deployment, endpoints, leader, etcd, apiserver, phantoms, proxy, object or field"
  }

  private func key(_ name: YAMLTree, _ tree: YAMLTree) throws(ManifestProblem) -> ObjectKey {
    let namespace = try optional(tree["namespace"], text)
    return ObjectKey(namespace: namespace ?? "default", name: try text(name))
  }

  private func pods(_ tree: YAMLTree) throws(ManifestProblem) -> PodsPredicate {
    try check(
      tree,
      [
        "selector", "namespace", "name", "count", "ready", "terminating", "phase", "node",
        "notOnNode",
      ])
    var pods = PodsPredicate()
    if let tree = tree["selector"] { pods.selector = try selector(tree) }
    if let tree = tree["namespace"] { pods.namespace = try text(tree) }
    if let tree = tree["name"] { pods.name = try text(tree) }
    if let tree = tree["count"] { pods.count = try integer(tree, 0...1_000_000) }
    if let tree = tree["ready"] { pods.ready = try integer(tree, 0...1_000_000) }
    if let tree = tree["terminating"] { pods.terminating = try integer(tree, 0...1_000_000) }
    if let tree = tree["phase"] { pods.phase = try text(tree) }
    if let tree = tree["node"] { pods.node = try text(tree) }
    if let tree = tree["notOnNode"] { pods.notOnNode = try text(tree) }
    return pods
  }

  private func node(_ tree: YAMLTree) throws(ManifestProblem) -> Predicate {
    try check(tree, ["node", "condition", "status", "taint", "effect", "present", "within"])
    guard let nameTree = tree["node"] else { throw problem(tree, "expected a node's name") }
    let name = try text(nameTree)
    if let taint = tree["taint"] {
      return .taint(
        node: name, key: try text(taint),
        effect: try optional(tree["effect"], text),
        isPresent: try optional(tree["present"], bool)
          ?? true)
    }
    guard let condition = tree["condition"], let status = tree["status"] else {
      throw problem(tree, "a node's predicate needs condition and status, or taint")
    }
    return .node(name, condition: try text(condition), status: try text(status))
  }

  private func leader(
    _ tree: YAMLTree, _ step: YAMLTree
  ) throws(ManifestProblem) -> LeaderPredicate {
    try check(step, ["leader", "is", "isNot", "exists", "within"])
    let known = ["etcd", "kube-scheduler", "kube-controller-manager", "cloud-controller-manager"]
    let name = try text(tree)
    guard known.contains(name) else {
      throw problem(tree, "expected one of \(known.joined(separator: ", "))")
    }
    var leader = LeaderPredicate(of: name)
    if let host = step["is"] { leader.host = try text(host) }
    if let host = step["isNot"] { leader.notHost = try text(host) }
    if let exists = step["exists"] { leader.exists = try bool(exists) }
    return leader
  }

  private func etcd(_ tree: YAMLTree) throws(ManifestProblem) -> EtcdPredicate {
    try check(tree, ["quorum", "healthy", "revisionAtLeast"])
    var etcd = EtcdPredicate()
    if let tree = tree["quorum"] { etcd.quorum = try bool(tree) }
    if let tree = tree["healthy"] { etcd.healthy = try integer(tree, 0...7) }
    if let tree = tree["revisionAtLeast"] {
      etcd.revisionAtLeast = Int64(try integer(tree, 0...Int.max))
    }
    return etcd
  }

  /// `field: {kind, name, namespace, path, equals | exists | atLeast}` or `object: {kind, name}`.
  private func field(_ step: YAMLTree) throws(ManifestProblem) -> Predicate {
    try check(step, ["field", "object", "within"])
    guard let tree = step["field"] ?? step["object"] else { throw problem(step, predicates) }
    try check(
      tree, ["kind", "name", "namespace", "path", "equals", "exists", "atLeast", "present"])
    guard let kindTree = tree["kind"], let nameTree = tree["name"] else {
      throw problem(tree, "expected kind and name")
    }
    guard let kind = ResourceKind(commandLineName: try text(kindTree)) else {
      throw problem(kindTree, "unknown kind \"\(try text(kindTree))\"")
    }
    var key = try self.key(nameTree, tree)
    if !kind.isNamespaced { key.namespace = "" }
    guard let pathTree = tree["path"] else {
      let isPresent = try optional(tree["present"] ?? tree["exists"], bool)
      return .object(kind, key, isPresent: isPresent ?? true)
    }
    let path = try text(pathTree)
    do throws(JSONPathProblem) { _ = try JSONPath(path) } catch {
      throw problem(pathTree, "\"\(path)\" is no path such as status.conditions[0].status")
    }
    if let value = tree["equals"] { return .field(kind, key, path: path, .equals(value.json)) }
    if let value = tree["atLeast"] {
      return .field(kind, key, path: path, .atLeast(Int64(try integer(value, Int.min...Int.max))))
    }
    let exists = try optional(tree["exists"], bool)
    return .field(kind, key, path: path, .exists(exists ?? true))
  }
}
