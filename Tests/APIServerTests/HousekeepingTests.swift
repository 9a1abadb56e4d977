import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct HousekeepingTests {
  func event(_ name: String) -> KubeAPI.Event {
    var event = KubeAPI.Event(name: name, namespace: "default")
    event.involvedObject.kind = "Pod"
    event.involvedObject.namespace = "default"
    event.involvedObject.name = "web-1"
    event.reason = "Scheduled"
    return event
  }

  @Test func eventsLiveForAnHourAndShareALease() {
    var harness = Harness.ready()
    for i in 0..<5 { harness.create(event("web-1.\(i)")) }
    #expect(harness.ask(APIRequest(.list, .event)).items.count == 5)
    let leases = Set(
      (0..<5).map { harness.store.get(Key("/registry/events/default/web-1.\($0)"))?.lease })
    #expect(leases.count == 1 && !leases.contains(0))
    harness.advance(.seconds(3599))
    #expect(harness.ask(APIRequest(.list, .event)).items.count == 5)
    harness.advance(.seconds(70))
    #expect(harness.ask(APIRequest(.list, .event)).items.isEmpty)
  }

  @Test func oneServerCompactsEveryFiveMinutes() {
    var harness = Harness(servers: 3)
    harness.advance(.seconds(301))
    #expect(harness.store.compactRevision == -1)
    let atFive = harness.store.revision
    harness.advance(.seconds(300))
    #expect(harness.store.compactRevision > 0)
    #expect(harness.store.compactRevision <= atFive)
    let compactions = harness.notes.count { $0.message.hasPrefix("compacts etcd to revision") }
    #expect(compactions == 1)
  }

  @Test func theSameSeedGivesTheSameServer() {
    func run() -> (UInt64, UInt64) {
      var harness = Harness.ready(servers: 2)
      for i in 0..<20 { harness.create(pod("web-\(i)"), to: i % 2) }
      harness.advance(.seconds(700))
      var digest = Digest()
      harness.servers[0].digest(into: &digest)
      var stored = Digest()
      harness.store.digest(into: &stored)
      return (digest.value, stored.value)
    }
    let first = run()
    let second = run()
    #expect(first == second)
  }

  @Test func aCopyIsASnapshot() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    let before = harness
    harness.create(pod("web-2"))
    #expect(harness.servers[0].view.caches[Int(ResourceKind.pod.rawValue)].objects == 2)
    #expect(before.servers[0].view.caches[Int(ResourceKind.pod.rawValue)].objects == 1)
  }

  @Test func eventsAreReadFromEtcdAndHeldOnlyForWhoWatchesThem() {
    var harness = Harness.ready()
    for index in 0..<5 { harness.create(event("e\(index)")) }
    func cached() -> Int {
      harness.servers[0].view.caches[Int(ResourceKind.event.rawValue)].objects
    }
    #expect(cached() == 0)
    var page = APIRequest(.list, .event, namespace: "default")
    page.options.limit = 3
    guard case .list(let first, _, let token) = harness.ask(page) else {
      Issue.record("no list")
      return
    }
    page.options.continueToken = token
    let names = first + harness.ask(page).items
    #expect(names.map(\.metadata.name) == ["e0", "e1", "e2", "e3", "e4"])
    #expect(cached() == 0)

    let watch = harness.watch(.event)
    #expect(harness.seen(watch).count == 5)
    harness.create(event("e5"))
    #expect(harness.seen(watch) == ["ADDED e5"])
    #expect(cached() == 6)

    let request = APIRequest(.deletecollection, .event, namespace: "default")
    #expect(harness.ask(request).items.count == 6)
    #expect(harness.ask(APIRequest(.list, .event)).items.isEmpty)
  }
}
