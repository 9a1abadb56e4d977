import Basics
import Engine
import Etcd
import KubeAPI
import Testing

/// The questions that are asked in a class room (positive ones and negative ones), each with a
/// world in which to ask it and a rule to take away: without the rule the answer is another.
struct ListedQuestion: Sendable, CustomTestStringConvertible {
  let name: String
  /// What the answer owes to the rule: said while it is in force, and not without it.
  let mark: String
  /// The world to ask in, with the rule or without.
  let world: @Sendable (_ hasRule: Bool) throws -> World
  let ask: @Sendable (World) throws -> Asked

  var testDescription: String { name }

  enum Asked {
    case why(WhySubject)
    case whyNot(WhyNotGoal)
  }

  init(
    _ name: String, mark: String, in world: @escaping @Sendable (Bool) throws -> World,
    ask: @escaping @Sendable (World) throws -> Asked
  ) {
    self.name = name
    self.mark = mark
    self.world = world
    self.ask = ask
  }
}

// MARK: - Worlds

/// Booted clusters, each made once: copies are cheap.
enum Booted {
  private static func world(_ flags: [(String, String, String)] = []) -> World {
    var spec = ClusterSpec(workers: 2, seed: 31)
    spec.flags = flags.map {
      ClusterSpec.ComponentFlag(component: $0.0, name: $0.1, value: $0.2)
    }
    var world = World(spec)
    world.powerOn()
    world.converge(deadline: world.now + .minutes(5))
    return world
  }
  private static let manager = "kube-controller-manager"
  private static let server = "kube-apiserver"

  static let plain = world()
  static let longGrace = world([(manager, "node-monitor-grace-period", "1h")])
  static let shortGrace = world([(manager, "node-monitor-grace-period", "16s")])
  static let longTolerance = world([
    (server, "default-unreachable-toleration-seconds", "36000"),
    (server, "default-not-ready-toleration-seconds", "36000"),
  ])
  static let longLease = world([
    (manager, "leader-elect-lease-duration", "1h"),
    (manager, "leader-elect-renew-deadline", "50m"),
  ])
  static let shortRequests = world([(server, "request-timeout", "5s")])
  static let shortEvents = world([(server, "event-ttl", "1m")])

  private static let web = WhyTests.service + "\n---\n" + World.web(replicas: 4)

  /// With `web`, running.
  private static func served(_ world: World) throws -> World {
    var world = world
    try world.create(yaml: web)
    world.advance(to: world.now + .seconds(20))
    return world
  }
  private static let shopMade = Result { try served(plain) }
  private static let patientShopMade = Result { try served(longTolerance) }

  static func shop() throws -> World { try shopMade.get() }
  static func patientShop() throws -> World { try patientShopMade.get() }

  /// `web`, after worker-2 lost its power so long ago.
  static func killed(_ world: World, after span: Span) throws -> World {
    var world = world
    try world.apply(.fail(Fault(.host("worker-2"))))
    world.advance(to: world.now + span)
    return world
  }
  private static let missedMade = Result { try killed(shopMade.get(), after: .seconds(70)) }
  private static let replacedMade = Result { try killed(shopMade.get(), after: .seconds(370)) }
  /// 70 and 370 s after the power went.
  static func missed() throws -> World { try missedMade.get() }
  static func replaced() throws -> World { try replacedMade.get() }
}

extension World {
  fileprivate func with(_ change: (inout World) throws -> Void) rethrows -> World {
    var copy = self
    try change(&copy)
    return copy
  }

  fileprivate mutating func wait(_ seconds: Int) { advance(to: now + .seconds(seconds)) }

  fileprivate func only(_ isWanted: (Pod) -> Bool) throws -> Pod {
    guard let pod = WhyTests.pods(self).first(where: isWanted) else {
      throw WorldProblem("no such pod")
    }
    return pod
  }

  fileprivate func pod(on node: String) throws -> Pod { try only { $0.spec.nodeName == node } }

