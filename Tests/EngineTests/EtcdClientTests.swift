import Basics
import Engine
import Etcd
import KubeAPI
import MVCC
import SimulationKernel
import Testing

/// Clients of etcd members outside the cluster, as etcdctl is one.
struct EtcdClientTests {
  /// A world at rest, and a client of one of its members.
  private func connected(
    to member: String = "master-1", masters: Int = 3
  ) throws -> (Timeline, UInt64) {
    var timeline = Timeline(try World.booted(masters: masters, workers: 1))
    let client = try #require(try timeline.apply(.etcdOpen(member: member)))
    return (timeline, client)
  }

  private func ask(
    _ timeline: inout Timeline, _ client: UInt64, _ request: EtcdRequest,
    for span: Span = .seconds(10)
  ) throws -> EtcdClientEvent? {
    let number = try #require(try timeline.apply(.etcdRequest(client: client, request)))
    let deadline = timeline.now + span
    var found: EtcdClientEvent?
    while found == nil, timeline.now < deadline {
      timeline.advance(to: timeline.now + .milliseconds(1))
      for event in timeline.takeEtcdEvents(client) {
        if case .response(number, _) = event { found = event }
        if case .disconnected = event { found = event }
      }
    }
    return found
  }

  private func response(_ event: EtcdClientEvent?) -> EtcdResponse? {
    if case .response(_, let response)? = event { return response }
    return nil
  }

