import Basics
import ControllerRuntime
import KubeAPI
import KubeProxy
import Testing

/// One kube-proxy before the fake API server, in virtual time.
private final class ProxyLab {
  var api = FakeAPIServer()
  var proxy = KubeProxy(config: KubeProxy.Config(nodeName: "worker-1", seed: 3))
  var now = Tick.zero
  var queue: [(due: Tick, event: ClientEvent)] = []
  var notes: [String] = []
  var isCutOff = false

  init() { queue.append((.zero, .started)) }

  func run(_ span: Span) {
    let end = now + span
    flush()
    while let at = queue.indices.min(by: { queue[$0].due < queue[$1].due }), queue[at].due <= end {
      let (due, event) = queue.remove(at: at)
      now = due
      var effects = Effects()
      proxy.step(
        event, at: HostTime(monotonic: now, wall: .powerOn), into: &effects)
      for effect in effects.list {
        switch effect {
        case .request(let id, let request):
          if isCutOff {
            queue.append((now + .seconds(1), .disconnected("connection refused")))
          } else if let response = api.answer(id, request) {
            queue.append((now + .milliseconds(1), .response(id, response)))
          }
        case .arm(let timer, let span): queue.append((now + span, .timer(timer)))
        case .note(let note): notes.append(note.message)
        default: break
        }
      }
      flush()
    }
    now = end
  }

  private func flush() {
    for (id, event) in api.outgoing where !isCutOff {
      queue.append((now + .milliseconds(1), .watch(id, [event])))
    }
    api.outgoing = []
  }

  func service(_ name: String, ip: String, _ change: (inout Service) -> Void = { _ in }) {
    var service = Service(name: name, namespace: "default")
    service.spec.clusterIP = ip
    var port = ServicePort()
    port.port = 80
    port.protocolName = "TCP"
    service.spec.ports = [port]
    change(&service)
    api.put(service.boxed)
  }

  func endpoints(_ name: String, _ ready: [(String, Bool)]) {
    var slice = EndpointSlice(name: name + "-abc", namespace: "default")
    slice.metadata.labels = ["kubernetes.io/service-name": name]
    var port = EndpointPort()
    port.port = 8080
    slice.ports = [port]
    slice.endpoints = ready.map { ip, isReady in
      var endpoint = Endpoint()
      endpoint.addresses = [ip]
      endpoint.ready = isReady
      endpoint.serving = true
      endpoint.terminating = !isReady
      endpoint.nodeName = ip.hasPrefix("10.244.1.") ? "worker-1" : "worker-2"
      return endpoint
    }
    api.put(slice.boxed)
  }
}

@Suite struct KubeProxyTests {
  @Test func writesRulesAndCoalescesChanges() throws {
    let lab = ProxyLab()
    lab.service("web", ip: "10.96.0.20")
    lab.service("headless", ip: "None")
    lab.endpoints("web", [("10.244.1.5", true), ("10.244.2.5", true)])
    lab.run(.seconds(3))
    #expect(lab.notes == ["kube-proxy on worker-1 synced 1 services, 2 endpoints"])
    // Ten changes within a second are one sync.
    for n in 0..<10 { lab.endpoints("web", [("10.244.1.5", true), ("10.244.2.\(n)", true)]) }
    lab.run(.milliseconds(10))
    for n in 10..<20 { lab.endpoints("web", [("10.244.1.5", true), ("10.244.2.\(n)", true)]) }
    lab.run(.seconds(5))
    #expect(lab.notes.count == 3)
    let list = lab.proxy.rules.backends(of: Frontend(ip: "10.96.0.20", port: 80))
    #expect(list?.map(\.ip) == ["10.244.1.5", "10.244.2.19"])
    #expect(list?.map(\.port) == [8080, 8080])
  }

  /// Bookmarks wait beside the informers: who asks sees them, and no change is missed after them.
  @Test func bookmarksAreHeardAndChangeNothing() throws {
    let lab = ProxyLab()
    lab.service("web", ip: "10.96.0.20")
    lab.endpoints("web", [("10.244.1.5", true)])
    lab.run(.seconds(3))
    let web = ObjectReference(.service, ObjectKey(namespace: "default", name: "web"))
    let slice = ObjectReference(.endpointSlice, ObjectKey(namespace: "default", name: "web-abc"))
    let before = try #require(lab.proxy.cached(web))
    lab.api.revision += 20
    for watch in lab.api.watches where watch.request.kind == .service {
      let bookmark = APIObject(Service().body).at(resourceVersion: lab.api.revision)
      lab.api.outgoing.append((watch.id, WatchEvent(.bookmark, bookmark)))
    }
    lab.run(.seconds(40))
    let after = try #require(lab.proxy.cached(web))
    #expect(after.seenRevision == lab.api.revision && before.seenRevision < after.seenRevision)
    #expect(after.lastHeard > before.lastHeard && after.object === before.object)
    #expect(try #require(lab.proxy.cached(slice)).seenRevision < after.seenRevision)
    #expect(lab.notes.count == 1)
    lab.endpoints("web", [("10.244.1.5", true), ("10.244.2.5", true)])
    lab.run(.seconds(3))
    #expect(lab.notes.last == "kube-proxy on worker-1 synced 1 services, 2 endpoints")
    #expect(lab.proxy.cached(web)?.seenRevision == after.seenRevision)
    #expect(lab.proxy.cached(web)?.lastHeard == after.lastHeard)
    #expect(try #require(lab.proxy.cached(slice)).seenRevision > after.seenRevision)
  }

