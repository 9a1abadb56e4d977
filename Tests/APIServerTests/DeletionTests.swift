import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct DeletionTests {
  @Test func anUnscheduledPodGoesAtOnce() {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    let watch = harness.watch(.pod, from: harness.store.revision)
    #expect(harness.delete(.pod, "default", "web-1").object != nil)
    #expect(harness.seen(watch) == ["MODIFIED web-1", "DELETED web-1"])
    #expect(harness.get(.pod, "default", "web-1").message == "pods \"web-1\" not found")
  }

  @Test func aScheduledPodIsGivenItsGraceAndItMayOnlyShrink() throws {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    harness.bind("web-1", to: "worker-1")
    let marked = try #require(harness.delete(.pod, "default", "web-1").object?.pod)
    #expect(marked.metadata.deletionGracePeriodSeconds == 30)
    #expect(marked.metadata.deletionTimestamp == harness.wall + .seconds(30))
    #expect(marked.metadata.generation == 2)

    let longer = harness.delete(.pod, "default", "web-1", grace: 60)
    #expect(longer.object?.metadata.deletionGracePeriodSeconds == 30)
    let shorter = try #require(harness.delete(.pod, "default", "web-1", grace: 5).object)
    #expect(shorter.metadata.deletionGracePeriodSeconds == 5)
    #expect(shorter.metadata.deletionTimestamp == harness.wall + .seconds(5))
    #expect(shorter.metadata.generation == 2)

    harness.delete(.pod, "default", "web-1", grace: 0)
    #expect(harness.get(.pod, "default", "web-1").object == nil)
  }

  @Test func finalizersHoldAnObjectUntilTheLastIsGone() throws {
    var harness = Harness.ready()
    var map = ConfigMap(name: "kept", namespace: "default")
    map.metadata.finalizers = ["example.com/one"]
    harness.create(map)
    var marked = try #require(harness.delete(.configMap, "default", "kept").object?.configMap)
    #expect(marked.metadata.deletionTimestamp != nil)
    #expect(marked.metadata.deletionGracePeriodSeconds == 0)
    marked.metadata.finalizers = []
    #expect(harness.update(marked).object != nil)
    #expect(harness.get(.configMap, "default", "kept").message == "configmaps \"kept\" not found")
  }

  @Test(arguments: [
    ("Foreground", ["foregroundDeletion"]), ("Orphan", ["orphan"]),
  ]) func thePropagationPolicyIsWrittenDown(policy: String, finalizers: [String]) {
    var harness = Harness.ready()
    harness.create(deployment("web"))
    let marked = harness.delete(.deployment, "default", "web", policy: policy).object
    #expect(marked?.metadata.finalizers == finalizers)
    #expect(marked?.metadata.generation == 2)
    #expect(harness.get(.deployment, "default", "web").object != nil)
  }

  @Test func inTheBackgroundItGoesAtOnce() {
    var harness = Harness.ready()
    harness.create(deployment("web"))
    harness.delete(.deployment, "default", "web", policy: "Background")
    #expect(harness.get(.deployment, "default", "web").object == nil)
  }

  @Test func aDeletionOfAnotherObjectIsRefused() throws {
    var harness = Harness.ready()
    let uid = try #require(harness.create(pod("web-1")).object?.metadata.uid)
    var request = APIRequest(.delete, .pod, namespace: "default", name: "web-1")
    request.options.preconditionUID = UID(high: 1, low: 2)
    #expect(
      harness.ask(request).message
        == "Operation cannot be fulfilled on Pod \"web-1\": the UID in the precondition "
        + "(00000000-0000-0001-0000-000000000002) does not match the UID in record (\(uid.text)). "
        + "The object might have been deleted and then recreated")
  }

  @Test func aNamespaceGoesThroughTerminating() throws {
    var harness = Harness.ready()
    harness.create(Namespace(name: "shop"))
    var namespace = try #require(harness.delete(.namespace, "", "shop").object?.namespace)
    #expect(namespace.status.phase == "Terminating")
    #expect(namespace.metadata.deletionTimestamp != nil)
    #expect(
      harness.create(ConfigMap(name: "late", namespace: "shop")).message
        == "configmaps \"late\" is forbidden: unable to create new content in namespace shop "
        + "because it is being terminated")
    namespace.spec.finalizers = []
    #expect(harness.update(namespace, .finalize).object != nil)
    #expect(harness.get(.namespace, "", "shop").message == "namespaces \"shop\" not found")
  }

  @Test func systemNamespacesStay() {
    var harness = Harness.ready()
    #expect(
      harness.delete(.namespace, "", "kube-system").message
        == "namespaces \"kube-system\" is forbidden: this namespace may not be deleted")
  }

  @Test func aCollectionIsDeletedOneByOne() {
    var harness = Harness.ready()
    for i in 1...5 { harness.create(pod("web-\(i)", labels: ["app": i < 4 ? "web" : "db"])) }
    var request = APIRequest(.deletecollection, .pod, namespace: "default")
    request.user = "admin"
    request.options.labelSelector = LabelSelector(matchLabels: ["app": "web"])
    #expect(harness.ask(request).items.count == 3)
    let left = harness.ask(APIRequest(.list, .pod)).items.map(\.metadata.name)
    #expect(left == ["web-4", "web-5"])
    #expect(harness.servers[0].view.writesInFlight == 0)
  }

  @Test func anEvictionDeletesAndIsSatisfiedByADeletionUnderWay() throws {
    var harness = Harness.ready()
    harness.create(pod("web-1"))
    harness.bind("web-1", to: "worker-1")
    var request = APIRequest(.create, .pod, namespace: "default", name: "web-1")
    request.subresource = .eviction
    let first = try #require(harness.ask(request).object)
    #expect(first.metadata.deletionTimestamp != nil)
    let revision = harness.store.revision
    #expect(harness.ask(request).object != nil)
    #expect(harness.store.revision == revision)
  }
}

func deployment(_ name: String) -> Deployment {
  var deployment = Deployment(name: name, namespace: "default")
  deployment.spec.replicas = 3
  deployment.spec.selector = LabelSelector(matchLabels: ["app": name])
  deployment.spec.template.metadata.labels = ["app": name]
  deployment.spec.template.spec = pod("").spec
  return deployment
}