  @Test func writesAndReadsThroughAnyMember() throws {
    var (timeline, client) = try connected(to: "master-3")
    let put = try ask(&timeline, client, .put(PutRequest(key: "/a", value: Blob("1"))))
    guard case .put(let written)? = response(put) else {
      Issue.record("no answer: \(String(describing: put))")
      return
    }
    let got = try ask(&timeline, client, .range(RangeRequest(key: "/a")))
    guard case .range(let read)? = response(got) else {
      Issue.record("no answer: \(String(describing: got))")
      return
    }
    #expect(read.kvs.first?.value.encoded() == Array("1".utf8))
    #expect(read.kvs.first?.modRevision == written.revision)
    let header = try #require(timeline.world.etcdHeader(client))
    #expect(
      header.memberID == 0x9666904b97065604 && header.revision >= written.revision
        && header.raftTerm > 0)
    #expect(timeline.world.monitor.violations.isEmpty)
    #expect(
      !timeline.world.actions(1, where: { $0.message == "etcdctl put /a on etcd@master-3" })
        .isEmpty)
  }

  @Test func watchesStreamWhatOthersWrite() throws {
    var (timeline, watcher) = try connected(to: "master-2")
    let writer = try #require(try timeline.apply(.etcdOpen(member: "master-1")))
    let request = EtcdRequest.watchCreate(
      id: 7, WatchRequest(prefix: "/b/", previousKV: true), requireLeader: true)
    guard case .watchCreated(7, _)? = response(try ask(&timeline, watcher, request)) else {
      Issue.record("no watch")
      return
    }
    for value in ["1", "2"] {
      _ = try ask(&timeline, writer, .put(PutRequest(key: "/b/x", value: Blob(value))))
    }
    _ = try ask(&timeline, writer, .deleteRange(DeleteRangeRequest(key: "/b/x")))
    timeline.advance(to: timeline.now + .milliseconds(300))
    var events: [MVCC.Event] = []
    for case .watch(let response) in timeline.takeEtcdEvents(watcher) {
      #expect(response.watch.id == 7)
      events += response.events
    }
    #expect(events.map(\.kind) == [.put, .put, .delete])
    #expect(events.last?.previous?.value.encoded() == Array("2".utf8))
    // After a cancel nothing comes.
    _ = try ask(&timeline, watcher, .watchCancel(id: 7))
    _ = try ask(&timeline, writer, .put(PutRequest(key: "/b/y", value: Blob("3"))))
    timeline.advance(to: timeline.now + .milliseconds(300))
    #expect(!timeline.world.hasEtcdEvents(watcher))
  }

  @Test func aMemberThatDiesRefusesAndComesBack() throws {
    var (timeline, client) = try connected(to: "master-2")
    _ = try ask(&timeline, client, .put(PutRequest(key: "/c", value: Blob("1"))))
    try timeline.apply(.fail(Fault(.process(host: "master-2", name: "etcd"))))
    timeline.advance(to: timeline.now + .milliseconds(10))
    guard
      case .disconnected("error reading from server: EOF")? =
        timeline.takeEtcdEvents(client).last
    else {
      Issue.record("the connection outlived the process")
      return
    }
    let refused = try ask(&timeline, client, .status)
    guard case .disconnected(let reason)? = refused else {
      Issue.record("answered by a dead process")
      return
    }
    #expect(reason.contains("connect: connection refused"))
    try timeline.apply(.heal(.process(host: "master-2", name: "etcd")))
    timeline.advance(to: timeline.now + .seconds(5))
    _ = timeline.takeEtcdEvents(client)
    guard
      case .range(let read)? = response(
        try ask(&timeline, client, .range(RangeRequest(key: "/c"))))
    else {
      Issue.record("no answer after the restart")
      return
    }
    #expect(read.kvs.count == 1)
  }

  @Test(arguments: ["pause", "power", "cut"])
  func aSilentMemberIsFoundOutByKeepAlive(how: String) throws {
    var (timeline, client) = try connected(to: "master-3")
    _ = try ask(&timeline, client, .put(PutRequest(key: "/d", value: Blob("1"))))
    let fault =
      switch how {
      case "pause": Fault(.process(host: "master-3", name: "etcd"), .pause)
      case "power": Fault(.host("master-3"))
      default: Fault(.host("master-3"), .cut)
      }
    try timeline.apply(.fail(fault))
    let start = timeline.now
    guard
      case .disconnected(let reason)? = try ask(
        &timeline, client, .status, for: .seconds(20))
    else {
      Issue.record("never found out")
      return
    }
    #expect(reason == "keepalive ping failed to receive ACK within timeout")
    #expect((.seconds(6)...(.seconds(11))).contains(timeline.now - start))
  }

  @Test func whatACutLinkBetweenMembersMeansIsSeenFromOutside() throws {
    // The person's way to the member is open; it has no quorum.
    var (timeline, client) = try connected(to: "master-3")
    for other in ["master-1", "master-2"] {
      try timeline.apply(.fail(Fault(.link(from: "master-3", to: other, isOneWay: false))))
    }
    timeline.advance(to: timeline.now + .seconds(4))
    let put = try ask(&timeline, client, .put(PutRequest(key: "/e", value: Blob("1"))))
    guard case .failure(let error)? = response(put) else {
      Issue.record("written without a quorum: \(String(describing: put))")
      return
    }
    #expect(error.message.hasPrefix("etcdserver: request timed out"))
    let stale = RangeRequest(key: "/e", serializable: true)
    guard case .range? = response(try ask(&timeline, client, .range(stale))) else {
      Issue.record("a serializable read needs no quorum")
      return
    }
  }

  @Test func replayBringsTheSameWorld() throws {
    var (timeline, client) = try connected()
    let start = timeline.now
    for number in 0..<5 {
      _ = try ask(
        &timeline, client, .put(PutRequest(key: Key("/f/\(number)"), value: Blob("x"))))
    }
    _ = try ask(
      &timeline, client, .watchCreate(id: 1, WatchRequest(prefix: "/f/"), requireLeader: false))
    let end = timeline.now + .seconds(3)
    timeline.advance(to: end)
    let digest = timeline.world.digest()
    timeline.rewind(to: start)
    #expect(timeline.world.digest() != digest)
    timeline.advance(to: end)
    #expect(timeline.world.digest() == digest)
  }

  @Test func anObjectWrittenPastTheAPIServersIsAnObject() throws {
    var (timeline, client) = try connected()
    let json = """
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"forged","namespace":"default",\
      "uid":"11111111-2222-3333-4444-555555555555"},"data":{"a":"b"}}
      """
    let key = Key("/registry/configmaps/default/forged")
    _ = try ask(&timeline, client, .put(PutRequest(key: key, value: Blob(json))))
    timeline.advance(to: timeline.now + .seconds(1))
    let name = ObjectKey(namespace: "default", name: "forged")
    #expect(timeline.world.object(.configMap, name) != nil)
    var world = timeline.world
    guard
      case .object(let seen) = try world.ask(
        APIRequest(.get, .configMap, namespace: "default", name: "forged"))
    else {
      Issue.record("the API server does not show it")
      return
    }
    #expect(seen.metadata.name == "forged")
    #expect(world.monitor.violations.isEmpty)
    #expect(world.monitor.interventions.count == 1)
  }

  @Test func membersAndClientsThatAreNotThereAreRefused() throws {
    var world = try World.booted(masters: 1, workers: 0)
    #expect(throws: FaultProblem.self) { try world.apply(.etcdOpen(member: "worker-9")) }
    #expect(throws: FaultProblem.self) {
      try world.apply(.etcdRequest(client: 5, .status))
    }
    let client = try #require(try world.apply(.etcdOpen(member: "master-1")))
    try world.apply(.etcdClose(client: client))
    #expect(throws: FaultProblem.self) {
      try world.apply(.etcdRequest(client: client, .status))
    }
  }

  /// A pod deleted past the API servers: what its kubelet then does has the person's line at its root.
  @Test func whyLeadsBackToTheLine() throws {
    var world = try World.booted(workers: 1)
    try world.create(yaml: World.web(replicas: 1))
    world.converge(deadline: world.now + .minutes(2))
    let pod = try #require(world.objects(.pod).first { $0.metadata.labels["app"] == "web" })
    let client = try #require(try world.apply(.etcdOpen(member: "master-2")))
    let key = Key("/registry/pods/default/" + pod.metadata.name)
    let before = TraceID(world.trace.total)
    try world.apply(
      .etcdRequest(client: client, .deleteRange(DeleteRangeRequest(key: key))))
    world.advance(to: world.now + .seconds(5))
    let roots = world.trace.after(before).filter { entry in
      let role = entry.record.process.map { world.processes[$0].role }
      guard role == .kubelet || role == .controllerManager else { return false }
      return world.trace.chain(from: entry.id, limit: 40).contains {
        $0.record.note.message.hasPrefix("etcdctl del /registry/pods/default/web-")
      }
    }
    let count = roots.count
    #expect(count > 0)
    let violations = world.monitor.violations
    #expect(violations.isEmpty)
  }
}
