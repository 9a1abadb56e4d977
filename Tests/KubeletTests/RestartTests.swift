import Basics
import ControllerRuntime
import KubeAPI
import Testing

@testable import Kubelet

@Suite struct RestartTests {
  @Test func crashLoopsBackOff() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    let pod = lab.add("crash") {
      $0.spec.containers[0].image = "busybox"
      $0.spec.containers[0].command = ["sh", "-c", "sleep 1; exit 3"]
    }
    lab.run(.seconds(7))
    let wait = try #require(
      lab.run {
        guard
          case .waiting(let reason, _)? = lab.pod("crash")?.status.containerStatuses.first?.state
        else { return false }
        return reason == "CrashLoopBackOff"
      })
    #expect(wait < .seconds(20))
    let status = try #require(lab.pod("crash")?.status)
    let text = "crash_default(\(pod.metadata.uid.text))"
    #expect(
      status.containerStatuses[0].state
        == .waiting(
          reason: "CrashLoopBackOff",
          message: "back-off 10s restarting failed container=web pod=\(text)"))
    guard case .terminated(let end) = status.containerStatuses[0].lastState else {
      Issue.record("there was an instance before")
      return
    }
    #expect(end.exitCode == 3 && end.reason == "Error")
    #expect(status.phase == "Running")
    #expect(status.conditions["Ready"]?.message == "containers with unready status: [web]")
    #expect(
      lab.events("crash").contains(
        "BackOff: Back-off restarting failed container web in pod \(text)"))
    // 10, 20, 40, 80, 160 s and then 300 s each: a bit over ten starts in half an hour.
    lab.run(.minutes(30))
    let restarts = try #require(lab.pod("crash")?.status.containerStatuses.first?.restartCount)
    #expect((7...11).contains(restarts))
    let backoff = lab.kubelet.view(at: lab.now).pods[0].containers[0].backoff
    #expect(backoff == .seconds(300))
    // The newest and one dead instance stay in the runtime.
    #expect(lab.runtime.snapshot.containers.count <= 2)
  }

  @Test func aCrashedContainerStartsAgainAtOnce() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.run(.seconds(2))
    lab.fault("web", .oomKill)
    let wait = try #require(
      lab.run {
        lab.pod("web")?.status.containerStatuses.first?.restartCount == 1 && lab.isReady("web")
      })
    #expect(wait < .seconds(3))
    guard
      case .terminated(let end) = try #require(lab.pod("web")).status.containerStatuses[0].lastState
    else {
      Issue.record("there was an instance before")
      return
    }
    #expect(end.reason == "OOMKilled" && end.exitCode == 137)
  }

  @Test func neverAndOnFailure() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    for policy in ["Never", "OnFailure"] {
      lab.add(policy.lowercased()) {
        $0.spec.restartPolicy = policy
        $0.spec.containers[0].image = "busybox"
        $0.spec.containers[0].command = ["false"]
      }
    }
    lab.run(.seconds(20))
    #expect(lab.pod("never")?.status.phase == "Failed")
    #expect(lab.pod("never")?.status.conditions["Ready"]?.reason == "PodFailed")
    #expect(lab.pod("onfailure")?.status.phase == "Running")
    #expect((lab.pod("onfailure")?.status.containerStatuses.first?.restartCount ?? 0) >= 1)
  }

  @Test func aRestartedKubeletTakesItsPodsOver() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.add("other")
    lab.run { lab.isReady("web") && lab.isReady("other") }
    lab.run(.seconds(2))
    let before = lab.runtime.snapshot.containers.map(\.id)
    lab.api.log = []
    lab.restartKubelet()
    lab.run(.seconds(30))
    #expect(lab.runtime.snapshot.containers.map(\.id) == before)
    #expect(lab.isReady("web"))
    #expect(lab.statusUpdates == 0)
    // It rules them as before.
    lab.api.deletePod("web", grace: nil, at: lab.time.wall)
    #expect(lab.run { lab.pod("web") == nil } != nil)
  }

  @Test func podsForgottenWhileTheKubeletWasAwayAreKilled() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.api.watches = []
    lab.api.delete(ObjectReference(.pod, ObjectKey(namespace: "default", name: "web")))
    lab.restartKubelet()
    lab.run(.seconds(5))
    #expect(lab.runtime.snapshot.containers.isEmpty)
    #expect(lab.notes.contains("pod default/web is not in the API any more: kill it"))
  }

  @Test func nothingIsKilledDuringAnOutageOfTheAPI() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.run(.seconds(3))
    lab.cutOff()
    lab.run(.minutes(10))
    #expect(lab.runtime.snapshot.containers.map(\.state) == [.running])
    // A crash is handled without the API, and told when it is back.
    lab.fault("web", .crash(exitCode: 1))
    lab.run(.seconds(30))
    #expect(lab.runtime.snapshot.containers.map(\.state) == [.exited, .running])
    #expect(lab.pod("web")?.status.containerStatuses.first?.restartCount == 0)
    lab.isCutOff = false
    lab.run(.minutes(2))
    #expect(lab.pod("web")?.status.containerStatuses.first?.restartCount == 1)
    #expect(lab.isReady("web"))
  }

  @Test func aStatusThatSomebodyElseWroteIsPutRight() {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.run(.seconds(3))
    // What the node lifecycle controller does to the pods of a silent node.
    lab.api.change(Pod.self, "web", "default") {
      $0.status.conditions.set(Condition(type: "Ready", status: "False"), now: lab.time.wall)
    }
    lab.run(.milliseconds(50))
    #expect(!lab.isReady("web"))
    lab.run(.seconds(11))
    #expect(lab.isReady("web"))
  }

  @Test func containersOutliveTheRuntimesProcess() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.add("batch") {
      $0.spec.restartPolicy = "Never"
      $0.spec.containers[0].image = "busybox"
      $0.spec.containers[0].command = ["sleep", "20"]
    }
    lab.run { lab.isReady("web") && lab.isReady("batch") }
    lab.run(.seconds(2))
    lab.stopRuntime()
    // Deleted without a runtime, the pod has to wait.
    lab.api.deletePod("web", grace: nil, at: lab.time.wall)
    lab.run(.seconds(60))
    #expect(lab.pod("web") != nil)
    #expect(lab.pod("batch")?.status.phase == "Running")
    lab.startRuntime()
    lab.run(.seconds(10))
    #expect(lab.pod("web") == nil)
    #expect(lab.pod("batch")?.status.phase == "Succeeded")
  }

  @Test func aPowerLossEndsEverythingButTheImages() throws {
    let lab = Lab()
    lab.run(.seconds(3))
    lab.add("web")
    lab.run { lab.isReady("web") }
    lab.run(.seconds(3))
    lab.powerCycle(.seconds(30))
    lab.api.log = []
    lab.run(.milliseconds(1300))
    let wait = try #require(lab.run { lab.isReady("web") })
    #expect(wait < .seconds(5))
    let status = try #require(lab.pod("web")?.status.containerStatuses.first)
    #expect(status.restartCount == 1)
    guard case .terminated(let end) = status.lastState else {
      Issue.record("there was an instance before")
      return
    }
    #expect(end.exitCode == 255 && end.reason == "Unknown")
    #expect(lab.events("web").contains { $0.hasPrefix("SandboxChanged: Pod sandbox changed") })
    #expect(lab.events("web").filter { $0.hasPrefix("Pulling") }.count == 1)
    #expect(lab.events("worker-1").contains { $0.hasPrefix("Rebooted: Node worker-1 has been") })
  }
}
