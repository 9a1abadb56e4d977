import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

@Suite struct PodProblemTests {
  private func waiting(_ lab: Lab, _ name: String) -> (reason: String, message: String)? {
    guard
      case .waiting(let reason, let message)? = lab.pod(name)?.status.containerStatuses.first?.state
    else { return nil }
    return (reason, message)
  }

  @Test func anImageThatDoesNotExist() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("bad") { $0.spec.containers[0].image = "shop/does-not-exist:v1" }
    let first = lab.run { self.waiting(lab, "bad")?.reason == "ErrImagePull" }
    #expect(first != nil)
    let text =
      "rpc error: code = Unknown desc = failed to pull and unpack image "
      + "\"docker.io/shop/does-not-exist:v1\": failed to resolve reference "
      + "\"docker.io/shop/does-not-exist:v1\": pull access denied, repository does not exist or may "
      + "require authorization: server message: insufficient_scope: authorization failed"
    #expect(waiting(lab, "bad")?.message == text)
    lab.run { self.waiting(lab, "bad")?.reason == "ImagePullBackOff" }
    #expect(
      waiting(lab, "bad")?.message
        == "Back-off pulling image \"shop/does-not-exist:v1\": ErrImagePull: " + text)
    let events = lab.events("bad")
    #expect(events.contains("Failed: Failed to pull image \"shop/does-not-exist:v1\": \(text)"))
    #expect(events.contains("Failed: Error: ErrImagePull"))
    #expect(events.contains("Failed: Error: ImagePullBackOff"))
    #expect(lab.pod("bad")?.status.phase == "Pending")
    #expect(lab.pod("bad")?.status.conditions.isTrue("PodReadyToStartContainers") == true)
    // It can be deleted all the same.
    lab.api.deletePod("bad", grace: nil, at: lab.time.wall)
    #expect(lab.run { lab.pod("bad") == nil } != nil)
  }

  @Test func aMissingConfigMapHoldsThePodBack() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web") { pod in
      var volume = Volume()
      volume.name = "settings"
      volume.carried = Carried(
        JSONObject([("configMap", .object(JSONObject([("name", .string("shop"))])))]))
      pod.spec.volumes = [volume]
    }
    lab.run(.seconds(20))
    #expect(waiting(lab, "web")?.reason == "ContainerCreating")
    #expect(
      lab.events("web").contains(
        "FailedMount: MountVolume.SetUp failed for volume \"settings\" : configmap \"shop\" not found"
      ))
    lab.api.put(ConfigMap(name: "shop", namespace: "default").boxed)
    #expect(lab.run { lab.isReady("web") } != nil)
  }

  @Test func aMissingConfigMapInTheEnvironment() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web") { pod in
      pod.spec.containers[0].carried = Carried(
        JSONObject([
          (
            "envFrom",
            .array([
              .object(
                JSONObject([("configMapRef", .object(JSONObject([("name", .string("shop"))])))]))
            ])
          )
        ]))
    }
    lab.run { self.waiting(lab, "web")?.reason == "CreateContainerConfigError" }
    #expect(waiting(lab, "web")?.message == "configmap \"shop\" not found")
    lab.api.put(ConfigMap(name: "shop", namespace: "default").boxed)
    #expect(lab.run { lab.isReady("web") } != nil)
  }

  @Test func tokensAreAskedForOncePerPodAndObjectsOncePerNode() {
    let lab = Lab()
    lab.run(.seconds(3))
    for n in 0..<10 {
      lab.add("web-\(n)") { pod in
        var volume = Volume()
        volume.name = "kube-api-access-abcde"
        let token = JSONObject([("expirationSeconds", .integer(3607)), ("path", .string("token"))])
        let root = JSONObject([("name", .string("kube-root-ca.crt"))])
        volume.carried = Carried(
          JSONObject([
            (
              "projected",
              .object(
                JSONObject([
                  (
                    "sources",
                    .array([
                      .object(JSONObject([("serviceAccountToken", .object(token))])),
                      .object(JSONObject([("configMap", .object(root))])),
                    ])
                  )
                ]))
            )
          ]))
        pod.spec.volumes = [volume]
      }
    }
    lab.run { (0..<10).allSatisfy { lab.isReady("web-\($0)") } }
    let tokens = "create /api/v1/namespaces/default/serviceaccounts/default/token"
    #expect(lab.count(tokens) == 10)
    #expect(lab.count("get /api/v1/namespaces/default/configmaps/kube-root-ca.crt") == 1)
    // At 80 % of 3607 s each is asked for again.
    lab.run(.seconds(2900))
    #expect(lab.count(tokens) == 20)
    // One that has lost its pod is asked for no more.
    lab.api.deletePod("web-0", grace: nil, at: lab.time.wall)
    lab.run(.seconds(2900))
    #expect(lab.count(tokens) == 29)
  }

  @Test func whatDoesNotFitIsRejected() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("first") { $0.spec.containers[0].resources.requests["cpu"] = Quantity(3) }
    lab.run { lab.isReady("first") }
    lab.add("second") { $0.spec.containers[0].resources.requests["cpu"] = Quantity(2) }
    lab.run(.seconds(3))
    let status = lab.pod("second")?.status
    #expect(status?.phase == "Failed" && status?.reason == "OutOfcpu")
    #expect(
      status?.message
        == "Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 3000, "
        + "capacity: 4000")
    lab.add("elsewhere") { $0.spec.nodeSelector = ["disk": "ssd"] }
    lab.run(.seconds(3))
    #expect(lab.pod("elsewhere")?.status.reason == "NodeAffinity")
    // What ends makes room.
    lab.api.deletePod("first", grace: nil, at: lab.time.wall)
    lab.run { lab.pod("first") == nil }
    lab.add("third") { $0.spec.containers[0].resources.requests["cpu"] = Quantity(2) }
    #expect(lab.run { lab.isReady("third") } != nil)
  }

  @Test func aPodWaitsForTheNetwork() {
    let lab = Lab(podCIDR: "")
    lab.run(.seconds(3))
    lab.add("web")
    lab.add("host") { $0.spec.hostNetwork = true }
    lab.run(.seconds(10))
    #expect(lab.pod("web")?.status.phase == "Pending")
    #expect(lab.pod("host")?.status.podIP == "192.168.0.11")
    #expect(
      lab.events("web").first
        == "NetworkNotReady: network is not ready: container runtime network not ready: "
        + "NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: "
        + "cni plugin not initialized")
    lab.api.change(Node.self, "worker-1") { $0.spec.podCIDR = "10.244.3.0/24" }
    #expect(lab.run { lab.isReady("web") } != nil)
    #expect(lab.pod("web")?.status.podIP == "10.244.3.2")
  }

  @Test func preStopDelaysSIGTERM() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web") { pod in
      let sleep = JSONObject([("seconds", .integer(5))])
      let hook = JSONObject([("sleep", .object(sleep))])
      pod.spec.containers[0].carried = Carried(
        JSONObject([("lifecycle", .object(JSONObject([("preStop", .object(hook))])))]))
    }
    lab.run { lab.isReady("web") }
    lab.run(.seconds(2))
    lab.api.deletePod("web", grace: nil, at: lab.time.wall)
    let wait = try #require(lab.run { lab.pod("web") == nil })
    #expect(wait > .seconds(5) && wait < .milliseconds(6500))
  }

  @Test func aProgramThatIsNotThere() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("bad") { $0.spec.containers[0].command = ["/bin/no-such-program"] }
    lab.run { self.waiting(lab, "bad")?.reason == "RunContainerError" }
    #expect(
      waiting(lab, "bad")?.message.contains("stat /bin/no-such-program: no such file") == true)
  }

  @Test func aDeadlineFailsThePod() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("slow") { $0.spec.activeDeadlineSeconds = 20 }
    lab.run(.seconds(30))
    #expect(lab.pod("slow")?.status.phase == "Failed")
    #expect(lab.pod("slow")?.status.reason == "DeadlineExceeded")
    #expect(lab.runtime.snapshot.containers.allSatisfy { $0.state == .exited })
  }
}
