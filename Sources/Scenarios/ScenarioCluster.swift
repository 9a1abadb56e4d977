import Basics
import Engine
import KubeAPI
import Manifests

/// `cluster:` of a scenario: how many machines of which kind, or a list of them.
extension ScenarioReading {
  func cluster(_ tree: YAMLTree) throws(ManifestProblem) -> ClusterSpec {
    try check(
      tree, ["masters", "workers", "zones", "etcd", "etcdMembers", "seed", "machines", "flags"])
    var topology = ClusterSpec.EtcdTopology.stacked
    if let etcd = tree["etcd"] {
      guard let found = ClusterSpec.EtcdTopology(rawValue: try text(etcd)) else {
        throw problem(etcd, "expected stacked or external")
      }
      topology = found
    }
    func number(
      _ name: String, _ range: ClosedRange<Int>, _ fallback: Int
    ) throws(ManifestProblem) -> Int {
      guard let tree = tree[name] else { return fallback }
      return try integer(tree, range)
    }
    var spec = ClusterSpec(
      masters: try number("masters", topology == .external ? 0...7 : 1...7, 3),
      workers: try number("workers", 0...5000, 5),
      zones: try number("zones", 1...16, 1), etcd: topology,
      etcdMembers: try number("etcdMembers", 1...7, 3),
      seed: UInt64(try number("seed", 0...Int.max, 1)))
    if let machines = tree["machines"] {
      spec.machines = try self.machines(machines, topology)
    }
    if let flags = tree["flags"] {
      for component in flags.fields {
        for flag in component.tree.fields {
          let known = ClusterSpec.ComponentFlag(
            component: component.key, name: flag.key, value: try text(flag.tree))
          if let words = known.problem { throw problem(flag.tree, words) }
          spec.flags.append(known)
        }
      }
    }
    return spec
  }

  private func machines(
    _ tree: YAMLTree, _ topology: ClusterSpec.EtcdTopology
  ) throws(ManifestProblem) -> [ClusterSpec.Machine] {
    var machines: [ClusterSpec.Machine] = []
    for item in tree.items {
      try check(item, ["name", "role", "cpu", "memory", "pods", "zone", "labels", "taints"])
      guard let nameTree = item["name"] else { throw problem(item, "a machine needs a name") }
      let name = try text(nameTree)
      if machines.contains(where: { $0.name == name }) {
        throw problem(nameTree, "there is another machine \"\(name)\"")
      }
      guard
        let role = ClusterSpec.Machine.Role(
          rawValue: try optional(item["role"], text)
            ?? "worker")
      else { throw problem(item["role"] ?? item, "expected master, worker or etcd") }
      var machine = ClusterSpec.Machine(name: name, role: role)
      if let cpu = item["cpu"] { machine.cpu = try quantity(cpu) }
      if let memory = item["memory"] { machine.memory = try quantity(memory) }
      if let pods = item["pods"] { machine.pods = try integer(pods, 1...100_000) }
      machine.zone =
        try optional(item["zone"], text)
        ?? "zone-1"
      for field in item["labels"]?.fields ?? [] {
        machine.labels[field.key] = try text(field.tree)
      }
      for taint in item["taints"]?.items ?? [] { machine.taints.append(try self.taint(taint)) }
      machines.append(machine)
    }
    guard machines.contains(where: { $0.role == .master }) else {
      throw problem(tree, "expected at least one machine with role: master")
    }
    if topology == .external, !machines.contains(where: { $0.role == .etcd }) {
      throw problem(tree, "external etcd needs machines with role: etcd")
    }
    return machines
  }

  private func quantity(_ tree: YAMLTree) throws(ManifestProblem) -> Quantity {
    guard let quantity = Quantity(try text(tree)) else {
      throw problem(tree, "expected a quantity such as 4, 500m or 16Gi")
    }
    return quantity
  }

  /// `key=value:Effect` or `{key, value, effect}`.
  private func taint(_ tree: YAMLTree) throws(ManifestProblem) -> Taint {
    if case .object = tree.json {
      try check(tree, ["key", "value", "effect"])
      var taint = Taint()
      if let key = tree["key"] { taint.key = try text(key) }
      if let value = tree["value"] { taint.value = try text(value) }
      if let effect = tree["effect"] { taint.effect = try text(effect) }
      return taint
    }
    let words = try text(tree).split(separator: ":", maxSplits: 1).map(String.init)
    guard words.count == 2, ["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(words[1])
    else {
      throw problem(tree, "expected key=value:Effect with NoSchedule or NoExecute")
    }
    let pair = words[0].split(separator: "=", maxSplits: 1).map(String.init)
    return Taint(key: pair[0], value: pair.count > 1 ? pair[1] : "", effect: words[1])
  }
}