  fileprivate func lead(_ component: String) throws -> String {
    guard let leader = leaders(of: component).first else { throw WorldProblem("nobody leads") }
    return leader
  }

  /// Asks without waiting for the answer.
  fileprivate mutating func post(_ object: APIObject) throws {
    var request = APIRequest(.create, object.kind, namespace: "default")
    request.body = .object(object)
    try apply(.request(request))
  }

  fileprivate static func pod(_ name: String, _ spec: String) -> String {
    """
    apiVersion: v1
    kind: Pod
    metadata: {name: \(name), labels: {app: \(name)}}
    spec: \(spec)
    """
  }

  fileprivate static let sleeper = "{containers: [{name: c, image: \"nginx:1.27\"}]}"

  fileprivate func patched(_ kind: ResourceKind, _ name: String, _ spec: JSONObject) -> Input {
    var request = APIRequest(
      .patch, kind, namespace: kind.isNamespaced ? "default" : "", name: name)
    request.body = .patch(Patch(.merge, .object(JSONObject([("spec", .object(spec))]))))
    return .request(request)
  }

  fileprivate func cordoned(_ node: String) -> Input {
    patched(.node, node, JSONObject([("unschedulable", .bool(true))]))
  }
}

private func reference(_ name: String) -> ObjectReference {
  ObjectReference(.pod, ObjectKey(namespace: "default", name: name))
}
private func config(_ name: String) -> APIObject {
  ConfigMap(name: name, namespace: "default").boxed
}
private func configReference(_ name: String) -> ObjectReference {
  ObjectReference(.configMap, ObjectKey(namespace: "default", name: name))
}
private let webKey = ObjectKey(namespace: "default", name: "web")

// MARK: - The list

extension ListedQuestion {
  static let all = positive + negative

