import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct FailureTests {
  @Test func etcdsRefusalIsPassedOn() {
    var harness = Harness.ready()
    harness.etcdFailure = EtcdError(.unavailable, "etcdserver: request timed out")
    let status = harness.create(ConfigMap(name: "a", namespace: "default")).status
    #expect(status?.code == 500)
    #expect(status?.message == "etcdserver: request timed out")
  }

  @Test func aReadIsTriedAgainUntilEtcdAnswers() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    harness.etcdFailure = EtcdError(.unavailable, "etcdserver: no leader")
    let id = harness.send(APIRequest(.get, .pod, namespace: "default", name: "web-1"))
    harness.advance(.seconds(5))
    #expect(harness.responses[id] == nil)
    harness.etcdFailure = nil
    harness.advance(.seconds(1))
    #expect(harness.responses[id]?.object != nil)
  }

  @Test func aSilentEtcdMeansATimeout() {
    var harness = Harness.ready()
    harness.isEtcdSilent = true
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.body = .object(ConfigMap(name: "a", namespace: "default").boxed)
    let write = harness.send(request)
    harness.advance(.seconds(59))
    #expect(harness.responses[write] == nil)
    harness.advance(.seconds(2))
    let status = harness.responses[write]?.status
    #expect(status?.code == 504)
    #expect(
      status?.message
        == "Timeout: request did not complete within requested timeout - context deadline exceeded")
    #expect(harness.servers[0].view.writesInFlight == 0)
  }

  @Test func moreThanItCanHoldIsTurnedAway() {
    var harness = Harness.ready()
    harness.isEtcdSilent = true
    var last: UInt64 = 0
    for i in 0...200 {
      var request = APIRequest(.create, .configMap, namespace: "default")
      request.body = .object(ConfigMap(name: "c\(i)", namespace: "default").boxed)
      last = harness.send(request)
    }
    #expect(harness.responses[last]?.status?.code == 429)
    #expect(harness.responses[last]?.message == "Too many requests, please try again later.")
    #expect(harness.responses.values.count { $0.status?.code == 429 } == 1)
    var get = APIRequest(.get, .configMap, namespace: "default", name: "x")
    get.options.resourceVersion = 0
    #expect(harness.ask(get).status?.code == 404)
    harness.step(0, .connectionClosed(1))
    #expect(harness.servers[0].view.writesInFlight == 0)
  }

  @Test func aBrokenConnectionToEtcdFailsTheWritesUnderWay() {
    var harness = Harness.ready()
    harness.isEtcdSilent = true
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.body = .object(ConfigMap(name: "a", namespace: "default").boxed)
    let write = harness.send(request)
    harness.isEtcdSilent = false
    harness.disconnectEtcd()
    harness.run()
    #expect(harness.responses[write]?.status?.code == 500)
  }

  @Test func aRestartForgetsEverythingAndComesBack() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    _ = harness.watch(.pod)
    harness.kill(0)
    harness.revive(0)
    #expect(harness.servers[0].view.watches == 0)
    #expect(harness.ask(APIRequest(.list, .pod)).items.count == 1)
  }

  @Test func aCompactedGapStartsACacheAnew() throws {
    var harness = Harness.ready()
    let watch = harness.watch(.pod)
    harness.disconnectEtcd()
    harness.create(ConfigMap(name: "a", namespace: "default"))
    for i in 0..<5 {
      var request = APIRequest(.create, .pod, namespace: "default")
      request.body = .object(pod("web-\(i)").boxed)
      harness.ask(request)
    }
    try harness.store.compact(harness.store.revision)
    harness.advance(.seconds(3))
    #expect(harness.closed[watch] != nil)
    #expect(harness.servers[0].view.caches[Int(ResourceKind.pod.rawValue)].objects == 5)
  }

  @Test func twoWritersOfOneObjectLoseNothing() {
    var harness = Harness.ready(servers: 2)
    harness.create(ConfigMap(name: "shared", namespace: "default"))
    harness.etcdDelay = .milliseconds(5)
    var ids: [UInt64] = []
    for i in 0..<20 {
      var request = APIRequest(.patch, .configMap, namespace: "default", name: "shared")
      request.body = .patch(
        Patch(
          .merge,
          .object(JSONObject([("data", .object(JSONObject([("k\(i)", .string("v"))])))]))))
      ids.append(harness.send(request, to: i % 2))
    }
    harness.advance(.seconds(2))
    for id in ids { #expect(harness.responses[id]?.object != nil) }
    harness.etcdDelay = .zero
    #expect(harness.get(.configMap, "default", "shared").object?.configMap?.data.count == 20)
  }

  @Test func aWriteThatOutlivesItsClientIsStillNoted() {
    var harness = Harness.ready()
    harness.etcdDelay = .milliseconds(5)
    var request = APIRequest(.create, .configMap, namespace: "default")
    request.body = .object(ConfigMap(name: "a", namespace: "default").boxed)
    let write = harness.send(request)
    harness.step(0, .connectionClosed(1))
    harness.advance(.milliseconds(20))
    #expect(harness.responses[write] == nil)
    #expect(
      harness.notes.last?.message.hasPrefix("created configmap default/a at revision") == true)
    #expect(harness.servers[0].view.writesInFlight == 0)
  }

  @Test func aWatchThatCatchesUpInPartsMissesNothing() {
    var harness = Harness.ready()
    let watch = harness.watch(.configMap)
    harness.disconnectEtcd()
    for i in 0..<1200 { harness.create(ConfigMap(name: "c\(i)", namespace: "default")) }
    harness.advance(.seconds(25))
    #expect(harness.events[watch]?.count == 1200)
    let cached = harness.servers[0].view.caches[Int(ResourceKind.configMap.rawValue)].objects
    #expect(cached == 1200)
  }
}
