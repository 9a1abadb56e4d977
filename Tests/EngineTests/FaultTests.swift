import Basics
import Engine
import KubeAPI
import Testing

/// What can be done to a world, each with what it does and that it can be undone.
@Suite struct FaultTests {
  @Test("every effect of every target is written and read back")
  func words() throws {
    let targets: [Fault.Target] = [
      .host("worker-1"), .process(host: "master-1", name: "kube-apiserver"),
      .link(from: "master-1", to: "master-2", isOneWay: false),
      .link(from: "master-1", to: "master-2", isOneWay: true), .disk("master-1"),
      .clock("worker-2"), .zone("zone-1"), .cloud("worker-1"),
      .container(pod: ObjectKey(namespace: "default", name: "web-1"), name: "web"),
      .container(pod: ObjectKey(namespace: "default", name: "web-1"), name: ""),
    ]
    for target in targets {
      #expect(Fault.Target(target.text) == target)
      #expect(!target.effects.isEmpty)
      for effect in target.effects {
        let fault = Fault(target, effect)
        #expect(try Fault(words: fault.words) == fault, "\(fault.words)")
        #expect(!fault.text.hasSuffix("fails") || fault.text.contains("probe"), "\(fault.text)")
      }
    }
    for bad in ["node/a delay", "node/a delay x", "nowhere", "node/a melt", "node/a flap 3s"] {
      #expect(throws: FaultProblem.self) {
        try Fault(words: bad.split(separator: " ").map(String.init))
      }
    }
  }

  /// Time until somebody else leads etcd.
  private func leaderless(after input: Input, _ world: inout World, _ old: String) throws -> Span {
    let start = world.now
    try world.apply(input)
    world.advance(to: start + .seconds(20), every: .milliseconds(10)) {
      let leaders = $0.leaders(of: "etcd")
      return !leaders.isEmpty && leaders != [old]
    }
    return world.now - start
  }

  @Test("a leader that is shut down hands over; one that loses power is missed first")
  func shutdown() throws {
    let world = try World.booted(workers: 1)
    let leader = try #require(world.leaders(of: "etcd").first)
    var pulled = world
    let missed = try leaderless(after: .fail(Fault(.host(leader))), &pulled, leader)
    var asked = world
    let handed = try leaderless(after: .fail(Fault(.host(leader), .shutdown)), &asked, leader)
    // An election timeout of 1 s at least, since a heartbeat of at most 100 ms before.
    #expect(missed >= .milliseconds(900))
    #expect(handed < .milliseconds(200), "\(handed.text)")
    asked.advance(to: asked.now + .seconds(6))
    #expect(asked.host(named: leader)?.isPowered == false)
    try asked.apply(.heal(.host(leader)))
    #expect(asked.activeFaults.isEmpty)
    let ok6 = asked.converge(deadline: asked.now + .minutes(5))
    #expect(ok6)
  }

  @Test("a scheduler that is asked to end gives up its lease; a killed one is waited for")
  func terminate() throws {
    let world = try World.booted(workers: 1)
    let leader = try #require(world.leaders(of: "kube-scheduler").first)
    func wait(_ effect: Fault.Effect) throws -> (Span, World) {
      var world = world
      let start = world.now
      try world.apply(.fail(Fault(.process(host: leader, name: "kube-scheduler"), effect)))
      world.advance(to: start + .seconds(60), every: .milliseconds(50)) {
        $0.leaders(of: "kube-scheduler").contains { $0 != leader }
      }
      return (world.now - start, world)
    }
    let (killed, _) = try wait(.stop)
    let (asked, after) = try wait(.terminate)
    #expect(asked < .seconds(5) && killed > .seconds(5), "\(asked.text), \(killed.text)")
    let host = try #require(after.host(named: leader))
    #expect(after.process(.scheduler, on: host.id)?.state == .stopped)
  }

  @Test("a zone is cut off from the others and not from itself")
  func zone() throws {
    var world = World(ClusterSpec(masters: 3, workers: 3, zones: 3, seed: 7))
    world.powerOn()
    let ok7 = world.converge(deadline: world.now + .minutes(5))
    #expect(ok7)
    try world.apply(.fail(Fault(.zone("zone-2"), .cut)))
    let inside = world.hosts.filter { $0.zone == "zone-2" }.map(\.id)
    let outside = world.hosts.filter { $0.zone != "zone-2" }.map(\.id)
    #expect(inside.count == 2)
    #expect(world.network.isOpen(from: inside[0], to: inside[1]))
    #expect(!world.network.isOpen(from: inside[0], to: outside[0]))
    world.advance(to: world.now + .minutes(2))
    #expect(
      world.object(.node, ObjectKey(name: "worker-2"))?.node?.status.conditions["Ready"]?.status
        == "Unknown")
    try world.apply(.healAll)
    #expect(world.network.isHealthy && world.activeFaults.isEmpty)
    let ok8 = world.converge(deadline: world.now + .minutes(5))
    #expect(ok8)
  }

  @Test("a link flaps until it is healed; what is wrong with it adds up")
  func flap() throws {
    var world = try World.booted(workers: 1)
    let target = Fault.Target.link(from: "master-1", to: "master-2", isOneWay: false)
    try world.apply(.fail(Fault(target, .delay(.milliseconds(20)))))
    try world.apply(.fail(Fault(target, .flap(up: .seconds(2), down: .seconds(1)))))
    #expect(world.activeFaults.count == 2)
    let a = try #require(world.host(named: "master-1")?.id)
    let b = try #require(world.host(named: "master-2")?.id)
    var states: [Bool] = []
    for _ in 0..<6 {
      states.append(world.network.isOpen(from: a, to: b) && world.network.isOpen(from: b, to: a))
      #expect(world.network.fault(from: a, to: b).delay == .milliseconds(20))
      world.advance(to: world.now + .milliseconds(500))
    }
    #expect(states == [false, false, true, true, true, true])
    try world.apply(.heal(target))
    #expect(world.activeFaults.isEmpty && world.network.isHealthy)
    world.advance(to: world.now + .seconds(10))
    #expect(world.network.isHealthy)
  }

  @Test("an overloaded API server lets requests wait, then refuses")
  func overload() throws {
    var world = try World.booted(masters: 1, workers: 1)
    let target = Fault.Target.process(host: "master-1", name: "kube-apiserver")
    func latency(_ world: inout World) throws -> Span {
      let start = world.now
      _ = try world.ask(APIRequest(.get, .node, name: "worker-1"), for: .minutes(5))
      return world.now - start
    }
    let quick = try latency(&world)
    try world.apply(.fail(Fault(target, .overload(.milliseconds(300)))))
    let slow = try latency(&world)
    #expect(quick < .milliseconds(20) && slow >= .milliseconds(300))
    try world.apply(.fail(Fault(target, .overload(.seconds(5)))))
    var asked: [UInt64] = []
    for _ in 0..<450 {
      asked.append(
        try #require(try world.apply(.request(APIRequest(.get, .node, name: "worker-1")))))
    }
    world.advance(to: world.now + .seconds(1))
    var refused = 0
    for id in asked {
      if case .status(let status)? = world.takeAnswer(id), status.code == 429 { refused += 1 }
    }
    #expect((40...100).contains(refused), "\(refused) of 450 were refused")
    try world.apply(.heal(target))
    let ok9 = world.converge(deadline: world.now + .minutes(10))
    #expect(ok9)
    #expect(throws: FaultProblem.self) {
      try world.apply(
        .fail(Fault(.process(host: "master-1", name: "etcd"), .overload(.seconds(1)))))
    }
  }

  @Test("containers crash, run out of memory, fail probes, and recover")
  func containers() throws {
    var world = try World.booted(masters: 1, workers: 1)
    try world.create(
      yaml: """
        apiVersion: v1
        kind: Pod
        metadata: {name: one}
        spec:
          containers:
            - name: web
              image: nginx:1.27
              readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5, failureThreshold: 1}
        """)
    let key = ObjectKey(namespace: "default", name: "one")
    func status(_ world: World) -> PodSummary? {
      world.object(.pod, key)?.pod.map { PodSummary($0) }
    }
    let ok1 = world.advance(to: world.now + .minutes(1)) { status($0)?.readyContainers == 1 }
    #expect(ok1)
    let target = Fault.Target.container(pod: key, name: "web")
    try world.apply(.fail(Fault(target)))
    #expect(world.activeFaults.isEmpty, "a crash is over at once")
    let ok10 = world.advance(to: world.now + .minutes(1)) {
      status($0)?.restarts == 1 && status($0)?.readyContainers == 1
    }
    #expect(ok10)
    try world.apply(.fail(Fault(target, .oomKill)))
    let ok2 = world.advance(to: world.now + .seconds(5)) { status($0)?.status == "OOMKilled" }
    #expect(ok2)
    let ok3 = world.advance(to: world.now + .minutes(1)) { status($0)?.readyContainers == 1 }
    #expect(ok3)
    try world.apply(.fail(Fault(target, .probes(.readiness))))
    let ok4 = world.advance(to: world.now + .seconds(20)) { status($0)?.readyContainers == 0 }
    #expect(ok4)
    // It goes on in the container that follows.
    try world.apply(.fail(Fault(target, .crash(exitCode: 3))))
    world.advance(to: world.now + .minutes(2))
    #expect(status(world)?.readyContainers == 0 && (status(world)?.restarts ?? 0) >= 3)
    try world.apply(.heal(target))
    let ok5 = world.advance(to: world.now + .seconds(30)) { status($0)?.readyContainers == 1 }
    #expect(ok5)
    let gone = Fault.Target.container(pod: ObjectKey(namespace: "default", name: "x"), name: "")
    #expect(throws: FaultProblem(message: "no pod \"default/x\"")) {
      try world.apply(.fail(Fault(gone)))
    }
  }

  @Test("a clock jumps from where it is, and is listed with what it is off by")
  func jump() throws {
    var world = World(ClusterSpec(masters: 1, workers: 1))
    world.powerOn()
    world.advance(to: world.now + .seconds(5))
    try world.apply(.fail(Fault(.clock("worker-1"), .jump(.seconds(30)))))
    try world.apply(.fail(Fault(.clock("worker-1"), .jump(.seconds(-10)))))
    #expect(world.activeFaults == [Fault(.clock("worker-1"), .offset(.seconds(20)))])
    #expect(world.host(named: "worker-1")?.clock.offset == .seconds(20))
    try world.apply(.healAll)
    #expect(world.host(named: "worker-1")?.clock.offset == .zero && world.activeFaults.isEmpty)
  }
}