  static let positive: [ListedQuestion] = [
    ListedQuestion("why has this member ended", mark: "disk of master-2 is full") { hasRule in
      try Booted.plain.with { world in
        try world.apply(.fail(Fault(.disk("master-2"), hasRule ? .full : .slow(.milliseconds(20)))))
        world.wait(5)
      }
    } ask: { world in
      let host = try #require(world.host(named: "master-2"))
      return .why(.process(try #require(world.process(.etcd, on: host.id)).id))
    },

    ListedQuestion("why is this pod here", mark: "odeUnschedulable") { hasRule in
      try Booted.plain.with { world in
        // Cordoned, worker-2 is out of the choice.
        if hasRule { try world.apply(world.cordoned("worker-2")) }
        world.wait(2)
        try world.create(yaml: World.pod("one", World.sleeper))
        world.wait(5)
      }
    } ask: { _ in
      .why(.field(reference("one"), "spec.nodeName"))
    },

    ListedQuestion("why this name", mark: "manageReplicas") { hasRule in
      try Booted.plain.with { world in
        try world.create(
          yaml: hasRule ? World.web(replicas: 1) : World.pod("web-1", World.sleeper))
        world.wait(10)
      }
    } ask: { world in
      .why(.field(try world.only { $0.metadata.name.hasPrefix("web") }.reference, "metadata.name"))
    },

    ListedQuestion("why this IP", mark: "of 10.244.") { hasRule in
      try Booted.plain.with { world in
        for node in hasRule ? [] : ["worker-1", "worker-2"] {
          try world.apply(.fail(Fault(.process(host: node, name: "containerd"))))
        }
        try world.create(yaml: World.pod("one", World.sleeper))
        world.wait(20)
      }
    } ask: { _ in
      .why(.field(reference("one"), "status.podIP"))
    },

    ListedQuestion("why did restartCount rise", mark: "exited with code 3") { hasRule in
      try Booted.plain.with { world in
        let command = hasRule ? "sleep 5; exit 3" : "sleep 500"
        let container = "{name: c, image: \"busybox:1.37\", command: [sh, -c, \"\(command)\"]}"
        try world.create(yaml: World.pod("one", "{containers: [\(container)]}"))
        world.wait(40)
      }
    } ask: { _ in
      .why(.field(reference("one"), "status.containerStatuses[c].restartCount"))
    },

    ListedQuestion("why is the node Unknown", mark: "no heartbeat for 50s") { hasRule in
      hasRule ? try Booted.missed() : try Booted.killed(Booted.longGrace, after: .seconds(70))
    } ask: { _ in
      .why(.field(WhyTests.node("worker-2"), "status.conditions[Ready].status"))
    },

    ListedQuestion(
      "why this leader of the controller managers", mark: "leaseDuration = 15s (default)"
    ) { hasRule in
      try (hasRule ? Booted.plain : Booted.longLease).with { world in
        let old = try world.lead("kube-controller-manager")
        try world.apply(.fail(Fault(.process(host: old, name: "kube-controller-manager"))))
        world.wait(40)
      }
    } ask: { _ in
      .why(.leader("kube-controller-manager"))
    },

    ListedQuestion("why this leader of etcd, this term", mark: "loses power") { hasRule in
      try Booted.plain.with { world in
        let old = try world.lead("etcd")
        try world.apply(.fail(Fault(.host(old))))
        if !hasRule {
          // Without a majority nobody can be elected.
          let other = ["master-1", "master-2"].first { $0 != old } ?? ""
          try world.apply(.fail(Fault(.host(other))))
        }
        world.wait(10)
      }
    } ask: { _ in
      .why(.leader("etcd"))
    },

    ListedQuestion("why revision N", mark: "kubectl: patch") { hasRule in
      try Booted.plain.with { world in
        if hasRule { try world.apply(.request(WhyTests.label("worker-1"))) }
        world.wait(30)
      }
    } ask: { world in
      // The first revision after the cluster had come to rest.
      .why(.revision((Booted.plain.store?.revision ?? 0) + 1))
    },

    ListedQuestion("why did this request take so long", mark: "FAULT") { hasRule in
      try Booted.plain.with { world in
        for host in hasRule ? ["master-1", "master-2", "master-3"] : [] {
          try world.apply(.fail(Fault(.disk(host), .slow(.seconds(2)))))
        }
        try world.post(config("slow"))
        world.wait(20)
      }
    } ask: { _ in
      .why(.request)
    },

    ListedQuestion("why did this read take so long", mark: "FAULT") { hasRule in
      try Booted.plain.with { world in
        for host in hasRule ? ["master-1", "master-2"] : [] {
          try world.apply(.fail(Fault(.process(host: host, name: "etcd"))))
        }
        try world.apply(.request(APIRequest(.list, .pod, namespace: "default")))
        world.wait(70)
      }
    } ask: { _ in
      .why(.request)
    },

    ListedQuestion("why 409", mark: "409") { hasRule in
      try Booted.plain.with { world in
        try world.create(config("twice"))
        if !hasRule {
          _ = try world.ask(
            APIRequest(.delete, .configMap, namespace: "default", name: "twice"))
        }
        try world.post(config("twice"))
        world.wait(5)
      }
    } ask: { _ in
      .why(.request)
    },

    ListedQuestion("why 403", mark: "403") { hasRule in
      try Booted.plain.with { world in
        let account = hasRule ? "nobody" : "default"
        let container = "containers: [{name: c, image: \"nginx:1.27\"}]"
        let yaml = World.pod("one", "{serviceAccountName: \(account), \(container)}")
        do { try world.create(yaml: yaml) } catch is WorldProblem {}
        world.wait(5)
      }
    } ask: { _ in
      .why(.request)
    },

    ListedQuestion("why 504", mark: "504") { hasRule in
      try (hasRule ? Booted.shortRequests : Booted.plain).with { world in
        for host in ["master-1", "master-2"] { try world.apply(.fail(Fault(.host(host)))) }
        world.wait(10)
        try world.post(config("late"))
        world.wait(20)
      }
    } ask: { _ in
      .why(.request)
    },

    ListedQuestion(
      "why is the load balancer skipping master-1", mark: "is down after 3 failed checks"
    ) { hasRule in
      try Booted.plain.with { world in
        // A supervisor that starts it again has it back before three checks fail.
        try world.apply(
          hasRule
            ? .fail(Fault(.process(host: "master-1", name: "kube-apiserver")))
            : .kill(host: "master-1", process: "kube-apiserver"))
        world.wait(15)
      }
    } ask: { _ in
      .why(.backend("master-1"))
    },

    ListedQuestion("why two copies of a pod", mark: "tolerationSeconds = 300") { hasRule in
      hasRule
        ? try Booted.replaced()
        : try Booted.killed(Booted.patientShop(), after: .seconds(370))
    } ask: { world in
      .why(.copies(try world.pod(on: "worker-2").reference))
    },

    ListedQuestion("why did the endpoint return", mark: "node/worker-2 is healed") { hasRule in
      try Booted.missed().with { world in
        if hasRule { try world.apply(.heal(.host("worker-2"))) }
        world.wait(60)
      }
    } ask: { world in
      let pod = try world.pod(on: "worker-2")
      let slice = world.objects(.endpointSlice).first {
        $0.metadata.labels["kubernetes.io/service-name"] == "web"
      }
      guard let slice else { throw WorldProblem("no slice") }
      return .why(.field(slice.reference, "endpoints[\(pod.status.podIP)].conditions.ready"))
    },

    ListedQuestion("why was this pod evicted first", mark: "tolerationSeconds = 10") { hasRule in
      try Booted.plain.with { world in
        // Two pods on worker-2, one of them less patient.
        let own =
          "tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, "
          + "effect: NoExecute, tolerationSeconds: 10}]"
        for (name, extra) in [("patient", ""), ("hasty", hasRule ? ", " + own : "")] {
          let container = "containers: [{name: c, image: \"nginx:1.27\"}]"
          try world.create(
            yaml: World.pod(
              name, "{nodeName: worker-2, \(container)\(extra)}"))
        }
        world.wait(15)
        try world.apply(.fail(Fault(.host("worker-2"))))
        world.wait(90)
      }
    } ask: { _ in
      .why(.field(reference("hasty"), "metadata.deletionTimestamp"))
    },

    ListedQuestion("what did the restore leave out", mark: "new was made after it") { hasRule in
      try restored(hasRule)
    } ask: { _ in
      .why(.restore)
    },
  ]

  /// A snapshot, a config map made after it (with the rule that a snapshot knows no later things)
  /// or before it, and the restore.
  private static func restored(_ isAfter: Bool) throws -> World {
    try Booted.plain.with { world in
      if !isAfter { try world.create(config("new")) }
      world.wait(5)
      guard let state = world.etcdState(on: "master-1") else { throw WorldProblem("no state") }
      let bytes = BackendFile.snapshot(of: state)
      if isAfter { try world.create(config("new")) }
      try world.create(config("other"))
      let cluster = world.etcdInitialCluster
      for (host, _) in cluster {
        try world.apply(
          .etcdRestore(EtcdRestore(host: host, cluster: cluster, snapshot: bytes)))
      }
      world.wait(40)
    }
  }

  static let negative: [ListedQuestion] = [
    ListedQuestion("why not Running", mark: "Insufficient cpu") { hasRule in
      try Booted.plain.with { world in
        try world.create(yaml: World.web(replicas: 1, cpu: hasRule ? "64" : "100m"))
        world.wait(20)
      }
    } ask: { world in
      .whyNot(.running(try world.only { _ in true }.key))
    },

    ListedQuestion("why not evicted", mark: "tolerationSeconds 300") { hasRule in
      hasRule
        ? try Booted.missed() : try Booted.killed(Booted.patientShop(), after: .seconds(70))
    } ask: { world in
      .whyNot(.evicted(try world.pod(on: "worker-2").key))
    },

    ListedQuestion("why no new leader of etcd", mark: "missing: a majority") { hasRule in
      try Booted.plain.with { world in
        for host in ["master-1", "master-2"].prefix(hasRule ? 2 : 1) {
          try world.apply(.fail(Fault(.host(host))))
        }
        world.wait(10)
      }
    } ask: { _ in
      .whyNot(.leader("etcd"))
    },

    ListedQuestion("why no new controller manager", mark: "may take the lease") { hasRule in
      try Booted.plain.with { world in
        let old = try world.lead("kube-controller-manager")
        // Asked to end it would hold the lease as long; started again it has it at once.
        try world.apply(
          hasRule
            ? .fail(Fault(.process(host: old, name: "kube-controller-manager")))
            : .fail(Fault(.process(host: old, name: "kube-proxy"))))
        world.wait(4)
      }
    } ask: { _ in
      .whyNot(.leader("kube-controller-manager"))
    },

    ListedQuestion("why not rescheduled back", mark: "no component moves a running pod") {
      hasRule in
      try Booted.replaced().with { world in
        try world.apply(.heal(.host("worker-2")))
        world.wait(60)
        if !hasRule { try world.create(yaml: World.web(replicas: 1, cpu: "64").renamed("big")) }
        world.wait(10)
      }
    } ask: { world in
      let pod = try? world.only { $0.metadata.name.hasPrefix("big") }
      return .whyNot(.rescheduled(try (pod ?? world.pod(on: "worker-1")).key))
    },

    ListedQuestion("why is the Service still sending there", mark: "counts as ready") { hasRule in
      try (hasRule ? Booted.shop() : Booted.shortShop()).with { world in
        try world.apply(.fail(Fault(.host("worker-2"))))
        world.wait(33)
      }
    } ask: { world in
      .whyNot(.unrouted(service: webKey, address: try world.pod(on: "worker-2").status.podIP))
    },

    ListedQuestion("why did the write not commit", mark: "missing: a majority") { hasRule in
      try Booted.plain.with { world in
        for host in ["master-1", "master-2"].prefix(hasRule ? 2 : 1) {
          try world.apply(.fail(Fault(.host(host))))
        }
        world.wait(8)
        try world.post(config("stuck"))
        world.wait(2)
      }
    } ask: { _ in
      .whyNot(.committed)
    },

    ListedQuestion("why is a request not answered yet", mark: "a majority") { hasRule in
      try Booted.plain.with { world in
        for host in ["master-1", "master-2"].prefix(hasRule ? 2 : 0) {
          try world.apply(.fail(Fault(.host(host))))
        }
        world.wait(8)
        try world.post(config("stuck"))
        world.wait(2)
      }
    } ask: { _ in
      .whyNot(.answered)
    },

    ListedQuestion("why did drain stop: nobody's pod", mark: "--force") { hasRule in
      try Booted.shop().with { world in
        if hasRule { try world.create(yaml: World.pod("alone", pinned)) }
        world.wait(10)
        try world.apply(world.cordoned("worker-2"))
        world.wait(2)
      }
    } ask: { _ in
      .whyNot(.drained("worker-2"))
    },

    ListedQuestion("why did drain stop: a dead kubelet", mark: "kubelet can say that it ended") {
      hasRule in
      try Booted.shop().with { world in
        if hasRule { try world.apply(.fail(Fault(.host("worker-2")))) }
        try world.apply(world.cordoned("worker-2"))
        world.wait(2)
        for pod in WhyTests.pods(world) where pod.spec.nodeName == "worker-2" {
          var eviction = APIRequest(
            .create, .pod, namespace: "default", name: pod.metadata.name)
          eviction.subresource = .eviction
          try world.apply(.request(eviction))
        }
        world.wait(40)
      }
    } ask: { _ in
      .whyNot(.drained("worker-2"))
    },

    ListedQuestion("why did the restore not bring it", mark: "was made after it") { hasRule in
      try restored(hasRule)
    } ask: { _ in
      .whyNot(.restored(configReference("new")))
    },

    ListedQuestion("why no Event", mark: "event-ttl") { hasRule in
      try (hasRule ? Booted.shortEvents : Booted.plain).with { world in
        try world.create(yaml: World.pod("quiet", World.sleeper))
        world.wait(200)
      }
    } ask: { _ in
      .whyNot(.event(reference("quiet")))
    },

    ListedQuestion("why no Event: the writer is down", mark: "who would write it runs") { hasRule in
      try Booted.plain.with { world in
        for host in hasRule ? ["master-1", "master-2", "master-3"] : [] {
          try world.apply(.fail(Fault(.process(host: host, name: "kube-scheduler"))))
        }
        world.wait(1)
        // A pod that fits nowhere: only a scheduler would say so.
        try world.create(yaml: World.web(replicas: 1, cpu: "64"))
        world.wait(5)
      }
    } ask: { world in
      .whyNot(.event(try world.only { _ in true }.reference))
    },

    ListedQuestion("why is nothing happening", mark: "compacts etcd") { hasRule in
      try Booted.quiet().with { world in
        if !hasRule { try world.apply(.fail(Fault(.host("worker-2")))) }
        world.wait(1)
      }
    } ask: { _ in
      .whyNot(.anything)
    },

    ListedQuestion("why is the rollout stuck", mark: "ImagePull") { hasRule in
      try Booted.shop().with { world in
        let image = hasRule ? "nginx:does-not-exist" : "nginx:1.28"
        let container = JSONObject([("name", .string("web")), ("image", .string(image))])
        let template = JSONObject([
          ("spec", .object(JSONObject([("containers", .array([.object(container)]))])))
        ])
        try world.apply(
          world.patched(.deployment, "web", JSONObject([("template", .object(template))])))
        world.wait(60)
      }
    } ask: { _ in
      .whyNot(.rolledOut(webKey))
    },

    ListedQuestion("why has the service no endpoint", mark: "have these labels: 0") { hasRule in
      try Booted.shop().with { world in
        if hasRule {
          try world.apply(
            world.patched(
              .service, "web",
              JSONObject([("selector", .object(JSONObject([("app", .string("wbe"))])))])))
        }
        world.wait(10)
      }
    } ask: { _ in
      .whyNot(.endpoints(webKey))
    },

    ListedQuestion("why does a controller do nothing", mark: "its kube-controller-manager holds") {
      hasRule in
      try Booted.shop().with { world in
        for host in hasRule ? ["master-1", "master-2", "master-3"] : [] {
          try world.apply(.fail(Fault(.process(host: host, name: "kube-controller-manager"))))
        }
        world.wait(20)
      }
    } ask: { _ in
      .whyNot(.acting("deployment-controller"))
    },

    ListedQuestion("why does the load balancer send nothing to a server", mark: "its checks reach")
    { hasRule in
      try Booted.plain.with { world in
        if hasRule { try world.apply(.fail(Fault(.host("master-1"), .cut))) }
        world.wait(15)
      }
    } ask: { _ in
      .whyNot(.balanced("master-1"))
    },
  ]

  private static let pinned =
    "{nodeName: worker-2, containers: [{name: c, image: \"nginx:1.27\"}]}"
}

extension Booted {
  private static let hastyShop = Result { try served(shortGrace) }
  static func shortShop() throws -> World { try hastyShop.get() }

  private static let resting = Result { () throws -> World in
    var world = plain
    world.advance(to: world.now + .minutes(3))
    return world
  }
  /// Long after everything that was to be done is done.
  static func quiet() throws -> World { try resting.get() }
}

extension String {
  /// A deployment's manifest under another name.
  fileprivate func renamed(_ name: String) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      line.contains("kind:") || line.contains("nginx")
        ? String(line) : String(line.replacing("web", with: name))
    }.joined(separator: "\n")
  }
}
