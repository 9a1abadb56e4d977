import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct CRUDTests {
  @Test func systemNamespacesAreMadeAtStart() {
    var harness = Harness()
    #expect(harness.servers[0].isReady)
    let names = harness.ask(APIRequest(.list, .namespace)).items.map(\.metadata.name)
    #expect(names == ["default", "kube-node-lease", "kube-public", "kube-system"])
    let namespace = harness.get(.namespace, "", "default").object?.namespace
    #expect(namespace?.status.phase == "Active")
    #expect(namespace?.spec.finalizers == ["kubernetes"])
  }

  @Test func aCreatedPodIsCompletedAndNoted() throws {
    var harness = Harness.ready()
    let created = try #require(harness.create(pod("web-1"), user: "alice").object?.pod)
    #expect(created.status.phase == "Pending")
    #expect(created.status.qosClass == "BestEffort")
    #expect(created.metadata.generation == 1)
    #expect(!created.metadata.uid.isNone)
    #expect(created.metadata.creationTimestamp == .powerOn)
    #expect(created.resourceVersion == harness.store.revision)
    #expect(created.spec.serviceAccountName == "default")
    #expect(created.spec.priority == 0)
    #expect(created.spec.tolerations.map(\.tolerationSeconds) == [300, 300])
    #expect(created.spec.volumes.count == 1)
    #expect(created.spec.volumes[0].name.hasPrefix("kube-api-access-"))
    let note = try #require(harness.notes.last)
    #expect(
      note.message
        == "created pod default/web-1 at revision \(created.resourceVersion) for alice")
    #expect(note.revision == created.resourceVersion)
  }

  @Test func whatLiesInEtcdHasNoResourceVersion() throws {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    let kv = try #require(harness.store.get("/registry/pods/default/web-1"))
    guard case .boxed(let content) = kv.value else {
      Issue.record("not boxed")
      return
    }
    #expect((content as? APIObject)?.resourceVersion == 0)
  }

  @Test func refusalsInTheRealWords() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    #expect(harness.create(pod("web-1")).message == "pods \"web-1\" already exists")
    #expect(harness.get(.pod, "default", "nope").message == "pods \"nope\" not found")
    #expect(
      harness.create(pod("web-1", namespace: "nowhere")).message
        == "namespaces \"nowhere\" not found")
    #expect(
      harness.delete(.deployment, "default", "nope").message
        == "deployments.apps \"nope\" not found")
    var other = pod("web-2")
    other.spec.serviceAccountName = "robot"
    #expect(
      harness.create(other).message
        == "pods \"web-2\" is forbidden: error looking up service account default/robot: "
        + "serviceaccount \"robot\" not found")
  }

  @Test func generateNameDrawsASuffix() throws {
    var harness = Harness.ready()
    var template = pod("")
    template.metadata.generateName = "web-"
    let first = try #require(harness.create(template).object?.metadata.name)
    let second = try #require(harness.create(template).object?.metadata.name)
    #expect(first != second)
    #expect(first.count == 9)
    #expect(first.dropFirst(4).allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) })
  }

  @Test func aStaleUpdateLoses() throws {
    var harness = Harness.ready()
    let map = try #require(
      harness.create(ConfigMap(name: "settings", namespace: "default")).object?.configMap)
    var first = map
    first.data = ["a": "1"]
    #expect(harness.update(first).object != nil)
    var second = map
    second.data = ["a": "2"]
    #expect(
      harness.update(second).message
        == "Operation cannot be fulfilled on configmaps \"settings\": the object has been modified; "
        + "please apply your changes to the latest version and try again")
    second.resourceVersion = 0
    #expect(harness.update(second).object?.configMap?.data["a"] == "2")
  }

  @Test func anUpdateFromAStaleCacheIsTriedAgain() throws {
    var harness = Harness.ready()
    let map = try #require(
      harness.create(ConfigMap(name: "settings", namespace: "default")).object?.configMap)
    harness.areWatchesHeld = true
    var changed = map
    changed.data = ["a": "1"]
    changed = try #require(harness.update(changed).object?.configMap)
    // The cache still holds the first revision; the client is ahead of it.
    changed.data = ["a": "2"]
    #expect(harness.update(changed).object?.configMap?.data["a"] == "2")
    harness.releaseWatches()
    harness.run()
    let cached = harness.servers[0].cached(.configMap, map.key)?.configMap
    #expect(cached?.data["a"] == "2")
  }

  @Test func anUpdateThatChangesNothingWritesNothing() throws {
    var harness = Harness.ready()
    let map = try #require(
      harness.create(ConfigMap(name: "settings", namespace: "default")).object?.configMap)
    let before = harness.store.revision
    #expect(harness.update(map).object?.resourceVersion == map.resourceVersion)
    #expect(harness.store.revision == before)
  }

  @Test func specAndStatusHaveTheirOwnDoors() throws {
    var harness = Harness.ready()
    var deployment = deployment("web")
    deployment.status.replicas = 9
    deployment = try #require(harness.create(deployment).object?.deployment)
    #expect(deployment.status.replicas == 0)
    #expect(deployment.metadata.generation == 1)

    deployment.spec.replicas = 5
    deployment.status.replicas = 9
    deployment = try #require(harness.update(deployment).object?.deployment)
    #expect(deployment.metadata.generation == 2)
    #expect(deployment.status.replicas == 0)

    deployment.spec.replicas = 7
    deployment.status.replicas = 4
    deployment = try #require(harness.update(deployment, .status).object?.deployment)
    #expect(deployment.spec.replicas == 5)
    #expect(deployment.status.replicas == 4)
    #expect(deployment.metadata.generation == 2)
  }

  @Test func aLeaseNeedsItsRevisionAndMayBeMadeByAnUpdate() throws {
    var harness = Harness.ready()
    let lease = KubeAPI.Lease(name: "worker-1", namespace: "kube-node-lease")
    var held = try #require(harness.update(lease).object?.lease)
    held.spec.holderIdentity = "worker-1"
    held.resourceVersion = 0
    #expect(
      harness.update(held).message
        == "Lease.coordination.k8s.io \"worker-1\" is invalid: metadata.resourceVersion: "
        + "Invalid value: 0: must be specified for an update")
  }
}
