import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct ReadTests {
  @Test func aListWithoutARevisionIsConsistent() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    harness.areWatchesHeld = true
    harness.create(pod("web-2"))
    let consistent = harness.send(APIRequest(.list, .pod))
    var any = APIRequest(.list, .pod)
    any.options.resourceVersion = 0
    #expect(harness.ask(any).items.map(\.metadata.name) == ["web-1"])
    #expect(harness.responses[consistent] == nil)
    harness.releaseWatches()
    harness.run()
    #expect(harness.responses[consistent]?.items.map(\.metadata.name) == ["web-1", "web-2"])
  }

  @Test func aQuietKindIsBroughtUpToDateByAProgressNotice() throws {
    var harness = Harness.ready()
    for i in 0..<5 { harness.create(ConfigMap(name: "c\(i)", namespace: "default")) }
    guard case .list(let items, let revision, _) = harness.ask(APIRequest(.list, .pod)) else {
      Issue.record("no list")
      return
    }
    #expect(items.isEmpty)
    #expect(revision == harness.store.revision)
  }

  @Test func aRevisionFromTheFutureTimesOut() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    let current = harness.servers[0].view.caches[Int(ResourceKind.pod.rawValue)].revision
    var request = APIRequest(.list, .pod)
    request.options.resourceVersion = current + 1000
    let id = harness.send(request)
    harness.advance(.seconds(2))
    #expect(harness.responses[id] == nil)
    harness.advance(.seconds(2))
    let status = harness.responses[id]?.status
    #expect(status?.code == 504)
    #expect(status?.retryAfterSeconds == 1)
    #expect(
      status?.message.hasPrefix("Timeout: Too large resource version: \(current + 1000), current: ")
        == true)
  }

  @Test func pagesAreOfOneRevision() throws {
    var harness = Harness.ready()
    for i in 0..<7 { harness.create(ConfigMap(name: "c\(i)", namespace: "default")) }
    var request = APIRequest(.list, .configMap, namespace: "default")
    request.options.limit = 3
    var names: [String] = []
    var revisions: Set<Int64> = []
    for page in 0..<3 {
      guard case .list(let items, let revision, let token) = harness.ask(request) else {
        Issue.record("no list")
        return
      }
      names += items.map(\.metadata.name)
      revisions.insert(revision)
      request.options.continueToken = token
      #expect(token.isEmpty == (page == 2))
      if page == 0 { harness.create(ConfigMap(name: "c55", namespace: "default")) }
    }
    #expect(names == (0..<7).map { "c\($0)" })
    #expect(revisions.count == 1)
  }

  @Test func aPageOfACompactedRevisionIsExpired() throws {
    var harness = Harness.ready()
    for i in 0..<7 { harness.create(ConfigMap(name: "c\(i)", namespace: "default")) }
    var request = APIRequest(.list, .configMap, namespace: "default")
    request.options.limit = 3
    guard case .list(_, _, let token) = harness.ask(request) else {
      Issue.record("no list")
      return
    }
    harness.create(ConfigMap(name: "late", namespace: "default"))
    try harness.store.compact(harness.store.revision)
    request.options.continueToken = token
    #expect(harness.ask(request).status?.code == 410)
  }

  @Test func anUnknownFieldIsRefused() {
    var harness = Harness.ready()
    var request = APIRequest(.list, .pod)
    request.options.fieldSelector = FieldSelector([.init("spec.colour", "red")])
    #expect(harness.ask(request).message == "field label not supported: spec.colour")
  }

  @Test func requestsWaitForTheCaches() {
    var harness = Harness(start: false)
    harness.etcdDelay = .milliseconds(10)
    harness.step(0, .started)
    let list = harness.send(APIRequest(.list, .namespace))
    let watch = harness.send(APIRequest(.watch, .namespace))
    harness.run()
    #expect(harness.responses[list] == nil)
    harness.advance(.milliseconds(200))
    #expect(harness.responses[list] != nil)
    #expect(harness.seen(watch).contains("ADDED default"))
    #expect(harness.servers[0].isReady)
  }
}
