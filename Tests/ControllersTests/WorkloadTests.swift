import Basics
import KubeAPI
import Testing

@testable import Controllers

@Suite struct WorkloadTests {
  private func cluster(nodes: Int = 3) -> TestCluster {
    var cluster = TestCluster()
    for at in 1...nodes { cluster.addNode("worker-\(at)") }
    cluster.run(.seconds(5))
    return cluster
  }

  @Test func deploymentComesUp() throws {
    var cluster = cluster()
    #expect(cluster.manager.isLeader)
    cluster.create(makeDeployment("web", replicas: 3))
    #expect(
      cluster.run(until: .seconds(30)) { $0.deployment("web")?.status.availableReplicas == 3 })
    cluster.run(.seconds(1))
    let deployment = try #require(cluster.deployment("web"))
    #expect(deployment.metadata.annotations["deployment.kubernetes.io/revision"] == "1")
    #expect(deployment.status.conditions.map(\.type) == ["Available", "Progressing"])
    #expect(deployment.status.conditions["Progressing"]?.reason == "NewReplicaSetAvailable")
    #expect(deployment.status.observedGeneration == 1)
    let sets = cluster.api.all(ReplicaSet.self)
    #expect(sets.count == 1)
    #expect(
      cluster.events("ScalingReplicaSet") == [
        "Scaled up replica set \(sets[0].metadata.name) from 0 to 3"
      ])
    #expect(cluster.events("SuccessfulCreate").count == 3)
    #expect(cluster.pods().allSatisfy { $0.metadata.name.hasPrefix(sets[0].metadata.name + "-") })
    #expect(cluster.said("replicaset-controller created pod web-"))
  }

  @Test func podsShareTheTemplate() {
    var cluster = cluster()
    var deployment = makeDeployment("web", replicas: 3)
    var toleration = Toleration()
    toleration.operatorName = "Exists"
    deployment.spec.template.spec.tolerations = [toleration]
    cluster.create(deployment)
    cluster.startDelay = .seconds(100)
    for name in ["worker-1", "worker-2", "worker-3"] {
      cluster.change(ObjectKey(name: name)) { (node: inout Node) in
        node.spec.taints = [Taint(key: "full", effect: "NoSchedule")]
      }
    }
    _ = cluster.run(until: .seconds(10)) { $0.pods().count == 3 }
    let pods = cluster.pods().filter { $0.spec.nodeName.isEmpty }
    #expect(pods.count == 3)
    #expect(pods[0].$spec.isIdentical(to: pods[1].$spec))
  }

  @Test func rollingUpdateKeepsItsBounds() throws {
    var cluster = cluster()
    cluster.create(
      makeDeployment("web", replicas: 10, surge: .integer(3), unavailable: .integer(2)))
    #expect(
      cluster.run(until: .seconds(60)) { $0.deployment("web")?.status.availableReplicas == 10 })
    cluster.run(.seconds(5))
    cluster.invariant = { cluster in
      let active = cluster.pods().filter { $0.metadata.deletionTimestamp == nil }
      #expect(active.count <= 13)
      #expect(active.filter { $0.status.conditions.isTrue("Ready") }.count >= 8)
    }
    cluster.change(ObjectKey(namespace: "default", name: "web")) { (web: inout Deployment) in
      web.spec.template.spec.containers[0].image = "v2"
      web.metadata.generation += 1
    }
    #expect(
      cluster.run(until: .seconds(120)) { cluster in
        guard let web = cluster.deployment("web") else { return false }
        return web.isComplete(web.status)
      })
    cluster.run(.seconds(5))
    let web = try #require(cluster.deployment("web"))
    #expect(web.metadata.annotations["deployment.kubernetes.io/revision"] == "2")
    #expect(web.status.conditions["Progressing"]?.reason == "NewReplicaSetAvailable")
    #expect(cluster.pods().allSatisfy { $0.spec.containers[0].image == "v2" })
    #expect(cluster.api.all(ReplicaSet.self).map(\.wanted).sorted() == [0, 10])
  }

  @Test func brokenUpdateStopsAndTimesOut() throws {
    var cluster = cluster()
    cluster.brokenImages = ["bad"]
    cluster.create(makeDeployment("web", replicas: 4))
    #expect(
      cluster.run(until: .seconds(60)) { $0.deployment("web")?.status.availableReplicas == 4 })
    cluster.change(ObjectKey(namespace: "default", name: "web")) { (web: inout Deployment) in
      web.spec.template.spec.containers[0].image = "bad"
      web.spec.progressDeadlineSeconds = 60
      web.metadata.generation += 1
    }
    cluster.run(.seconds(50))
    var web = try #require(cluster.deployment("web"))
    #expect(web.status.conditions["Progressing"]?.reason == "ReplicaSetUpdated")
    #expect(web.status.availableReplicas == 3)
    cluster.run(.seconds(30))
    web = try #require(cluster.deployment("web"))
    #expect(web.status.conditions["Progressing"]?.reason == "ProgressDeadlineExceeded")
    #expect(web.status.conditions["Progressing"]?.status == "False")
    #expect(cluster.pods().count == 5)
  }

  @Test func recreateNeverMixesTemplates() {
    var cluster = cluster()
    var web = makeDeployment("web", replicas: 4)
    web.spec.strategyType = "Recreate"
    web.spec.maxSurge = nil
    web.spec.maxUnavailable = nil
    cluster.create(web)
    #expect(
      cluster.run(until: .seconds(60)) { $0.deployment("web")?.status.availableReplicas == 4 })
    cluster.invariant = { cluster in
      #expect(Set(cluster.pods().map { $0.spec.containers[0].image }).count <= 1)
    }
    cluster.change(ObjectKey(namespace: "default", name: "web")) { (web: inout Deployment) in
      web.spec.template.spec.containers[0].image = "v2"
      web.metadata.generation += 1
    }
    #expect(
      cluster.run(until: .seconds(60)) { cluster in
        cluster.pods().count == 4
          && cluster.pods().allSatisfy {
            $0.spec.containers[0].image == "v2" && $0.status.conditions.isTrue("Ready")
          }
      })
  }

  @Test func scalingDuringRolloutIsProportional() {
    let now = Timestamp.powerOn
    var web = makeDeployment("web", replicas: 15, surge: .integer(3), unavailable: .integer(2))
    func set(_ name: String, _ replicas: Int32, _ image: String) -> ReplicaSet {
      var set = ReplicaSet(name: name, namespace: "default")
      set.spec.replicas = replicas
      set.spec.template = web.spec.template
      set.spec.template.spec.containers[0].image = image
      set.metadata.annotations["deployment.kubernetes.io/desired-replicas"] = "10"
      set.metadata.annotations["deployment.kubernetes.io/max-replicas"] = "13"
      return set
    }
    let sets = [set("web-a", 8, "v0"), set("web-b", 5, "v1")]
    web.spec.template.spec.containers[0].image = "v1"
    var rollout = Rollout(web, sets, now: now)
    #expect(rollout.isScalingEvent)
    rollout.scaleProportionally()
    // 15 + 3 - 13 = 5 more: 8 * 18/13 = 11, 5 * 18/13 = 7.
    #expect(rollout.sets.map(\.wanted) == [11, 7])
  }

  @Test func historyIsLimited() {
    var cluster = cluster()
    var web = makeDeployment("web", replicas: 1)
    web.spec.revisionHistoryLimit = 2
    cluster.create(web)
    for version in 2...6 {
      cluster.run(.seconds(20))
      cluster.change(ObjectKey(namespace: "default", name: "web")) { (web: inout Deployment) in
        web.spec.template.spec.containers[0].image = "v\(version)"
        web.metadata.generation += 1
      }
    }
    cluster.run(.seconds(30))
    let revisions = cluster.api.all(ReplicaSet.self).map(\.revision).sorted()
    #expect(revisions == [4, 5, 6])
  }

  @Test func createFailuresAreReportedAndRetried() throws {
    var cluster = cluster()
    let status = APIStatus(code: 403, reason: .forbidden, message: "exceeded quota: small")
    cluster.api.refusals = (0..<3).map { _ in (.create, .pod, status) }
    cluster.create(makeDeployment("web", replicas: 3))
    #expect(cluster.run(until: .seconds(1)) { $0.api.refusals.isEmpty })
    // Slow start: the first batch is one pod, and after its failure there is no second.
    #expect(cluster.api.counts["create pods"] == 3)
    let set = try #require(cluster.api.all(ReplicaSet.self).first)
    #expect(set.status.conditions["ReplicaFailure"]?.reason == "FailedCreate")
    #expect(
      cluster.run(until: .seconds(10)) { $0.deployment("web")?.status.availableReplicas == 3 })
    cluster.run(.seconds(2))
    #expect(cluster.api.all(ReplicaSet.self)[0].status.conditions.isEmpty)
    #expect(cluster.events("FailedCreate") == ["Error creating: exceeded quota: small"])
  }

  @Test func scalingDownPrefersPodsThatServeNobody() {
    func pod(_ name: String, node: String, phase: String, ready: Bool, cost: String? = nil) -> Pod {
      var pod = Pod(name: name)
      pod.spec.nodeName = node
      pod.status.phase = phase
      pod.status.conditions = [Condition(type: "Ready", status: ready ? "True" : "False")]
      pod.metadata.annotations["controller.kubernetes.io/pod-deletion-cost"] = cost
      pod.metadata.uid = UID(high: 0, low: UInt64(name.utf8.last ?? 0))
      return pod
    }
    let pods = [
      pod("a", node: "n1", phase: "Running", ready: true),
      pod("b", node: "n1", phase: "Running", ready: true),
      pod("c", node: "n2", phase: "Running", ready: true, cost: "-5"),
      pod("d", node: "n2", phase: "Running", ready: false),
      pod("e", node: "n3", phase: "Pending", ready: false),
      pod("f", node: "", phase: "Pending", ready: false),
      pod("g", node: "n3", phase: "Running", ready: true),
    ]
    let order = PodDeletionOrder(now: .powerOn).choose(6, of: pods, related: pods)
    #expect(order.map(\.metadata.name) == ["f", "e", "d", "c", "a", "b"])
  }

  @Test func endpointsFollowReadiness() throws {
    var cluster = cluster()
    var service = Service(name: "web", namespace: "default")
    service.spec.selector = ["app": "web"]
    var port = ServicePort()
    port.port = 80
    port.targetPort = .integer(8080)
    service.spec.ports = [port]
    cluster.create(service)
    cluster.run(.seconds(1))
    // An empty slice stands for no endpoints at all.
    #expect(cluster.api.all(EndpointSlice.self).map(\.endpoints.count) == [0])
    cluster.create(makeDeployment("web", replicas: 3))
    #expect(
      cluster.run(until: .seconds(20)) { cluster in
        let slices = cluster.api.all(EndpointSlice.self)
        return slices.count == 1 && slices[0].endpoints.filter { $0.ready == true }.count == 3
      })
    let slice = try #require(cluster.api.all(EndpointSlice.self).first)
    #expect(slice.metadata.labels["kubernetes.io/service-name"] == "web")
    #expect(slice.ports.map(\.port) == [8080])
    #expect(slice.addressType == "IPv4")
    cluster.stopDelay = .seconds(20)
    cluster.change(ObjectKey(namespace: "default", name: "web")) { (web: inout Deployment) in
      web.spec.replicas = 2
      web.metadata.generation += 1
    }
    cluster.run(.seconds(5))
    let leaving = try #require(
      cluster.api.all(EndpointSlice.self)[0].endpoints.first { $0.terminating == true })
    #expect(leaving.ready == false && leaving.serving == true)
  }

  @Test func slicesHoldAHundredAndDoNotMerge() {
    func endpoint(_ number: Int) -> Endpoint {
      var endpoint = Endpoint()
      endpoint.addresses = ["10.0.\(number / 250).\(number % 250)"]
      return endpoint
    }
    func slice(_ name: String, _ endpoints: [Endpoint]) -> EndpointSlice {
      var slice = EndpointSlice(name: name)
      slice.endpoints = endpoints
      return slice
    }
    let all = (0..<250).map(endpoint)
    let plan = EndpointSlicePlan(desired: all, existing: [])
    #expect(plan.created.map(\.count) == [100, 100, 50])
    let slices = plan.created.enumerated().map { slice("s\($0.offset)", $0.element) }
    // Half of them go: each slice shrinks where it is.
    let half = all.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let shrunk = EndpointSlicePlan(desired: half, existing: slices)
    #expect(shrunk.updated.map(\.endpoints.count) == [50, 50, 25])
    #expect(shrunk.created.isEmpty && shrunk.deleted.isEmpty)
    // New ones fill the fullest slice that has room for them.
    let grown = EndpointSlicePlan(
      desired: half + (300..<310).map(endpoint), existing: shrunk.updated)
    #expect(grown.updated.map(\.endpoints.count) == [60])
  }
}
