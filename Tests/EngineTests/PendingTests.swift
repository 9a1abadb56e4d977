import Basics
import Engine
import KubeAPI
import Testing

/// What will happen next: every wait is listed with its owner and its time, and happens then.
struct PendingTests {
  @Test func aSilentNodesGraceIsCountedDownAndEndsWhenItSays() throws {
    var world = try World.booted(seed: 5)
    try world.apply(.fail(Fault(.host("worker-2"))))
    world.advance(to: world.now + .seconds(30))
    let grace = try #require(
      world.pending().first { $0.topic == .grace && $0.subject?.key.name == "worker-2" })
    #expect(!grace.isRoutine)
    #expect(grace.words.contains("node-monitor-grace-period 50s"))
    #expect(grace.owner.hasPrefix("kube-controller-manager@master-"))
    world.advance(to: grace.due - .milliseconds(1))
    #expect(world.observe().nodes.first { $0.name == "worker-2" }?.ready == "True")
    // The monitor looks each 5 s: it says so at the first look after.
    world.advance(to: grace.due + .seconds(6))
    #expect(world.observe().nodes.first { $0.name == "worker-2" }?.ready == "Unknown")
  }

  @Test func anEvictionIsCountedDownFromTheToleration() throws {
    var world = try World.booted(seed: 5)
    try world.create(yaml: World.web(replicas: 4))
    world.advance(to: world.now + .seconds(20))
    try world.apply(.fail(Fault(.host("worker-2"))))
    world.advance(to: world.now + .seconds(80))
    let planned = world.pending().filter { $0.topic == .toleration }
    #expect(!planned.isEmpty)
    let first = try #require(planned.first)
    let pod = try #require(first.subject?.key)
    #expect(first.words.contains("tolerationSeconds 300"))
    world.advance(to: first.due - .milliseconds(10))
    #expect(world.object(.pod, pod)?.metadata.deletionTimestamp == nil)
    world.advance(to: first.due + .seconds(2))
    #expect(world.object(.pod, pod)?.metadata.deletionTimestamp != nil)
  }

  @Test func heartbeatsFoldAndTheRestIsInOrder() throws {
    let world = try World.booted(seed: 5)
    let folded = world.pending()
    let all = world.pending(limit: 10_000, folding: false)
    #expect(folded.filter { $0.topic == .heartbeat && $0.isRoutine }.count <= 1)
    #expect(all.filter { $0.topic == .heartbeat }.count >= 5)
    #expect(folded.map(\.count).reduce(0, +) == all.count)
    for list in [folded, all] {
      #expect(list.map(\.due) == list.map(\.due).sorted())
      #expect(list.allSatisfy { $0.due >= world.now && !$0.words.isEmpty && !$0.owner.isEmpty })
    }
  }

  /// Its timers are in line still, for a process that is no more.
  @Test func aDeadKubeletWaitsForNothing() throws {
    var world = try World.booted(seed: 5)
    try world.create(yaml: World.web(replicas: 4))
    world.advance(to: world.now + .seconds(20))
    try world.apply(.fail(Fault(.process(host: "worker-1", name: "kubelet"))))
    let all = world.pending(limit: 10_000, folding: false)
    #expect(!all.contains { $0.owner == "kubelet@worker-1" })
    for topic in [Deadline.Topic.heartbeat, .status, .token] {
      let folded = world.pending(limit: 10_000).filter { $0.topic == topic }
      #expect(
        folded.map(\.count).reduce(0, +) == all.count { $0.topic == topic }, "\(topic)")
    }
  }

  @Test func aRaftMessageThatIsDroppedNeverArrives() throws {
    var world = try World.booted(seed: 5)
    // To the next append that carries entries.
    let message = try #require(
      Self.await(&world) { $0.topic == .raft && $0.words.contains("entries") })
    #expect(message.words.hasPrefix("MsgApp term "))
    let id = try #require(message.id)
    let count = world.pendingDeliveries
    try world.apply(.drop(id))
    #expect(world.pendingDeliveries == count - 1)
    #expect(!world.messagesInFlight().contains { $0.id == id && $0.words == message.words })
    #expect(throws: FaultProblem.self) {
      try world.apply(.drop(DeliveryID(due: id.due, order: 9, process: id.process)))
    }
    // Raft sends it again: the cluster goes on.
    world.advance(to: world.now + .seconds(5))
    #expect(world.monitor.violations.isEmpty)
    #expect(world.etcdHealth.hasQuorum)
  }

  @Test func aMessageHeldBackStallsItsStreamUntilItIsLetGo() throws {
    var world = try World.booted(seed: 5)
    let client = try #require(
      world.host(named: "worker-1").flatMap { world.process(.kubelet, on: $0.id) })
    let message = try #require(
      Self.await(&world) { $0.from == client.id && $0.topic == .heartbeat })
    let id = try #require(message.id)
    try world.apply(.hold(id))
    #expect(world.pending().contains { $0.kind == .held && $0.id == id })
    // Less than the 10 s after which the kubelet would dial anew.
    world.advance(to: world.now + .seconds(8))
    let silent = world.observe().nodes.first { $0.name == "worker-1" }?.heartbeatAge
    #expect(try #require(silent) > .seconds(15))
    try world.apply(.deliver(id))
    world.advance(to: world.now + .seconds(5))
    let heard = world.observe().nodes.first { $0.name == "worker-1" }?.heartbeatAge
    #expect(try #require(heard) < .seconds(12))
    #expect(!world.pending().contains { $0.kind == .held })
    #expect(world.monitor.violations.isEmpty)
  }

  @Test func timersAreNobodysToDrop() throws {
    var world = try World.booted(seed: 5)
    let timer = try #require(world.pending(folding: false).first { $0.kind == .timer })
    let id = try #require(timer.id)
    #expect(throws: FaultProblem.self) { try world.apply(.drop(id)) }
    #expect(throws: FaultProblem.self) { try world.apply(.hold(id)) }
  }

  @Test func holdingAndDroppingReplay() throws {
    var timeline = Timeline(try World.booted(seed: 5), interval: .seconds(5))
    timeline.advance(to: timeline.now + .seconds(3))
    var world = timeline.world
    let message = try #require(Self.await(&world) { $0.topic == .raft })
    let id = try #require(message.id)
    timeline.advance(to: world.now)
    try timeline.apply(.hold(id))
    timeline.advance(to: timeline.now + .seconds(8))
    try timeline.apply(.deliver(id))
    timeline.advance(to: timeline.now + .seconds(9))
    let present = timeline.now
    let digest = timeline.world.digest()
    timeline.rewind(to: timeline.start)
    timeline.advance(to: present)
    #expect(timeline.world.digest() == digest)
  }

  /// Steps until a message that is wanted is under way.
  private static func await(
    _ world: inout World, _ isWanted: (PendingItem) -> Bool
  ) -> PendingItem? {
    let deadline = world.now + .seconds(60)
    while world.now < deadline {
      if let found = world.messagesInFlight().first(where: isWanted) { return found }
      guard world.step(through: deadline) else { return nil }
    }
    return nil
  }
}
