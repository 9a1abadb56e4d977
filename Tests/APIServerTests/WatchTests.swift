import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct WatchTests {
  @Test func aWatchBeginsWithWhatIsThere() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    harness.create(pod("web-2"))
    let watch = harness.watch(.pod)
    #expect(harness.seen(watch) == ["ADDED web-1", "ADDED web-2"])
    harness.create(pod("web-3"))
    #expect(harness.seen(watch) == ["ADDED web-3"])
  }

  @Test func aWatchFromARevisionGetsWhatCameAfter() throws {
    var harness = Harness.ready()
    let first = try #require(harness.create(pod("web-1")).object)
    harness.create(pod("web-2"))
    harness.delete(.pod, "default", "web-1", grace: 0)
    let watch = harness.watch(.pod, from: first.resourceVersion)
    #expect(harness.seen(watch) == ["ADDED web-2", "MODIFIED web-1", "DELETED web-1"])
  }

  @Test func serversThatHearOfOneRevisionShareItsObject() throws {
    func revision(_ number: Int64) -> MVCC.Event {
      MVCC.Event(
        kv: KeyValue(
          key: Key("/registry/pods/default/web-1"), createRevision: 5, modRevision: number,
          version: number - 4, value: .boxed(pod("web-1").boxed)), previous: nil)
    }
    var recent = RecentObjects()
    var one = WatchCache(.pod)
    var two = WatchCache(.pod)
    let event = revision(5)
    let first = try #require(one.apply(event, at: .zero, sharing: &recent))
    let second = try #require(two.apply(event, at: .zero, sharing: &recent))
    #expect(first.object === second.object)
    #expect(first.object.resourceVersion == 5)
    // The same number from a store that was restored is another revision.
    var other = WatchCache(.pod)
    let third = try #require(other.apply(revision(5), at: .zero, sharing: &recent))
    #expect(third.object !== first.object)
  }

  @Test func onlyTheNodesOwnPodsReachItsKubelet() {
    var harness = Harness.ready()
    let one = harness.watch(.pod, field: .nodeName("worker-1"))
    let two = harness.watch(.pod, field: .nodeName("worker-2"))
    harness.create(pod("web-1"))
    #expect(harness.seen(one).isEmpty)
    harness.bind("web-1", to: "worker-1")
    #expect(harness.seen(one) == ["ADDED web-1"])
    #expect(harness.seen(two).isEmpty)
    harness.delete(.pod, "default", "web-1")
    #expect(harness.seen(one) == ["MODIFIED web-1"])
    harness.delete(.pod, "default", "web-1", grace: 0)
    #expect(harness.seen(one) == ["MODIFIED web-1", "DELETED web-1"])
    #expect(harness.seen(two).isEmpty)
  }

  /// The index by node follows what is bound and deleted, and is there after a new list from etcd.
  @Test func aListOfANodesPodsFindsThemAll() {
    var harness = Harness.ready(servers: 2)
    func listed(_ node: String, _ namespace: String = "", on server: Int = 0) -> [String] {
      var request = APIRequest(.list, .pod, namespace: namespace)
      request.options.fieldSelector = .nodeName(node)
      // From the cache: a read of "0" waits for nothing.
      request.options.resourceVersion = 0
      guard case .list(let items, _, _) = harness.ask(request, to: server) else { return ["?"] }
      return items.map(\.metadata.name)
    }
    for name in ["c", "a", "b", "d"] {
      harness.create(pod(name))
      if name != "d" { harness.bind(name, to: name == "b" ? "worker-2" : "worker-1") }
    }
    for server in [0, 1] {
      #expect(listed("worker-1", on: server) == ["a", "c"])
      #expect(listed("worker-2", on: server) == ["b"])
      #expect(listed("worker", on: server).isEmpty && listed("worker-3", on: server).isEmpty)
      #expect(listed("", on: server) == ["d"])
      #expect(listed("worker-1", "default", on: server) == ["a", "c"])
      #expect(listed("worker-1", "other", on: server).isEmpty)
    }
    harness.delete(.pod, "default", "a", grace: 0)
    #expect(listed("worker-1") == ["c"])
    harness.kill(1)
    harness.revive(1)
    harness.advance(.seconds(5))
    #expect(listed("worker-1", on: 1) == ["c"] && listed("worker-2", on: 1) == ["b"])
  }

  @Test func anObjectThatLeavesTheSelectionIsDeleted() throws {
    var harness = Harness.ready()
    let watch = harness.watch(.pod, labels: LabelSelector(matchLabels: ["app": "web"]))
    var created = try #require(harness.create(pod("p", labels: ["app": "web"])).object?.pod)
    created.metadata.labels["app"] = "other"
    created = try #require(harness.update(created).object?.pod)
    let events = try #require(harness.events[watch])
    #expect(events.map(\.kind) == [.added, .deleted])
    #expect(events[1].object.metadata.labels["app"] == "web")
    #expect(events[1].object.resourceVersion == created.resourceVersion)
    created.metadata.labels["app"] = "web"
    harness.update(created)
    #expect(harness.events[watch]?.last?.kind == .added)
  }

  @Test func aNamespaceAndANameNarrowAWatch() {
    var harness = Harness.ready()
    let named = harness.watch(.configMap, "default", field: .name("b"))
    let space = harness.watch(.configMap, "kube-system")
    harness.create(ConfigMap(name: "a", namespace: "default"))
    harness.create(ConfigMap(name: "b", namespace: "default"))
    harness.create(ConfigMap(name: "b", namespace: "kube-system"))
    #expect(harness.seen(named) == ["ADDED b"])
    #expect(harness.seen(space) == ["ADDED b"])
  }

  @Test func progressOfAStreamIsNoPromiseForAWatchThatEnded() throws {
    var harness = Harness.ready()
    let first = try #require(
      harness.create(ConfigMap(name: "a", namespace: "default")).object)
    let watch = harness.watch(.configMap, from: first.resourceVersion)
    harness.endFeed(.configMap)
    harness.create(ConfigMap(name: "b", namespace: "default"))
    harness.tellProgress()
    // A second later the cache's own watch is back, from where it was.
    harness.advance(.seconds(2))
    #expect(harness.seen(watch) == ["ADDED b"])
    harness.create(ConfigMap(name: "c", namespace: "default"))
    harness.tellProgress()
    #expect(harness.seen(watch) == ["ADDED c"])
  }

  @Test func aWatchFromTooFarBackIsExpired() throws {
    var harness = Harness.ready()
    let first = try #require(
      harness.create(ConfigMap(name: "c0", namespace: "default")).object)
    for i in 1...50 { harness.create(ConfigMap(name: "c\(i)", namespace: "default")) }
    // The changes grow old, so the full ring drops them instead of growing.
    harness.advance(.seconds(80))
    for i in 51...160 { harness.create(ConfigMap(name: "c\(i)", namespace: "default")) }
    let watch = harness.watch(.configMap, from: first.resourceVersion)
    let status = try #require(harness.closed[watch] ?? nil)
    #expect(status.code == 410)
    #expect(status.reason == .expired)
    #expect(status.message.hasPrefix("too old resource version: \(first.resourceVersion) ("))
  }

  @Test func bookmarksComeEachMinuteToThoseThatWantThem() {
    var harness = Harness.ready()
    let wants = harness.watch(.pod, bookmarks: true)
    let not = harness.watch(.pod)
    harness.advance(.seconds(121))
    let bookmarks = harness.events[wants] ?? []
    #expect(bookmarks.count == 2 && bookmarks.allSatisfy { $0.kind == .bookmark })
    #expect(bookmarks.first?.object.metadata.name == "")
    #expect((bookmarks.last?.object.resourceVersion ?? 0) > 0)
    #expect(harness.events[not] == nil)
  }

  @Test func watchesEndBetweenHalfAnHourAndAnHour() {
    var harness = Harness.ready()
    let watch = harness.watch(.pod)
    harness.advance(.seconds(1799))
    #expect(harness.closed[watch] == nil)
    harness.advance(.seconds(1900))
    #expect(harness.closed[watch] != nil)
    #expect(harness.servers[0].view.watches == 0)
  }

  @Test func aCancelledWatchIsSilent() {
    var harness = Harness.ready()
    let watch = harness.watch(.pod)
    harness.step(0, .cancel(1, watch))
    harness.create(pod("web-1"))
    #expect(harness.events[watch] == nil)
    let other = harness.watch(.pod, from: harness.store.revision)
    harness.step(0, .connectionClosed(1))
    harness.create(pod("web-2"))
    #expect(harness.events[other] == nil)
    #expect(harness.servers[0].view.watches == 0)
  }

  @Test func watchesOutliveABrokenConnectionToEtcd() {
    var harness = Harness.ready()
    let watch = harness.watch(.pod)
    harness.disconnectEtcd()
    harness.create(pod("web-1"))
    #expect(harness.seen(watch).isEmpty)
    harness.advance(.seconds(2))
    #expect(harness.seen(watch) == ["ADDED web-1"])
  }

  @Test func twoServersTellTheSameStory() {
    var harness = Harness.ready(servers: 2)
    let request = APIRequest(.watch, .pod)
    let watch = harness.send(request, to: 1)
    harness.run()
    harness.create(pod("web-1"), to: 0)
    #expect(harness.seen(watch) == ["ADDED web-1"])
    #expect(harness.get(.pod, "default", "web-1", to: 1).object != nil)
  }
}
