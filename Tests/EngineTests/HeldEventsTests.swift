import Basics
import Engine
import KubeAPI
import Testing

/// What components say while no API server can be reached comes when one can, with its own times.
@Suite struct HeldEventsTests {
  private func events(_ world: World, _ reason: String, about name: String) -> [Event] {
    world.objects(.event).compactMap(\.event)
      .filter { $0.reason == reason && $0.involvedObject.name == name }
  }

  /// A pod of worker-1's kubelet, of which no scheduler and no controller says anything.
  private static let lone = """
    apiVersion: v1
    kind: Pod
    metadata: {name: lone}
    spec: {nodeName: worker-1, containers: [{name: c, image: "nginx:1.27"}]}
    """

  @Test func aBootTellsOfItselfOnceTheServersAreUp() throws {
    let world = try World.booted()
    for name in ["worker-1", "worker-2"] {
      let starts = events(world, "Starting", about: name)
      #expect(Set(starts.map(\.component)) == ["kubelet", "kube-proxy"])
      // The kubelet came up before any API server did.
      let kubelet = try #require(starts.first { $0.component == "kubelet" })
      let created = try #require(kubelet.metadata.creationTimestamp)
      let said = try #require(kubelet.firstTimestamp)
      #expect(created - said >= .seconds(1))
      #expect(events(world, "NodeAllocatableEnforced", about: name).count == 1)
    }
  }

  @Test func aRestartDuringAnOutageIsToldOfAfterIt() throws {
    var world = try World.booted()
    try world.create(yaml: Self.lone)
    world.advance(to: world.now + .seconds(30))
    let balancer = Fault.Target.host("lb-1")
    try world.apply(.fail(Fault(balancer)))
    world.advance(to: world.now + .seconds(60))
    let key = ObjectKey(namespace: "default", name: "lone")
    try world.apply(.fail(Fault(.container(pod: key, name: ""), .crash(exitCode: 1))))
    let crash = world.wallClock
    world.advance(to: world.now + .seconds(20))
    let before = events(world, "Started", about: "lone").map(\.count)
    try world.apply(.heal(balancer))
    world.advance(to: world.now + .seconds(60))

    // The same words again raise the count; the time is that of the restart, not of the healing.
    let started = try #require(events(world, "Started", about: "lone").first)
    #expect(before == [1] || before == [])
    #expect(started.count == 2)
    let last = try #require(started.lastSeen)
    #expect(last - crash < .seconds(15))
  }

  @Test func whyThereIsNoEventYet() throws {
    var world = try World.booted()
    try world.create(yaml: Self.lone)
    let pod = ObjectReference(.pod, ObjectKey(namespace: "default", name: "lone"))
    // Long enough for the kubelet to hear of it, too short for it to say anything.
    world.advance(to: world.now + .milliseconds(20))
    try world.apply(.fail(Fault(.host("lb-1"))))
    world.advance(to: world.now + .seconds(70))
    #expect(world.events(about: .pod, pod.key).isEmpty)
    let held = world.whyNot(.event(pod)).lines(20).joined(separator: "\n")
    #expect(held.contains("its writer reaches an API server: "), "\(held)")
    try world.apply(.heal(.host("lb-1")))
    world.advance(to: world.now + .seconds(60))
    #expect(!world.events(about: .pod, pod.key).isEmpty)
  }
}
