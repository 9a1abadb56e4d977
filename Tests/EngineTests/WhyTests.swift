import Basics
import Engine
import KubeAPI
import Testing

/// The questions of a class room, each answered from what was recorded: every cited record is
/// there, and every chain ends at a deed or a start.
struct WhyTests {
  /// A cluster with `web`, whose worker-2 lost its power `after` ago.
  static func killed(after span: Span) throws -> World {
    var world = try World.booted(seed: 31)
    try world.create(yaml: World.web(replicas: 4))
    try world.create(yaml: Self.service)
    world.advance(to: world.now + .seconds(20))
    try world.apply(.fail(Fault(.host("worker-2"))))
    world.advance(to: world.now + span)
    return world
  }

  static let service = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80}]}
    """

  static func node(_ name: String) -> ObjectReference {
    ObjectReference(.node, ObjectKey(name: name))
  }

  /// What holds of every answer.
  static func check(_ answer: Explanation, in world: World, _ comment: Comment = "") throws {
    #expect(answer.gap == nil, comment)
    #expect(!answer.steps.isEmpty, comment)
    #expect(answer.lines().count <= 6, comment)
    for step in answer.steps {
      let entry = try #require(world.trace[step.record], "a cited record exists")
      #expect(entry.at == step.at)
      for other in step.also { #expect(world.trace[other] != nil) }
    }
    #expect(!answer.roots.isEmpty, comment)
    for root in answer.roots {
      let entry = try #require(world.trace[root])
      let isStart = entry.record.note.kind == .lifecycle && entry.cause == .none
      #expect(entry.record.note.kind == .input || isStart, comment)
    }
    #expect(answer.steps.last?.isRoot == true, comment)
    #expect(answer.lines().last?.isRoot == true, comment)
  }

  static func pods(_ world: World) -> [Pod] {
    world.objects(.pod).compactMap(\.pod).filter { $0.metadata.namespace == "default" }
  }

  @Test func anUnknownNodeLeadsToThePowerFaultAndNotToTheMonitorsTimer() throws {
    let world = try Self.killed(after: .seconds(70))
    let answer = world.why(.field(Self.node("worker-2"), "status.conditions[Ready].status"))
    try Self.check(answer, in: world)
    #expect(answer.question.hasSuffix("= Unknown?"))
    let lines = answer.lines()
    #expect(lines.last?.words == "FAULT worker-2 loses power")
    #expect(lines.last?.edge == .suppress)
    let decision = try #require(lines.first { $0.basis?.absence != nil })
    #expect(
      decision.who == "node-lifecycle-controller@\(world.leaders(of: "kube-controller-manager")[0])"
    )
    let basis = try #require(decision.basis)
    #expect(basis.parameters.first?.name == "node-monitor-grace-period")
    #expect(basis.parameters.first?.value == "50s" && basis.parameters.first?.isDefault == true)
    // The lease it read is the last that was written before the power went.
    let read = try #require(lines.first { $0.edge == .read })
    #expect(read.at < lines[lines.count - 1].at)
    #expect(world.trace[read.record]?.record.note.subject?.kind == .lease)
  }

  @Test func aPodsPlaceNameAndPhaseLeadToThePersonWhoAsked() throws {
    let world = try Self.killed(after: .seconds(5))
    let pod = try #require(Self.pods(world).first { $0.spec.nodeName == "worker-1" })
    let place = world.why(.field(pod.reference, "spec.nodeName"))
    try Self.check(place, in: world)
    let choice = try #require(place.steps.first { $0.basis?.rule == "schedulingCycle" }?.basis)
    #expect(choice.alternatives.first { $0.isChosen }?.option == "worker-1")
    #expect(choice.alternatives.contains { $0.option == "worker-2" && !$0.isChosen })
    for path in [
      "status.phase", "metadata.name", "status.podIP", "status.conditions[Ready].status",
    ] {
      let answer = world.why(.field(pod.reference, path))
      try Self.check(answer, in: world, "\(path)")
      #expect(answer.steps.last?.who == "you")
      // Nothing of another pod is in this one's chain, but what made the set of them.
      let own = answer.steps.filter { world.trace[$0.record]?.record.note.subject?.kind == .pod }
      #expect(own.prefix(2).allSatisfy { $0.words.contains(pod.metadata.name) }, "\(path)")
    }
    let name = world.why(.field(pod.reference, "metadata.name"))
    #expect(name.steps.contains { $0.basis?.rule == "manageReplicas" })
  }

  @Test func endpointsAndPodsOfASilentNodeLeadToTheSameFault() throws {
    let world = try Self.killed(after: .seconds(70))
    let slice = try #require(
      world.objects(.endpointSlice).first {
        $0.metadata.labels["kubernetes.io/service-name"] == "web"
      })
    let pod = try #require(Self.pods(world).first { $0.spec.nodeName == "worker-2" })
    let path = "endpoints[\(pod.status.podIP)].conditions.ready"
    let endpoint = world.why(.field(slice.reference, path))
    try Self.check(endpoint, in: world)
    #expect(endpoint.question.contains("= false?"))
    #expect(endpoint.lines().map(\.who).contains { $0.hasPrefix("endpointslice-controller@") })
    #expect(endpoint.lines().last?.words == "FAULT worker-2 loses power")
    let ready = world.why(.field(pod.reference, "status.conditions[Ready].status"))
    try Self.check(ready, in: world)
    #expect(ready.roots == endpoint.roots)
  }

  @Test func anEvictionNamesTheTaintAndTheToleration() throws {
    let world = try Self.killed(after: .seconds(370))
    let evictions = world.trace.newest(1, scanning: .max) { entry in
      let note = entry.record.note
      return note.kind == .decision && note.basis?.rule == "processPodOnNode"
    }
    let doomed = try #require(evictions.first)
    let answer = world.why(.record(doomed.id))
    try Self.check(answer, in: world)
    let basis = try #require(answer.steps.first?.basis)
    #expect(basis.parameters.first?.name == "tolerationSeconds")
    #expect(basis.inputs.first?.value.contains("node.kubernetes.io/unreachable:NoExecute") == true)
    #expect(answer.steps.last?.words == "FAULT worker-2 loses power")
    // The pod that took its place is there because of the same fault.
    let fresh = try #require(
      Self.pods(world).first {
        $0.metadata.creationTimestamp ?? .powerOn > .powerOn + .seconds(300)
      })
    let place = world.why(.field(fresh.reference, "spec.nodeName"))
    try Self.check(place, in: world)
    #expect(place.steps.last?.words == "FAULT worker-2 loses power")
  }

  @Test func leadersLeadBecauseNobodyElseDid() throws {
    var world = try World.booted(seed: 31)
    for component in ["etcd", "kube-scheduler", "kube-controller-manager"] {
      let answer = world.why(.leader(component))
      try Self.check(answer, in: world, "\(component) at first")
      #expect(answer.steps.last?.who == "the machines")
    }
    let old = try #require(world.leaders(of: "etcd").first)
    let scheduler = world.leaders(of: "kube-scheduler").first
    try world.apply(.fail(Fault(.host(old))))
    world.advance(to: world.now + .seconds(30))
    let fault = "FAULT \(old) loses power"
    let etcd = world.why(.leader("etcd"))
    try Self.check(etcd, in: world)
    #expect(etcd.steps.last?.words == fault)
    #expect(etcd.steps.contains { $0.basis?.parameters.contains { $0.name == "drawn" } == true })
    if scheduler == old {
      let answer = world.why(.leader("kube-scheduler"))
      try Self.check(answer, in: world)
      #expect(answer.steps.last?.words == fault)
      #expect(answer.steps.first?.basis?.absence?.from == "kube-scheduler@\(old)")
    }
  }

  @Test func processesAreDownBecauseOfWhatWasDoneToThem() throws {
    var world = try World.booted(seed: 31)
    let host = try #require(world.host(named: "worker-1"))
    let kubelet = try #require(world.process(.kubelet, on: host.id))
    try Self.check(world.why(.process(kubelet.id)), in: world)
    try world.apply(.fail(Fault(.process(host: "worker-1", name: "kubelet"))))
    world.advance(to: world.now + .seconds(5))
    let answer = world.why(.process(kubelet.id))
    try Self.check(answer, in: world)
    #expect(answer.question == "why is kubelet@worker-1 down?")
    #expect(answer.steps.last?.words == "FAULT kubelet on worker-1 is stopped")
  }

  @Test func aRefusedRequestSaysWhatRefusedIt() throws {
    var world = try World.booted(seed: 31)
    try world.create(yaml: Self.service)
    var request = APIRequest(.create, .service, namespace: "default")
    request.body = .object(
      try #require(world.object(.service, ObjectKey(namespace: "default", name: "web"))).at(
        resourceVersion: 0))
    _ = try world.ask(request)
    let refusals = world.trace.newest(1) { entry in entry.record.note.basis?.rule == "request" }
    let refusal = try #require(refusals.first)
    #expect(refusal.record.note.message.contains("409"))
    let answer = world.why(.record(refusal.id))
    try Self.check(answer, in: world)
    #expect(answer.steps.last?.who == "you")
  }

  @Test func everyRevisionHasAnAuthorAndARoot() throws {
    let world = try Self.killed(after: .seconds(70))
    let newest = try #require(world.store?.revision)
    for revision in stride(from: newest, to: newest - 120, by: -7) {
      guard
        world.trace.newest(1, scanning: .max, where: { $0.record.note.revision == revision })
          .first != nil
      else { continue }
      try Self.check(world.why(.revision(revision)), in: world, "revision \(revision)")
    }
  }

  @Test func butForTheFaultItWouldNotHaveHappened() throws {
    var timeline = Timeline(try Self.killed(after: .zero), interval: .seconds(20))
    timeline.advance(to: timeline.now + .seconds(2))
    try timeline.apply(.request(Self.label("worker-1")))
    timeline.advance(to: timeline.now + .seconds(3))
    try timeline.apply(.fail(Fault(.host("worker-1"))))
    timeline.advance(to: timeline.now + .seconds(70))
    let subject = WhySubject.field(Self.node("worker-1"), "status.conditions[Ready].status")
    let answer = timeline.why(subject)
    let fault = try #require(answer.roots.last)
    let checked = try #require(timeline.butFor(fault, of: subject))
    #expect(checked.verdict == .yes)
    #expect(checked.actual == "Unknown" && checked.without == "True")
    // The label had nothing to do with it.
    let label = try #require(timeline.world.deeds.first { !$0.isFault && $0.at > timeline.start })
    let other = try #require(timeline.butFor(label.record, of: subject))
    #expect(other.verdict == .no)
    #expect(timeline.butFor(answer.steps[0].record, of: subject) == nil, "no deed")
    // Nor had it with how often anything else happened: luck is no shared stream.
    let renewals = try #require(
      timeline.butFor(label.record) { world in
        world.object(.lease, ObjectKey(namespace: "kube-node-lease", name: "worker-2"))
          .map { "\(String(describing: $0.lease?.spec.renewTime))" }
      })
    #expect(renewals.verdict == .no, "\(renewals)")
    let far = try #require(timeline.butFor(fault, budget: 10, { _ in "" }))
    guard case .inconclusive = far.verdict else {
      Issue.record("a check beyond its budget is no check: \(far.verdict)")
      return
    }
  }

  static func label(_ node: String) -> APIRequest {
    var request = APIRequest(.patch, .node, name: node)
    request.body = .patch(
      Patch(
        .merge,
        .object(
          JSONObject([
            (
              "metadata",
              .object(JSONObject([("labels", .object(JSONObject([("a", .string("b"))])))]))
            )
          ]))))
    return request
  }

  /// Take a rule away, and the answer is another: it is made of what happened.
  @Test func anotherGraceGivesAnotherAnswer() throws {
    var spec = ClusterSpec(workers: 2, seed: 31)
    spec.flags = [
      ClusterSpec.ComponentFlag(
        component: "kube-controller-manager", name: "node-monitor-grace-period", value: "1h")
    ]
    var world = World(spec)
    world.powerOn()
    world.converge(deadline: world.now + .minutes(5))
    try world.apply(.fail(Fault(.host("worker-2"))))
    world.advance(to: world.now + .seconds(70))
    let answer = world.why(.field(Self.node("worker-2"), "status.conditions[Ready].status"))
    try Self.check(answer, in: world)
    #expect(answer.question.hasSuffix("= True?"))
    #expect(!answer.steps.contains { $0.basis?.absence != nil })
    #expect(answer.steps.last?.deed == nil, "nobody did anything: the node started")
  }

  @Test func aRestartLeadsToTheExitOfTheContainer() throws {
    var world = try World.booted(seed: 31)
    try world.create(
      yaml: """
        apiVersion: v1
        kind: Pod
        metadata: {name: flaky}
        spec:
          containers:
            - {name: app, image: "busybox:1.37", command: [sh, -c, "sleep 5; exit 3"]}
        """)
    world.advance(to: world.now + .seconds(40))
    let pod = ObjectReference(.pod, ObjectKey(namespace: "default", name: "flaky"))
    let answer = world.why(.field(pod, "status.containerStatuses[app].restartCount"))
    try Self.check(answer, in: world)
    #expect(!answer.question.hasSuffix("= 0?"))
    #expect(answer.steps.contains { $0.words.contains("exited with code 3") })
    #expect(answer.steps.last?.who == "you")
  }

  /// Either of two causes would have done: both are told, and neither alone is to blame.
  @Test func twoSufficientCausesAreBothNamed() throws {
    var timeline = Timeline(try World.booted(seed: 31), interval: .seconds(20))
    timeline.advance(to: timeline.now + .seconds(3))
    try timeline.apply(.fail(Fault(.host("worker-2"), .cut)))
    try timeline.apply(.fail(Fault(.process(host: "worker-2", name: "kubelet"), .stop)))
    timeline.advance(to: timeline.now + .seconds(70))
    let subject = WhySubject.field(Self.node("worker-2"), "status.conditions[Ready].status")
    let answer = timeline.why(subject)
    try Self.check(answer, in: timeline.world)
    let root = try #require(answer.steps.last)
    let deeds = Array(timeline.world.deeds)
    #expect([root.record] + root.also == deeds.reversed().map(\.record))
    for deed in deeds {
      #expect(timeline.butFor(deed.record, of: subject)?.verdict == .no)
    }
    let both = try #require(timeline.butFor(deeds.map(\.record), of: subject))
    #expect(both.verdict == .yes && both.without == "True")
    #expect(both.text == "but-for: yes (checked: True without the 2 of them)")
  }

  /// What etcd has compacted and the trace has dropped is found in the keyframes.
  @Test func answersReachBeyondTheCompaction() throws {
    var world = World(ClusterSpec(masters: 1, workers: 1, seed: 31), traceCapacity: 400)
    world.powerOn()
    world.converge(deadline: world.now + .minutes(5))
    var timeline = Timeline(world, interval: .seconds(20))
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.body = .object(ConfigMap(name: "old", namespace: "default").boxed)
    try timeline.apply(.request(request))
    timeline.advance(to: timeline.now + .seconds(5))
    try timeline.apply(.request(Self.label("worker-1")))
    let asked = try #require(timeline.world.deeds.last?.record)
    timeline.advance(to: timeline.now + .minutes(16))
    #expect(timeline.world.trace[asked] == nil, "long gone from the trace")
    let answer = timeline.why(.field(Self.node("worker-1"), "metadata.labels.a"))
    #expect(answer.question.hasSuffix("= b?"))
    #expect(answer.roots == [asked])
    #expect(timeline.world.why(.field(Self.node("worker-1"), "metadata.labels.a")).roots != [asked])
  }

  @Test func longWaitsAreSkippedAndSaidSo() throws {
    var timeline = Timeline(try Self.killed(after: .seconds(80)))
    let skipped = timeline.skip(least: .seconds(5))
    let skip = try #require(skipped)
    #expect(skip.to > skip.from + .seconds(4))
    #expect(timeline.now == skip.to)
    #expect(skip.text.hasPrefix("skipped "))
    #expect(skip.item.due == skip.to + .microseconds(1))
  }
}
