import Basics
import Engine
import Etcd
import KubeAPI
import MVCC
import Testing

/// Restoring a snapshot moves etcd back, and nothing else (teaching.md, M21 and M22).
struct RestoreTests {
  private static func snapshot(_ world: World) throws -> [UInt8] {
    BackendFile.snapshot(of: try #require(world.etcdState(on: "master-1")))
  }

  private static func restoreAll(
    _ world: inout World, _ bytes: [UInt8], bump: UInt64 = 0, token: String = "etcd-cluster"
  ) throws {
    let cluster = world.etcdInitialCluster
    for (host, _) in cluster {
      try world.apply(
        .etcdRestore(
          EtcdRestore(host: host, cluster: cluster, token: token, snapshot: bytes, bump: bump)))
    }
  }

  private static func pods(_ world: World, _ app: String) -> Int {
    world.objects(.pod).count { $0.metadata.labels["app"] == app }
  }

  private static func deployment(_ name: String, _ replicas: Int) -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: \(name)}
    spec:
      replicas: \(replicas)
      selector: {matchLabels: {app: \(name)}}
      template:
        metadata: {labels: {app: \(name)}}
        spec: {containers: [{name: c, image: "nginx:1.27"}]}
    """
  }

  /// `web` and `old` run; a snapshot; then `api` comes and `old` goes.
  private static func prepared() throws -> (World, [UInt8]) {
    var world = try World.booted(workers: 2)
    try world.create(yaml: deployment("web", 3))
    try world.create(yaml: deployment("old", 2))
    world.converge(deadline: world.now + .minutes(3))
    let bytes = try snapshot(world)
    try world.create(yaml: deployment("api", 2))
    _ = try world.ask(APIRequest(.delete, .deployment, namespace: "default", name: "old"))
    world.converge(deadline: world.now + .minutes(3))
    #expect(pods(world, "api") == 2 && pods(world, "old") == 0)
    return (world, bytes)
  }

  @Test func everyObjectSurvivesTheFile() throws {
    let (world, _) = try Self.prepared()
    let file = try BackendFile(snapshot: try Self.snapshot(world))
    // What an API server wrote is an object again, and not bytes that only look like one.
    for kv in file.revisions where !kv.isTombstone {
      guard let object = try? APIObject(decoding: kv.value.encoded()) else { continue }
      #expect(object.encoded() == kv.value.encoded(), "\(kv.key)")
    }
  }

  @Test func withABumpEverybodyStartsOver() throws {
    var (world, bytes) = try Self.prepared()
    let before = try #require(world.store).revision
    try Self.restoreAll(&world, bytes, bump: 1_000_000_000)
    world.advance(to: world.now + .minutes(2))
    #expect(world.etcdHealth.healthy == 3)
    #expect(world.etcdHealth.revision > before + 1_000_000_000 - 1_000)
    world.converge(deadline: world.now + .minutes(5))
    #expect(Self.pods(world, "api") == 0)
    #expect(Self.pods(world, "old") == 2)
    #expect(world.phantoms.isEmpty, "\(world.phantoms)")
    #expect(world.monitor.violations.isEmpty, "\(world.monitor.violations)")
  }

  @Test func withoutABumpCachesStayBehind() throws {
    var (world, bytes) = try Self.prepared()
    try Self.restoreAll(&world, bytes)
    for host in ["master-1", "master-2", "master-3"] {
      try world.apply(.kill(host: host, process: "kube-apiserver"))
    }
    world.advance(to: world.now + .seconds(30))
    #expect(world.etcdHealth.healthy == 3)
    #expect(Self.pods(world, "api") == 0)
    // The containers of `api` run on: no kubelet has heard that its pods are gone.
    #expect(world.phantoms.count == 2, "\(world.phantoms)")
    #expect(world.monitor.violations.isEmpty, "\(world.monitor.violations)")
  }

  @Test func aMemberLeftBehindIsOfAnotherCluster() throws {
    var (world, bytes) = try Self.prepared()
    let cluster = world.etcdInitialCluster
    for host in ["master-1", "master-2"] {
      try world.apply(
        .etcdRestore(EtcdRestore(host: host, cluster: cluster, snapshot: bytes)))
    }
    world.advance(to: world.now + .seconds(20))
    #expect(world.etcdHealth.healthy == 2 && world.etcdHealth.hasQuorum)
    #expect(
      !world.actions(1, where: { $0.message.contains("due to cluster ID mismatch") }).isEmpty)
    try world.apply(
      .etcdRestore(EtcdRestore(host: "master-3", cluster: cluster, snapshot: bytes)))
    world.advance(to: world.now + .seconds(20))
    #expect(world.etcdHealth.healthy == 3)
    #expect(world.monitor.violations.isEmpty, "\(world.monitor.violations)")
  }

  /// Every member is given the file, and that is one restore; a member that is given it once more
  /// begins another, though nothing was written between them that it could lose.
  @Test func eachRestoreIsReportedOnce() throws {
    var (world, bytes) = try Self.prepared()
    let cluster = world.etcdInitialCluster
    func restore(_ hosts: String...) throws {
      for host in hosts {
        try world.apply(
          .etcdRestore(EtcdRestore(host: host, cluster: cluster, snapshot: bytes)))
      }
    }
    try restore("master-1", "master-2")
    // The majority goes on meanwhile: what it writes is not lost with the third.
    world.advance(to: world.now + .seconds(20))
    let lease = ObjectReference(
      .lease, ObjectKey(namespace: "kube-system", name: "kube-scheduler"))
    let recorded = world.revisions(of: lease).count { $0.write != nil }
    #expect(recorded > 2)
    try restore("master-3")
    #expect(world.restores.count == 1)
    // And what it wrote is not forgotten.
    #expect(world.revisions(of: lease).count { $0.write != nil } == recorded)
    world.advance(to: world.now + .seconds(20))
    try restore("master-3", "master-1", "master-2")
    try restore("master-2")
    #expect(world.restores.map(\.host) == ["master-1", "master-3", "master-2"])
    #expect(try #require(world.restores.last).losses.isEmpty)
    for report in world.restores {
      let record = try #require(world.trace[report.record]).record
      #expect(record.note.message.hasPrefix("etcd on \(report.host) is restored"))
      #expect(record.note.basis?.rule == "etcdutl snapshot restore")
    }
  }

  @Test func aRestoreIsReplayed() throws {
    let (world, bytes) = try Self.prepared()
    var timeline = Timeline(world)
    let start = timeline.now
    let cluster = world.etcdInitialCluster
    for (host, _) in cluster {
      try timeline.apply(
        .etcdRestore(EtcdRestore(host: host, cluster: cluster, snapshot: bytes)))
    }
    let end = start + .seconds(12)
    timeline.advance(to: end)
    let digest = timeline.world.digest()
    timeline.rewind(to: start)
    timeline.advance(to: end)
    #expect(timeline.world.digest() == digest)
  }

  @Test func aDeadMemberIsReplaced() throws {
    var world = try World.booted(workers: 1)
    try world.apply(.fail(Fault(.disk("master-3"), .lost)))
    world.advance(to: world.now + .seconds(20))
    #expect(
      !world.actions(1, where: { $0.message.contains("has already been bootstrapped") }).isEmpty)
    #expect(world.etcdHealth.healthy == 2)
    let client = try #require(try world.apply(.etcdOpen(member: "master-1")))
    func ask(_ request: EtcdRequest) throws -> EtcdResponse? {
      try world.apply(.etcdRequest(client: client, request))
      let deadline = world.now + .seconds(10)
      while world.now < deadline {
        world.advance(to: world.now + .milliseconds(5))
        for case .response(_, let response) in world.takeEtcdEvents(client) { return response }
      }
      return nil
    }
    // With a third of three down, another can't be added before the dead one is gone (M23).
    let newcomer = ClusterMember(id: 0, peerURLs: ["https://master-3:2390"])
    guard case .failure(.unhealthy)? = try ask(.memberAdd(newcomer)) else {
      Issue.record("strict reconfiguration let a fourth member in")
      return
    }
    guard case .members? = try ask(.memberRemove(id: 0x9666904b97065604)) else {
      Issue.record("a dead member could not be removed")
      return
    }
    let again = ClusterMember(id: 0, peerURLs: ["https://master-3:2380"])
    guard case .members(let members)? = try ask(.memberAdd(again)) else {
      Issue.record("no member could be added")
      return
    }
    #expect(members.count == 3)
    try world.apply(.etcdJoin(host: "master-3"))
    world.advance(to: world.now + .seconds(20))
    #expect(world.etcdHealth.healthy == 3)
    let state = try #require(world.etcdState(on: "master-3"))
    #expect(state.store.revision == world.store?.revision)
    #expect(state.members.allSatisfy { !$0.name.isEmpty })
    #expect(world.monitor.violations.isEmpty, "\(world.monitor.violations)")
  }
}
