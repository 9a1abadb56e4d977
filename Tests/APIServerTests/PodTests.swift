import Basics
import KubeAPI
import MVCC
import Testing

@testable import APIServer

@Suite struct PodTests {
  @Test func aPodIsBoundOnce() throws {
    var harness = Harness.ready()
    var node = Node(name: "worker-1")
    node.metadata.labels = ["topology.kubernetes.io/zone": "a"]
    harness.create(node)
    harness.create(pod("web-1"))
    harness.bind("web-1", to: "worker-1")
    let bound = try #require(harness.get(.pod, "default", "web-1").object?.pod)
    #expect(bound.spec.nodeName == "worker-1")
    #expect(bound.status.conditions.isTrue("PodScheduled"))
    #expect(bound.metadata.labels["topology.kubernetes.io/zone"] == "a")
    #expect(bound.metadata.generation == 1)
    #expect(
      harness.bind("web-1", to: "worker-2").message
        == "Operation cannot be fulfilled on pods/binding \"web-1\": pod web-1 is already assigned "
        + "to node \"worker-1\"")
    #expect(
      harness.notes.last { $0.kind == .write }?.message.hasPrefix("bound to worker-1 pod") == true)
  }

  @Test func aPodInDeletionIsNotBound() {
    var harness = Harness.ready()
    var held = pod("web-1")
    held.metadata.finalizers = ["example.com/hold"]
    harness.create(held)
    harness.delete(.pod, "default", "web-1")
    #expect(
      harness.bind("web-1", to: "worker-1").message
        == "Operation cannot be fulfilled on pods/binding \"web-1\": pod web-1 is being deleted, "
        + "cannot be assigned to a host")
  }

  @Test func aNewNodeIsNotReadyYet() {
    var harness = Harness.ready()
    let node = harness.create(Node(name: "worker-1")).object?.node
    #expect(
      node?.spec.taints == [Taint(key: "node.kubernetes.io/not-ready", effect: "NoSchedule")])
  }

  @Test func gatesAreShownAsACondition() {
    var harness = Harness.ready()
    var gated = pod("web-1")
    gated.spec.schedulingGates = ["example.com/wait"]
    let condition = harness.create(gated).object?.pod?.status.conditions["PodScheduled"]
    #expect(condition?.status == "False")
    #expect(condition?.reason == "SchedulingGated")
  }

  @Test func theDefaultAccountMayComeAMomentLater() {
    var harness = Harness()
    var request = APIRequest(.create, .pod, namespace: "default", name: "early")
    request.body = .object(pod("early").boxed)
    let id = harness.send(request)
    harness.run()
    #expect(harness.responses[id] == nil)
    harness.create(ServiceAccount(name: "default", namespace: "default"))
    harness.advance(.milliseconds(200))
    #expect(harness.responses[id]?.object?.pod?.spec.serviceAccountName == "default")
  }

  @Test func aPodWithoutAnAccountIsRefusedInTheEnd() {
    var harness = Harness()
    var request = APIRequest(.create, .pod, namespace: "default", name: "early")
    request.body = .object(pod("early").boxed)
    let id = harness.send(request)
    harness.advance(.seconds(3))
    #expect(harness.responses[id]?.status?.code == 403)
  }

  @Test func priorityClassesOfTheSystemAreKnown() {
    var harness = Harness.ready()
    var critical = pod("dns")
    critical.spec.priorityClassName = "system-cluster-critical"
    #expect(harness.create(critical).object?.pod?.spec.priority == 2_000_000_000)
    var unknown = pod("vip")
    unknown.spec.priorityClassName = "vip"
    #expect(
      harness.create(unknown).message
        == "pods \"vip\" is forbidden: no PriorityClass with name vip was found")
  }

  @Test(
    arguments: [
      (nil, nil, "BestEffort"), ("100m", nil, "Burstable"), ("100m", "100m", "Guaranteed"),
      (nil, "100m", "Guaranteed"), ("50m", "100m", "Burstable"),
    ] as [(String?, String?, String)]) func quality(
      request: String?, limit: String?, expected: String
    )
  {
    func list(_ cpu: String?) -> ResourceList {
      guard let cpu else { return [:] }
      let value = Quantity(milliValue: Int64(cpu.dropLast()) ?? 0)
      return ["cpu": value, "memory": Quantity(Int64(cpu.dropLast()) ?? 0)]
    }
    var harness = Harness.ready()
    var sized = pod("sized")
    sized.spec.containers[0].resources.requests = list(request)
    sized.spec.containers[0].resources.limits = list(limit)
    #expect(harness.create(sized).object?.pod?.status.qosClass == expected)
  }

  @Test func statusAndSpecOfAPodAreApart() throws {
    var harness = Harness.ready()
    var current = try #require(harness.create(pod("web-1")).object?.pod)
    current.status.phase = "Running"
    current.spec.nodeName = "elsewhere"
    let updated = try #require(harness.update(current, .status).object?.pod)
    #expect(updated.status.phase == "Running")
    #expect(updated.spec.nodeName == "")
    #expect(updated.status.qosClass == "BestEffort")
    let created = try #require(harness.servers[0].cached(.pod, current.key)?.pod)
    #expect(created.$spec.isIdentical(to: updated.$spec))
  }

  @Test func aRepeatOfAnEventIsNoSecondCopyOfIt() throws {
    var harness = Harness.ready()
    var target = TargetReference()
    target.kind = "Pod"
    target.namespace = "default"
    target.name = "web-1"
    var event = Event(name: "web-1.1", namespace: "default")
    event.involvedObject = target
    event.message = "a message that is too long to be kept in place"
    event.count = 1
    let created = try #require(harness.create(event).object?.event)
    var request = APIRequest(.patch, .event, namespace: "default", name: "web-1.1")
    request.user = "admin"
    request.body = .patch(Patch(.strategicMerge, .object(JSONObject([("count", .integer(2))]))))
    let repeated = try #require(harness.ask(request).object?.event)
    #expect(repeated.count == 2)
    #expect(created.$involvedObject.isIdentical(to: repeated.$involvedObject))
    #expect(created.$metadata.isIdentical(to: repeated.$metadata))
  }

  @Test func anImmutableFieldStays() throws {
    var harness = Harness.ready()
    var current = try #require(harness.create(pod("web-1")).object?.pod)
    current.spec.containers[0].name = "renamed"
    let status = try #require(harness.update(current).status)
    #expect(status.code == 422)
    #expect(status.message.hasPrefix("Pod \"web-1\" is invalid: spec: Forbidden: pod updates may"))
    current.spec.containers[0].name = "app"
    current.spec.containers[0].image = "nginx:2"
    #expect(harness.update(current).object?.metadata.generation == 2)
  }

  @Test func scaling() throws {
    var harness = Harness.ready()
    harness.create(deployment("web"))
    var request = APIRequest(.update, .deployment, namespace: "default", name: "web")
    request.subresource = .scale
    request.body = .scale(replicas: 9, resourceVersion: 0)
    let scaled = try #require(harness.ask(request).object?.deployment)
    #expect(scaled.spec.replicas == 9)
    #expect(scaled.metadata.generation == 2)
    request.body = .scale(replicas: 1, resourceVersion: 1)
    #expect(harness.ask(request).status?.isConflict == true)
  }

  @Test func aMergePatchChangesOnlyWhatItNames() throws {
    var harness = Harness.ready()
    let created = try #require(harness.create(pod("web-1")).object?.pod)
    var request = APIRequest(.patch, .pod, namespace: "default", name: "web-1")
    request.body = .patch(
      Patch(.merge, try JSONParser.parse("{\"metadata\":{\"labels\":{\"tier\":\"front\"}}}")))
    let answer = harness.ask(request)
    let patched = try #require(answer.object?.pod, "\(answer.message)")
    #expect(patched.metadata.labels == ["tier": "front"])
    #expect(patched.spec == created.spec)
    #expect(patched.metadata.generation == 1)
    let revision = harness.store.revision
    #expect(harness.ask(request).object?.resourceVersion == patched.resourceVersion)
    #expect(harness.store.revision == revision)
  }
}

@Suite struct PatchTests {
  func patched(_ format: Patch.Format, _ text: String) throws -> APIResponse {
    var harness = Harness.ready()
    harness.create(deployment("web"))
    var request = APIRequest(.patch, .deployment, namespace: "default", name: "web")
    request.body = .patch(Patch(format, try JSONParser.parse(text)))
    return harness.ask(request)
  }

  @Test func strategicMergeFindsAContainerByItsName() throws {
    let answer = try patched(
      .strategicMerge,
      "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"nginx:2\"}]}}}}"
    )
    let deployment = try #require(answer.object?.deployment, "\(answer.message)")
    #expect(deployment.spec.template.spec.containers.map(\.image) == ["nginx:2"])
    #expect(deployment.metadata.generation == 2)
  }

  @Test func aJSONPatchNamesPlaces() throws {
    let answer = try patched(
      .json, "[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":7}]")
    #expect(answer.object?.deployment?.spec.replicas == 7, "\(answer.message)")
  }

  @Test func aPatchMayNameARevision() throws {
    let answer = try patched(
      .merge, "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"replicas\":7}}")
    #expect(answer.status?.isConflict == true)
  }
}