  @Test func spreadsConnectionsEvenly() {
    let lab = ProxyLab()
    lab.service("web", ip: "10.96.0.20")
    lab.endpoints("web", [("10.244.1.5", true), ("10.244.2.5", true), ("10.244.2.6", true)])
    lab.run(.seconds(2))
    var prng = PRNG(seed: 9)
    var hits: [String: Int] = [:]
    for _ in 0..<3000 {
      let backend = lab.proxy.route(to: Frontend(ip: "10.96.0.20", port: 80), using: &prng)
      hits[backend?.ip ?? "none", default: 0] += 1
    }
    #expect(hits.count == 3 && hits.values.allSatisfy { (900...1100).contains($0) })
    #expect(RuleTable.probability(ofRule: 0, of: 3) == Ratio(1, 3))
    #expect(RuleTable.probability(ofRule: 2, of: 3) == Ratio(1, 1))
  }

  @Test func terminatingEndpointsServeWhenNothingElseDoes() {
    let lab = ProxyLab()
    lab.service("web", ip: "10.96.0.20")
    lab.endpoints("web", [("10.244.1.5", false), ("10.244.2.5", true)])
    lab.run(.seconds(2))
    let frontend = Frontend(ip: "10.96.0.20", port: 80)
    #expect(lab.proxy.rules.backends(of: frontend)?.map(\.ip) == ["10.244.2.5"])
    lab.endpoints("web", [("10.244.1.5", false)])
    lab.run(.seconds(2))
    #expect(lab.proxy.rules.backends(of: frontend)?.map(\.ip) == ["10.244.1.5"])
    lab.endpoints("web", [])
    lab.run(.seconds(2))
    var prng = PRNG(seed: 1)
    #expect(lab.proxy.rules.backends(of: frontend) == [])
    #expect(lab.proxy.route(to: frontend, using: &prng) == nil)
    #expect(lab.proxy.rules.backends(of: Frontend(ip: "10.96.0.99", port: 80)) == nil)
  }

  @Test func localPoliciesAndNodePorts() {
    let lab = ProxyLab()
    lab.service("web", ip: "10.96.0.20") {
      $0.spec.type = "NodePort"
      $0.spec.ports[0].nodePort = 30080
      $0.spec.externalTrafficPolicy = "Local"
    }
    lab.endpoints("web", [("10.244.1.5", true), ("10.244.2.5", true)])
    lab.run(.seconds(2))
    let outside = Frontend(ip: "192.168.0.11", port: 30080)
    #expect(lab.proxy.rules.backends(of: outside) == nil)
    #expect(
      lab.proxy.rules.backends(of: outside, isNodeAddress: true)?.map(\.ip) == ["10.244.1.5"])
    #expect(lab.proxy.rules.backends(of: Frontend(ip: "10.96.0.20", port: 80))?.count == 2)
    // Deleted, the service has no rules at all.
    lab.api.delete(ObjectReference(.service, ObjectKey(namespace: "default", name: "web")))
    lab.run(.seconds(2))
    #expect(lab.proxy.rules.services.isEmpty)
    #expect(lab.proxy.rules.backends(of: outside, isNodeAddress: true) == nil)
  }

  @Test func rulesStayWithoutTheControlPlaneAndAcrossARestart() {
    let lab = ProxyLab()
    lab.service("web", ip: "10.96.0.20")
    lab.endpoints("web", [("10.244.1.5", true)])
    lab.run(.seconds(2))
    lab.isCutOff = true
    lab.queue.append((lab.now, .disconnected("connection reset")))
    lab.run(.minutes(10))
    let frontend = Frontend(ip: "10.96.0.20", port: 80)
    #expect(lab.proxy.rules.backends(of: frontend)?.count == 1)
    #expect(lab.proxy.view(at: lab.now).isWatching == false)
    // A new process takes over the kernel's rules, and corrects them once it can list.
    lab.proxy = KubeProxy(config: lab.proxy.config, rules: lab.proxy.rules)
    lab.queue = [(lab.now, .started)]
    lab.run(.seconds(10))
    #expect(lab.proxy.rules.backends(of: frontend)?.count == 1)
    lab.api.delete(ObjectReference(.service, ObjectKey(namespace: "default", name: "web")))
    lab.isCutOff = false
    lab.run(.minutes(2))
    #expect(lab.proxy.rules.backends(of: frontend) == nil)
  }
}
